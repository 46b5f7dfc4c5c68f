"""The bytes of one dump file, wherever it lies, in order and hashed while they are read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from ..errors import InputError

PIECE = 1 << 20  # bytes read from the file at once


class Source:
    """The bytes of one file, in order, hashed while they are read.

    Raises InputError where the file cannot be opened or read.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.n_bytes = 0  # read so far
        self._digest = hashlib.sha256()
        try:
            self._file = open(self.path, "rb", buffering=0)  # noqa: SIM115 -- closed by __exit__
        except OSError as e:
            raise _unreadable(self.path, e) from e

    def read(self, n: int = PIECE) -> bytes:
        try:
            piece = self._file.read(n) or b""
        except OSError as e:
            raise _unreadable(self.path, e) from e
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
        file = open(self.path, "rb")  # noqa: SIM115 -- the caller's
        file.seek(start)
        return file

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._file.close()


def _unreadable(path: Path, e: OSError) -> InputError:
    return InputError(f"cannot be read ({e.strerror or e})", path, "check the path and its rights")
