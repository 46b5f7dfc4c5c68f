"""Texts that nearly repeat a text of another split: an exact join of sets, in numpy.

Two sets with Jaccard >= t share one of the few rarest members of each (prefix filtering: Bayardo
2007, Xiao 2008), so only texts that do are compared, and those are compared exactly: every pair is
found. The question is "is there any?", so a text leaves the search at its first match, and a
thousand copies of a template cost a thousand comparisons, not a million.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import near_sets
from .near_sets import Ints, Marks, TextSets, shared, within
from .prefixes import Entries, Prefixes
from .shingles import BITS, MAX_TEXTS, shingle

NOBODY = -1
CHUNK_CHARS = 4_000_000  # of text shingled at once: about 200 MB while it lasts
MAX_PAIRS = 500_000  # looked at together
FIRST_MEETINGS = 16  # a text has before anybody looks whether one was a match; then 4 times more
_SIZE_BITS = 64 - BITS
_U = np.uint64


class NearTexts:
    """Holds sets of texts in files, and joins them. Use as `with NearTexts(folder, 0.7) as near`.

    `add` all texts in order, with the split of each (0, 1 or 2: a place in `splits.ORDER`); then
    `finish`, and `partners` as often as wanted. Memory: 20 bytes a text and about a gigabyte;
    disk: 8 bytes a word, 32 a text and 16 for each member of a prefix (a third of the words, at
    most). Every pass is over files in order, so time is n log n.
    """

    def __init__(self, scratch: Path, threshold: float):
        if not 0.5 <= threshold <= 1:
            raise ValueError(f"a threshold of {threshold}, not in [0.5, 1]")
        self.threshold, self._scratch = threshold, scratch
        self._splits: list[NDArray[np.int8]] = []
        self._prefixes: Prefixes | None = None
        self.sets = TextSets(scratch)

    def __enter__(self) -> NearTexts:
        return self

    def __exit__(self, *error: object) -> None:
        self.sets.close()
        if self._prefixes is not None:
            self._prefixes.close()

    @property
    def n_added(self) -> int:
        return sum(map(len, self._splits))

    def add(self, texts: Sequence[str], split: NDArray[np.int8]) -> None:
        """More texts; each keeps the place in which it came."""
        for begin, end in _cut(texts):
            self.sets.add(shingle(texts[begin:end]))
        self._splits.append(np.asarray(split, np.int8))

    def finish(self) -> None:
        """No more texts will come."""
        self.split = np.concatenate([np.zeros(0, np.int8), *self._splits])
        self._splits = []
        self.sets.finish()
        self._prefixes = Prefixes(self.sets, self.split, self.threshold, self._scratch)

    def partners(self, holders: Marks, probes: Marks) -> NDArray[np.int32]:
        """For each text marked in `probes` (n,) a text of `holders` (n,) with Jaccard >= threshold,
        or NOBODY. No text may be in both, and both sides together in more than one split.
        """
        found = np.full(len(self.sets), NOBODY, np.int32)
        if self._prefixes is None:
            raise ValueError("finish() comes first")
        for part in range(self._prefixes.n):
            entries = self._prefixes.read(part)
            held = entries.pick(holders[entries.text])
            asked = entries.pick(probes[entries.text] & (found[entries.text] < 0))
            del entries
            self._join(held.pick(held.is_short), asked, found, smaller_holds=True)
            self._join(held, asked.pick(asked.is_short), found, smaller_holds=False)
        return found

    def _join(
        self, held: Entries, asked: Entries, found: NDArray[np.int32], *, smaller_holds: bool
    ) -> None:
        """Writes into `found` who matches. The side that holds is the smaller text, or the larger
        one: each pair is looked for on one of both ways.
        """
        key = held.member << _U(_SIZE_BITS) | _fitting(self.sets.size[held.text])
        order = np.argsort(key, kind="stable")
        key, text, place = key[order], held.text[order], held.place[order]
        size = self.sets.size[asked.text].astype(np.int64)
        if smaller_holds:
            least, most = np.ceil(self.threshold * size - 1e-9).astype(np.int64), size
        else:
            least, most = size + 1, np.floor(size / self.threshold + 1e-9).astype(np.int64)
        base = asked.member << _U(_SIZE_BITS)
        low, high = _ranges(key, base | _fitting(least), base | _fitting(most))
        budget = FIRST_MEETINGS
        open_ = np.flatnonzero((low < high) & (found[asked.text] == NOBODY))
        while len(open_):
            n = _within_budget(asked.text[open_], high[open_] - low[open_], budget)
            for some, counts in _portions(open_[n > 0], n[n > 0]):
                waiting = found[asked.text[some]] == NOBODY
                some, counts = some[waiting], counts[waiting]
                mine = np.repeat(some, counts)
                at = np.repeat(low[some], counts) + within(counts)
                self._settle(asked.text[mine], text[at], asked.place[mine], place[at], found)
            low[open_] += n
            open_ = open_[(low[open_] < high[open_]) & (found[asked.text[open_]] == NOBODY)]
            budget *= 4

    def _settle(
        self, a: Ints, b: Ints, place_a: Ints, place_b: Ints, found: NDArray[np.int32]
    ) -> None:
        """Compares candidates: a bound from the places, one from the sketches, then exactly."""
        size_a, size_b = self.sets.size[a], self.sets.size[b]
        together = size_a + size_b
        needed = np.ceil(self.threshold / (1 + self.threshold) * together - 1e-9).astype(np.int64)
        # Exact for the first member that both share; a later one may drop the pair here, since
        # that first one keeps it.
        most = np.minimum(size_a - place_a, size_b - place_b)
        kept = np.flatnonzero(most >= needed)
        a, b, needed, together = a[kept], b[kept], needed[kept], together[kept]
        apart = np.bitwise_count(self.sets.sketch[a] ^ self.sets.sketch[b]).sum(
            axis=1, dtype=np.int64
        )
        kept = np.flatnonzero(together - apart >= 2 * needed)
        if not len(kept):
            return
        pair = np.unique(np.stack([a[kept], b[kept]], axis=1), axis=0)
        a, b = pair[:, 0], pair[:, 1]
        for some, _ in _portions(np.arange(len(a)), self._together(a, b), near_sets.MAX_MEMBERS):
            some = some[found[a[some]] == NOBODY]
            if len(some):
                same = self._is_near(a[some], b[some])
                found[a[some][same]] = b[some][same]

    def _is_near(self, a: Ints, b: Ints) -> Marks:
        """(k,) pairs -> do their whole sets have Jaccard >= threshold?"""
        both = shared(self._keyed(a), self._keyed(b), len(a))
        union = self._together(a, b) - both
        return np.asarray(both >= self.threshold * union - 1e-9)

    def _together(self, a: Ints, b: Ints) -> Ints:
        return self.sets.size[a].astype(np.int64) + self.sets.size[b]

    def _keyed(self, text: Ints) -> NDArray[np.uint64]:
        pair = np.repeat(np.arange(len(text), dtype=_U), self.sets.size[text])
        return np.asarray(pair << _U(BITS) | self.sets.looked_up(text))


def _fitting(size: Ints) -> NDArray[np.uint64]:
    return np.minimum(size, (1 << _SIZE_BITS) - 1).astype(_U)


def _ranges(
    key: NDArray[np.uint64], least: NDArray[np.uint64], most: NDArray[np.uint64]
) -> tuple[Ints, Ints]:
    """Where in the sorted `key` (k,) the values of least to most (n,) lie: first, behind the last.

    Asked in rising order, or each of the n look-ups would miss the caches.
    """
    order = np.argsort(least)
    low, high = np.empty(len(order), np.int64), np.empty(len(order), np.int64)
    low[order] = np.searchsorted(key, least[order], "left")
    high[order] = np.searchsorted(key, most[order], "right")
    return low, high


def _within_budget(text: Ints, n: Ints, budget: int) -> Ints:
    """How many of `n` candidates each entry may look at, so that no text looks at more than
    `budget`. Entries of one text stand together, the rarest first.
    """
    before = np.cumsum(n) - n
    first = np.flatnonzero(np.concatenate([[True], text[1:] != text[:-1]]))
    before -= np.repeat(before[first], np.diff(np.append(first, len(text))))
    return np.clip(budget - before, 0, n)


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
