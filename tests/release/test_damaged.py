"""A file that was cut off on its way is named before anything is written; a scan goes on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from redditess.corpus.artefacts import is_whole_parquet, read_json
from redditess.corpus.errors import BuildError, InputError
from redditess.corpus.folder import BuildFolder
from redditess.release.dehydrate import dehydrate
from redditess.release.delete.remove import Places, look, remove
from redditess.release.delete.request import Request
from redditess.release.delete.resolve import sheet_names
from redditess.release.export import export
from redditess.release.found import find_release
from redditess.release.unfinished import UNFINISHED

FILE = "train-00000-of-00001.parquet"
SENTENCE = r"train-00000-of-00001\.parquet: not a whole Parquet file; download or build"
REQUEST = Request(names=frozenset({"t1_nobody"}))


@pytest.fixture(params=[0, 1000], ids=["empty", "cut off"])
def damaged(
    small_build: Path, tmp_path: Path, request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> BuildFolder:  # fmt: skip
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "arrow"))
    folder = BuildFolder(tmp_path / "build")
    shutil.copytree(small_build, folder.root)
    with (folder.release / "data" / "full" / FILE).open("r+b") as f:
        f.truncate(request.param)
    return folder


def contents(root: Path) -> dict[Path, bytes]:
    return {p: p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def changes(folder: BuildFolder, tmp_path: Path) -> list[Callable[[], object]]:
    places, copy = Places(tmp_path / "home"), tmp_path / "copy"
    shutil.copytree(folder.release, copy)
    return [
        lambda: export(folder.release, "full", "train", tmp_path / "sheet.csv"),
        lambda: dehydrate(folder.root, tmp_path / "dry"),
        lambda: remove(find_release(folder.root), REQUEST, places),
        lambda: remove(find_release(copy), Request(ids=frozenset({"0" * 16})), places),
    ]


def test_no_verb_begins_on_a_damaged_file(damaged: BuildFolder, tmp_path: Path) -> None:
    for change in changes(damaged, tmp_path):
        before = contents(tmp_path)
        with pytest.raises(BuildError, match=SENTENCE):
            change()
        assert contents(tmp_path) == before
    assert not (damaged.root / UNFINISHED).exists()


def test_a_scan_tells_what_it_could_not_look_into(damaged: BuildFolder, tmp_path: Path) -> None:
    place = damaged.release / "data" / "full" / FILE
    whole = is_whole_parquet(place.parent / FILE.replace("train", "test"))
    assert whole and not is_whole_parquet(place)
    report = look(find_release(damaged.root), REQUEST, Places(tmp_path / "home"))
    unread = [f"redditess/data/full/{FILE}"]
    assert report["scan"]["unread"] == (unread if place.stat().st_size else [])


def test_a_build_without_its_private_part_is_not_called_clean(
    small_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    folder = BuildFolder(tmp_path / "build")
    shutil.copytree(small_build, folder.root)
    shutil.rmtree(folder.interactions)
    row = pq.read_table(folder.release / "data" / "full" / FILE, columns=["id"])["id"][0].as_py()
    request, places = Request(ids=frozenset({row})), Places(tmp_path / "home", arrow=tmp_path / "x")
    report = remove(find_release(folder.root), request, places)
    assert report["missing"] == 1
    assert f"redditess/data/full/{FILE}" in [p["path"] for p in report["scan"]["left"]]


@pytest.mark.parametrize("data", [b"id,comment_id\nJos\xe9,t1_a\n"])
def test_a_key_file_that_cannot_be_read_stops_a_removal(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "sheet.key.csv").write_bytes(data)
    with pytest.raises(InputError, match=r"sheet\.key\.csv: not the key of a sheet: .*; restore"):
        sheet_names(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"\xe9"])
def test_any_json_that_was_cut_off_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "validity.json").write_bytes(data)
    with pytest.raises(
        BuildError, match=r"validity\.json: not JSON .*; restore it, or build again"
    ):
        read_json(tmp_path / "validity.json")
