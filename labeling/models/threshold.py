"""Where gold says p is too high or too low: one shift of all log odds, held-out before it is used.

A label is p against one half, so the shift is the threshold: p + shift >= 1/2 where the unshifted p
is at least 1 / (1 + exp(shift)). Everything that reads p (label, interval, what would flip it)
stays consistent.
"""

from __future__ import annotations

import numpy as np

REACH = np.linspace(-3.0, 3.0, 61)  # log odds; beyond, the model is wrong, not its threshold
PSEUDO = 2.0  # ours: penalty on the squared shift, as of a normal prior of sd .5


def shifted(p: np.ndarray, shift: float) -> np.ndarray:
    """p (...) with its log odds moved; nan stays nan, 0 and 1 stay.

    >>> shifted(np.array([0.5, 0.0, np.nan]), 1.0).round(2)
    array([0.73, 0.  ,  nan])
    """
    if not shift:
        return p
    up = p * np.exp(shift)
    return np.asarray(up / (up + 1 - p))


def best_shift(p: np.ndarray, label: np.ndarray, weight: np.ndarray) -> float:
    """The shift in REACH with the least log loss on labels (n,) 0 or 1, leaning to none."""
    losses = [weight @ _loss(shifted(p, s), label) + PSEUDO * s**2 for s in REACH]
    return round(float(REACH[int(np.argmin(losses))]), 6)


def held_out_shift(
    p: np.ndarray, label: np.ndarray, weight: np.ndarray, folds: np.ndarray
) -> tuple[float, float, float]:
    """(shift, gain in log loss, its standard error); the shift is 0 unless the gain is clear.

    `p` (n,) are probabilities of rows whose gold taught none of them. Each fold is scored with the
    shift that the others ask for; one standard error is asked, as for the choice of a model.
    """
    gain = np.zeros(len(p))
    for fold in np.unique(folds):
        held = folds == fold
        if held.all():
            return 0.0, 0.0, 0.0
        shift = best_shift(p[~held], label[~held], weight[~held])
        gain[held] = _loss(p[held], label[held]) - _loss(shifted(p[held], shift), label[held])
    w = weight / weight.sum()
    mean = float(w @ gain)
    error = float(np.sqrt(w**2 @ (gain - mean) ** 2))
    return (best_shift(p, label, weight) if mean > error else 0.0), mean, error


def _loss(p: np.ndarray, label: np.ndarray) -> np.ndarray:
    return np.asarray(-np.log(np.clip(np.where(label == 1, p, 1 - p), 0.01, 0.99)))
