"""Five threads: one for each thing worth knowing, whatever the order of the rows."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from redditess.corpus.folder import BuildFolder
from redditess.eval.report.choose import N_THREADS, SLOTS, Seen, choose
from redditess.eval.report.rows import drawn

Made = tuple[BuildFolder, Path]


def test_the_truths_cases_are_among_the_five(hand: SimpleNamespace, made: Made) -> None:
    chosen = choose(made[0], hand.exhibits)
    found = {c.slot.name: c.thread_id for c in chosen}
    assert found["grateful_but_risky"] == "t3_a000"
    assert found["good_but_ignored"] == "t3_a005"
    assert len({c.thread_id for c in chosen}) == len(chosen) == N_THREADS


def test_without_a_truth_the_five_are_what_labels_show(made: Made) -> None:
    names = [c.slot.name for c in choose(made[0], {})]
    assert names == ["thanked", "rejected", "conflict", "passed_over", "silent"]


def test_the_choice_does_not_depend_on_other_threads_or_their_order(
    hand: SimpleNamespace, tmp_path: Path
) -> None:
    rows = hand.rows_of(12)
    threads = [rows[i : i + 4] for i in range(0, len(rows), 4)]
    mixed = [row for thread in threads[::-1] for row in thread]
    one, two = (hand.finish(tmp_path / str(i), r) for i, r in enumerate((rows, mixed)))
    assert [c[:2] for c in choose(one, {})] == [c[:2] for c in choose(two, {})]


def test_among_equals_the_choice_is_by_lot_and_not_the_first(
    hand: SimpleNamespace, tmp_path: Path
) -> None:
    rows = [
        hand.interaction(t, i, 3, reply="thanks" if i == 0 else None)
        for t in range(30)
        for i in range(3)
    ]
    numbers = [int(c.thread_id[-3:], 16) for c in choose(hand.finish(tmp_path / "build", rows), {})]
    assert len(numbers) >= 3
    assert max(numbers) > 10


def test_a_readable_thread_is_preferred(hand: SimpleNamespace, tmp_path: Path) -> None:
    long = [
        hand.interaction(1, i, 9, reply="thanks" if i == 0 else None, comment="word " * 90)
        for i in range(9)
    ]
    short = [hand.interaction(2, i, 3, reply="thanks" if i == 0 else None) for i in range(3)]
    folder = hand.finish(tmp_path / "build", long + short)
    assert choose(folder, {})[0].thread_id == "t3_a002"


def test_an_exhibit_counts_only_where_the_label_shows_its_point() -> None:
    slots = {slot.name: slot for slot in SLOTS}
    risky, ignored = slots["grateful_but_risky"], slots["good_but_ignored"]
    assert risky.shows(Seen("thanked", "grateful_but_risky", False, "effective"))
    assert not risky.shows(Seen(None, "grateful_but_risky", False, "unlabelled"))
    assert ignored.shows(Seen(None, "good_but_ignored", False, "unlabelled"))
    assert not ignored.shows(Seen("thanked", "good_but_ignored", False, "effective"))
    assert not slots["thanked"].shows(Seen("thanked", "grateful_but_risky", False, "effective"))


def test_a_sample_takes_whole_threads_and_about_the_share_asked() -> None:
    threads = pa.chunked_array([[f"t3_{i // 3:x}" for i in range(9000)]])
    keep = drawn(threads, 0.25).to_pylist()
    assert sum(keep) == pytest.approx(2250, rel=0.1)
    assert all(len(set(keep[i : i + 3])) == 1 for i in range(0, 9000, 3))
    assert all(drawn(threads, 1.0).to_pylist())
