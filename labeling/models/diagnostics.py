"""What a label matrix can tell about its functions, before any model is believed.

Everything is a sum over patterns and counts. Silence (ABSTAIN, NOT_OBSERVABLE) is no vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..matrix import Column
from .tally import families_of

ENOUGH_PEERS = 20  # ours: rows on which two other families speak, for a side to be comparable
ENOUGH_GOLD = 10  # ours: gold rows under a side, for an estimate of its own
ONE_SIDED = 0.99  # ours: share of votes on one class from which a function may be one-sided
ONE_SIDED_AXIS = 0.8  # ours: share of such columns from which all of them are


class Side(NamedTuple):
    """One function's votes for one class, and where their reliability can come from.

    `source` is "gold" (at least ENOUGH_GOLD rows with a human label), "data" (at least
    ENOUGH_PEERS rows on which two other families that know two classes vote as well: the fewest
    views from which agreement tells accuracies) or "prior" (declared, nothing else).
    """

    function: str
    family: str
    vote: int
    source: str
    n_votes: int
    n_peers: int
    n_gold: int


def identification(
    L: np.ndarray,
    counts: np.ndarray | None,
    columns: Sequence[Column],
    gold: np.ndarray | None = None,
) -> list[Side]:
    """One Side per column and class that it voted for at all, in order of columns.

    Two functions that never vote on the same row cannot be told apart by agreement, and two that
    do cannot either: with two views, any accuracy of one is made up for by the other.

    >>> L = np.array([[1, -1], [-1, 0]], np.int8)
    >>> columns = [Column("a", "a"), Column("b", "b")]
    >>> [side.source for side in identification(L, np.array([500, 900]), columns)]
    ['prior', 'prior']
    """
    L = np.asarray(L)
    counts = np.ones(len(L), np.int64) if counts is None else np.asarray(counts)
    families = families_of(columns)
    known = np.zeros(len(L), bool) if gold is None else np.asarray(gold) >= 0
    two_sided = ~one_sided(L, counts)
    speaks = _spoken(L[:, two_sided], families[two_sided], int(families.max(initial=-1)) + 1)
    others = speaks.sum(axis=1)
    sides = []
    for j, column in enumerate(columns):
        peers = others - speaks[:, families[j]]
        for vote in np.unique(L[L[:, j] >= 0, j]):
            rows = L[:, j] == vote
            n_peers, n_gold = (
                int(counts[rows & (peers >= 2)].sum()),
                int(counts[rows & known].sum()),
            )
            source = "data" if n_peers >= ENOUGH_PEERS else "prior"
            source = "gold" if n_gold >= ENOUGH_GOLD else source
            n = int(counts[rows].sum())
            sides.append(Side(column.name, column.family, int(vote), source, n, n_peers, n_gold))
    return sides


def comparable(L: np.ndarray, counts: np.ndarray, columns: Sequence[Column]) -> tuple[float, float]:
    """Share of votes beside two other two-sided families; and beside one, in a triangle.

    The first is what confusion matrices need. The second is enough for one accuracy each: three
    families that meet in pairs tell theirs. A pair has met on ENOUGH_PEERS rows, or once where
    there are more than ENOUGH_PEERS families (workers lean on each other's average).
    """
    L = np.asarray(L)
    families = families_of(columns)
    two_sided = ~one_sided(L, counts)
    n_families = int(families.max(initial=-1)) + 1
    speaks = _spoken(L[:, two_sided], families[two_sided], n_families).astype(np.float64)
    views = _spoken(L, families, n_families).astype(np.float64)
    total = max(float(counts @ views.sum(axis=1)), 1.0)
    peers = speaks.sum(axis=1, keepdims=True) - speaks
    three = float(counts @ (views * (peers >= 2)).sum(axis=1)) / total
    met = speaks.T @ (speaks * counts[:, None])
    np.fill_diagonal(met, 0)
    crowd = n_families > ENOUGH_PEERS
    edge = (met >= (1 if crowd else ENOUGH_PEERS)).astype(np.float64)
    in_triangle = ((edge @ edge) * edge).sum(axis=1) > 0
    known = speaks * in_triangle
    beside = known * (known.sum(axis=1, keepdims=True) >= 2)
    return three, float(counts @ beside.sum(axis=1)) / total


def one_sided(L: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """(m,) bool: columns that speak only where they see their one class.

    Either nearly every column (ONE_SIDED_AXIS) votes for one class only, as keyword rules do; or
    this one does, improbably for the votes at large, on rows where the others favour that class,
    too (a labeller who says the same about everything is not selective, and its votes say nothing).
    """
    top = int(L.max(initial=0)) + 1
    n = np.stack([counts @ np.equal(L, c) for c in range(top)]).astype(np.float64)
    total = n.sum(axis=0)
    pure = (n.max(axis=0, initial=0) >= ONE_SIDED * total) & (total >= 2)
    if pure.sum() >= max(ONE_SIDED_AXIS * (total >= 2).sum(), 1):
        return np.asarray(pure | (total < 2))
    pool = n.sum(axis=1) / max(total.sum(), 1)
    tallies = np.stack([np.equal(L, c).sum(axis=1) for c in range(top)], axis=1)
    for j in np.flatnonzero(pure):
        c = int(n[:, j].argmax())
        rows = L[:, j] == c
        others = tallies[rows] - np.eye(top, dtype=int)[c]
        heard = float(counts[rows] @ others.sum(axis=1))
        lift = float(counts[rows] @ others[:, c]) - heard * pool[c]
        chance = 3 * np.sqrt(max(heard * pool[c] * (1 - pool[c]), 1e-9))
        pure[j] = total[j] * np.log(max(pool[c], 1e-9)) < np.log(1e-3) and lift > chance
    return np.asarray(pure)


def _spoken(L: np.ndarray, families: np.ndarray, n_families: int) -> np.ndarray:
    """(n, families) int: does any column of the family vote on the row?"""
    spoken = np.zeros((len(L), n_families), np.int32)
    for j, family in enumerate(families):
        spoken[:, family] |= L[:, j] >= 0
    return spoken


def describe(
    L: np.ndarray, counts: np.ndarray | None, columns: Sequence[Column], n_classes: int = 2
) -> dict[str, Any]:
    """Coverage, overlap, conflict and polarity of the axis and of each column, as JSON values.

    Shares are of rows. `families_per_row` is the mean over rows that have a vote.
    """
    L = np.asarray(L)
    counts = np.ones(len(L), np.int64) if counts is None else np.asarray(counts)
    families = families_of(columns)
    speaks = _spoken(L, families, int(families.max(initial=-1)) + 1).sum(axis=1)
    total = max(float(counts.sum()), 1.0)
    for_class = np.stack([np.equal(L, c).any(axis=1) for c in range(n_classes)], axis=1)
    differ = for_class.sum(axis=1) > 1
    heard = counts[speaks > 0].sum()
    each = []
    for j, column in enumerate(columns):
        votes = [int(counts[L[:, j] == c].sum()) for c in range(n_classes)]
        overlap = counts[(L[:, j] >= 0) & (speaks > 1)].sum()
        clash = counts[(L[:, j] >= 0) & differ].sum()
        each.append({
            "function": column.name, "family": column.family, "coverage": sum(votes) / total,
            "overlap": float(overlap / total), "conflict": float(clash / total), "votes": votes,
        })  # fmt: skip
    return {
        "n_rows": int(counts.sum()),
        "coverage": float(heard / total),
        "overlap": float(counts[speaks > 1].sum() / total),
        "conflict": float(counts[differ].sum() / total),
        "families_per_row": float((counts * speaks).sum() / max(heard, 1)),
        "columns": each,
    }


def agreement(L: np.ndarray, counts: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Share of common rows on which two columns agree (m, m; nan without any), and how many."""
    L = np.asarray(L)
    counts = np.ones(len(L)) if counts is None else np.asarray(counts, np.float64)
    heard = (L >= 0).astype(np.float64)
    common = heard.T @ (heard * counts[:, None])
    same = np.zeros_like(common)
    for c in range(int(L.max(initial=-1)) + 1):
        votes = np.equal(L, c).astype(np.float64)
        same += votes.T @ (votes * counts[:, None])
    with np.errstate(invalid="ignore"):
        return same / common, common.astype(np.int64)
