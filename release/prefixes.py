"""The rarest members of each text's set, sorted into files by member: what a join reads.

Made in two passes over the sets, whatever is joined later and however often: how often each member
occurs, then the prefixes. A file holds all texts of its members, so files are joined one by one.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .near_sets import Ints, Marks, Stretch, TextSets, within
from .shingles import BITS

MAX_ENTRIES = 4_000_000  # of one file: about 500 MB while it is joined
_COUNT_BITS, _SPLIT_BITS = 13, 3
_FULL = np.uint16((1 << _COUNT_BITS) - 1)
_TABLE_BITS = 28  # half a gigabyte while prefixes are made; rarity beyond that is a guess
_ENTRY = np.dtype([("member", np.uint64), ("text", np.uint32), ("place", np.uint32)])
_U = np.uint64


class Entries(NamedTuple):
    """Members of prefixes, one entry each, text by text and the rarest first."""

    member: NDArray[np.uint64]
    text: Ints
    place: Ints  # in its text, rarest first
    is_short: Marks  # in the short prefix, which is enough for the smaller text of a pair

    def pick(self, kept: Marks) -> Entries:
        member, text, place, is_short = self
        return Entries(member[kept], text[kept], place[kept], is_short[kept])


class Prefixes:
    """Of all texts of `sets`, which lie in the splits `split` (n,). `close` removes the files."""

    def __init__(self, sets: TextSets, split: NDArray[np.int8], threshold: float, scratch: Path):
        self._folder = scratch / "prefixes"
        self._folder.mkdir()
        longest = int(sets.n_members * (1 - threshold)) + len(sets)
        self.n = 1 + longest // MAX_ENTRIES
        seen = _Seen(sets, split)
        for stretch in sets.stretches():
            self._write(_prefix(stretch, sets.size, seen, threshold))

    def read(self, part: int) -> Entries:
        """The entries of one file."""
        path = self._path(part)
        rows = np.fromfile(path, _ENTRY) if path.is_file() else np.zeros(0, _ENTRY)
        place = rows["place"].astype(np.int64)
        return Entries(rows["member"].copy(), rows["text"].astype(np.int64), place >> 1,
                       (place & 1).astype(bool))  # fmt: skip

    def close(self) -> None:
        for path in self._folder.iterdir():
            path.unlink()
        self._folder.rmdir()

    def _write(self, rows: NDArray[np.void]) -> None:
        which = (rows["member"] % _U(self.n)).astype(np.int64)
        order = np.argsort(which, kind="stable")
        ends = np.cumsum(np.bincount(which, minlength=self.n)).tolist()
        for part, (first, last) in enumerate(zip([0, *ends], ends, strict=False)):
            if first < last:
                with open(self._path(part), "ab") as file:
                    rows[order[first:last]].tofile(file)

    def _path(self, part: int) -> Path:
        return self._folder / f"{part:05d}.bin"


class _Seen:
    """How often a member occurs (13 bits, about) and in which splits (3 bits), by its top bits.

    Members that share a place count together: rarity is only an order, so that costs time, not
    recall.
    """

    def __init__(self, sets: TextSets, split: NDArray[np.int8]):
        bits = max(16, min(_TABLE_BITS, sets.n_members.bit_length() + 1))
        self._shift = _U(BITS - bits)
        self.table = np.zeros(1 << bits, np.uint16)
        for begin, end, value in sets.stretches():
            owner = np.repeat(split[begin:end].astype(_U), sets.size[begin:end])
            self._count((value >> self._shift) << _U(2) | owner)

    def of(self, value: NDArray[np.uint64]) -> NDArray[np.uint16]:
        return np.asarray(self.table[(value >> self._shift).astype(np.int64)])

    def _count(self, key: NDArray[np.uint64]) -> None:
        """`key`: a place in the table, and two bits for the split."""
        key.sort()
        at = (key >> _U(2)).astype(np.int64)
        first = np.flatnonzero(np.concatenate([[True], at[1:] != at[:-1]])[: len(at)])
        if not len(first):
            return
        n = np.minimum(np.diff(np.append(first, len(at))), _FULL)
        flags = np.uint16(1 << _COUNT_BITS) << (key & _U(3)).astype(np.uint16)
        place, old = at[first], self.table[at[first]]
        count = np.minimum((old & _FULL) + n, _FULL).astype(np.uint16)
        self.table[place] = (old & ~_FULL) | np.bitwise_or.reduceat(flags, first) | count


def _prefix(
    stretch: Stretch, sizes: NDArray[np.int32], seen: _Seen, threshold: float
) -> NDArray[np.void]:
    """The rarest members of some texts, those that occur in two splits at least."""
    begin, end, value = stretch
    size = sizes[begin:end].astype(np.int64)
    row = np.repeat(np.arange(end - begin, dtype=_U), size)
    rarity = np.log2(np.maximum(seen.of(value) & _FULL, 1)).astype(_U)  # 0..12: 4 bits
    key = row << _U(BITS + 4) | rarity << _U(BITS) | value
    key.sort()  # text by text, rare members first, then by value: an order for all texts alike
    first = np.cumsum(size) - size
    long, short = prefix_lengths(size, threshold)
    at = np.repeat(first, long) + within(long)
    member = key[at] & _U((1 << BITS) - 1)
    splits = seen.of(member) >> np.uint16(_COUNT_BITS)
    kept = np.flatnonzero(splits & (splits - np.uint16(1)))
    at, member = at[kept], member[kept]
    owner = np.repeat(np.arange(end - begin), long)[kept]
    place = at - first[owner]
    rows = np.empty(len(at), _ENTRY)
    rows["member"], rows["text"] = member, owner + begin
    rows["place"] = place << 1 | (place < short[owner])
    return rows


def prefix_lengths(size: Ints, t: float) -> tuple[Ints, Ints]:
    """How many of a text's rarest members must be looked at: against any text, and where it is the
    smaller of the two. None of a text without members.
    """
    long = size - np.ceil(t * size - 1e-9).astype(np.int64) + 1
    short = size - np.ceil(2 * t / (1 + t) * size - 1e-9).astype(np.int64) + 1
    return np.minimum(long, size), np.minimum(short, size)
