"""Does one quantity put rows in the order of another? AUC and rank correlations, plain numpy."""

from __future__ import annotations

import numpy as np

from .intervals import Z95, Estimate, wilson


def ranks(values: np.ndarray) -> np.ndarray:
    """(n,) -> (n,) ranks from 1, ties share their mean rank.

    >>> ranks(np.array([30, 10, 10]))
    array([3. , 1.5, 1.5])
    """
    _, code, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + 1 + last) / 2)[code.reshape(-1)]


def auc(scores: np.ndarray, positive: np.ndarray, clusters: np.ndarray) -> Estimate:
    """Chance that a positive row scores above a negative one, ties counting half, in [0, 1].

    The interval is that of clustered data (Obuchowski 1997): placement values summed by cluster,
    on the logit scale so that it stays inside [0, 1]. nan where one class is missing; nan ends
    where there are fewer than two clusters. All arrays (n,); `scores` without nan.
    """
    scores, positive = np.asarray(scores, float), np.asarray(positive, bool)
    names, code = np.unique(np.asarray(clusters), return_inverse=True)
    n, k = len(scores), len(names)
    m1, m0 = int(positive.sum()), int((~positive).sum())
    if not m1 or not m0:
        return Estimate(np.nan, np.nan, np.nan, n, k)
    placed = _placements(scores, positive, m1, m0)
    area = float(placed[positive].mean())
    if k < 2:
        return Estimate(area, np.nan, np.nan, n, k)
    away = np.bincount(code.reshape(-1), (placed - area) / np.where(positive, m1, m0), minlength=k)
    error = np.sqrt(k / (k - 1) * np.sum(away**2))
    return Estimate(area, *_ends(area, float(error), min(m1, m0)), n, k)


def _placements(scores: np.ndarray, positive: np.ndarray, m1: int, m0: int) -> np.ndarray:
    """Of each row: the share of the other class that it beats (a positive) or loses to."""
    overall, placed = ranks(scores), np.empty(len(scores))
    placed[positive] = (overall[positive] - ranks(scores[positive])) / m0
    placed[~positive] = 1 - (overall[~positive] - ranks(scores[~positive])) / m1
    return placed


def _ends(area: float, error: float, n_rarer: int) -> tuple[float, float]:
    """A perfect order shows no spread: there the rarer class bounds it, as a share would be."""
    if error == 0 or area in (0.0, 1.0):
        return wilson(area, n_rarer)
    middle, half = np.log(area / (1 - area)), Z95 * error / (area * (1 - area))
    low, high = 1 / (1 + np.exp(-(middle + half * np.array([-1, 1]))))
    return float(low), float(high)


def partial_correlation(x: np.ndarray, y: np.ndarray, given: np.ndarray) -> float:
    """Rank correlation of x and y (n,), at equal `given` (n, k): Spearman's partial correlation.

    What is left of the ranks of x and y after a straight line through the ranks of each column
    of `given`. With k = 0 it is Spearman's rho. nan where x or y is constant, or nothing is left.
    """
    rows = len(x)
    if rows < 3 + given.shape[1]:
        return float("nan")
    controls = np.column_stack([np.ones(rows), *(ranks(column) for column in given.T)])
    pair = np.column_stack([ranks(x), ranks(y)])
    left = pair - controls @ np.linalg.lstsq(controls, pair, rcond=None)[0]
    spread = np.sqrt(np.sum(left**2, axis=0))
    if np.any(spread < 1e-9 * rows**1.5):
        return float("nan")
    return float(left[:, 0] @ left[:, 1] / np.prod(spread))
