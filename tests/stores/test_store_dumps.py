"""A build of dumps in a store is the build of the same dumps on a disk."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import fsspec
import pytest
import typer
from fsspec.implementations.memory import MemoryFileSystem
from typer.testing import CliRunner

import redditess
from redditess.corpus import cli
from redditess.corpus.dumps.inputs import find_dumps
from redditess.corpus.dumps.source import Source, state_of
from redditess.corpus.errors import InputError, MissingExtra
from redditess.corpus.inspect import inspect_file
from redditess.corpus.places import Url, address_of, is_url, place_of, shown
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import Settings, load_settings
from redditess.release.build import build
from redditess.release.pseudonyms import SAMPLE_KEY

KNOWN_TO_FSSPEC = import_module("fsspec.registry")._registry  # what was imported so far
SIGNED = "?X-Amz-Signature=s3cr3t"


def settings() -> Settings:
    return load_settings("sample", n_buckets=2, workers=1)


def digests(out: Path) -> dict[str, str]:
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name not in ("run.json", ".lock")
    }


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("dumps"), n_threads=40)


@pytest.fixture(scope="module")
def reference(dumps: list[Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("reference") / "b"
    build(dumps, out, settings(), key=SAMPLE_KEY)
    return digests(out)


@pytest.fixture
def memory() -> Iterator[MemoryFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.mark.slow
def test_a_build_from_s3_is_the_build_from_a_disk(
    s3: Any, dumps: list[Path], reference: dict[str, str], tmp_path: Path
) -> None:
    for path in dumps:
        s3.put(f"reddit/{path.name}", path.read_bytes())
    s3.put("reddit/.hidden/RC_2019-01.zst", b"x")
    s3.put("reddit/notes.txt", b"x")
    build([f"{s3.url}/reddit"], tmp_path / "b", settings(), key=SAMPLE_KEY)
    assert digests(tmp_path / "b") == reference
    for name in ("manifest.json", "run.json", "settings.toml", "build.json"):
        text = (tmp_path / "b" / name).read_text("utf8")
        assert s3.name not in text and s3.endpoint not in text and "testing" not in text


@pytest.mark.slow
def test_a_build_over_https_survives_breaks_and_tells_no_signature(
    web: Any, dumps: list[Path], reference: dict[str, str], tmp_path: Path,
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level("DEBUG")
    web.files |= {path.name: path.read_bytes() for path in dumps}
    web.faults += [{"cut": 100}, {"status": 503}, {"cut": 3000}, {}, {"cut": 7}]
    build(
        [f"{web.url}/{p.name}{SIGNED}" for p in dumps], tmp_path / "b", settings(), key=SAMPLE_KEY
    )
    assert digests(tmp_path / "b") == reference
    said = [p.read_bytes() for p in (tmp_path / "b").rglob("*") if p.is_file()]
    assert not any(b"s3cr3t" in text for text in said)
    assert "s3cr3t" not in "".join(capfd.readouterr()) + caplog.text


@pytest.mark.long
def test_dumps_on_the_hub_are_read_where_they_lie(
    hub: Any, dumps: list[Path], reference: dict[str, str], tmp_path: Path
) -> None:
    script = """
import sys
from pathlib import Path
from huggingface_hub import HfApi
from redditess.corpus import cli
from redditess.corpus.dumps.inputs import find_dumps
from redditess.corpus.settings import load_settings
from redditess.release.build import build
from redditess.release.pseudonyms import SAMPLE_KEY
HfApi().create_repo("ns/dumps", repo_type="dataset")
HfApi().upload_folder(
    repo_id="ns/dumps", repo_type="dataset", folder_path=sys.argv[1], path_in_repo="reddit"
)
settings = load_settings("sample", n_buckets=2, workers=1)
build(["hf://datasets/ns/dumps/reddit"], sys.argv[2], settings, key=SAMPLE_KEY)
"""
    done = hub.run("-c", script, str(dumps[0].parent), str(tmp_path / "b"))
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "b") == reference


def test_inspect_takes_addresses(memory: MemoryFileSystem, dumps: list[Path]) -> None:
    for path in dumps:
        memory.pipe_file(f"/reddit/{path.name}", path.read_bytes())
    app = typer.Typer()
    cli.add_verbs(app)
    told = CliRunner().invoke(app, ["inspect", "--json", "memory://reddit"])
    files = json.loads(told.stdout)["files"]
    assert [f["path"] for f in files] == [f"memory://reddit/{p.name}" for p in sorted(dumps)]
    here = json.loads(json.dumps([inspect_file(p).as_json() for p in sorted(dumps)]))
    assert [{**f, "path": ""} for f in files] == [{**f, "path": ""} for f in here]


@pytest.mark.long
def test_load_takes_a_folder_in_a_store(
    s3: Any, dumps: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for path in dumps:
        s3.put(f"reddit/{path.name}", path.read_bytes())
    more = {"preset": "sample", "workers": 1, "cache_dir": str(tmp_path / "cache")}
    by_folder = redditess.load(data_dir=f"{s3.url}/reddit", **more)
    by_files = redditess.load(data_files=[f"{s3.url}/reddit/{p.name}" for p in dumps], **more)
    assert by_folder["train"][:] == by_files["train"][:]
    assert len(list((tmp_path / "home" / "builds").glob("*/manifest.json"))) == 1
    s3.put(f"reddit/{dumps[0].name}", dumps[1].read_bytes())  # another content: another build
    with pytest.raises(InputError):
        redditess.load(data_dir=f"{s3.url}/reddit", **more)


@pytest.mark.slow
def test_s3_refusals_are_one_sentence(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    there = s3.put("x.zst", b"x" * 10)
    with pytest.raises(InputError, match=f"^{s3.url}/none.zst: does not exist; check the address"):
        find_dumps([f"{s3.url}/none.zst"])
    with pytest.raises(InputError, match=f"^{s3.url}: no dump in this folder"):
        find_dumps([s3.url])
    with Source(there) as reading:
        s3.put("x.zst", b"y" * 10)
        with pytest.raises(InputError, match="the file changed while it was read"):
            reading.sha256()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wr0ng")
    type(s3.files).clear_instance_cache()
    with pytest.raises(InputError, match="access is refused; set AWS_PROFILE") as told:
        Source(there)
    assert "wr0ng" not in str(told.value)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    type(s3.files).clear_instance_cache()
    with pytest.raises(InputError, match="no credentials for this store are set"):
        Source(there)


def test_folders_in_stores_are_searched_as_folders_here(
    memory: MemoryFileSystem, dumps: list[Path], tmp_path: Path
) -> None:
    data = dumps[0].read_bytes()
    names = [
        "RC_2019-01.zst", "a/b/RS_2019-01.zst", "a/b/c/RC_2019-02.zst", ".x/RC_2019-03.zst",
        "a/.RC_2019-04.zst", "notes.txt", "mine.zst", "other.zst", "package.json",
    ]  # fmt: skip
    for name in names:
        what = b"{}" if name in ("other.zst", "package.json") else data
        memory.pipe_file(f"/reddit/{name}", what)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(what)
    here = [str(p).removeprefix(f"{tmp_path}/") for p in find_dumps([tmp_path])]
    for folder in ("memory://reddit", "memory://reddit/"):
        found = [str(p).removeprefix("memory://reddit/") for p in find_dumps([folder])]
        assert found == here == ["RC_2019-01.zst", "a/b/RS_2019-01.zst", "mine.zst"]


def test_gs_goes_through_what_fsspec_knows_as_gs(
    memory: MemoryFileSystem, monkeypatch: pytest.MonkeyPatch, dumps: list[Path]
) -> None:
    """Google's own store is not reached from here: what stands in for gcsfs is in memory."""

    class Stand(MemoryFileSystem):
        protocol = "gs"

        @classmethod
        def _strip_protocol(cls, path: str) -> str:
            return "/" + path.removeprefix("gs://").strip("/")

    monkeypatch.setitem(KNOWN_TO_FSSPEC, "gs", Stand)
    memory.pipe_file("/bucket/RC_2019-01.zst", dumps[0].read_bytes())
    [found] = find_dumps(["gs://bucket"])
    with Source(found) as reading, Source(dumps[0]) as local:
        assert reading.sha256() == local.sha256()


def test_a_missing_package_is_named_with_its_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    monkeypatch.delitem(KNOWN_TO_FSSPEC, "gs", raising=False)
    with pytest.raises(MissingExtra, match=r'gs://b/x: .*; pip install "redditess\[gs\]"'):
        Source("gs://b/x")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("https://host/", "a web server has no listing and takes no files; give single dump"),
        ("nope://host/x", "cannot be opened as nope://…; use s3://, gs://, hf:// or https://"),
        ("zip://RC.zst::s3://b/x.zip", "chained addresses are not read; give the file itself"),
    ],
)
def test_an_address_that_is_no_dump_says_what_to_do(address: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        find_dumps([address])


def test_an_address_that_became_a_path_is_noticed() -> None:
    with pytest.raises(InputError, match="give it as a str"):
        find_dumps([Path("s3://bucket/RC_2019-01.zst")])


@pytest.mark.parametrize(
    ("address", "told", "name"),
    [
        (f"https://me:s3cr3t@host/a/RC.zst{SIGNED}", "https://host/a/RC.zst", "RC.zst"),
        (f"HTTPS://host/a%2Fb%20c.zst{SIGNED}#s3cr3t", "https://host/a%2Fb%20c.zst", "b c.zst"),
        ("s3://bucket/a#b.zst?versionId=s3cr3t", "s3://bucket/a#b.zst", "a#b.zst"),
        ("memory://", "memory://", ""),
    ],
)
def test_an_address_never_shows_its_secret(address: str, told: str, name: str) -> None:
    place = place_of(address)
    assert isinstance(place, Url) and is_url(place) and place_of(address_of(place)) == place
    assert (str(place), f"{place}", shown(address), place.name) == (told, told, told, name)
    assert repr(place) == f"Url({told!r})" and "s3cr3t" not in repr([place])


def test_a_file_url_is_a_path() -> None:
    assert place_of("file:///a/b%20c.zst") == Path("/a/b c.zst") and not is_url("file:///a")
    assert shown("a/b?c") == "a/b?c" and not is_url("a/b?c")


def test_a_file_in_a_store_has_a_state_that_changes_with_it(memory: MemoryFileSystem) -> None:
    memory.pipe_file("/x", b"one")
    before = state_of(Url("memory://x"))
    assert before == state_of(Url("memory://x")) and before.mark
    memory.pipe_file("/x", b"two")
    assert state_of(Url("memory://x")) != before
    with pytest.raises(InputError, match=r"memory://: is a folder; name a file in it"):
        Source("memory://")
