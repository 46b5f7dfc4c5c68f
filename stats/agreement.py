"""Do raters agree beyond chance? Fleiss' kappa for any number of ratings per item."""

from __future__ import annotations

import numpy as np

from .intervals import Estimate, resampled


def fleiss_kappa(
    counts: np.ndarray, clusters: np.ndarray | None = None, *, seed: int = 0
) -> Estimate:
    """Counts (n, k) of the ratings of each item by class -> kappa, at most 1.

    Items with fewer than two ratings cannot agree and are left out; `n` counts the others. Items
    may have different numbers of ratings: pairs within an item are averaged, then items (Fleiss
    1971 where all have the same number). The interval is a bootstrap over items, or over
    `clusters` (n,) of items that are alike (one post). nan where every rating is of one class.

    >>> round(fleiss_kappa(np.array([[3, 0], [0, 3], [3, 0]])).value, 3)
    1.0
    """
    counts = np.asarray(counts, float)
    names = np.arange(len(counts)) if clusters is None else np.asarray(clusters)
    rated = counts.sum(axis=1) >= 2
    counts, names = counts[rated], names[rated]
    return resampled(lambda rows: _kappa(counts[rows]), names, seed=seed)


def _kappa(counts: np.ndarray) -> float:
    if not len(counts):
        return float("nan")
    n = counts.sum(axis=1)
    seen = float(np.mean((np.sum(counts**2, axis=1) - n) / (n * (n - 1))))
    by_chance = float(np.sum((counts.sum(axis=0) / counts.sum()) ** 2))
    return (seen - by_chance) / (1 - by_chance) if by_chance < 1 else float("nan")
