"""A user names a build, its released part or a copy; each is found, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import BuildError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.manifest import read_manifest
from redditess.release.found import find_release
from redditess.release.public import read_public, write_public

MANIFEST = {
    "stages": {
        "vote": {"rows_in": 1, "dropped": {}, "files": [{"path": "votes/b0.parquet"}]},
        "full": {"rows_in": 1, "rows_out": 1, "dropped": {},
                 "files": [{"path": "redditess/data/full/train.parquet"}]},
    }
}  # fmt: skip


@pytest.fixture
def build(tmp_path: Path) -> BuildFolder:
    folder = BuildFolder(tmp_path / "out").create()
    (folder.release / "data").mkdir(parents=True)
    write_public(folder, MANIFEST)
    write_json(folder.manifest, MANIFEST)
    return folder


def test_a_build_and_its_released_part_are_found_together(build: BuildFolder) -> None:
    by_build, by_release = find_release(build.root), find_release(build.release)
    assert by_build.release == build.release and by_build.build is not None
    assert by_release.release == build.release and by_release.build is not None
    assert by_release.build.root == build.root.absolute()


def test_a_copy_has_no_build(build: BuildFolder, tmp_path: Path) -> None:
    copy = build.release.rename(tmp_path / "copy")
    assert find_release(copy) == (copy, None)


@pytest.mark.parametrize("name", ["nothing", "empty"])
def test_anything_else_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BuildError, match=name):
        find_release(tmp_path / name)


def test_the_public_manifest_names_released_files_only(build: BuildFolder) -> None:
    stages = read_public(build.release)["stages"]
    assert stages["vote"]["files"] == []
    assert [f["path"] for f in stages["full"]["files"]] == ["data/full/train.parquet"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "of another program"}', "\udce9"])
def test_a_damaged_manifest_is_named_with_a_next_step(build: BuildFolder, text: str) -> None:
    for path in (build.manifest, build.release / "release.json"):
        path.write_bytes(text.encode("utf8", "surrogateescape"))
    with pytest.raises(BuildError, match=r"manifest\.json: not .*; remove it"):
        read_manifest(build.root)
    with pytest.raises(BuildError, match=r"release\.json: not .*; download"):
        read_public(build.release)
