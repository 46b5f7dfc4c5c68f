"""A disk that is full anywhere: one sentence, nothing half; with room again the same bytes."""

from __future__ import annotations

import errno
import random
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from redditess.corpus.errors import BuildError
from redditess.corpus.refusals import spilling
from tests.robust.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.needs_system]

SPILLS = {  # a few rows already wait on disk
    "redditess.corpus.dumps.spool:ROWS_AT_ONCE": 50, "redditess.corpus.dumps.intake:HELD_BYTES": 1,
    "redditess.corpus.dumps.spool:ROWS_PER_PART": 50,
}  # fmt: skip


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[None]:
    """A real file system of its own, which may be enlarged; skips where nobody may mount."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k,mode=700", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("may not mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def enlarge(place: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=64m", str(place)], check=True)


def check_full_disk(lab: Lab, out: Path, op: str, nth: int) -> None:
    ended = lab.build(out, ops=op, nth=nth, do=f"{errno.ENOSPC}+")
    if ended.status == 0:  # it takes less than `nth` of them: memory for what did not spill
        return
    assert str(out) in ended.sentence and "no space left on device" in ended.sentence.lower()
    assert "make room there, or give another --out or --tmp" in ended.sentence
    lab.nothing_half(out)
    lab.finish(out)
    shutil.rmtree(out)


def test_no_space_at_a_drawn_call(lab: Lab, out: Path) -> None:
    check_full_disk(lab, out, "write", random.Random(1).randint(2, lab.n_calls["write"]))


@pytest.mark.long
@pytest.mark.parametrize("op", ["write", "open", "fsync", "rename", "mkdir"])
def test_no_space_at_many_calls(lab: Lab, out: Path, op: str) -> None:
    for nth in random.Random(op).sample(range(1, lab.n_calls[op] + 1), 12):
        check_full_disk(lab, out, op, nth)


@pytest.mark.long
def test_a_worker_tells_of_the_full_disk(lab: Lab, out: Path) -> None:
    words = {"ops": "write", "where": f"{out}/votes/.tmp-b", "nth": 5, "do": f"{errno.ENOSPC}+"}
    ended = lab.build(out, workers=2, **words)
    assert "votes/b0000" in ended.sentence and "make room there" in ended.sentence
    lab.finish(out)


@pytest.mark.parametrize(
    "kilobytes",
    [pytest.param(60, marks=pytest.mark.long), 450, pytest.param(800, marks=pytest.mark.long)],
)
def test_a_disk_that_is_really_too_small(lab: Lab, tmp_path: Path, kilobytes: int) -> None:
    disk = tmp_path / "disk"
    with small_disk(disk, kilobytes):
        ended = lab.build(disk / "out", where="nowhere")
        assert str(disk) in ended.sentence and "no space left on device" in ended.sentence
        lab.nothing_half(disk / "out")
        enlarge(disk)
        lab.finish(disk / "out")


def test_a_full_tmp_is_named_and_the_build_is_untouched(
    lab: Lab, out: Path, tmp_path: Path
) -> None:
    disk = tmp_path / "spare"
    with small_disk(disk, 40):
        ended = lab.build(out, words=["--tmp", str(disk)], patch=SPILLS)
        assert str(disk) in ended.sentence and "no space left on device" in ended.sentence
        assert not list(disk.iterdir())
        lab.nothing_half(out)
        enlarge(disk)
        lab.finish(out, words=["--tmp", str(disk)], patch=SPILLS)
        assert not list(disk.iterdir())


@pytest.mark.long
def test_what_a_killed_build_left_in_tmp_goes_with_the_next(
    lab: Lab, out: Path, tmp_path: Path
) -> None:
    spare = tmp_path / "spare"
    words = ["--tmp", str(spare)]
    ended = lab.build(
        out, words=words, patch=SPILLS, ops="write", where=f"{spare}/", nth=9, do="group"
    )
    assert ended.status == -9 and list(spare.rglob("*.arrow"))
    lab.finish(out, words=words)
    assert not list(spare.iterdir())


def test_what_duckdb_says_of_a_full_disk_and_of_memory_is_one_sentence(tmp_path: Path) -> None:
    disk = tmp_path / "spare"

    def sort(temp_directory: str) -> None:
        limits = {"memory_limit": "60MB", "temp_directory": temp_directory}
        with spilling(disk, "60MB"), duckdb.connect(config={"threads": 1, **limits}) as con:
            rows = "SELECT random() r, repeat('x', 50) || i s FROM range(2000000) t(i)"
            con.execute(f"CREATE TABLE t AS {rows}")
            con.execute("SELECT count(*) FROM (SELECT * FROM t ORDER BY r, s)")

    with small_disk(disk, 8000), pytest.raises(BuildError) as told:
        sort(str(disk / ".tmp-spill-a"))
    assert str(told.value).startswith(f"{disk}: no space left on device; make room there")
    with pytest.raises(BuildError, match=r"^60MB a worker: .*; raise --memory-limit"):
        sort("")
    with pytest.raises(BuildError, match="No files found"), spilling(disk, "60MB"):
        duckdb.sql("SELECT * FROM read_parquet('/nowhere/b00000.parquet')")
