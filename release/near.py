"""Texts that nearly repeat a text of another split: an exact join of sets, in numpy.

Two sets with Jaccard >= t share one of the few rarest members of each (prefix filtering: Bayardo
2007, Xiao 2008), so only texts that do are compared, and those are compared exactly: every pair is
found. The question is "is there any?", so a text leaves the search at its first match, and a
thousand copies of a template cost a thousand comparisons, not a million.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .shingles import BITS, MAX_TEXTS, Sets, shingle

Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]
NOBODY = -1
CHUNK_CHARS = 4_000_000  # of text shingled at once: about 200 MB while it lasts
MAX_PAIRS = 500_000  # looked at together
MAX_MEMBERS = 4_000_000  # of sets compared together
MAX_ENTRIES = 20_000_000  # of prefixes in memory at once; more are joined in several rounds
FIRST_MEETINGS = 16  # a text has before anybody looks whether one was a match; then 4 times more
_SKETCH = 4  # 64-bit words
_SIZE_BITS = 64 - BITS
_COUNT_BITS, _SPLIT_BITS = 13, 3
_FULL = np.uint16((1 << _COUNT_BITS) - 1)
_U = np.uint64


class _Entries(NamedTuple):
    """Members of prefixes, one entry each."""

    member: NDArray[np.uint64]
    text: Ints
    place: Ints  # in its text, rarest first
    is_short: Marks  # in the short prefix, which is enough for the smaller text of a pair


class NearTexts:
    """Holds sets of texts in a file, and joins them. Use as `with NearTexts(folder, 0.7) as near`.

    `add` all texts in order, with the split of each (0, 1 or 2: a place in `splits.ORDER`); then
    `partners`. Memory: about 70 bytes a text and some hundred MB; disk: 8 bytes a word.
    """

    def __init__(self, scratch: Path, threshold: float):
        if not 0.5 <= threshold <= 1:
            raise ValueError(f"a threshold of {threshold}, not in [0.5, 1]")
        self.threshold = threshold
        self._path = scratch / "sets.bin"
        self._sizes: list[Ints] = []
        self._splits: list[NDArray[np.int8]] = []
        self._sketches: list[NDArray[np.uint64]] = []

    def __enter__(self) -> NearTexts:
        return self

    def __exit__(self, *error: object) -> None:
        self._path.unlink(missing_ok=True)

    @property
    def n_added(self) -> int:
        return sum(map(len, self._splits))

    def add(self, texts: Sequence[str], split: NDArray[np.int8]) -> None:
        """More texts; each keeps the place in which it came."""
        for begin, end in _cut(texts):
            sets = shingle(texts[begin:end])
            with open(self._path, "ab") as file:
                sets.value.tofile(file)
            self._sizes.append(sets.size)
            self._sketches.append(_sketched(sets))
        self._splits.append(np.asarray(split, np.int8))

    def finish(self) -> None:
        """No more texts will come."""
        self.size = np.concatenate([np.zeros(0, np.int64), *self._sizes])
        self.split = np.concatenate([np.zeros(0, np.int8), *self._splits])
        self.sketch = np.concatenate([np.zeros((0, _SKETCH), np.uint64), *self._sketches])
        self._start = np.concatenate([[0], np.cumsum(self.size)]).astype(np.int64)
        total = int(self._start[-1])
        self._members = (
            np.memmap(self._path, np.uint64, "r", shape=(total,)) if total else np.zeros(0, _U)
        )
        self._table = self._counted(max(16, min(28, total.bit_length() + 1)))

    def partners(self, holders: Marks, probes: Marks) -> Ints:
        """For each text marked in `probes` (n,) a text of `holders` (n,) with Jaccard >= threshold,
        or NOBODY. No text may be in both, and both sides together in more than one split.
        """
        found = np.full(len(self.size), NOBODY, np.int64)
        if not holders.any() or not probes.any():
            return found
        n_parts = 1 + int(self._start[-1] * (1 - self.threshold)) // MAX_ENTRIES
        for part in range(n_parts):
            entries = self._prefixes(holders | probes, part, n_parts)
            mine, theirs = holders[entries.text], probes[entries.text] & (found[entries.text] < 0)
            held, asked = _pick(entries, mine), _pick(entries, theirs)
            self._join(_pick(held, held.is_short), asked, found, smaller_holds=True)
            self._join(held, _pick(asked, asked.is_short), found, smaller_holds=False)
        return found

    # ---- prefixes --------------------------------------------------------------------------

    def _counted(self, bits: int) -> NDArray[np.uint16]:
        """How often a member occurs (13 bits, about) and in which splits (3 bits), by its top bits.

        Members that share a place count together: rarity is only an order, so that costs time, not
        recall.
        """
        table = np.zeros(1 << bits, np.uint16)
        for begin, end in self._stretches():
            at = (self._values(begin, end) >> _U(BITS - bits)).astype(np.int64)
            owner_split = np.repeat(self.split[begin:end], self.size[begin:end])
            place, n = np.unique(at, return_counts=True)
            count = np.minimum((table[place] & _FULL) + np.minimum(n, _FULL), _FULL)
            table[place] = (table[place] & ~_FULL) | count.astype(np.uint16)
            for name in range(_SPLIT_BITS):
                table[at[owner_split == name]] |= np.uint16(1 << (_COUNT_BITS + name))
        self._shift = _U(BITS - bits)
        return table

    def _prefixes(self, wanted: Marks, part: int, n_parts: int) -> _Entries:
        """The rarest members of the wanted texts that occur in two splits at least."""
        found = [
            self._prefix(begin, end, wanted[begin:end], part, n_parts)
            for begin, end in self._stretches()
            if wanted[begin:end].any()
        ]
        return _joined(found)

    def _prefix(self, begin: int, end: int, wanted: Marks, part: int, n_parts: int) -> _Entries:
        value, size = self._values(begin, end), self.size[begin:end]
        row = np.repeat(np.arange(end - begin), size)
        seen = self._table[(value >> self._shift).astype(np.int64)] & _FULL
        rarity = np.log2(np.maximum(seen, 1)).astype(_U)  # 0..12: 4 bits
        key = row.astype(_U) << _U(BITS + 4) | rarity << _U(BITS) | value
        key.sort()  # text by text, rare members first, then by value: an order for all texts alike
        place = np.arange(len(value)) - np.repeat(np.cumsum(size) - size, size)
        long, short = _prefix_lengths(size, self.threshold)
        at = np.flatnonzero((place < long[row]) & wanted[row])
        member = key[at] & _U((1 << BITS) - 1)
        splits = self._table[(member >> self._shift).astype(np.int64)] >> np.uint16(_COUNT_BITS)
        kept = splits & (splits - np.uint16(1)) != 0
        if n_parts > 1:
            kept &= member % _U(n_parts) == part
        at, member = at[kept], member[kept]
        owner = row[at]
        return _Entries(member, owner + begin, place[at], place[at] < short[owner])

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Texts in a row with about MAX_MEMBERS members, at most MAX_TEXTS of them."""
        begin, n = 0, len(self.size)
        while begin < n:
            end = int(np.searchsorted(self._start, self._start[begin] + MAX_MEMBERS, "right")) - 1
            end = min(max(end, begin + 1), begin + MAX_TEXTS, n)
            yield begin, end
            begin = end

    def _values(self, begin: int, end: int) -> NDArray[np.uint64]:
        return np.asarray(self._members[self._start[begin] : self._start[end]])

    # ---- candidates ------------------------------------------------------------------------

    def _join(self, held: _Entries, asked: _Entries, found: Ints, *, smaller_holds: bool) -> None:
        """Writes into `found` who matches. The side that holds is the smaller text, or the larger
        one: each pair is looked for on one of both ways.
        """
        key = held.member << _U(_SIZE_BITS) | self._capped(held.text)
        order = np.argsort(key, kind="stable")
        key, text, place = key[order], held.text[order], held.place[order]
        size = self.size[asked.text]
        if smaller_holds:
            least, most = np.ceil(self.threshold * size - 1e-9).astype(np.int64), size
        else:
            least, most = size + 1, np.floor(size / self.threshold + 1e-9).astype(np.int64)
        base = asked.member << _U(_SIZE_BITS)
        top = _U((1 << _SIZE_BITS) - 1)
        low = np.searchsorted(key, base | np.minimum(least.astype(_U), top), "left")
        high = np.searchsorted(key, base | np.minimum(most.astype(_U), top), "right")
        budget = FIRST_MEETINGS
        open_ = np.flatnonzero((low < high) & (found[asked.text] == NOBODY))
        while len(open_):
            n = _within_budget(asked.text[open_], high[open_] - low[open_], budget)
            for some, counts in _portions(open_[n > 0], n[n > 0]):
                waiting = found[asked.text[some]] == NOBODY
                some, counts = some[waiting], counts[waiting]
                mine = np.repeat(some, counts)
                at = np.repeat(low[some], counts) + _within(counts)
                self._settle(asked.text[mine], text[at], asked.place[mine], place[at], found)
            low[open_] += n
            open_ = open_[(low[open_] < high[open_]) & (found[asked.text[open_]] == NOBODY)]
            budget *= 4

    def _capped(self, text: Ints) -> NDArray[np.uint64]:
        return np.minimum(self.size[text], (1 << _SIZE_BITS) - 1).astype(_U)

    def _settle(self, a: Ints, b: Ints, place_a: Ints, place_b: Ints, found: Ints) -> None:
        """Compares candidates: a bound from the places, one from the sketches, then exactly."""
        together = self.size[a] + self.size[b]
        needed = np.ceil(self.threshold / (1 + self.threshold) * together - 1e-9).astype(np.int64)
        # Exact for the first member that both share; a later one may drop the pair here, since
        # that first one keeps it.
        most = np.minimum(self.size[a] - place_a, self.size[b] - place_b)
        kept = np.flatnonzero(most >= needed)
        a, b, needed, together = a[kept], b[kept], needed[kept], together[kept]
        apart = np.bitwise_count(self.sketch[a] ^ self.sketch[b]).sum(axis=1, dtype=np.int64)
        kept = np.flatnonzero(together - apart >= 2 * needed)
        if not len(kept):
            return
        pair = np.unique(np.stack([a[kept], b[kept]], axis=1), axis=0)
        a, b = pair[:, 0], pair[:, 1]
        for some, _ in _portions(np.arange(len(a)), self.size[a] + self.size[b], MAX_MEMBERS):
            some = some[found[a[some]] == NOBODY]
            if len(some):
                same = self._is_near(a[some], b[some])
                found[a[some][same]] = b[some][same]

    def _is_near(self, a: Ints, b: Ints) -> Marks:
        """(k,) pairs -> do their whole sets have Jaccard >= threshold?"""
        key = np.concatenate([self._keyed(a), self._keyed(b)])
        key.sort()
        twice = key[1:][key[1:] == key[:-1]]
        shared = np.bincount((twice >> _U(BITS)).astype(np.int64), minlength=len(a))
        union = self.size[a] + self.size[b] - shared
        return shared >= self.threshold * union - 1e-9

    def _keyed(self, text: Ints) -> NDArray[np.uint64]:
        size = self.size[text]
        at = np.repeat(self._start[text], size) + _within(size)
        pair = np.repeat(np.arange(len(text)), size).astype(_U)
        return np.asarray(pair << _U(BITS) | self._members[at])


def _prefix_lengths(size: Ints, t: float) -> tuple[Ints, Ints]:
    """How many of a text's rarest members must be looked at: against any text, and where it is the
    smaller of the two.
    """
    long = size - np.ceil(t * size - 1e-9).astype(np.int64) + 1
    short = size - np.ceil(2 * t / (1 + t) * size - 1e-9).astype(np.int64) + 1
    return long, short


def _sketched(sets: Sets) -> NDArray[np.uint64]:
    """(n, 4): one bit a member, flipped. Two sets differ in at least as many members as bits."""
    out = np.zeros((len(sets.start) - 1, _SKETCH), np.uint64)
    filled = np.flatnonzero(sets.size)
    if len(filled):
        bit = _U(1) << (sets.value & _U(63))
        word = (sets.value >> _U(6)) & _U(_SKETCH - 1)
        for w in range(_SKETCH):
            own = np.where(word == w, bit, _U(0))
            out[filled, w] = np.bitwise_xor.reduceat(own, sets.start[:-1][filled])
    return out


def _within_budget(text: Ints, n: Ints, budget: int) -> Ints:
    """How many of `n` candidates each entry may look at, so that no text looks at more than
    `budget`. Entries of one text stand together, the rarest first.
    """
    before = np.cumsum(n) - n
    first = np.flatnonzero(np.concatenate([[True], text[1:] != text[:-1]]))
    before -= np.repeat(before[first], np.diff(np.append(first, len(text))))
    return np.clip(budget - before, 0, n)


def _joined(found: list[_Entries]) -> _Entries:
    return _Entries(
        np.concatenate([e.member for e in found]), np.concatenate([e.text for e in found]),
        np.concatenate([e.place for e in found]), np.concatenate([e.is_short for e in found]),
    )  # fmt: skip


def _pick(entries: _Entries, kept: Marks) -> _Entries:
    member, text, place, is_short = entries
    return _Entries(member[kept], text[kept], place[kept], is_short[kept])


def _within(counts: Ints) -> Ints:
    """[2, 3] -> [0, 1, 0, 1, 2]."""
    return np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)


def _portions(
    rows: Ints, weights: Ints, limit: int = MAX_PAIRS
) -> Iterator[tuple[Ints, NDArray[Any]]]:
    """Rows in portions of about `limit` weight, at most 2**19 rows and at least one."""
    total = np.cumsum(weights)
    begin = 0
    while begin < len(rows):
        before = total[begin - 1] if begin else 0
        end = max(begin + 1, int(np.searchsorted(total, before + limit, "right")))
        end = min(end, begin + (1 << 19))
        yield rows[begin:end], weights[begin:end]
        begin = end


def _cut(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    begin, held = 0, 0
    for i, text in enumerate(texts):
        if i > begin and (held + len(text) > CHUNK_CHARS or i - begin == MAX_TEXTS):
            yield begin, i
            begin, held = i, 0
        held += len(text)
    if len(texts):
        yield begin, len(texts)
