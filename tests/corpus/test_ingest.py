"""Lines read = rows kept + lines dropped, each for a reason, whatever the file is like."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redditess.corpus.artefacts import read_json
from redditess.corpus.dumps import decode, intake, sift, spool
from redditess.corpus.dumps import ingest as ingest_module
from redditess.corpus.dumps.blocks import Damage
from redditess.corpus.dumps.frames import decoded
from redditess.corpus.dumps.ingest import ingest_file
from redditess.corpus.dumps.ring import Ring
from redditess.corpus.dumps.source import Source
from redditess.corpus.errors import InputError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import COMMENT_SCHEMA, SUBMISSION_SCHEMA
from redditess.corpus.settings import Settings
from tests.corpus.invented_lines import ALL, WANTED, comment

Ingest = Callable[..., dict[str, Any]]


def post(i: int) -> bytes:
    fields = {
        "id": f"p{i}",
        "title": "T",
        "subreddit": "sample_sleep",
        "created_utc": 1_400_000_000,
    }
    return json.dumps(fields).encode() + b"\n"


@pytest.fixture
def folder(tmp_path: Path) -> BuildFolder:
    return BuildFolder(tmp_path / "build").create()


@pytest.fixture
def ingest(tmp_path: Path, folder: BuildFolder) -> Ingest:
    """Writes lines to a dump, ingests it, and checks what always holds."""

    def run(*lines: bytes, settings: Settings = WANTED, name: str = "RC_2014-05") -> dict[str, Any]:
        path = tmp_path / name
        path.write_bytes(b"".join(lines))
        record = ingest_file(path, settings, folder)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert (record["sha256"], record["bytes"]) == (digest, path.stat().st_size)
        assert record["kept"] + sum(record["dropped"].values()) == record["lines"]
        assert len(rows(folder, digest)) == record["kept"]
        assert read_json(folder.done / f"{digest[:12]}.json") == record
        assert not list(folder.root.rglob(".tmp-*"))
        return record

    return run


def rows(folder: BuildFolder, sha256: str = "") -> list[dict[str, Any]]:
    """All rows of a file, in the order of their lines."""
    files = [p for p in folder.raw.rglob("*.parquet") if p.stem.endswith(sha256[:12])]
    return sorted((r for p in files for r in pq.read_table(p).to_pylist()), key=lambda r: r["line"])


def test_wanted_rows_are_kept_and_the_rest_has_a_reason(
    ingest: Ingest, folder: BuildFolder
) -> None:
    record = ingest(
        comment(1), comment(2, "other"), b"\n", comment(3, "Sample_Sleep"),
        comment(4, "other", crosspost_parent_list=[{"subreddit": "sample_sleep"}]),
        b"not json at all\n", b'"subreddit": "sample_sleep" torn\n', post(5), comment(6)[:-1],
    )  # fmt: skip
    assert record == {
        "name": "RC_2014-05", "kind": "comments", "lines": 9, "kept": 3,
        "dropped": {
            "bad_json": 1, "blank": 1, "not_candidate": 2, "other_kind": 1, "other_subreddit": 1,
        },
        "damage": [{"byte": record["damage"][0]["byte"], "reason": "bad_json"}],
        "repaired": {}, "spans": {"sample_sleep": [1_400_000_001, 1_400_000_006]},
        "bytes": record["bytes"], "sha256": record["sha256"],
    }  # fmt: skip
    assert [r["line"] for r in rows(folder)] == [1, 4, 9]


def test_damage_names_the_byte_where_the_line_begins(ingest: Ingest, tmp_path: Path) -> None:
    bad = b'"subreddit": "sample_sleep" torn\n'
    for settings_ in (WANTED, ALL):
        [damage] = ingest(comment(1), comment(2), bad, comment(3), settings=settings_)["damage"]
        assert (tmp_path / "RC_2014-05").read_bytes()[damage["byte"] :].startswith(bad)


def test_without_names_every_line_is_parsed(ingest: Ingest) -> None:
    record = ingest(comment(1, "a"), comment(2, "b"), b"garbage\n", b"  \n", settings=ALL)
    assert (record["kept"], record["dropped"]) == (2, {"bad_json": 1, "blank": 1})
    assert record["spans"] == {"a": [1_400_000_001] * 2, "b": [1_400_000_002] * 2}


def test_rows_lie_in_the_bucket_of_their_thread_in_file_order(
    ingest: Ingest, folder: BuildFolder
) -> None:
    sha = ingest(*(comment(i) for i in range(50)))["sha256"]
    for bucket in range(4):
        [path] = folder.raw_files("comments", bucket)
        assert path == folder.raw_file("comments", bucket, sha[:12])
        table = pq.read_table(path)
        assert table.schema.remove_metadata() == COMMENT_SCHEMA.remove_metadata()
        lines = table.column("line").to_pylist()
        expected = [i + 1 for i in range(50) if int(f"p{i % 7}", 36) % 4 == bucket]
        assert lines == expected and lines


def test_posts_have_a_folder_and_a_schema_of_their_own(ingest: Ingest, folder: BuildFolder) -> None:
    record = ingest(post(1), comment(2), name="RC_wrongly_named")
    assert record["kind"] == "submissions" and record["dropped"] == {"other_kind": 1}
    [path] = (folder.raw / "submissions").iterdir()
    assert pq.read_schema(path).remove_metadata() == SUBMISSION_SCHEMA.remove_metadata()


def test_an_unwanted_first_line_still_decides_the_kind(ingest: Ingest) -> None:
    record = ingest(b"[]\n", comment(1, "other"), post(2))
    assert record["kind"] == "comments" and record["kept"] == 0
    assert record["dropped"] == {"not_candidate": 2, "other_kind": 1}


@pytest.mark.parametrize("data", [b"", b"\n", b"words\n", b'{"a": 1}\n'])
def test_a_file_without_a_reddit_object_is_empty(ingest: Ingest, data: bytes) -> None:
    record = ingest(data, settings=ALL)
    assert (record["kind"], record["kept"], record["spans"]) == ("empty", 0, {})


def test_a_missing_final_newline_loses_nothing(ingest: Ingest) -> None:
    record = ingest(comment(1), comment(2).rstrip())
    assert (record["kept"], record["lines"], record["damage"]) == (2, 2, [])


def test_a_last_line_that_is_cut_is_damage_whatever_it_was(ingest: Ingest) -> None:
    whole = comment(1)
    for cut in (1, 20, len(whole) - 2):
        record = ingest(whole, comment(2)[:cut])
        assert record["dropped"] == {"cut_line": 1}
        assert record["damage"] == [{"byte": len(whole), "reason": "cut_line"}]


def test_a_cut_frame_gives_all_lines_before_the_cut(ingest: Ingest) -> None:
    rng = random.Random(0)
    lines = [comment(i, body=f"{rng.getrandbits(4000):x}") for i in range(2000)]
    packed = zstd.compress(b"".join(lines))
    record = ingest(packed[: len(packed) // 2], name="RC_2014-05.zst")
    reasons = [d["reason"] for d in record["damage"]]
    assert reasons == ["cut_line", "truncated_frame"]
    assert record["dropped"] == {"cut_line": 1}
    assert record["kept"] > 850


def test_a_bad_frame_between_good_ones_costs_only_its_lines(ingest: Ingest) -> None:
    good = [zstd.compress(b"".join(comment(i) for i in range(a, a + 20))) for a in (0, 20, 40)]
    bent = bytearray(good[1])
    bent[len(bent) // 2] ^= 0xFF
    record = ingest(good[0], bytes(bent), good[2], name="RC_2014-05.zst")
    assert "bad_frame" in [d["reason"] for d in record["damage"]]
    assert record["kept"] >= 40


def test_a_line_above_the_cap_is_one_dropped_line(
    ingest: Ingest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "LINE_CAP", 1000)
    monkeypatch.setattr(ingest_module, "Ring", partial(Ring, size=500))
    record = ingest(comment(1), comment(2, body="x" * 2000), comment(3))
    assert (record["kept"], record["lines"]) == (2, 3)
    assert record["dropped"] == {"line_too_long": 1}
    assert record["damage"] == [{"byte": len(comment(1)), "reason": "line_too_long"}]


def test_repairs_are_counted_and_bad_utf8_is_damage(ingest: Ingest, folder: BuildFolder) -> None:
    bad = comment(2).replace(b"words", b"w\xffrds")
    record = ingest(comment(1, body="a \ud83d"), bad, comment(3, body="n\0"), bad[:-1])
    assert record["kept"] == 4
    assert record["repaired"] == {"nul": 1, "surrogate": 1, "utf8": 2}
    assert [d["reason"] for d in record["damage"]] == ["bad_utf8", "bad_utf8"]
    assert "\ufffd" in rows(folder)[1]["body"]


def test_what_is_wrong_with_other_peoples_lines_is_not_ours(ingest: Ingest) -> None:
    bad = [comment(2, "other").replace(b"words", b"w\xffrds"), b'{"subreddit": "other", \n']
    record = ingest(*[comment(i) for i in range(20)], *bad)
    assert record["dropped"] == {"not_candidate": 2}
    assert (record["damage"], record["repaired"]) == ([], {})


def test_crlf_files_are_read(ingest: Ingest) -> None:
    record = ingest(*(comment(i).replace(b"\n", b"\r\n") for i in range(3)), b"\r\n")
    assert (record["kept"], record["dropped"]) == (3, {"blank": 1})


def test_much_damage_is_listed_up_to_a_cap_and_counted_in_full(ingest: Ingest) -> None:
    record = ingest(comment(1), *[b'{"subreddit": "sample_sleep"\n'] * 150)
    assert record["dropped"] == {"bad_json": 150}
    assert len(record["damage"]) == sift.DAMAGES_KEPT == 100


@pytest.mark.parametrize("settings_", [WANTED, ALL])
def test_a_limit_counts_to_the_last_row_kept(ingest: Ingest, settings_: Settings) -> None:
    limited = Settings(subreddits=settings_.subreddits, n_buckets=4, limit=2)
    lines = [b"\n", comment(1), comment(2, link_id=None), comment(3), comment(4), b"bad"]
    record = ingest(*lines, settings=limited)
    assert (record["lines"], record["kept"]) == (4, 2)
    assert record["dropped"] == {"blank": 1, "missing_link_id": 1}
    assert record["damage"] == []


def test_rows_that_do_not_fit_in_memory_come_back_in_order(
    ingest: Ingest, folder: BuildFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = zstd.compress(b"".join(comment(i) for i in range(300)))
    before = ingest(packed)
    files = {p.name: p.read_bytes() for p in folder.raw.rglob("*.parquet")}
    monkeypatch.setattr(spool, "ROWS_AT_ONCE", 10)
    monkeypatch.setattr(intake, "HELD_BYTES", 8000)  # some stretches of the file in each spill
    monkeypatch.setattr(ingest_module, "Ring", partial(Ring, size=5000))
    spills = []
    spill = spool.Spool._spill
    monkeypatch.setattr(spool.Spool, "_spill", lambda self: (spills.append(1), spill(self)))
    assert ingest(packed) == before
    assert len(spills) > 2
    assert {p.name: p.read_bytes() for p in folder.raw.rglob("*.parquet")} == files


LINES = st.sampled_from(
    [
        comment(1), comment(2, "other"), comment(3, "SAMPLE_SLEEP", score=None), b"\n", b"\r\n",
        b"   \n", b"junk\n", b'{"subreddit": "sample_sleep"}\n', post(1), b"[]\n", b"\xff\n",
        comment(4, "other").replace(b"words", b"\xff"), comment(5).replace(b"words", b"\xff"),
        comment(6, "other", x={"subreddit": "sample_sleep"}), b'{"subreddit": "sample_sleep\n',
        comment(7, "other", score="?"), comment(8, "other", x="\ud800"),
    ]
)  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LINES, max_size=30), st.booleans())
def test_looking_for_candidates_or_parsing_all_counts_the_same(
    tmp_path: Path, lines: list[bytes], cut: bool
) -> None:
    path = tmp_path / "RC_2014-05"
    path.write_bytes(b"".join(lines)[: -1 if cut else None])

    def account(dense: float, block: int) -> dict[str, Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sift, "DENSE", dense)
            taken = intake.Intake(WANTED, tmp_path)
            with Source(path) as source, Ring(2, block) as ring:
                for item in decode.blocks_of(partial(decoded, source), ring):
                    if isinstance(item, Damage):
                        taken.add(intake.lost(item))
                    else:
                        taken.add(taken.sift(item, taken.lines))
                        ring.give(item.at)
            return taken.account({})

    sparse = account(2.0, 1 << 20)
    assert sparse["kept"] + sum(sparse["dropped"].values()) == sparse["lines"]
    assert account(2.0, 1) == account(-1.0, 1) == account(0.4, 100) == sparse


def test_a_file_that_is_not_there_is_the_users_error(tmp_path: Path, folder: BuildFolder) -> None:
    with pytest.raises(InputError, match="RC_none"):
        ingest_file(tmp_path / "RC_none.zst", ALL, folder)
