"""Fits the opportunity model of a build: two passes over integers, then a fit on counts.

The rows are counted by cell (class of every feature, fold of OP, answered or not); the regression
sees the cells, so that its cost does not grow with the rows. Memory grows with the OPs (32 bytes
each), never with the rows.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from ..corpus.artefacts import write_json, write_parquet
from ..corpus.folder import BuildFolder
from .exposure import (
    EDGES,
    FOLDS,
    MIN_OTHER_THREADS,
    NEVER_BACK,
    SIZES,
    Exposure,
    OpRates,
    fold_of,
    places,
)

FORMAT = 1
RIDGE = 1.0  # ours: a class without rows weighs nothing, one with a handful little
_STEPS, _CLOSE = 50, 1e-9
_DECIMALS = 6  # the last bits of a linear solver differ between machines; these do not
_RATES = pa.schema(
    [pa.field("key", pa.uint64(), nullable=False)]
    + [pa.field(name, pa.int64(), nullable=False) for name in OpRates._fields[1:]]
)


def fit_exposure(folder: BuildFolder) -> dict[str, Any]:
    """Interactions of all buckets -> `exposure_model.json`, which it returns.

    "folds": per fold the weights of the model that has not seen it, [] where no row, or not both
    kinds of row, could be counted. "auc" is out of fold: `all` rows, rows that OP `returned`
    after, and of these the place in the thread alone. OP's totals go to `folder.op_rates`.
    """
    rates = _op_rates(folder)
    counts = _cells(folder, rates)
    kept = rates.n_threads >= MIN_OTHER_THREADS  # of the others no rate is ever asked
    kept_rates = OpRates(*(column[kept] for column in rates))
    write_parquet(folder.op_rates, pa.table(kept_rates._asdict(), _RATES), _RATES)
    filled = np.flatnonzero(counts.sum(axis=(0, 2)))
    counts = counts[:, filled]
    classes = np.stack(np.unravel_index(filled, SIZES), axis=1)
    n_silent, n_answered = (int(n) for n in counts.sum(axis=(0, 1)))
    folds = _fit_folds(classes, counts) if n_silent and n_answered else []
    document = {
        "format": FORMAT,
        "edges": {name: list(edges) for name, edges in EDGES.items()},
        "n_rows": n_silent + n_answered,
        "n_answered": n_answered,
        "n_ops_with_rate": int(kept.sum()),
        "folds": folds,
        **(_quality(classes, counts, folds) if folds else {}),
    }
    write_json(folder.exposure_model, document)
    return document


def _op_rates(folder: BuildFolder) -> OpRates:
    """Sums over all buckets; joined when as much waits as is joined: n log n for any number."""
    joined, waiting = OpRates.sums(np.zeros(0, np.uint64), *[np.zeros(0)] * 3), list[OpRates]()
    for path in folder.buckets(folder.interactions):
        key, n, k = places(path).per_thread()
        waiting.append(OpRates.sums(key, n > 0, n, k))
        if sum(len(rates.key) for rates in waiting) > len(joined.key):
            joined, waiting = _joined([joined, *waiting]), []
    return _joined([joined, *waiting])


def _joined(parts: list[OpRates]) -> OpRates:
    return OpRates.sums(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _cells(folder: BuildFolder, rates: OpRates) -> np.ndarray:
    """(FOLDS, cells, 2) int64: silent and answered rows."""
    n_cells = int(np.prod(SIZES))
    counts = np.zeros(FOLDS * n_cells * 2, np.int64)
    for path in folder.buckets(folder.interactions):
        rows = places(path)
        cell = np.ravel_multi_index(tuple(rows.classes(rates).T), SIZES)
        at = (fold_of(rows.key) * n_cells + cell) * 2 + rows.answered
        counts += np.bincount(at[rows.counted], minlength=len(counts))
    return counts.reshape(FOLDS, n_cells, 2)


def _fit_folds(classes: np.ndarray, counts: np.ndarray) -> list[dict[str, Any]]:
    """Per fold the weights learned from all other folds; where these are empty, from all."""
    X = _one_hot(classes)
    ends = np.cumsum((0, *SIZES)) + 1
    folds = []
    for fold in range(FOLDS):
        others = counts.sum(axis=0) - counts[fold]
        if not others.sum(axis=0).all():
            others = counts.sum(axis=0)
        beta = logistic(X, others).round(_DECIMALS) + 0.0  # no -0.0 in the file
        weights = [beta[a:b].tolist() for a, b in pairwise(ends)]
        folds.append({"intercept": float(beta[0]), **dict(zip(EDGES, weights, strict=True))})
    return folds


def _one_hot(classes: np.ndarray) -> np.ndarray:
    """(c, 1 + sum of SIZES): a constant, then one column per class of every feature."""
    parts = [np.ones((len(classes), 1))]
    parts += [np.eye(size)[classes[:, j]] for j, size in enumerate(SIZES)]
    return np.hstack(parts)


def logistic(X: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Ridge logistic regression on counts (c, 2) of negatives and positives: weights (d,).

    Newton's method with step halving; the constant, column 0, is not shrunk.
    """
    n, k = counts.sum(axis=1).astype(float), counts[:, 1].astype(float)
    shrink = np.full(X.shape[1], RIDGE)
    shrink[0] = 1e-6  # keeps the system solvable where a fold is tiny
    beta = np.zeros(X.shape[1])

    def loss(b: np.ndarray) -> float:
        z = X @ b
        return float(n @ np.logaddexp(0, z) - k @ z + shrink @ b**2 / 2)

    now = loss(beta)
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-(X @ beta)))
        gradient = X.T @ (n * p - k) + shrink * beta
        curve = (X * (n * p * (1 - p))[:, None]).T @ X + np.diag(shrink)
        step = np.linalg.solve(curve, gradient)
        size = 1.0
        while loss(beta - size * step) > now and size > 1e-4:
            size /= 2
        beta = beta - size * step
        before, now = now, loss(beta)
        if abs(before - now) < _CLOSE * max(1.0, abs(before)):
            break
    return beta


def _quality(
    classes: np.ndarray, counts: np.ndarray, folds: list[dict[str, Any]]
) -> dict[str, Any]:
    """Out of fold: AUC of answered against not, and how far shares lie from probabilities."""
    model = Exposure({"folds": folds}, OpRates(*[np.zeros(0, np.uint64)] * 4))
    fold, cell = (x.ravel() for x in np.indices(counts.shape[:2]))
    p, n = model.predict(classes[cell], fold), counts[fold, cell]
    back = classes[cell, 2] != NEVER_BACK
    place = -classes[cell, 0].astype(float)
    return {
        "auc": {
            "all": _rounded(weighted_auc(p, n)),
            "returned": _rounded(weighted_auc(p[back], n[back])),
            "returned_by_position": _rounded(weighted_auc(place[back], n[back])),
        },
        "ece": _rounded(_ece(p, n)),
    }


def weighted_auc(score: np.ndarray, counts: np.ndarray) -> float:
    """P(score of a positive > of a negative), ties half; counts (c, 2); nan without both.

    >>> weighted_auc(np.array([0.1, 0.9]), np.array([[3, 1], [1, 3]]))
    0.75
    """
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.diff(score[order], prepend=-np.inf))
    if not len(starts):
        return float("nan")
    negative, positive = np.add.reduceat(counts[order].astype(float), starts, axis=0).T
    pairs = negative.sum() * positive.sum()
    below = np.cumsum(negative) - negative
    return float(positive @ (below + negative / 2) / pairs) if pairs else float("nan")


def _ece(p: np.ndarray, counts: np.ndarray) -> float:
    """Mean distance of predicted and observed share over ten equal bins of p."""
    n = counts.sum(axis=1)
    bins = np.minimum((p * 10).astype(int), 9)
    expected, seen = (np.bincount(bins, weights, 10) for weights in (n * p, counts[:, 1]))
    return float(np.abs(expected - seen).sum() / n.sum())


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
