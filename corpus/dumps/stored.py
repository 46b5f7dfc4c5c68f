"""A file in a store that fsspec reaches (s3://, gs://, hf://, …), range by range."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from ..places import WEB, Url, store_of
from ..store_trouble import changed
from .remote import State, mended

# What stores tell of a content, the surest first: a digest, a number of the version, a time.
_MARKS = (
    "ETag", "etag", "lfs", "blob_id", "generation", "md5Hash", "checksum", "LastModified",
    "last_modified", "mtime", "modified", "created",
)  # fmt: skip


class Stored:
    """One object. Every range is a request of its own."""

    longest = 1 << 24  # at 40 ms a request and 90 MB/s: 74 MB/s, faster than a file is parsed

    def __init__(self, url: Url):
        self.url = url
        self._files, self._path = store_of(url)
        self.state = self.now()

    def open(self, start: int) -> _Ranges:
        if start and self.now() != self.state:
            raise changed().of(self.url)
        # S3: with the ETag of now as a condition of every range
        file = self._files.open(self._path, "rb", cache_type="none")
        file.seek(start)
        return _Ranges(file)

    def now(self) -> State:
        self._files.invalidate_cache()
        info = self._files.info(self._path)
        if info["type"] == "directory":
            raise InputError("is a folder", self.url, "name a file in it")
        return state_in(info)


def files_below(url: Url, depth: int) -> list[Url] | None:
    """The files of a folder in a store, `depth` folders deep, hidden ones left out, by name.

    None: it is a file. Raises InputError where there is nothing, or it may not be listed. Of a
    web server every address is a file; a bucket without a path is a folder.
    """
    if url.protocol in WEB:
        if not url.name:
            store_of(url)  # refuses: there is no listing
        return None
    files, path = store_of(url)
    if mended(url, lambda: files.info(path), started=False)["type"] != "directory":
        return None
    found = mended(url, lambda: files.find(path, maxdepth=depth + 1), started=False)
    root = files._strip_protocol(path).rstrip("/")
    below = sorted(name.removeprefix(root).strip("/") for name in found if name.startswith(root))
    return [url / name for name in below if not any(p.startswith(".") for p in name.split("/"))]


class _Ranges:
    """An open file of fsspec."""

    def __init__(self, file: Any):
        self.read, self.close = file.read, file.close


def state_in(info: dict[str, Any]) -> State:
    """From what a store lists of an object."""
    mark = next((f"{name} {info[name]}" for name in _MARKS if info.get(name)), "")
    return State(int(info["size"]), mark)
