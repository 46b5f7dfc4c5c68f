"""A dump that has not changed since it was read is not read again; one that has, is."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from redditess.corpus.artefacts import read_json, write_json
from redditess.corpus.dumps import seen, source
from redditess.corpus.dumps.remote import State
from redditess.corpus.errors import BuildError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.places import Url
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings
from redditess.release.build import build
from redditess.release.engines.stages import ingest
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.release.resume import finished_inputs

SETTINGS = load_settings("sample", n_buckets=2, workers=1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("dumps"), n_threads=20)


@pytest.fixture
def dumps(made: list[Path], tmp_path: Path) -> list[Path]:
    return [Path(shutil.copy(path, tmp_path)) for path in made]


@pytest.fixture
def n_read(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many bytes of dumps were read since it was asked last."""
    count = [0]
    real = source.Source.read

    def counted(self: source.Source, n: int = source.PIECE) -> bytes:
        piece = real(self, n)
        count[0] += len(piece)
        return piece

    def asked() -> int:
        n, count[0] = count[0], 0
        return n

    monkeypatch.setattr(source.Source, "read", counted)
    return asked


def read_into(folder: BuildFolder, dumps: list[Path]) -> None:
    """The state in which a build is killed after its first stage."""
    for path in dumps:
        ingest(path=str(path), out=str(folder.root), settings=SETTINGS.identity())


def test_going_on_reads_no_dump_again(
    dumps: list[Path], tmp_path: Path, n_read: Callable[[], int]
) -> None:
    folder = BuildFolder(tmp_path / "b").create()
    read_into(folder, dumps)
    assert n_read() == sum(p.stat().st_size for p in dumps)
    assert set(finished_inputs(folder, dumps)) == set(dumps)
    assert n_read() == 0
    assert oct(folder.seen.parent.stat().st_mode)[-3:] == "700"


def test_a_dump_that_was_touched_is_read_and_known_by_its_content(
    dumps: list[Path], tmp_path: Path, n_read: Callable[[], int]
) -> None:
    folder = BuildFolder(tmp_path / "b").create()
    read_into(folder, dumps)
    n_read()
    os.utime(dumps[0], ns=(1, 1))
    assert set(finished_inputs(folder, dumps)) == set(dumps)
    assert n_read() == dumps[0].stat().st_size
    assert set(finished_inputs(folder, dumps)) == set(dumps)
    assert n_read() == 0
    moved = [shutil.move(path, path.with_name(f"moved_{path.name}")) for path in dumps]
    assert set(finished_inputs(folder, [Path(p) for p in moved])) == {Path(p) for p in moved}
    assert n_read() > 0


def test_other_bytes_of_the_same_size_and_time_are_another_dump(
    dumps: list[Path], tmp_path: Path
) -> None:
    folder = BuildFolder(tmp_path / "b").create()
    read_into(folder, dumps)
    before = dumps[0].stat()
    data = bytearray(dumps[0].read_bytes())
    data[-1] ^= 1
    dumps[0].write_bytes(data)
    os.utime(dumps[0], ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(BuildError, match=r"has already read RS_sample\.zst, which is not among"):
        finished_inputs(folder, dumps)


def test_a_file_that_changed_while_it_was_read_is_not_noted(tmp_path: Path) -> None:
    path, folder = tmp_path / "x", BuildFolder(tmp_path / "b")
    path.write_bytes(b"one")
    before = source.state_of(path)
    path.write_bytes(b"four")
    seen.remember(folder, path, before, "0" * 64)
    assert seen.notes(folder) == {}
    seen.remember(folder, path, source.state_of(path), "0" * 64)
    [note] = seen.notes(folder).values()
    assert note["size"] == 4 and str(tmp_path) not in str(note)


@pytest.mark.parametrize("mark", ["", 'W/"weak"'])
def test_a_store_that_tells_nothing_sure_is_read_again(
    tmp_path: Path, mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, url = BuildFolder(tmp_path / "b"), Url("https://host/x")
    monkeypatch.setattr(seen, "state_of", lambda place: State(3, mark))
    seen.remember(folder, url, State(3, mark), "0" * 64)
    assert seen.notes(folder) == {}


def test_a_note_follows_the_address_without_its_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = BuildFolder(tmp_path / "b")
    monkeypatch.setattr(seen, "state_of", lambda place: State(3, "ETag"))
    seen.remember(folder, Url("https://host/x?signed=1"), State(3, "ETag"), "a" * 64)
    again = Url("https://host/x?signed=2")
    assert seen.digests(folder, [again]) == {again: "a" * 64}


@pytest.mark.slow
def test_a_finished_build_keeps_its_notes_in_run_json_and_a_new_dump_moves_them_back(
    dumps: list[Path], tmp_path: Path, n_read: Callable[[], int]
) -> None:
    folder = BuildFolder(tmp_path / "b")
    manifest = build(dumps, folder.root, SETTINGS, key=SAMPLE_KEY)
    assert not folder.seen.exists() and len(read_json(folder.run)["seen"]) == 2
    n_read()
    assert build(dumps, folder.root, SETTINGS, key=SAMPLE_KEY) == manifest
    assert n_read() == 0
    seen.keep(folder)
    folder.run.unlink()
    assert set(finished_inputs(folder, dumps)) == set(dumps)
    assert n_read() == 0
    write_json(folder.run, {"seen": {"of another": "format"}})
    folder.run.write_bytes(b"")  # of a build in a store, its name alone is here
    assert len(seen.notes(folder)) == 2
