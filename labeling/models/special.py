"""The digamma function: numpy has none, and a label model needs no scipy."""

from __future__ import annotations

import numpy as np


def digamma(x: np.ndarray) -> np.ndarray:
    """psi(x) for x > 0, within 1e-10: recurrence up to 6, then the asymptotic series.

    >>> float(np.round(digamma(np.array([1.0]))[0], 9))
    -0.577215665
    """
    x = np.asarray(x, np.float64).copy()
    below = np.zeros_like(x)
    for _ in range(6):
        small = x < 6
        if not small.any():
            break
        below = np.where(small, below - 1 / x, below)
        x = np.where(small, x + 1, x)
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))
    return np.asarray(below + np.log(x) - 0.5 / x - series)


def log_gamma(x: np.ndarray) -> np.ndarray:
    """log Gamma(x) for x > 0, within 1e-10, in the same way.

    >>> float(np.round(np.exp(log_gamma(np.array([5.0]))[0]), 6))
    24.0
    """
    x = np.asarray(x, np.float64).copy()
    below = np.zeros_like(x)
    for _ in range(6):
        small = x < 6
        if not small.any():
            break
        below = np.where(small, below - np.log(x), below)
        x = np.where(small, x + 1, x)
    inverse = 1 / (x * x)
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / x
    return np.asarray(below + (x - 0.5) * np.log(x) - x + 0.5 * np.log(2 * np.pi) + series)
