"""A copy follows the removals of its publisher, without the build and without the network."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import read_json, write_json
from redditess.corpus.errors import BuildError, InputError, RemoteError, SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.release.card_check import check_card
from redditess.release.delete.remove import Places, remove
from redditess.release.delete.request import Request
from redditess.release.delete.sync import read_list, sync
from redditess.release.found import find_release
from redditess.release.public import read_public
from redditess.release.unfinished import UNFINISHED

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "arrow"))
    return tmp_path / "home"


@pytest.fixture
def published(small_build: Path, tmp_path: Path, home: Path) -> tuple[Path, Path]:
    """The publisher's build after a removal, and a copy from before it."""
    shutil.copytree(small_build, tmp_path / "build")
    shutil.copytree(small_build / "redditess", tmp_path / "copy")
    folder = BuildFolder(tmp_path / "build")
    part = folder.buckets(folder.interactions)[0]
    rows = pq.read_table(part, columns=["comment_id", "thread_id"]).to_pylist()
    names = frozenset({rows[0]["thread_id"], *(r["comment_id"] for r in rows[20:24])})
    remove(find_release(folder.root), Request(names), Places(home))
    return folder.root, tmp_path / "copy"


def data_of(release: Path) -> dict[str, bytes]:
    paths = sorted((release / "data").rglob("*.parquet"))
    return {p.relative_to(release).as_posix(): p.read_bytes() for p in paths}


def test_a_synced_copy_has_the_publishers_bytes(published: tuple[Path, Path]) -> None:
    build, copy = published
    before = data_of(copy)
    report = sync(copy, str(build / "redditess" / "tombstones.json"), (), ())
    assert data_of(copy) == data_of(build / "redditess") != before
    assert (copy / "tombstones.json").read_bytes() == (
        build / "redditess" / "tombstones.json"
    ).read_bytes()
    assert report["files"]["full"] > 0 and report["scan"]["left"] == []
    assert check_card(copy, read_public(copy)) == []
    assert "removed on request" in (copy / "README.md").read_text("utf8")


def test_a_build_of_ones_own_follows_a_list(
    published: tuple[Path, Path], small_build: Path, tmp_path: Path
) -> None:
    build, _ = published
    shutil.copytree(small_build, tmp_path / "other")
    report = sync(tmp_path / "other", str(build / "redditess"), (), ())
    assert data_of(tmp_path / "other" / "redditess") == data_of(build / "redditess")
    assert report["removed"]["rows"] > 0 and report["scan"]["left"] == []


def test_syncing_again_changes_nothing(published: tuple[Path, Path]) -> None:
    build, copy = published
    for _ in range(2):
        report = sync(copy, str(build / "redditess"), (), ())
        files = {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()}
    assert sum(report["files"].values()) == 0
    sync(copy, str(build / "redditess"), (), ())
    assert {p: p.read_bytes() for p in copy.rglob("*") if p.is_file()} == files


def test_a_listed_thread_takes_rows_that_the_list_does_not_name(
    published: tuple[Path, Path], tmp_path: Path
) -> None:
    _, copy = published
    full = pq.read_table(next((copy / "data" / "full").glob("train-*")))
    thread = full["thread_id"][0].as_py()
    rows = {r["id"] for r in full.select(["id", "thread_id"]).to_pylist()
            if r["thread_id"] == thread}  # fmt: skip
    listed = {"format": 1, "key_id": read_public(copy)["key_id"], "count": 1, "ids": [thread]}
    write_json(tmp_path / "list.json", listed)
    sync(copy, str(tmp_path / "list.json"), (), ())
    for path in (copy / "data").rglob("*.parquet"):
        table = pq.read_table(path)
        for name in {"id", "chosen_id", "rejected_id"} & set(table.column_names):
            assert not rows & set(table[name].to_pylist()), path
    assert rows <= set(read_json(copy / "tombstones.json")["ids"])


def test_a_list_of_another_dataset_is_refused(published: tuple[Path, Path], tmp_path: Path) -> None:
    _, copy = published
    before = data_of(copy)
    write_json(tmp_path / "list.json", {"format": 1, "key_id": "0" * 8, "ids": []})
    with pytest.raises(InputError, match="of key 00000000"):
        sync(copy, str(tmp_path / "list.json"), (), ())
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match="not a list"):
        sync(copy, str(tmp_path / "list.json"), (), ())
    assert data_of(copy) == before


@pytest.mark.parametrize("source", ["https://example.org/tombstones.json", "ns/name"])
def test_the_network_is_not_asked_without_leave(source: str) -> None:
    with pytest.raises(RemoteError, match="--allow-remote"):
        read_list(source, "key", remote=False)


def test_a_list_travels_by_https_only() -> None:
    with pytest.raises(InputError, match="https"):
        read_list("http://example.org/tombstones.json", "key", remote=True)
    with pytest.raises(InputError, match="no such file"):
        read_list("nowhere", "key", remote=True)


@pytest.mark.parametrize("source", ["https://[bad/list", "https://example.org:port/list"])
def test_an_address_that_is_none_is_one_sentence(source: str) -> None:
    with pytest.raises(RemoteError, match="check the address"):
        read_list(source, "key", remote=True)


def test_an_interrupted_sync_is_known(published: tuple[Path, Path]) -> None:
    build, copy = published
    write_json(copy / UNFINISHED, {"format": 1})
    with pytest.raises(BuildError, match="interrupted"):
        find_release(copy)
    sync(copy, str(build / "redditess"), (), ())
    assert find_release(copy).release == copy


def test_a_copy_knows_no_usernames_and_no_foreign_key(
    published: tuple[Path, Path], home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, copy = published
    with pytest.raises(BuildError, match="usernames"):
        remove(find_release(copy), Request(authors=frozenset({"owl"})), Places(home))
    document = read_json(copy / "release.json")
    write_json(copy / "release.json", {**document, "key_id": "0" * 8})
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with pytest.raises(SettingsError, match="key 00000000"):
        remove(find_release(copy), Request(frozenset({"t1_a"})), Places(home))


def test_exports_and_models_follow(published: tuple[Path, Path], tmp_path: Path) -> None:
    build, copy = published
    removed = read_json(build / "redditess" / "tombstones.json")["ids"]
    export = tmp_path / "mine.csv"
    export.write_text("id,text\n" + "".join(f"{i},words\n" for i in [*removed[:2], "f" * 16]))
    words = ["release", "sync", str(copy), "--tombstones", str(build / "redditess"),
             "--also", str(export), "--json"]  # fmt: skip
    done = CliRunner().invoke(make_app(), words)
    assert done.exit_code == 0, done.output
    assert export.read_text() == f"id,text\n{'f' * 16},words\n"
    assert json.loads(done.stdout)["scan"]["left"] == []


UPLOAD = """
import sys
from huggingface_hub import HfApi
api = HfApi()
api.create_repo("ns/set", repo_type="dataset", exist_ok=True)
api.upload_file(path_or_fileobj=sys.argv[1], path_in_repo="tombstones.json",
                repo_id="ns/set", repo_type="dataset")
"""


@pytest.mark.slow
def test_a_list_comes_from_the_hub_when_it_is_named(published: tuple[Path, Path], hub: Any) -> None:
    build, copy = published
    listed = str(build / "redditess" / "tombstones.json")
    done = hub.run("-c", UPLOAD, listed)
    assert done.returncode == 0, done.stderr
    words = ["-m", "redditess", "release", "sync", str(copy), "--json", "--tombstones"]
    done = hub.run(*words, "ns/nothing", "--allow-remote")
    assert done.returncode == 1 and "cannot be fetched" in done.stderr
    assert "Traceback" not in done.stderr
    done = hub.run(*words, "ns/set", "--allow-remote")
    assert done.returncode == 0, done.stderr
    assert data_of(copy) == data_of(build / "redditess")
