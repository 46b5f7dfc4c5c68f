"""Votes of a label matrix as one flat list: what every learning model sums over.

A crowd table has hundreds of workers and a few votes a row; a list of votes costs what was voted,
not rows x workers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..matrix import Column


class Tally(NamedTuple):
    """Votes in order of row. A family's votes on one row weigh 1 together."""

    row: np.ndarray  # (e,) int64
    column: np.ndarray  # (e,) int64
    vote: np.ndarray  # (e,) int64, 0..k-1
    weight: np.ndarray  # (e,) float64, 1 / votes of this family on this row
    n_rows: int
    n_columns: int
    k: int

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of values (e, k) over the votes of each row, (n, k)."""
        cells = [np.bincount(self.row, values[:, c], self.n_rows) for c in range(self.k)]
        return np.stack(cells, axis=1)

    def confusion(self, q: np.ndarray, unit: np.ndarray, n_units: int) -> np.ndarray:
        """(n_units, k, k): weight q (n, k) of each class under each vote, by unit (e,)."""
        key = unit * self.k + self.vote
        size = n_units * self.k
        cells = [np.bincount(key, q[self.row, c], size) for c in range(self.k)]
        return np.stack([cell.reshape(n_units, self.k) for cell in cells], axis=1)

    def shares(self) -> np.ndarray:
        """Share of each class among the votes of a row, families counting once; nan: no vote."""
        onehot = self.weight[:, None] * (self.vote[:, None] == np.arange(self.k))
        votes = self.sums(onehot)
        with np.errstate(invalid="ignore"):
            return np.asarray(votes / votes.sum(axis=1, keepdims=True))


def tally(L: np.ndarray, families: np.ndarray, k: int) -> Tally:
    """L (n, m) with negative for silence, families (m,) int -> its votes."""
    L = np.asarray(L)
    row, column = np.nonzero(L >= 0)
    key = row * (int(families.max(initial=0)) + 1) + families[column]
    _, inverse, size = np.unique(key, return_inverse=True, return_counts=True)
    vote = L[row, column].astype(np.int64)
    return Tally(row, column, vote, 1.0 / size[inverse], len(L), L.shape[1], int(k))


def canonical(
    L: np.ndarray, counts: np.ndarray, *extra: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Distinct rows in sorted order with summed counts: the same whatever came first.

    `extra` columns (strata, gold; None: none) tell rows apart as well and come back beside them.
    Silence is -1 for both its kinds. Row order and the split of counts leave no trace in sums.
    """
    L = np.maximum(np.asarray(L), -1)
    tags = [np.full(len(L), -1) if e is None else np.asarray(e) for e in extra]
    whole = np.column_stack([L.astype(np.int32), *(t.astype(np.int32) for t in tags)])
    whole = np.ascontiguousarray(whole)
    if not len(whole):
        return L, counts, tags
    keys = whole.view(f"V{whole.itemsize * whole.shape[1]}").reshape(-1)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    summed = np.bincount(inverse.reshape(-1), counts, len(first))
    return L[first], summed, [t[first] for t in tags]


def families_of(columns: Sequence[Column]) -> np.ndarray:
    """(m,) int: columns of one declared family share a number."""
    names = [c.family or c.name for c in columns]
    order = {name: i for i, name in enumerate(sorted(set(names)))}
    return np.array([order[name] for name in names], np.int64)


def copies(L: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """(m,) int: the first column that repeats the same votes word for word; itself if none does.

    Two good labellers may agree on everything by merit. They count as copies only where that is
    improbable (p < .001) at the accuracy that the other columns' majority gives them.
    """
    stands_for = np.arange(L.shape[1])
    groups: dict[bytes, list[int]] = {}
    for j in range(L.shape[1]):
        column = np.ascontiguousarray(np.maximum(L[:, j], -1).astype(np.int32))
        if (column >= 0).any():
            groups.setdefault(column.tobytes(), []).append(j)
    for members in groups.values():
        if len(members) > 1 and _improbable(L, counts, members, k):
            stands_for[members] = members[0]
    return stands_for


def fold(L: np.ndarray, stands_for: np.ndarray) -> np.ndarray:
    """L with copies heard once: in the first of them, and where that is silent, the next."""
    L = np.maximum(np.asarray(L), -1)
    if (stands_for == np.arange(len(stands_for))).all():
        return L
    L = L.copy()
    for j, first in enumerate(stands_for):
        if j != first:
            L[:, first] = np.where(L[:, first] < 0, L[:, j], L[:, first])
            L[:, j] = -1
    return L


def _improbable(L: np.ndarray, counts: np.ndarray, members: list[int], k: int) -> bool:
    """Is it improbable that independent labellers of this accuracy never differ?"""
    votes = L[:, members[0]]
    heard = votes >= 0
    others = np.delete(L[heard], members, axis=1)
    support = np.stack([(others == c).sum(axis=1) for c in range(k)], axis=1)
    clear = (support == support.max(axis=1, keepdims=True)).sum(axis=1) == 1
    n = counts[heard]
    right = n[clear & (support.argmax(axis=1) == votes[heard])].sum()
    accuracy = (right + 1.0) / (n[clear].sum() + 2.0)
    agree = accuracy**2 + (1 - accuracy) ** 2 / max(k - 1, 1)
    return bool(n.sum() * np.log(agree) < np.log(1e-3))
