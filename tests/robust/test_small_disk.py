"""Real file systems that are too small: the error, and the same bytes once there is room.

Mounting wants rights that not everybody has: elsewhere these are skipped, also in CI.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from redditess.corpus.errors import BuildError
from redditess.corpus.refusals import spilling
from tests.robust.lab import SPILLS, Lab

pytestmark = pytest.mark.slow


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
