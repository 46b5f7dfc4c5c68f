"""Votes tables -> label matrix -> counts of distinct patterns, which is all a label model needs.

`L` is (n, m) int8: EFFECTIVE 1, NOT_EFFECTIVE 0, ABSTAIN -1, NOT_OBSERVABLE -2. A model fitted on
pattern counts costs the same for ten thousand rows and for a hundred million.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.records import ABSTAIN, NOT_OBSERVABLE
from .functions.base import LabelingFunction

_WORD = 30  # columns that fit a 64-bit key at two bits each, with room for the sign
_SHORT = 24  # columns that leave room for the stratum as well


class Column(NamedTuple):
    """One column of L: a function's vote, silent (ABSTAIN) below a strength of its score."""

    name: str
    function: str
    axis: str = "recipient"
    family: str = ""
    decides: bool = True
    min_strength: float = 0.0  # |score| needed; 0: every vote counts


class Patterns(NamedTuple):
    """Distinct rows of (L, stratum) in sorted order, and how often each occurs."""

    L: np.ndarray  # (u, m) int8
    strata: np.ndarray  # (u,) int64
    counts: np.ndarray  # (u,) int64
    inverse: np.ndarray  # (n,) int64: the pattern of each row; empty after `merge`


def columns_of(functions: Sequence[LabelingFunction]) -> list[Column]:
    """One column per function, in the order given."""
    return [Column(f.name, f.name, f.axis, f.family, f.decides) for f in functions]


def label_matrix(votes: pa.Table, columns: Sequence[Column]) -> np.ndarray:
    """A votes table (schema.vote_schema) -> L (n, m) int8, in the order of `columns`.

    >>> votes = pa.table({"f:vote": pa.array([1, None], pa.int8())})
    >>> label_matrix(votes, [Column("f", "f")])
    array([[ 1],
           [-2]], dtype=int8)
    """
    L = np.empty((votes.num_rows, len(columns)), np.int8)
    for j, column in enumerate(columns):
        vote = pc.fill_null(votes.column(f"{column.function}:vote"), NOT_OBSERVABLE)
        L[:, j] = vote.to_numpy()
        if column.min_strength:
            score = pc.fill_null(votes.column(f"{column.function}:score"), 0.0).to_numpy()
            weak = ~(np.abs(score) >= column.min_strength)  # nan is an unknown strength: weak
            L[weak & (L[:, j] >= 0), j] = ABSTAIN
    return L


def patterns(L: np.ndarray, strata: np.ndarray | None = None) -> Patterns:
    """Distinct (vote pattern, exposure stratum) rows of L (n, m) with their counts.

    >>> patterns(np.array([[1, -1], [0, 0], [1, -1]], np.int8)).counts
    array([1, 2])
    """
    L = np.asarray(L, np.int8)
    strata = np.zeros(len(L), np.int64) if strata is None else np.asarray(strata, np.int64)
    keys = _keys(L, strata)
    _, first, inverse, counts = np.unique(
        keys, axis=0 if keys.ndim > 1 else None,
        return_index=True, return_inverse=True, return_counts=True,
    )  # fmt: skip
    return Patterns(L[first], strata[first], counts, np.asarray(inverse).reshape(-1))


def merge(parts: Sequence[Patterns]) -> Patterns:
    """Pattern counts of several buckets as one, whatever their order."""
    L = np.concatenate([p.L for p in parts])
    strata = np.concatenate([p.strata for p in parts])
    counts = np.concatenate([p.counts for p in parts])
    whole = patterns(L, strata)
    total = np.zeros(len(whole.counts), np.int64)
    np.add.at(total, whole.inverse, counts)
    return Patterns(whole.L, whole.strata, total, np.zeros(0, np.int64))


def _keys(L: np.ndarray, strata: np.ndarray) -> np.ndarray:
    """Rows as integers that sort like (stratum, votes): one word while the columns fit."""
    n, m = L.shape
    words = [strata]
    for start in range(0, m, _WORD):
        word = np.zeros(n, np.int64)
        for j in range(start, min(m, start + _WORD)):
            word = word * 4 + (L[:, j].astype(np.int64) - NOT_OBSERVABLE)
        words.append(word)
    small = n == 0 or (strata.min() >= 0 and strata.max() < 2**14)
    if m <= _SHORT and small:
        return (strata << np.int64(2 * _SHORT)) + words[1] if m else strata
    return np.stack(words, axis=1)
