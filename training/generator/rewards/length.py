"""Answers far shorter or longer than what supporters wrote are punished."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

PERCENTILES = (10.0, 90.0)
"""Ours: an answer is of a usual length where eight in ten of the comments it learns from are."""
FACTOR = 2.0
"""Where the penalty is whole: twice the band's end. By the same factor two comments of a pair may
differ at most (docs/pairs.md)."""


class Band(NamedTuple):
    """Words of a usual answer, both ends included; 0 < low <= high."""

    low: float
    high: float


def band_of(comments: Sequence[str]) -> Band:
    """The band of the comments that a run learns from; of one word where there are none."""
    words = _words(comments)
    words = words[words > 0]
    if not len(words):
        return Band(1.0, 1.0)
    low, high = np.percentile(words, PERCENTILES)
    return Band(float(low), float(high))


def length_penalty(answers: Sequence[str], band: Band) -> np.ndarray:
    """(n,) in [-1, 0]: 0 inside the band, -1 from half its low or twice its high end on.

    In between it falls with the logarithm of the words. An answer without words gets -1.

    >>> length_penalty(["one two", "one", "", "w " * 8], Band(2, 4)).tolist()
    [0.0, -1.0, -1.0, -1.0]
    """
    words = _words(answers)
    away = np.maximum(band.low / np.maximum(words, 1e-9), words / band.high)
    return -np.clip(np.log(np.maximum(away, 1.0)) / np.log(FACTOR), 0.0, 1.0) + 0.0


def _words(texts: Sequence[str]) -> np.ndarray:
    return np.array([len(text.split()) for text in texts], float)
