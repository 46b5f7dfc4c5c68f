"""Labels against a truth: counts first, ratios after, and never without the lazy baseline."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Agreement(NamedTuple):
    """How well yes/no labels match a yes/no truth. Ratios are nan where nothing is divided."""

    n: int
    accuracy: float
    precision: float
    recall: float
    f1: float


def agreement(said: np.ndarray, truth: np.ndarray) -> Agreement:
    """`said` and `truth` (n,) booleans; "yes" is the positive class.

    >>> agreement(np.array([1, 1, 0, 0]), np.array([1, 0, 0, 0])).precision
    0.5
    """
    said, truth = np.asarray(said, bool), np.asarray(truth, bool)
    both, n = int(np.sum(said & truth)), len(said)
    precision, recall = _ratio(both, int(said.sum())), _ratio(both, int(truth.sum()))
    f1 = _ratio(2 * both, int(said.sum()) + int(truth.sum()))
    return Agreement(n, _ratio(int(np.sum(said == truth)), n), precision, recall, f1)


def majority_baseline(truth: np.ndarray) -> Agreement:
    """What always saying the more frequent answer would reach; "yes" where both are equal."""
    truth = np.asarray(truth, bool)
    return agreement(np.full(len(truth), truth.sum() * 2 >= len(truth)), truth)


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
