"""How sure may a model be? As sure as helps it to predict a vote from the others of the row.

Where rows are hard for everybody, votes on one row are alike beyond what the classes explain, and
ten of them tell less than ten. Ours, after the design effect of cluster samples (Kish 1965): n
votes count as n / (1 + r (n - 1)), and r is the value at which the votes left out one at a time
are predicted best. It changes how sure a row is, never which class comes first.
"""

from __future__ import annotations

import numpy as np

from .tally import Tally

GRID = (0.0, 0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1.0, 2.0)
CLEAR = 1.0  # ours: standard errors by which votes must be predicted better before r is not 0


def views(votes: Tally) -> np.ndarray:
    """(n,) families that speak on each row."""
    return np.bincount(votes.row, votes.weight, votes.n_rows)


def tempered(P: np.ndarray, n_views: np.ndarray, likeness: float) -> np.ndarray:
    """P (..., n, k) as if a row's n views were n / (1 + likeness (n - 1)).

    >>> tempered(np.array([[0.9, 0.1]]), np.array([3.0]), 0.5).round(2)
    array([[0.75, 0.25]])
    """
    if not likeness:
        return P
    power = 1 / (1 + likeness * np.maximum(n_views - 1, 0))
    Q = np.maximum(P, 1e-300) ** power[:, None]
    return np.asarray(Q / Q.sum(axis=-1, keepdims=True))


def likeness(
    votes: Tally,
    counts: np.ndarray,
    fits: list[tuple[float, np.ndarray, np.ndarray]],
    unit: np.ndarray,
    stratum: np.ndarray,
    family: np.ndarray,
) -> float:
    """The r of the module's text; 0 unless another predicts votes better by CLEAR errors.

    `fits` are (weight, log reliabilities (units, k, k), log class shares (strata, k)); `family`
    (e,) is the family of each vote: what is left out is all that it says on the row.
    """
    n = views(votes)
    heard = n[votes.row] > 1.5
    if not heard.any():
        return 0.0
    scores = []
    for r in GRID:
        told = np.zeros(len(votes.row))
        for weight, theta, balance in fits:
            q = tempered(_left_out(votes, theta, balance, unit, stratum, family),
                         n[votes.row] - 1, r)  # fmt: skip
            told += weight * (q * np.exp(theta[unit, :, votes.vote])).sum(axis=1)
        logs = np.where(heard, np.log(np.maximum(told, 1e-12)) * votes.weight, 0.0)
        scores.append(np.bincount(votes.row, logs, votes.n_rows))
    total = [float(counts @ s) for s in scores]
    best = int(np.argmax(total))
    gain = scores[best] - scores[0]
    mean = float(counts @ gain) / counts.sum()
    error = np.sqrt(counts @ (gain - mean) ** 2)
    return GRID[best] if total[best] - total[0] > CLEAR * error else 0.0


def _left_out(
    votes: Tally,
    theta: np.ndarray,
    balance: np.ndarray,
    unit: np.ndarray,
    stratum: np.ndarray,
    family: np.ndarray,
) -> np.ndarray:
    """(e, k) what a row is without the vote's family."""
    said = theta[unit, :, votes.vote] * votes.weight[:, None]
    logs = balance[stratum] + votes.sums(said)
    key = votes.row * (int(family.max(initial=0)) + 1) + family
    _, group = np.unique(key, return_inverse=True)
    own = np.stack([np.bincount(group, said[:, c])[group] for c in range(votes.k)], axis=1)
    rest = logs[votes.row] - own
    rest = np.exp(rest - rest.max(axis=1, keepdims=True))
    return np.asarray(rest / rest.sum(axis=1, keepdims=True))
