"""The call store: what was paid for is never lost and never paid twice."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.labeling.callstore import CallStore, call_key
from redditess.labeling.ledger import Ledger
from redditess.labeling.llm import Item


def segment(store: CallStore) -> Path:
    return next(store.folder.glob("calls-*.jsonl"))


def test_what_was_put_is_there_for_the_next_process(tmp_path: Path) -> None:
    CallStore(tmp_path).put("a", "t1_a", {"verdict": [1]})
    again = CallStore(tmp_path)
    assert again.get("a") == {"key": "a", "row": "t1_a", "verdict": [1]}
    assert again.get("b") is None


def test_two_stores_read_each_others_lines(tmp_path: Path) -> None:
    one, two = CallStore(tmp_path), CallStore(tmp_path)
    one.put("a", "t1_a", {"v": 1})
    two.put("b", "t1_b", {"v": 2})
    one.refresh()
    found = [s.get(k) or {} for s in (one, two) for k in "ab"]
    assert [record.get("v") for record in found] == [1, 2, 1, 2]


def test_any_torn_tail_costs_only_its_own_line(tmp_path: Path) -> None:
    store = CallStore(tmp_path)
    store.put("a", "t1_a", {"v": 1})
    whole = segment(store).stat().st_size
    store.put("b", "t1_b", {"v": 2})
    text = segment(store).read_bytes()
    for end in range(whole, len(text)):
        segment(store).write_bytes(text[:end])
        torn = CallStore(tmp_path)
        assert torn.get("a") is not None
        assert torn.get("b") is None
        torn.put("c", "t1_c", {"v": 3})
        after = CallStore(tmp_path)
        assert {k for k in "abc" if after.get(k)} - {"b"} == {"a", "c"}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, at: int, x: int
) -> None:
    folder = tmp_path_factory.mktemp("store")
    store = CallStore(folder)
    for key in "abc":
        store.put(key, f"t1_{key}", {"v": key})
    raw = bytearray(segment(store).read_bytes())
    raw[at % len(raw)] ^= x
    segment(store).write_bytes(raw)
    again = CallStore(folder)
    found = {k: record for k in "abc" if (record := again.get(k))}
    assert all(record == {"key": k, "row": f"t1_{k}", "v": k} for k, record in found.items())
    assert 1 <= len(found) < 3


def test_rows_are_deleted_from_the_disk(tmp_path: Path) -> None:
    store, other = CallStore(tmp_path), CallStore(tmp_path)
    for i in range(6):
        store.put(f"k{i}", f"t1_{i % 3}", {"raw": f"secret {i}"})
    other.refresh()
    with open(segment(store), "ab") as f:
        f.write(b"torn secret 1")
    assert store.delete_rows(["t1_1", "t1_9"]) == 2
    text = segment(store).read_text("utf8")
    assert "secret 1" not in text
    assert "secret 4" not in text
    for seen in (store, other, CallStore(tmp_path)):
        assert [bool(seen.get(f"k{i}")) for i in range(6)] == [True, False, True] * 2


def test_answers_can_be_taken_back_and_given_anew(tmp_path: Path) -> None:
    store = CallStore(tmp_path)
    store.put("a", "t1_a", {"v": 1})
    store.put("b", "t1_b", {"v": 1})
    store.void(["a"])
    assert (store.get("a"), CallStore(tmp_path).get("a")) == (None, None)
    store.put("a", "t1_a", {"v": 2})
    assert CallStore(tmp_path).get("a") == {"key": "a", "row": "t1_a", "v": 2}
    assert store.get("b") is not None


def test_segments_are_closed_when_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redditess.labeling.callstore.SEGMENT_BYTES", 200)
    store = CallStore(tmp_path)
    for i in range(9):
        store.put(f"k{i}", "t1_a", {"v": i})
    assert len(list(tmp_path.glob("calls-*.jsonl"))) > 2
    assert all(CallStore(tmp_path).get(f"k{i}") for i in range(9))


def test_the_store_is_its_owners_alone(tmp_path: Path) -> None:
    store = CallStore(tmp_path / "llm")
    store.put("a", "t1_a", {})
    assert os.stat(store.folder).st_mode & 0o777 == 0o700
    assert os.stat(segment(store)).st_mode & 0o777 == 0o600


@pytest.mark.parametrize("part", ["prompt", "model", "server", "settings", "text"])
def test_everything_that_decides_an_answer_is_in_the_key(part: str) -> None:
    args: dict[str, Any] = {
        "prompt": "p", "model": "m", "server": "s", "settings": {"seed": 0}, "text": "t",
    }  # fmt: skip
    other: Any = {"seed": 1} if part == "settings" else "another"
    assert call_key(**args) != call_key(**(args | {part: other}))


def _write(folder: str, who: int) -> None:
    store = CallStore(folder)
    for i in range(20):
        store.put(f"{who}-{i}", f"t1_{i}", {"v": "x" * 300})


@pytest.mark.slow
def test_processes_write_side_by_side(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(str(tmp_path), who)) for who in range(3)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    store = CallStore(tmp_path)
    assert (len(store), store.n_damaged) == (60, 0)


def test_the_ledger_has_digests_and_no_text(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    sent = [Item("t1_a", "Title words", "Post words", "Comment words")]
    ledger.leaving(sent, host="llm.example.org", model="m", purpose="a second opinion")
    with open(ledger.path, "ab") as f:
        f.write(b'{"torn')
    ledger.leaving([sent[0]._replace(comment_id="t1_b")], host="h", model="m", purpose="p")
    text = ledger.path.read_text("utf8")
    assert "words" not in text
    assert "t1_a" not in text
    assert [e["n"] for e in ledger.entries()] == [1, 1]
    left = ledger.left("t1_a")
    assert [(e["host"], e["purpose"]) for e in left] == [("llm.example.org", "a second opinion")]
    assert ledger.left("t1_c") == []
