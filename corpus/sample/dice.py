"""Chance for the sample: everything is derived from one stream of uniform numbers.

numpy promises the bits of a generator, not the algorithms on top of it (NEP 19); with only
`Generator.random` behind them, the sample's choices survive a new numpy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TypeVar

import numpy as np

from ..artefacts import stable_hash

T = TypeVar("T")
_BLOCK = 256
_NORMAL = NormalDist()


class Dice:
    """A stream of choices that depends on its seed and its name only.

    >>> Dice(0, "posts", 7).integer(1, 6) == Dice(0, "posts", 7).integer(1, 6)
    True
    """

    def __init__(self, seed: int, *name: object):
        words = stable_hash("sample", str(seed), *map(str, name))
        self._rng = np.random.Generator(np.random.PCG64(words))
        self._held: list[float] = []

    def uniform(self) -> float:
        """In [0, 1)."""
        if not self._held:
            self._held = self._rng.random(_BLOCK).tolist()
        return self._held.pop()

    def chance(self, p: float) -> bool:
        return self.uniform() < p

    def integer(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return low + int(self.uniform() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.uniform() * len(items))]

    def weighted(self, weights: Mapping[T, float]) -> T:
        """One key, by weight (at least one is positive, none negative)."""
        left = self.uniform() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return next(item for item in reversed(list(weights)) if weights[item] > 0)

    def normal(self, mean: float = 0.0, sd: float = 1.0) -> float:
        return mean + sd * _NORMAL.inv_cdf(min(max(self.uniform(), 1e-12), 1 - 1e-12))

    def lognormal(self, median: float, sigma: float) -> float:
        return median * math.exp(self.normal(0.0, sigma))

    def poisson(self, mean: float) -> int:
        """For small means: the number of uniform numbers whose product stays above e^-mean."""
        n, product, floor = 0, self.uniform(), math.exp(-mean)
        while product > floor:
            n, product = n + 1, product * self.uniform()
        return n

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """A new list in another order."""
        mixed = list(items)
        for i in range(len(mixed) - 1, 0, -1):
            j = int(self.uniform() * (i + 1))
            mixed[i], mixed[j] = mixed[j], mixed[i]
        return mixed


def sigmoid(x: float) -> float:
    """The probability of a log odds."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else 1 - 1 / (1 + math.exp(x))


def log_odds(p: float) -> float:
    return math.log(p / (1 - p))
