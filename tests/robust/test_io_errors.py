"""A disk that fails, a share or a folder that goes away: a sentence, or the same bytes."""

from __future__ import annotations

import errno
import gzip
import os
import shutil
from pathlib import Path

import pytest

from redditess.corpus.dumps.decode import read_blocks
from redditess.corpus.dumps.frames import Damage
from redditess.corpus.dumps.inputs import find_dumps
from redditess.corpus.dumps.source import Source
from redditess.corpus.errors import InputError
from tests.robust.lab import Lab

pytestmark = [pytest.mark.slow, pytest.mark.needs_system]

WORDS = {
    errno.EIO: "input/output error", errno.ESTALE: "stale file handle",
    errno.EROFS: "read-only file system", errno.EACCES: "permission denied",
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("code", WORDS, ids=WORDS.get)
@pytest.mark.parametrize("op", ["write", "fsync", "rename"])
def test_a_call_that_fails_once(lab: Lab, out: Path, op: str, code: int) -> None:
    nth = lab.n_calls[op] * (1 + code % 3) // 4
    ended = lab.build(out, ops=op, nth=nth, do=code)
    assert str(out) in ended.sentence and WORDS[code] in ended.sentence.lower()
    lab.nothing_half(out)
    lab.finish(out)


@pytest.mark.parametrize("nth", [pytest.param(1, marks=pytest.mark.long), 2])
def test_a_dump_that_cannot_be_read_is_no_damaged_dump(lab: Lab, out: Path, nth: int) -> None:
    """What was read before the error must not pass for a file that was cut off."""
    dump = max(lab.dumps, key=lambda path: path.stat().st_size)
    words = {"ops": "read", "where": str(dump), "nth": nth, "do": f"{errno.EIO}+"}
    ended = lab.build(out, **words)
    assert str(dump) in ended.sentence and "input/output error" in ended.sentence.lower()
    assert not list((out / "raw" / "done").glob(f"*{dump.name}*"))
    lab.nothing_half(out)
    lab.finish(out)


def test_an_error_while_the_last_good_byte_is_looked_for_is_an_error(tmp_path: Path) -> None:
    """A bad frame is read twice; what fails at the second time is the disk, not the frame."""

    class Failing(Source):
        def again(self, start: int):  # type: ignore[no-untyped-def]
            file = super().again(start)
            file.close()
            raise InputError("cannot be read (input/output error)", self.path, "check the disk")

    path = tmp_path / "RC_2012-06.gz"
    packed = bytearray(gzip.compress(os.urandom(300_000)))
    packed[200_000] ^= 1
    path.write_bytes(packed)
    with Source(path) as source:
        assert any(isinstance(item, Damage) for item in read_blocks(source))
    with Failing(path) as source, pytest.raises(InputError, match="input/output error"):
        list(read_blocks(source))


def test_a_dump_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "RC_2012-06.ndjson"
    path.write_bytes(b"{}\n" * 1_000_000)
    with Source(path) as source:
        source.read(1000)
        with path.open("ab") as file:
            file.write(b"{}\n")
        with pytest.raises(InputError, match=r"changed while it was read; wait until"):
            source.sha256()
    with Source(path) as source:
        source.read(1000)
        os.truncate(path, 500_000)
        with pytest.raises(InputError, match=r"changed while it was read"):
            source.sha256()


def test_a_dump_in_a_folder_that_cannot_be_read_is_not_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sleep_comments.ndjson").write_bytes(b'{"subreddit": "x", "created_utc": 1}\n')
    (tmp_path / "sleep_submissions.ndjson").write_bytes(b"{}\n")
    read = Source.read

    def failing(self: Source, n: int = 1 << 20) -> bytes:
        if "submissions" in str(self.path):
            raise InputError("cannot be read (permission denied)", self.path, "check its rights")
        return read(self, n)

    monkeypatch.setattr(Source, "read", failing)
    with pytest.raises(InputError, match="sleep_submissions"):
        find_dumps([tmp_path])


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("raw/comments", marks=pytest.mark.long),
        "votes",
        pytest.param("redditess", marks=pytest.mark.long),
    ],
)
def test_a_folder_that_is_removed_under_a_running_build(lab: Lab, out: Path, where: str) -> None:
    gate = lab.home / f"gate-{where.replace('/', '-')}"
    end = lab.start(out, ops="write", where=f"{out}/{where}", nth=3, do="wait", gate=str(gate))
    lab.until()
    while out.exists():  # others write on
        shutil.rmtree(out, ignore_errors=True)
    gate.touch()
    ended = end()
    assert str(out) in ended.sentence and "removed" in ended.sentence
    shutil.rmtree(out, ignore_errors=True)
    lab.finish(out)


@pytest.mark.long
def test_raw_rows_that_vanish_are_missed(lab: Lab, out: Path) -> None:
    gate = lab.home / "gate-vanish"
    end = lab.start(out, ops="write", where=f"{out}/interactions", nth=1, do="wait", gate=str(gate))
    lab.until()
    for path in (out / "raw" / "comments").glob("b00002-*"):
        path.unlink()
    gate.touch()
    assert "rows were read from the dumps" in end().sentence
    assert not (out / "manifest.json").exists()
    assert lab.build(out, words=["--fresh"]).status == 0
    lab.finish(out)


def test_a_place_that_may_not_be_written_is_one_sentence(lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = lab.build(tmp_path / "file" / "out")
    assert "a file is where a folder should be" in ended.sentence
