"""A build in a store is a build: same bytes, resumed, refused and replaced like one in a folder."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem

from redditess.corpus.errors import BuildError, InputError
from redditess.corpus.places import Url
from redditess.corpus.sample import write_sample
from redditess.corpus.settings import Settings, load_settings
from redditess.release.build import build
from redditess.release.engines import store as stores
from redditess.release.engines.staging import scratch
from redditess.release.engines.store import Store
from redditess.release.engines.workplace import workplace
from redditess.release.pseudonyms import SAMPLE_KEY

pytestmark = pytest.mark.slow
RUN_ONLY = ("run.json", ".lock")


class Shelf(LocalFileSystem):
    """A file system without whole puts and without a rename over a file, as HDFS is one."""

    protocol = ("shelf",)
    root = Path()

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        text = str(path).removeprefix("shelf://")
        inside = text if text.startswith(str(cls.root)) else f"{cls.root}/{text.lstrip('/')}"
        return inside.rstrip("/")

    def put_file(self, source: str, target: str, **more: Any) -> None:
        Path(self._strip_protocol(target)).write_bytes(Path(source).read_bytes())

    def get_file(self, source: str, target: str, **more: Any) -> None:
        Path(target).write_bytes(Path(self._strip_protocol(source)).read_bytes())

    def mv(self, old: str, new: str, **more: Any) -> None:
        if self.exists(new):
            raise FileExistsError(new)
        super().mv(old, new, **more)


@pytest.fixture(autouse=True)
def scratches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where scratch folders are made; none may stay."""
    place = tmp_path / "scratches"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


@pytest.fixture(params=["memory", "shelf"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a build in a store of its own."""
    Shelf.root = tmp_path / "shelf"
    fsspec.register_implementation("shelf", Shelf, clobber=True)
    yield f"{request.param}://builds/first"
    memory = fsspec.filesystem("memory")
    if memory.exists("/builds"):
        memory.rm("/builds", recursive=True)


@pytest.fixture(scope="module")
def dumps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_sample(tmp_path_factory.mktemp("dumps"), n_threads=25)


def settings(**more: Any) -> Settings:
    return load_settings("sample", n_buckets=2, workers=1, **more)


@pytest.fixture(scope="module")
def here(dumps: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("here") / "b"
    build(dumps, out, settings(), key=SAMPLE_KEY)
    return out


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def local(out: Path) -> dict[str, str]:
    return {
        p.relative_to(out).as_posix(): digest(p.read_bytes())
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name not in RUN_ONLY
    }


def stored(address: str) -> dict[str, str]:
    files, base = fsspec.core.url_to_fs(address)
    return {
        path[len(base) + 1 :]: digest(files.cat_file(path))
        for path in sorted(files.find(base))
        if path.rpartition("/")[2] not in RUN_ONLY
    }


def put(address: str, name: str, data: bytes) -> None:
    files, base = fsspec.core.url_to_fs(address)
    files.makedirs(f"{base}/{name}".rpartition("/")[0], exist_ok=True)
    files.pipe_file(f"{base}/{name}", data)


def test_a_build_in_a_store_equals_a_local_one_and_is_returned_as_it_is(
    address: str, dumps: list[Path], here: Path
) -> None:
    manifest = build(dumps, address, settings(), key=SAMPLE_KEY)
    assert stored(address) == local(here)
    files, base = fsspec.core.url_to_fs(address)
    before = files.info(f"{base}/manifest.json")
    assert build(dumps, Url(address), settings(), key=SAMPLE_KEY) == manifest
    assert files.info(f"{base}/manifest.json") == before


@pytest.mark.parametrize(
    ("address", "last"),
    [("memory", stage) for stage in ("ingest", "vote", "label", "shape", "release")]
    + [("shelf", "vote"), ("shelf", "release")],
    indirect=["address"],
)
def test_a_build_goes_on_elsewhere_with_an_empty_scratch(
    address: str, dumps: list[Path], here: Path, last: str
) -> None:
    class Gone(Exception):
        pass

    def stop(stage: str, done: int, total: int) -> None:
        if stage == last and done:
            raise Gone

    with pytest.raises(Gone):
        build(dumps, address, settings(), key=SAMPLE_KEY, progress=stop)
    begun = stored(address)
    assert "manifest.json" not in begun
    told: list[tuple[str, int, int]] = []
    build(dumps, address, settings(), key=SAMPLE_KEY, progress=lambda *t: told.append(t))
    assert stored(address) == local(here)
    first = {stage: (done, total) for stage, done, total in reversed(told)}
    assert first["ingest"] == (1 if last == "ingest" else 2, 2)  # nothing is read twice


def test_another_build_is_refused_by_its_address_and_fresh_replaces_it(
    address: str, dumps: list[Path], here: Path
) -> None:
    build(dumps, address, settings(limit=50), key=SAMPLE_KEY)
    with pytest.raises(BuildError, match=rf"{address}: holds a build .* --fresh"):
        build(dumps, address, settings(), key=SAMPLE_KEY)
    build(dumps, address, settings(), key=SAMPLE_KEY, fresh=True)
    assert stored(address) == local(here)


def test_what_is_no_build_is_left_alone(address: str, dumps: list[Path]) -> None:
    put(address, "thesis.tex", b"years of work")
    with pytest.raises(BuildError, match="not a build"):
        build(dumps, address, settings(), key=SAMPLE_KEY, fresh=True)
    assert list(stored(address)) == ["thesis.tex"]


def test_of_two_beginnings_one_wins(address: str, dumps: list[Path]) -> None:
    with workplace(address) as place:
        (place.folder.root / "build.json").write_text('{"fingerprint": "mine"}')
        put(address, "build.json", b'{"fingerprint": "theirs"}')  # after we had looked
        with pytest.raises(BuildError, match="another build has begun here"):
            place.save()
    assert json.loads(fsspec.open(f"{address}/build.json").open().read()) == {
        "fingerprint": "theirs"
    }


def test_a_key_that_climbs_out_of_the_folder_is_no_file_of_a_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(Url("memory://builds/first"))
    names = {"../../x": 1, "raw//y": 1, "raw/.tmp-z": 1, "./z": 1, "raw/done/a.json": 2}
    found = {f"{store.base}/{name}": {"size": n} for name, n in names.items()}
    monkeypatch.setattr(store.fs, "find", lambda *a, **k: found)
    assert store.names() == {"raw/done/a.json": 2}


def test_a_file_that_is_put_in_two_steps_is_seen_complete_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf.root = tmp_path / "shelf"
    fsspec.register_implementation("shelf", Shelf, clobber=True)
    store, file = Store(Url("shelf://b")), tmp_path / "x"
    file.write_bytes(b"first")
    store.put(file, "a/x")
    file.write_bytes(b"other")

    def fail(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(stores.Store, "_move", fail)
        store.put(file, "a/x")
    assert stored("shelf://b") == {"a/x": digest(b"first")}  # and no temporary name
    store.put(file, "a/x")
    assert stored("shelf://b") == {"a/x": digest(b"other")}


def test_the_hub_and_the_web_are_no_place_for_a_build(dumps: list[Path]) -> None:
    with pytest.raises(BuildError, match="release publish"):
        build(dumps, "hf://datasets/me/x", settings(), key=SAMPLE_KEY)
    with pytest.raises(InputError, match="takes no files"):
        build(dumps, "https://host/x", settings(), key=SAMPLE_KEY)


def test_a_scratch_folder_is_private_and_one_that_was_left_is_removed(
    scratches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    left = scratches / "redditess-scratch-left"
    left.mkdir()
    (left / "names").write_text("somebody")
    os.utime(left, (0, 0))
    with scratch() as root, scratch() as other:
        assert root.stat().st_mode & 0o777 == 0o700
        assert not left.exists() and root.exists() and other.exists()


def test_commands_that_read_a_folder_say_how_to_fetch_a_build() -> None:
    import subprocess
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "redditess", "methods", "s3://bucket/build"],
        capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 1
    assert "aws s3 sync s3://bucket/build build" in done.stderr


def test_an_s3_store_holds_the_same_build(
    dumps: list[Path], here: Path, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{s3.url}/builds/first"
    build(dumps, address, settings(), key=SAMPLE_KEY)
    assert stored(address) == local(here)
    with workplace(address) as place:
        (place.folder.root / "build.json").write_text("{}")
        place._known.pop("build.json")  # as one who looked before the other began
        with pytest.raises(BuildError, match="another build has begun here"):
            place.save()
    with pytest.raises(InputError, match="no-such-bucket-here"):
        build(dumps, "s3://no-such-bucket-here/b", settings(), key=SAMPLE_KEY)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test:reader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "reading")
    type(s3.files).clear_instance_cache()
    with pytest.raises(InputError, match="access is refused") as told:
        build(dumps, f"{s3.url}/builds/second", settings(), key=SAMPLE_KEY)
    assert "reading" not in str(told.value)


def test_a_wrong_endpoint_is_told_soon(
    dumps: list[Path], s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    type(s3.files).clear_instance_cache()
    with pytest.raises(InputError, match=f"{s3.url}/b"):
        build(dumps, f"{s3.url}/b", settings(), key=SAMPLE_KEY)
