"""A dump outside this machine, read from one byte to its end: a broken connection goes on there.

Nothing is downloaded: a few megabytes are held in front of the reader.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, Protocol, TypeVar

from ..places import WEB, Url
from ..store_trouble import Broken, changed, trouble_of
from .background import in_background

T = TypeVar("T")
FIRST = 1 << 18  # bytes: a first look needs no more
AHEAD = 3  # pieces that wait for the reader; one more is under way
WAITS_S = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # ours: half a minute in all
MENDED = 1 << 20  # bytes that came since the last break: then waiting starts again from the first


class State(NamedTuple):
    """What tells that a file is still the same one."""

    size: int  # bytes
    mark: str  # ETag, generation, time: changes with the content; "": the store tells nothing


class Connection(Protocol):
    def read(self, n: int, /) -> bytes: ...
    def close(self) -> None: ...


class Remote(Protocol):
    """One file as a store or a web server gives it; raises whatever its library raises."""

    url: Url
    state: State  # when it was opened
    longest: int  # bytes to ask for at once

    def open(self, start: int) -> Connection:
        """The bytes from `start`; raises InputError where they are not those of `state`."""

    def now(self) -> State:
        """Its state at this moment."""


def open_remote(url: Url) -> Remote:
    """The file at this address. Raises InputError where it is not there or may not be read."""
    from .stored import Stored
    from .web import Web

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
                _wait(remote.url, e, n_breaks, started=at > 0)
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


def mended(url: Url, work: Callable[[], T], started: bool = True) -> T:
    """What `work` returns, tried again while its trouble may pass."""
    n_breaks = 0
    while True:
        try:
            return work()
        except Exception as e:  # every library has its own; what is none of a store's goes on
            n_breaks += 1
            _wait(url, e, n_breaks, started)


def _wait(url: Url, error: Exception, n_breaks: int, started: bool) -> None:
    """Returns when it is time to try again; raises InputError where that is of no use."""
    trouble = trouble_of(error, url)
    if trouble is None:
        raise error
    if not trouble.passing or (trouble.near and not started):
        raise trouble.of(url) from None  # its own words may hold a signed address
    if n_breaks > len(WAITS_S):
        told = f"{trouble.what}, {n_breaks} times in a row"
        raise trouble._replace(what=told).of(url) from None
    time.sleep(WAITS_S[n_breaks - 1])
