"""Near copies: two labellers that agree far beyond what their accuracies allow.

Given the class, independent labellers' votes for a class have covariances of rank one:
cov(i, j) = cov(i, A) cov(j, B) / cov(A, B) for any disjoint others A and B, whatever the
accuracies and class shares (exactly for two classes; Spearman's tetrad, 1904). What two columns
agree beyond that is not explained by the class. Ours: the limits, and one split of the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..matrix import Column
from .diagnostics import agreement, one_sided
from .tally import families_of

ENOUGH_ROWS = 50  # ours: rows on which a pair and two other families speak; fewer are thin evidence
ALIKE = 0.8  # ours: agreement from which a pair is looked at
MISSING = 0.6  # ours: share of the disagreements due by their accuracies that must be missing
ERRORS = 4.0  # ours: standard errors by which agreement must exceed what is due


class Copy(NamedTuple):
    """Two columns of different families that count as one, and why."""

    function: str
    copy_of: str
    n: int
    agreement: float
    due: float  # agreement that independence given the class would give

    @property
    def missing(self) -> float:
        """Share of the disagreements due that do not happen; 1 for a copy word for word."""
        return (self.agreement - self.due) / max(1 - self.due, 1e-9)


def near_copies(L: np.ndarray, counts: np.ndarray, columns: Sequence[Column], k: int) -> list[Copy]:
    """Pairs, the clearest first, the later column by name as the copy; [] where evidence is thin.

    A pair found is one family when the next is looked for: copies among the others would hide
    what the class explains. One-sided columns (which speak only where they see their class) always
    agree and are never compared.
    """
    L, named = np.asarray(L), list(columns)
    same, common = agreement(L, counts)
    able = ~one_sided(L, counts)
    order = sorted(np.flatnonzero(able).tolist(), key=lambda j: named[j].name)
    likely = [
        (i, j)
        for a, i in enumerate(order)
        for j in order[a + 1 :]
        if same[i, j] >= ALIKE and common[i, j] >= ENOUGH_ROWS
    ]
    found: list[Copy] = []
    while True:
        families = families_of(named)
        pairs = [
            _compared(L, counts, named, families, able, same, pair, k)
            for pair in likely
            if families[pair[0]] != families[pair[1]]
        ]
        clear = [pair for pair in pairs if pair]
        if not clear:
            return found
        found.append(max(clear, key=lambda p: (p.missing, p.copy_of, p.function)))
        names = joined(named, found[-1:])
        named = [c._replace(family=name) for c, name in zip(named, names, strict=True)]


def joined(columns: Sequence[Column], pairs: Sequence[Copy]) -> list[str]:
    """The family of each column, copies (and copies of copies) in that of the first by name."""
    family = {c.name: c.family or c.name for c in columns}
    for pair in pairs:
        old, new = family[pair.function], family[pair.copy_of]
        family = {name: new if own == old else own for name, own in family.items()}
    return [family[c.name] for c in columns]


def _compared(
    L: np.ndarray, counts: np.ndarray, columns: Sequence[Column], families: np.ndarray,
    able: np.ndarray, same: np.ndarray, pair: tuple[int, int], k: int,
) -> Copy | None:  # fmt: skip
    i, j = pair
    halves = _others(columns, families, able, same, pair)
    if halves is None:
        return None
    spoken = [(L[:, half] >= 0).sum(axis=1) for half in halves]
    rows = (L[:, i] >= 0) & (L[:, j] >= 0) & (spoken[0] > 0) & (spoken[1] > 0)
    w = counts[rows].astype(np.float64)
    n = float(w.sum())
    if n < ENOUGH_ROWS:
        return None
    due = variance = 0.0
    both = float(w @ (L[rows, i] == L[rows, j])) / n
    for c in range(k):
        x, y = (np.equal(L[rows, m], c).astype(np.float64) for m in (i, j))
        a, b = (
            np.equal(L[np.ix_(rows, half)], c).sum(axis=1) / told[rows]
            for half, told in zip(halves, spoken, strict=True)
        )
        explained = _tetrad(x, y, a, b, w)
        if explained is None:
            return None
        due += explained[0] + float(w @ x) / n * float(w @ y) / n
        variance += explained[1]
    due = min(due, 1.0)
    error = np.sqrt(variance + due * (1 - due) / n)
    if both - due < max(MISSING * (1 - due), ERRORS * error):
        return None
    return Copy(columns[j].name, columns[i].name, int(n), round(both, 6), round(due, 6))


def _others(
    columns: Sequence[Column], families: np.ndarray, able: np.ndarray, same: np.ndarray,
    pair: tuple[int, int],
) -> tuple[list[int], list[int]] | None:  # fmt: skip
    """The other families in two halves, without columns as like one of the pair as it is itself."""
    i, j = pair
    with np.errstate(invalid="ignore"):
        third = np.maximum(same[i], same[j]) >= same[i, j] - 0.02
    out = {families[i], families[j], *families[third]}
    names: dict[int, str] = {}
    for m in sorted(range(len(columns)), key=lambda m: columns[m].name):
        if able[m] and families[m] not in out:
            names.setdefault(int(families[m]), columns[m].name)
    if len(names) < 2:
        return None
    first = {f for at, f in enumerate(names) if at % 2 == 0}
    members = [m for m in range(len(columns)) if able[m] and int(families[m]) in names]
    half = [m for m in members if int(families[m]) in first]
    return half, [m for m in members if m not in half]


def _tetrad(
    x: np.ndarray, y: np.ndarray, a: np.ndarray, b: np.ndarray, w: np.ndarray
) -> tuple[float, float] | None:
    """(covariance of x and y that the class explains, its variance); None where it is unknown.

    A class that neither half sees varying explains nothing, and then the two may not vary either.
    """
    n = w.sum()

    def cov(p: np.ndarray, q: np.ndarray) -> tuple[float, float]:
        dp, dq = p - w @ p / n, q - w @ q / n
        value = float(w @ (dp * dq)) / n
        spread = float(w @ (dp * dq) ** 2) / n - value**2
        return value, max(spread, 0.0) / n

    ab, e_ab = cov(a, b)
    if ab < ERRORS * np.sqrt(e_ab):
        return (0.0, 0.0) if float(w @ x) + float(w @ y) < 0.02 * n else None
    values, errors = [], []
    for p, q in ((a, b), (b, a)):
        (xp, e_xp), (yq, e_yq) = cov(x, p), cov(y, q)
        values.append(xp * yq / ab)
        errors.append((yq / ab) ** 2 * e_xp + (xp / ab) ** 2 * e_yq + (xp * yq / ab**2) ** 2 * e_ab)
    return float(np.mean(values)), float(np.mean(errors))
