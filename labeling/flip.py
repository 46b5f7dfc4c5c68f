"""What would turn a label around: the fewest votes whose loss or reversal changes it."""

from __future__ import annotations

from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from .models import LabelModel

WORDS = {EFFECTIVE: "effective", NOT_EFFECTIVE: "not effective", ABSTAIN: "no label"}
MAX_CHANGES = 3  # beyond three votes nobody would call it fragile


class Flip(NamedTuple):
    """`changes` maps a function to its vote afterwards; `label` is what the row then gets."""

    changes: dict[str, int]
    label: int

    def sentence(self) -> str:
        """The flip in plain words.

        >>> Flip({"op_response": -1}, -1).sentence()
        'no label if op_response had not voted'
        """
        parts = [
            f"{name} had not voted" if vote == ABSTAIN else f"{name} had voted {WORDS[vote]}"
            for name, vote in self.changes.items()
        ]
        return f"{WORDS[self.label]} if {' and '.join(parts)}"


def flips(model: LabelModel, row: np.ndarray, stratum: int = 0) -> list[Flip]:
    """All smallest sets of votes whose removal or reversal changes the label of one row (m,).

    Columns of one function change together. Empty where the row has no vote, or where no set of
    at most three votes changes anything.
    """
    columns = model.columns or []
    row = np.asarray(row, np.int8)
    names = list(dict.fromkeys(c.function for j, c in enumerate(columns) if row[j] >= 0))
    before = _label(model, row[None], stratum)[0]
    for size in range(1, min(MAX_CHANGES, len(names)) + 1):
        tries = [
            dict(zip(chosen, votes, strict=True))
            for chosen in combinations(names, size)
            for votes in product(*[(ABSTAIN, 1 - _vote_of(model, row, n)) for n in chosen])
        ]
        changed = np.stack([_changed(model, row, t) for t in tries])
        after = _label(model, changed, stratum)
        found = [Flip(t, int(a)) for t, a in zip(tries, after, strict=True) if a != before]
        if found:
            return found
    return []


def weights(model: LabelModel, row: np.ndarray, stratum: int = 0) -> dict[str, float]:
    """How much each vote of one row (m,) moves P(effective): with it, minus without it.

    Works for any label model. nan where the row would have no vote left.
    """
    columns = model.columns or []
    row = np.asarray(row, np.int8)
    names = list(dict.fromkeys(c.function for j, c in enumerate(columns) if row[j] >= 0))
    if not names:
        return {}
    without = np.stack([_changed(model, row, {n: ABSTAIN}) for n in names])
    strata = np.full(len(names) + 1, stratum)
    p = model.predict_proba(np.vstack([row[None], without]), strata)[:, EFFECTIVE]
    return {name: float(p[0] - p[1 + i]) for i, name in enumerate(names)}


def _label(model: LabelModel, L: np.ndarray, stratum: int) -> np.ndarray:
    return model.predict(L, np.full(len(L), stratum))


def _vote_of(model: LabelModel, row: np.ndarray, function: str) -> int:
    votes = [int(row[j]) for j, c in enumerate(model.columns or []) if c.function == function]
    return max(votes)


def _changed(model: LabelModel, row: np.ndarray, changes: dict[str, int]) -> np.ndarray:
    """A copy of the row; a reversed vote keeps its strength, a silent column stays silent."""
    changed = row.copy()
    for j, column in enumerate(model.columns or []):
        if column.function in changes and row[j] >= 0:
            changed[j] = changes[column.function]
    return changed
