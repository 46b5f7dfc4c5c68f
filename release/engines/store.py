"""One folder of a store (s3://, gs://, hdfs://, …) as the builds in it need it: whole files only.

A file appears under its name when it is complete. An object store promises that for every put;
elsewhere a file is put under a temporary name first and then moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

from ...corpus.artefacts import committed
from ...corpus.dumps.remote import mended
from ...corpus.errors import BuildError
from ...corpus.places import Url, store_of
from ...corpus.store_trouble import trouble_of

T = TypeVar("T")

WHOLE_PUTS = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory")
"""Protocols whose put shows a file complete or not at all."""
NO_BUILDS = ("hf", "github", "git", "ftp", "data", "zip", "tar")
TEMPORARY = ".tmp-"  # as the names that `artefacts.committed` gives


class Store:
    """Files below one address, by name: "raw/done/0123456789ab.json".

    Every method raises InputError, one sentence without a credential in it.
    """

    def __init__(self, url: Url):
        if url.protocol in NO_BUILDS:
            raise BuildError(
                f"a build cannot lie on {url.protocol}://: it holds names, and writes many files",
                url,
                "give a folder, s3://, gs:// or hdfs://; `release publish` is for the Hub",
            )
        self.url = url
        self.fs, base = store_of(url)
        self.base = base.rstrip("/")
        self._reached = False  # before that, silence may be a wrong address

    def names(self, below: str = "") -> dict[str, int]:
        """Name -> bytes of every file, or of those in one folder and its folders."""
        top = f"{self.base}/{below}".rstrip("/")
        found = self._do(lambda: self._find(top))
        start = len(self.base) + 1
        sizes = {path[start:]: int(info["size"]) for path, info in found.items()}
        return {name: size for name, size in sizes.items() if _is_of_a_build(name)}

    def has(self, name: str) -> bool:
        return bool(self._do(lambda: self.fs.exists(self._path(name))))

    def fetch(self, name: str, target: Path) -> None:
        """Copies a file to this machine, where it appears when it is complete."""
        with committed(target) as tmp:
            self._do(lambda: self.fs.get_file(self._path(name), str(tmp)))

    def put(self, source: Path, name: str) -> None:
        """Copies a file of this machine into the store, in place of one of that name."""
        self._do(lambda: self._put(source, self._path(name)))

    def claim(self, source: Path, name: str) -> bool:
        """Puts a file that must not be there yet; False where another has it.

        Where a store cannot refuse a second file of one name, it is read again after the put.
        """
        data, path = source.read_bytes(), self._path(name)
        self._make_way(path)

        def create() -> bool:
            try:
                self.fs.pipe_file(path, data, mode="create")
            except Exception:  # each client says in its own way that there is one already
                if not self.fs.exists(path):
                    raise
            return bool(self.fs.cat_file(path) == data)

        return self._do(create)

    def remove(self, names: Sequence[str]) -> None:
        """Removes files; one that is gone already is no error."""
        for name in names:
            self._do(partial(self._remove, self._path(name)))

    def _do(self, work: Callable[[], T]) -> T:
        """What `work` returns: tried again where a store is in trouble, told in one sentence."""
        if self._reached:
            return mended(self.url, work)
        try:
            found = work()
        except Exception as e:  # every library has its own; what is none of a store's goes on
            trouble = trouble_of(e, self.url)
            if trouble is None:
                raise
            raise trouble.of(self.url) from None  # its own words may hold a signed address
        self._reached = True
        return found

    def _put(self, source: Path, path: str) -> None:
        if self.url.protocol in WHOLE_PUTS:
            self.fs.put_file(str(source), path)
            return
        self._make_way(path)
        folder, _, last = path.rpartition("/")
        tmp = f"{folder}/{TEMPORARY}{last}-{token_hex(6)}"
        try:
            self.fs.put_file(str(source), tmp)
            self._move(tmp, path)
        finally:
            self._remove(tmp)

    def _find(self, top: str) -> dict[str, dict[str, Any]]:
        try:
            return dict(self.fs.find(top, detail=True))
        except FileNotFoundError:  # where a store has folders: none of that name yet
            return {}

    def _make_way(self, path: str) -> None:
        """Folders, where a store has some."""
        if self.url.protocol not in WHOLE_PUTS:
            self._do(lambda: self.fs.makedirs(path.rpartition("/")[0], exist_ok=True))

    def _remove(self, path: str) -> None:
        with suppress(FileNotFoundError):
            self.fs.rm_file(path)

    def _path(self, name: str) -> str:
        return f"{self.base}/{name}"

    def _move(self, tmp: str, path: str) -> None:
        """Over a file of that name, which some file systems (HDFS) refuse: then it goes first."""
        try:
            self.fs.mv(tmp, path)
        except OSError:
            if not self.fs.exists(path):
                raise
            self.fs.rm_file(path)
            self.fs.mv(tmp, path)


def _is_of_a_build(name: str) -> bool:
    """Not what a killed put left; and not "../x", which a key of a store may be called."""
    parts = name.split("/")
    return not any(p in ("", ".", "..") or p.startswith(TEMPORARY) for p in parts)
