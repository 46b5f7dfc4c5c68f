"""What would turn a label around: the fewest votes whose loss or reversal changes it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from .habit import still_labelled, without_habit
from .models import LabelModel

WORDS = {EFFECTIVE: "effective", NOT_EFFECTIVE: "not effective", ABSTAIN: "no label"}
MAX_CHANGES = 3  # beyond three votes nobody would call it fragile


@dataclass(frozen=True)
class Decision:
    """How a build decides about one row: the label model at its place, then the poster's habit.

    `habit` is in log odds, as `habit.habit` gives it; 0 where none is taken out.
    """

    model: LabelModel
    stratum: int = 0
    habit: float = 0.0

    def heard(self, L: np.ndarray) -> np.ndarray:
        """P(effective) (n,) of patterns (n, m) by the votes alone; nan where nobody votes."""
        strata = np.full(len(L), self.stratum)
        return np.asarray(self.model.predict_proba(L, strata)[:, EFFECTIVE])

    def probability(self, L: np.ndarray) -> np.ndarray:
        """P(effective) (n,) as it is released."""
        p = self.heard(L)
        return without_habit(p, np.full(len(L), self.habit)) if self.habit else p

    def label(self, L: np.ndarray) -> np.ndarray:
        """(n,) int8 labels as they are released, ABSTAIN for none."""
        said = self.model.predict(L, np.full(len(L), self.stratum))
        return still_labelled(said, self.heard(L), self.probability(L)) if self.habit else said

    def voters(self, row: np.ndarray) -> list[str]:
        """The functions that vote in a row (m,) and that the model hears, in its order."""
        columns = self.model.columns or []
        return list(dict.fromkeys(c.function for j, c in enumerate(columns) if row[j] >= 0))

    def changed(self, row: np.ndarray, changes: dict[str, int]) -> np.ndarray:
        """A copy of a row; a reversed vote keeps its strength, a silent column stays silent."""
        changed = row.copy()
        for j, column in enumerate(self.model.columns or []):
            if column.function in changes and row[j] >= 0:
                changed[j] = changes[column.function]
        return changed


class Flip(NamedTuple):
    """`changes` maps a function to its vote afterwards; `label` is what the row then gets.

    No change is meant where the poster's habit alone decides: `label` is what votes alone give.
    """

    changes: dict[str, int]
    label: int

    def sentence(self) -> str:
        """The flip in plain words.

        >>> Flip({"op_response": -1}, -1).sentence()
        'no label if op_response had not voted'
        >>> Flip({}, 1).sentence()
        "effective if the poster's habit of thanking were left in"
        """
        parts = [
            f"{name} had not voted" if vote == ABSTAIN else f"{name} had voted {WORDS[vote]}"
            for name, vote in self.changes.items()
        ] or ["the poster's habit of thanking were left in"]
        return f"{WORDS[self.label]} if {' and '.join(parts)}"


def flips(decision: Decision, row: np.ndarray) -> list[Flip]:
    """All smallest changes that give one row (m,) another label: votes removed or reversed.

    Columns of one function change together. Where the poster's habit alone makes the difference,
    that comes first. Empty where the row has no vote, or where no set of at most three votes
    changes anything.
    """
    row = np.asarray(row, np.int8)
    names = decision.voters(row)
    before = int(decision.label(row[None])[0])
    plain = int(Decision(decision.model, decision.stratum).label(row[None])[0])
    alone = [Flip({}, plain)] if plain != before else []
    for size in range(1, min(MAX_CHANGES, len(names)) + 1):
        tries = [
            dict(zip(chosen, votes, strict=True))
            for chosen in combinations(names, size)
            for votes in product(*[(ABSTAIN, 1 - _vote_of(decision, row, n)) for n in chosen])
        ]
        after = decision.label(np.stack([decision.changed(row, t) for t in tries]))
        found = [Flip(t, int(a)) for t, a in zip(tries, after, strict=True) if a != before]
        if found:
            return alone + found
    return alone


def _vote_of(decision: Decision, row: np.ndarray, function: str) -> int:
    columns = decision.model.columns or []
    return max(int(row[j]) for j, c in enumerate(columns) if c.function == function)
