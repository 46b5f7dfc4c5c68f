"""Leaves pairs out until neither length nor place alone tells chosen from rejected.

A pair is one of nine kinds: chosen is longer, as long or shorter, and earlier, level or later. How
many of each kind must leave is a small problem in whole numbers, solved exactly: no other choice
keeps more pairs (tests compare with every other choice on small tables).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .pair_rules import BAND

KINDS = [(length, place) for length in (1, 0, -1) for place in (1, 0, -1)]


def accuracy(sign: NDArray[np.int8]) -> float | None:
    """How often "the one with the sign" is chosen; equal ones count half. None without pairs."""
    return float((sign.astype(np.float64).mean() + 1) / 2) if len(sign) else None


def balanced(
    split: NDArray[np.int8],
    length: NDArray[np.int8],
    place: NDArray[np.int8],
    order: NDArray[np.uint64],
) -> NDArray[np.bool_]:
    """(n,) which pairs stay: in each split both accuracies are within BAND of .5.

    `length`, `place` are signs; of a kind the pairs with the highest `order` leave first. A split
    that keeps fewer than 25 pairs has exactly .5, for no other share lies in the band: it may lose
    all its pairs.
    """
    stays = np.ones(len(split), bool)
    for name in np.unique(split):
        of_kind = [np.flatnonzero((split == name) & (length == a) & (place == b)) for a, b in KINDS]
        left = fewest_out([len(rows) for rows in of_kind])
        for rows, n in zip(of_kind, left, strict=True):
            stays[rows[np.argsort(order[rows], kind="stable")][n:]] = False
    return stays


def fewest_out(counts: list[int]) -> list[int]:
    """Pairs of each of KINDS -> how many of each stay, as many in all as can.

    A number of pairs that leave sets how far off the sums may be, and that sets how many must
    leave: the least number that agrees with itself is found from below.

    >>> fewest_out([30, 0, 0, 0, 0, 0, 0, 0, 10])
    [10, 0, 0, 0, 0, 0, 0, 0, 10]
    """
    n, out = sum(counts), _Out(0, dict.fromkeys(KINDS, 0))
    while True:
        again = _cheapest(dict(zip(KINDS, counts, strict=True)), _slack(n - out.cost))
        if again.cost == out.cost:
            return [k - again.of[kind] for kind, k in zip(KINDS, counts, strict=True)]
        out = again


def _slack(n: int) -> int:
    """How far a sum of n signs may be from 0: .5 + sum / 2n is within BAND of .5."""
    return round(2000 * BAND) * n // 1000


class _Out(NamedTuple):
    cost: int
    of: dict[tuple[int, int], int]  # kind -> how many leave


def _cheapest(has: dict[tuple[int, int], int], slack: int) -> _Out:
    """Fewest pairs out for which both sums are within `slack` of 0.

    u pairs leave of (1, 1), or -u of (-1, -1), never of both: together they change no sum. So for
    v of (1, -1) and (-1, 1), and for the kinds on the axes, which take what is left of a sum. For
    a given u the cost is convex in v with whole breakpoints, so one of them is the best.
    """
    length = sum(a * k for (a, _), k in has.items())
    place = sum(b * k for (_, b), k in has.items())
    u = np.arange(-has[-1, -1], has[1, 1] + 1)
    of_length, of_place = length - u, u - place  # v takes from one sum and gives to the other
    low = np.maximum(of_length - slack - has[1, 0], of_place - slack - has[0, -1])
    high = np.minimum(of_length + slack + has[-1, 0], of_place + slack + has[0, 1])
    low, high = np.maximum(low, -has[-1, 1]), np.minimum(high, has[1, -1])
    corners = [0 * u, low, high, of_length - slack, of_length + slack,
               of_place - slack, of_place + slack]  # fmt: skip
    v = np.clip(np.stack(corners), low, high)
    on_length, on_place = _beyond(length - u - v, slack), _beyond(place - u + v, slack)
    cost = abs(u) + abs(v) + abs(on_length) + abs(on_place)
    cost[:, low > high] = np.iinfo(np.int64).max
    best = np.unravel_index(int(cost.argmin()), cost.shape)
    moves = {(1, 1): u[best[1]], (1, -1): v[best], (1, 0): on_length[best], (0, 1): on_place[best]}
    of = dict.fromkeys(KINDS, 0)
    for (a, b), k in moves.items():
        of[(a, b) if k > 0 else (-a, -b)] = abs(int(k))
    return _Out(int(cost[best]), of)


def _beyond(total: NDArray[np.int64], slack: int) -> NDArray[np.int64]:
    return total - np.clip(total, -slack, slack)
