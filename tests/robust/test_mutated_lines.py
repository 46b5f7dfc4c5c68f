"""Bent lines: none crashes the reader, none goes missing, however it is read.

`python benchmarks/mutated_lines.py --lines 10000000` is the long form of the first tests.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from redditess.corpus.dumps import sift, wire
from redditess.corpus.dumps.prefilter import MANY, Prefilter, line_ends
from redditess.corpus.dumps.wire import LineParser
from redditess.corpus.records import Comment


@pytest.fixture
def bench(
    load_benchmark: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    monkeypatch.setattr(sift, "DENSE", sift.DENSE)  # the benchmark sets it: put back afterwards
    return load_benchmark("mutated_lines")


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_mutated_lines_are_all_accounted_for(
    bench: ModuleType, tmp_path: Path, processes: int
) -> None:
    tally = bench.read_lines(20_000, seed=processes, folder=tmp_path, processes=processes)
    assert tally.faults == []
    assert tally.n_lines >= 20_000 and tally.n_kept > 2_000


@pytest.mark.slow
def test_mutated_dumps_of_all_codecs_are_survived(bench: ModuleType, tmp_path: Path) -> None:
    tally = bench.read_bent_dumps(16, seed=1, folder=tmp_path)
    assert tally.faults == []
    assert tally.n_kept > 300


def test_the_benchmark_sees_a_line_that_is_lost(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = LineParser.__call__

    def forgetful(self: LineParser, raw: bytes, line: int = 0) -> object:
        if b'"words 7"' in raw:
            raise MemoryError("a crash")
        return whole(self, raw, line)

    text = bench.chunk(1, 3000)
    (tmp_path / "RC_a.ndjson").write_bytes(text)
    n = bench.n_lines(text)
    assert list(bench.faults_of(tmp_path / "RC_a.ndjson", tmp_path / "out", n, 1)) == []
    [told] = bench.faults_of(tmp_path / "RC_a.ndjson", tmp_path / "out", n + 1, 1)
    assert "lines counted" in told
    monkeypatch.setattr(LineParser, "__call__", forgetful)
    found = list(bench.faults_of(tmp_path / "RC_a.ndjson", tmp_path / "out", n, 1))
    assert "crash: MemoryError: a crash" in found


# --- what the fuzz found


def comment(**more: str) -> bytes:
    fields = {
        "id": '"c1"', "link_id": '"t3_p1"', "parent_id": '"t3_p1"', "author": '"owl"',
        "body": '"words"', "subreddit": '"sample_sleep"', "created_utc": "1600000000",
        "score": "5",
    }  # fmt: skip
    inside = ", ".join(f'"{name}": {value}' for name, value in (fields | more).items())
    return b"{" + inside.encode() + b"}"


@pytest.mark.parametrize("score", ['"1e400"', '"1e308"', '"nan"', '"-Infinity"', "1e400"])
def test_a_number_that_comes_as_text_is_held_to_64_bits_too(score: str) -> None:
    parse = LineParser("comments")
    row = parse(comment(score=score, body='"a\\u0000b"'))
    assert isinstance(row, Comment) and row.score is None
    assert set(parse.repaired) <= {"number", "nul", "type"} and "nul" in parse.repaired


def test_half_a_surrogate_pair_deep_inside_is_repaired() -> None:
    parse = LineParser("comments")
    row = parse(comment(_meta='{"ret\\ud83d": 1}', body='"a\\u0000b"'))
    assert isinstance(row, Comment) and dict(parse.repaired) == {"nul": 1, "type": 1}


def test_a_line_to_repair_costs_no_look_at_annotations(monkeypatch: pytest.MonkeyPatch) -> None:
    line = comment(body='"a\\u0000b"')
    assert isinstance(LineParser("comments")(line), Comment)
    monkeypatch.setattr(msgspec.structs, "fields", lambda _: pytest.fail("evaluated again"))
    assert isinstance(LineParser("comments")(line), Comment)
    assert wire._fields.cache_info().currsize <= 2


@pytest.mark.parametrize("n_names", [2, MANY])
def test_a_name_is_looked_for_in_its_own_line_only(n_names: int) -> None:
    look = Prefilter(["sample_sleep", *(f"x{n}" for n in range(n_names - 1))])
    lines = [
        b'{"subreddit": "cut', b"more \\\\ words", b'cut, too {"subreddit": "a',
        b'"subreddit": "sample_sleep"', b'"subreddit":\r"Sample_Sleep"',
        b'"subreddit"\r: "sample_sleep"',
        b'"subreddit": "sample\\u005fsleep"', b'"subreddit": "other"',
    ]  # fmt: skip
    data = b"".join(line + b"\n" for line in lines)
    alone = [i for i, line in enumerate(lines) if look.matches(line)]
    assert look.lines(data, line_ends(data)).tolist() == alone == [3, 4, 5, 6]
