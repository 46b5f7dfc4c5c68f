"""A file in a store that fsspec reaches (s3://, gs://, hf://, …), range by range."""

from __future__ import annotations

from typing import Any

from ..errors import InputError
from ..places import Url, store_of
from ..store_trouble import changed
from .remote import State

# What stores tell of a content, the surest first: a digest, a number of the version, a time.
_MARKS = (
    "ETag", "etag", "lfs", "blob_id", "generation", "md5Hash", "checksum", "LastModified",
    "last_modified", "mtime", "modified", "created",
)  # fmt: skip


class Stored:
    """One object. Every range is a request of its own."""

    longest = 1 << 23

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


class _Ranges:
    """An open file of fsspec."""

    def __init__(self, file: Any):
        self.read, self.close = file.read, file.close


def state_in(info: dict[str, Any]) -> State:
    """From what a store lists of an object."""
    mark = next((f"{name} {info[name]}" for name in _MARKS if info.get(name)), "")
    return State(int(info["size"]), mark)
