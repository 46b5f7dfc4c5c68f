"""Chooses preference pairs: an effective and a not-effective comment on one post, alike otherwise.

Integers only. Every candidate (each effective with each not-effective comment of a released post)
is a pair or has the first reason of `pair_rules.REASONS` that keeps it from being one. Rules about
one comment are counted without making its candidates; the rest is made block by block, so memory
is bounded by BLOCK and by KEPT_PER_POST, whatever the size of a thread. A thread lies in one shaped
file, so `release.chosen` asks file by file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..corpus.artefacts import stable_hash
from .balance import balanced
from .lessons import Lessons
from .pair_rules import (
    CHOSEN_REASONS,
    KEPT_PER_POST,
    PAIR_REASONS,
    PER_POST,
    RATIO,
    REJECTED_REASONS,
    Level,
    places,
)

BLOCK = 2_000_000  # candidates at a time
_SALT = np.uint64(stable_hash("redditess pairs v1"))

Flags = NDArray[np.bool_]
Ends = NDArray[np.int64]
"""(k, 2) places in Lessons: chosen, rejected."""


class Selection(NamedTuple):
    """The pairs of one level so far, and what became of the other candidates."""

    ends: Ends
    n_candidates: int
    dropped: Counter[str]


def alike_pairs(x: Lessons, level: Level) -> Selection:
    """Pairs that keep every rule that needs no text, before the limit of a post and the balance.

    At most KEPT_PER_POST of a post: those of most alike length, ties by a hash of the two ids.
    """
    one = _OneSided(x, level)
    found, dropped = [np.zeros((0, 2), np.int64)], one.dropped
    for ends in _blocks(x, one):
        for reason, wrong in _wrong(x, level):
            held = wrong(ends[:, 0], ends[:, 1])
            dropped[reason] += int(held.sum())
            ends = ends[~held]
        found.append(_first(x, ends, KEPT_PER_POST))
        dropped["per_post"] += len(ends) - len(found[-1])
    ends = np.concatenate(found)
    best = _first(x, ends, KEPT_PER_POST)  # a thread may lie in two blocks
    dropped["per_post"] += len(ends) - len(best)
    return Selection(best, one.n_candidates, dropped)


def capped(x: Lessons, made: Selection, near: Flags) -> Selection:
    """Those of `alike_pairs` whose texts are not almost one (`near` (k,) marks the others), at most
    PER_POST of a post. Sorted by place in the release.
    """
    dropped = made.dropped.copy()
    dropped["near_text"] += int(near.sum())
    ends = made.ends[~near]
    best = _first(x, ends, PER_POST)
    dropped["per_post"] += len(ends) - len(best)
    order = np.lexsort((x.row[best[:, 1]], x.row[best[:, 0]]))
    return Selection(best[order], made.n_candidates, dropped)


def settle(x: Lessons, made: Selection, near: Flags) -> Selection:
    """`capped`; the fewest leave until neither length nor place alone tells chosen from
    rejected, split by split. For lessons of a whole release: `release.chosen` goes file by file.
    """
    found = capped(x, made, near)
    length, place = signs(x, found.ends)
    split, order = x.split[found.ends[:, 0]], pair_hash(x, found.ends)
    kept = balanced(split, length, place, order)
    found.dropped["balance"] += int((~kept).sum())
    return found._replace(ends=found.ends[kept])


def signs(x: Lessons, ends: Ends) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """(k,) each: 1 where chosen is the longer, and where it is the earlier one; else -1 or 0."""
    a, b = ends[:, 0], ends[:, 1]
    longer = np.sign(x.length[a].astype(np.int64) - x.length[b])
    earlier = np.sign(x.place[b].astype(np.int64) - x.place[a])
    return longer.astype(np.int8), earlier.astype(np.int8)


def pair_hash(x: Lessons, ends: Ends) -> NDArray[np.uint64]:
    """A number for each pair that depends on its two ids only (splitmix64)."""
    h = x.id[ends[:, 0]] * np.uint64(0x9E3779B97F4A7C15) + x.id[ends[:, 1]] + _SALT
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


class _OneSided:
    """The comments that rules about one comment leave, and the candidates of the others."""

    def __init__(self, x: Lessons, level: Level):
        _, thread = np.unique(x.thread, return_inverse=True)
        n_threads = int(thread.max(initial=-1)) + 1
        chosen, rejected = x.effective, ~x.effective
        n_rejected = np.bincount(thread[rejected], minlength=n_threads)
        self.dropped: Counter[str] = Counter()
        self.n_candidates = int(n_rejected[thread[chosen]].sum())
        for reason, wrong in zip(CHOSEN_REASONS, _wrong_chosen(x, level), strict=True):
            self.dropped[reason] += int(n_rejected[thread[chosen & wrong]].sum())
            chosen = chosen & ~wrong
        n_chosen = np.bincount(thread[chosen], minlength=n_threads)
        for reason, wrong in zip(REJECTED_REASONS, _wrong_rejected(x, level), strict=True):
            self.dropped[reason] += int(n_chosen[thread[rejected & wrong]].sum())
            rejected = rejected & ~wrong
        self.chosen, self.rejected = np.flatnonzero(chosen), np.flatnonzero(rejected)
        sizes = np.bincount(thread[self.rejected], minlength=n_threads)
        starts = np.cumsum(sizes) - sizes
        self.n_against = sizes[thread[self.chosen]]  # of each chosen: how many it stands against
        self.first = starts[thread[self.chosen]]  # and where they begin in `rejected`


def _wrong_chosen(x: Lessons, level: Level) -> list[Flags]:
    low = 0.0 if level.least_low is None else level.least_low
    return [
        x.at_risk,
        ~x.no_flag,
        x.own_life,
        ~np.isin(x.basis, places(level.chosen)),
        np.isnan(x.p) | ~(x.p_low >= low),
    ]


def _wrong_rejected(x: Lessons, level: Level) -> list[Flags]:
    # Never rejected, whatever chosen says: a false alarm there would undo the promise.
    protective = x.protects != 0
    return [~x.no_flag, protective, ~np.isin(x.basis, places(level.rejected)), np.isnan(x.p)]


def _wrong(x: Lessons, level: Level) -> list[tuple[str, Any]]:
    """PAIR_REASONS with what they ask of chosen (places a) and rejected (places b)."""

    def same_text(a: Ends, b: Ends) -> Flags:
        return (x.text_key[a] == x.text_key[b]) | (x.text_key[a] == 0) | (x.text_key[b] == 0)

    def length(a: Ends, b: Ends) -> Flags:
        short = np.minimum(x.length[a], x.length[b])
        return (short == 0) | (np.maximum(x.length[a], x.length[b]) > RATIO * short)

    def margin(a: Ends, b: Ends) -> Flags:
        too_small = margins(x, a, b) < level.margin
        return too_small | ~(x.p_low[a] > x.p_high[b]) if level.apart else too_small

    def exposure(a: Ends, b: Ends) -> Flags:
        gap = np.round(np.abs(x.opportunity[a] - x.opportunity[b]), 2)
        return np.where(np.isnan(gap), x.stratum[a] != x.stratum[b], gap > level.caliper)

    return list(zip(PAIR_REASONS, (same_text, length, margin, exposure), strict=True))


def margins(x: Lessons, a: Ends, b: Ends) -> NDArray[np.float64]:
    """Differences of the released `p_effective`, which has two decimals."""
    return np.asarray(np.round(x.p[a] - x.p[b], 2), np.float64)


def _blocks(x: Lessons, one: _OneSided) -> Iterator[Ends]:
    """All candidates that are left, at most BLOCK (or those of one comment) at a time."""
    total = np.cumsum(one.n_against)
    start = 0
    while start < len(total):
        done = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, done + BLOCK, "right")), start + 1)
        n = one.n_against[start:stop]
        offset = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        against = one.rejected[np.repeat(one.first[start:stop], n) + offset]
        yield np.stack([np.repeat(one.chosen[start:stop], n), against], axis=1)
        start = stop


def _first(x: Lessons, ends: Ends, most: int) -> Ends:
    """At most `most` pairs of a thread: of most alike length, ties by hash."""
    if not len(ends):
        return ends
    thread = x.thread[ends[:, 0]]
    apart = np.abs(np.log(x.length[ends[:, 0]] / x.length[ends[:, 1]]))
    order = np.lexsort((pair_hash(x, ends), np.round(apart, 2), thread))
    begins = np.concatenate([[True], thread[order][1:] != thread[order][:-1]])
    first = np.maximum.accumulate(np.where(begins, np.arange(len(order)), 0))
    return ends[np.sort(order[np.arange(len(order)) - first < most])]
