"""One folder of a store (s3://, gs://, hdfs://, …) as the builds in it need it: whole files only.

A file appears under its name when it is complete. An object store promises that for every put;
elsewhere a file is put under a temporary name first and then moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

from ...corpus.artefacts import committed
from ...corpus.errors import BuildError, RedditessError, RemoteError
from ...corpus.places import Url, store_of

WHOLE_PUTS = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "memory")
"""Protocols whose put shows a file complete or not at all."""
NO_BUILDS = ("hf", "github", "git", "ftp", "data", "zip", "tar")
TEMPORARY = ".tmp-"  # as the names that `artefacts.committed` gives


class Store:
    """Files below one address, by name: "raw/done/0123456789ab.json".

    Every method raises BuildError or RemoteError, one sentence without a credential in it.
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

    def names(self, below: str = "") -> dict[str, int]:
        """Name -> bytes of every file, or of those in one folder and its folders."""
        top = f"{self.base}/{below}".rstrip("/")
        with self._told("listed"):
            found = self.fs.find(top, detail=True)
        start = len(self.base) + 1
        sizes = {path[start:]: int(info["size"]) for path, info in found.items()}
        return {name: size for name, size in sizes.items() if _is_of_a_build(name)}

    def has(self, name: str) -> bool:
        with self._told("read"):
            return bool(self.fs.exists(self._path(name)))

    def fetch(self, name: str, target: Path) -> None:
        """Copies a file to this machine, where it appears when it is complete."""
        with self._told("read"), committed(target) as tmp:
            self.fs.get_file(self._path(name), str(tmp))

    def put(self, source: Path, name: str) -> None:
        """Copies a file of this machine into the store, in place of one of that name."""
        path = self._path(name)
        with self._told("written"):
            if self.url.protocol in WHOLE_PUTS:
                self.fs.put_file(str(source), path)
                return
            folder, _, last = path.rpartition("/")
            self.fs.makedirs(folder, exist_ok=True)
            tmp = f"{folder}/{TEMPORARY}{last}-{token_hex(6)}"
            try:
                self.fs.put_file(str(source), tmp)
                self._move(tmp, path)
            finally:
                with suppress(FileNotFoundError):
                    self.fs.rm_file(tmp)

    def claim(self, source: Path, name: str) -> bool:
        """Puts a file that must not be there yet; False where another has it.

        Where a store cannot refuse a second file of one name, it is read again after the put.
        """
        data, path = source.read_bytes(), self._path(name)
        with self._told("written"):
            try:
                if self.url.protocol not in WHOLE_PUTS:
                    self.fs.makedirs(path.rpartition("/")[0], exist_ok=True)
                self.fs.pipe_file(path, data, mode="create")
            except FileExistsError:
                return False
            return bool(self.fs.cat_file(path) == data)

    def remove(self, names: Sequence[str]) -> None:
        """Removes files; one that is gone already is no error."""
        with self._told("removed"):
            for name in names:
                with suppress(FileNotFoundError):
                    self.fs.rm_file(self._path(name))

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

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turns what a client library raises into one sentence."""
        try:
            yield
        except RedditessError:
            raise
        except PermissionError as e:
            raise BuildError(
                f"may not be {what} with these credentials", self.url,
                "check the key and the rights of the bucket (docs/object_stores.md)",
            ) from e  # fmt: skip
        except FileNotFoundError as e:
            raise BuildError(
                f"cannot be {what}: no such bucket or file", self.url,
                "check the address; a bucket must be there before a build",
            ) from e  # fmt: skip
        except OSError as e:
            if e.filename and self.base not in str(e.filename):
                raise  # of this machine's disk: said elsewhere
            raise self._remote(what, e) from e
        except Exception as e:  # each client library has errors of its own
            raise self._remote(what, e) from e

    def _remote(self, what: str, e: Exception) -> RemoteError:
        # Never the library's own words: they may hold a signed address.
        return RemoteError(
            f"cannot be {what} ({type(e).__name__})", self.url,
            "check endpoint and network, then run the same command again; finished work is kept",
        )  # fmt: skip


def _is_of_a_build(name: str) -> bool:
    """Not what a killed put left; and not "../x", which a key of a store may be called."""
    parts = name.split("/")
    return not any(p in ("", ".", "..") or p.startswith(TEMPORARY) for p in parts)
