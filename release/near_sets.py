"""Sets of texts on disk: what a search for near-duplicates reads in order, and looks up.

Memory: 13 bytes a text. Sets and sketches lie in two files; what is mapped of them is the
system's to take back.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .shingles import BITS, MAX_TEXTS, Sets

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]
MAX_MEMBERS = 4_000_000  # of sets read or compared together
KEPT_MAPPED = 1 << 28  # bytes of sets looked up before their pages are given back
SKETCH = 4  # 64-bit words
_FAULT = 1 << 16  # bytes that one look-up maps: the system brings the pages around as well
_U = np.uint64


class Stretch(NamedTuple):
    """Texts begin to end - 1 and the members of their sets, text by text."""

    begin: int
    end: int
    value: NDArray[np.uint64]


class TextSets:
    """`add` all sets, `finish`, read; `close` removes the files."""

    def __init__(self, scratch: Path):
        self._files = scratch / "sets.bin", scratch / "sketches.bin"
        self._sizes: list[NDArray[np.int32]] = []
        self._splits: list[NDArray[np.int8]] = []
        self._mapped = 0

    def add(self, sets: Sets) -> None:
        """More texts, each in the place in which it came."""
        for path, values in zip(self._files, (sets.value, sketched(sets)), strict=True):
            with open(path, "ab") as file:
                values.tofile(file)
        self._sizes.append(sets.size.astype(np.int32))

    def finish(self) -> None:
        """No more texts will come."""
        self.size = np.concatenate([np.zeros(0, np.int32), *self._sizes])
        self._sizes = []
        self.start = np.zeros(len(self.size) + 1, np.int64)
        np.cumsum(self.size, out=self.start[1:])
        self._sets, self._members = _mapped(self._files[0])
        self._drawn, sketches = _mapped(self._files[1])
        self.sketch = sketches.reshape(-1, SKETCH)

    def close(self) -> None:
        for path in self._files:
            path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return len(self.size)

    @property
    def n_members(self) -> int:
        return int(self.start[-1])

    def stretches(self) -> Iterator[Stretch]:
        """All texts in order, about MAX_MEMBERS members and at most MAX_TEXTS texts at a time."""
        begin, n = 0, len(self)
        while begin < n:
            most = self.start[begin] + MAX_MEMBERS
            end = int(np.searchsorted(self.start, most, "right")) - 1
            end = min(max(end, begin + 1), begin + MAX_TEXTS, n)
            first, last = int(self.start[begin]), int(self.start[end])
            value = np.fromfile(self._files[0], _U, last - first, offset=8 * first)
            yield Stretch(begin, end, value)
            begin = end

    def looked_up(self, text: Ints) -> NDArray[np.uint64]:
        """The members of some texts, one text after the other."""
        size = self.size[text].astype(np.int64)
        at = np.repeat(self.start[text], size) + within(size)
        found = self._members[at]
        self._mapped += _FAULT * len(text) + 8 * len(at)
        if self._mapped > KEPT_MAPPED and self._sets is not None:
            self._sets.madvise(mmap.MADV_DONTNEED)
            self._mapped = 0
        return np.asarray(found)


def _mapped(path: Path) -> tuple[mmap.mmap | None, NDArray[np.uint64]]:
    if not path.is_file() or not path.stat().st_size:
        return None, np.zeros(0, _U)
    with open(path, "rb") as file:
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return pages, np.frombuffer(pages, _U)


def sketched(sets: Sets) -> NDArray[np.uint64]:
    """(n, SKETCH): one bit a member, flipped. Sets differ in at least as many members as bits."""
    out = np.zeros((len(sets.start) - 1, SKETCH), _U)
    filled = np.flatnonzero(sets.size)
    if len(filled):
        bit = _U(1) << (sets.value & _U(63))
        word = (sets.value >> _U(6)) & _U(SKETCH - 1)
        for w in range(SKETCH):
            own = np.where(word == w, bit, _U(0))
            out[filled, w] = np.bitwise_xor.reduceat(own, sets.start[:-1][filled])
    return out


def within(counts: Ints) -> Ints:
    """[2, 3] -> [0, 1, 0, 1, 2]."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def shared(a: NDArray[np.uint64], b: NDArray[np.uint64], n: int) -> Ints:
    """Members under their pair's number (above BITS, below n), twice -> what each pair shares."""
    key = np.concatenate([a, b])
    key.sort()
    twice = key[1:][key[1:] == key[:-1]]
    return np.bincount((twice >> _U(BITS)).astype(np.int64), minlength=n)
