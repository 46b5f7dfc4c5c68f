"""A dump outside this machine, read from one byte to its end: a broken connection goes on there.

Nothing is downloaded: a few pieces are held in front of the reader.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from typing import Any

from ..places import WEB, Url
from ..store_trouble import Broken, changed
from .background import in_background
from .remote import Connection, Remote, mended, wait
from .stored import Stored
from .web import Web

FIRST = 1 << 18  # bytes: a first look needs no more
AHEAD = 2  # pieces that wait for the reader; one more is under way
MENDED = 1 << 20  # bytes that came since the last break: then waiting starts again from the first


def open_remote(url: Url) -> Remote:
    """The file at this address. Raises InputError where it is not there or may not be read."""
    kind: Callable[[Url], Remote] = Web if url.protocol in WEB else Stored
    return mended(url, lambda: kind(url), started=False)


class RemoteFile:
    """The bytes of one remote file in order, fetched in a thread of their own."""

    def __init__(self, url: Url):
        self._remote = open_remote(url)
        self.state = self._remote.state
        self._pieces = in_background(pieces(self._remote), AHEAD, "redditess-fetch")
        self._held = memoryview(b"")

    def read(self, n: int) -> bytes:
        """`n` bytes as of a file on a disk, fewer at the end, where it is still what it was."""
        taken: list[memoryview] = []
        while n and (self._held or self._more()):
            taken.append(self._held[:n])
            self._held, n = self._held[n:], n - len(taken[-1])
        return b"".join(taken)

    def _more(self) -> bool:
        self._held = memoryview(next(self._pieces, b""))
        return bool(self._held)

    def again(self, start: int) -> io.BufferedReader:
        return io.BufferedReader(_Again(self._remote, start), FIRST)

    def close(self) -> None:
        self._pieces.close()


class _Again(io.RawIOBase):
    """A second reader of the same file, from `start`."""

    def __init__(self, remote: Remote, start: int):
        self._pieces, self._at, self._held = pieces(remote, start), start, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        self._held = self._held or next(self._pieces, b"")
        n = min(len(buffer), len(self._held))
        buffer[:n], self._held = self._held[:n], self._held[n:]
        self._at += n
        return n

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._pieces.close()
        super().close()


def pieces(remote: Remote, start: int = 0) -> Generator[bytes, None, None]:
    """The file from byte `start`, piece by piece; the first ones are small.

    Raises InputError where it cannot be read to its end or is not the same file any more.
    """
    at, n, connection, n_breaks, since = start, FIRST, None, 0, 0
    try:
        while at < remote.state.size:
            try:
                connection = connection or remote.open(at)
                piece = connection.read(min(n, remote.state.size - at))
                if not piece:
                    raise Broken
            except Exception as e:  # every library has its own; what is none of a store's goes on
                n_breaks = n_breaks + 1 if since < MENDED else 1
                since = 0
                wait(remote.url, e, n_breaks, started=at > 0)
                _close(connection)
                connection = None
                continue
            yield piece
            at, since, n = at + len(piece), since + len(piece), min(n * 2, remote.longest)
    finally:
        _close(connection)
    if start < remote.state.size and mended(remote.url, remote.now) != remote.state:
        raise changed().of(remote.url)


def _close(connection: Connection | None) -> None:
    if connection is not None:
        connection.close()
