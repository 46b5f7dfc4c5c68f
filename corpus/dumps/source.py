"""The bytes of one dump file, wherever it lies, in order and hashed while they are read."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

from ..errors import InputError
from ..places import Place, Url, place_of
from ..refusals import refusal
from ..store_trouble import changed
from .remote import State
from .stream import RemoteFile, open_remote

PIECE = 1 << 20  # bytes read from the file at once


class Source:
    """The bytes of one file, in order, hashed while they are read.

    Raises InputError where the file cannot be opened or read, or changes meanwhile.
    """

    def __init__(self, path: str | os.PathLike[str] | Url):
        self.path = place_of(path)
        self.n_bytes = 0  # read so far
        self.head = b""  # the first of them: what tells a codec
        self._digest = hashlib.sha256()
        self._file: _File = (
            RemoteFile(self.path) if isinstance(self.path, Url) else _LocalFile(self.path)
        )
        self.state = self._file.state

    def read(self, n: int = PIECE) -> bytes:
        """The next bytes, at most `n`; b"" at the end."""
        piece = self._file.read(n)
        self.head = self.head or piece[:8]
        self._digest.update(piece)
        self.n_bytes += len(piece)
        return piece

    def sha256(self) -> str:
        """Hex digest of the whole file: reads what is left of it first."""
        while self.read(1 << 20):
            pass
        return self._digest.hexdigest()

    def again(self, start: int) -> BinaryIO:
        """The same file once more, from byte `start`: the caller closes it."""
        return self._file.again(start)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._file.close()


def state_of(place: Place) -> State:
    """The state of a file at this moment. Raises InputError where it cannot be told."""
    if isinstance(place, Url):
        return open_remote(place).state
    try:
        return _state(place.stat())
    except OSError as e:
        raise _unreadable(place, e) from e


class _File(Protocol):
    state: State

    def read(self, n: int, /) -> bytes: ...
    def again(self, start: int, /) -> BinaryIO: ...
    def close(self) -> None: ...


class _LocalFile:
    """A file of this machine, unbuffered."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115 -- closed by `close`
            found = os.fstat(self._file.fileno())
        except OSError as e:
            raise _unreadable(path, e) from e
        self.state, self._is_regular = _state(found), stat.S_ISREG(found.st_mode)

    def read(self, n: int) -> bytes:
        try:
            piece = self._file.read(n) or b""
            if not piece and self._is_regular:
                self._same()
            return piece
        except OSError as e:
            raise _unreadable(self._path, e) from e

    def _same(self) -> None:
        """At the end of the file: nobody wrote it meanwhile."""
        if _state(os.fstat(self._file.fileno())) != self.state:
            raise changed().of(self._path)

    def again(self, start: int) -> BinaryIO:
        try:
            file = io.BufferedReader(_Guarded(self._path))
            file.seek(start)
            return file
        except OSError as e:
            raise _unreadable(self._path, e) from e

    def close(self) -> None:
        self._file.close()


class _Guarded(io.FileIO):
    """Whoever reads a frame again takes an OSError for damage of the frame: this is none."""

    def __init__(self, path: Path):
        super().__init__(path)
        self._path = path

    def readinto(self, buffer: Any, /) -> int:
        try:
            return super().readinto(buffer)
        except OSError as e:
            raise _unreadable(self._path, e) from e


def _state(found: os.stat_result) -> State:
    """With the time of change of its entry: setting back the time of a file changes that one."""
    return State(found.st_size, f"{found.st_ino} {found.st_mtime_ns} {found.st_ctime_ns}")


def _unreadable(path: Path, e: OSError) -> InputError:
    told = refusal(OSError(e.errno, e.strerror or str(e), str(path)))
    of_the_path = e.errno in (errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
    step = told.next_step if told and not of_the_path else "check the path and its rights"
    return InputError(f"cannot be read ({e.strerror or e})", path, step)
