"""Recipient: OP's reaction decides. Declared reliabilities, families count once, no fitting."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from ...corpus.errors import SettingsError
from ...corpus.records import EFFECTIVE, NOT_EFFECTIVE
from ..functions.base import LabelingFunction
from ..matrix import Column
from .base import LabelModel

LOW, BEST, HIGH = 0, 1, 2


class Recipient(LabelModel):
    """Adds up log odds: of the base rate, and per family of its strongest vote on either side.

    The reliabilities are priors of ours (`priors.toml`), declared and not learned, because the
    functions of the recipient axis do not vote on the same rows: their agreement identifies
    nothing. The interval is the range of the probability over the declared ranges.
    Strata change nothing here: a declared prior is the same at every place in a thread.
    """

    name = "recipient"

    def __init__(self, columns: Sequence[Column] | None = None):
        super().__init__(columns)
        self.priors: dict[str, Any] = _declared()

    @classmethod
    def strength_columns(cls, functions: Sequence[LabelingFunction]) -> list[Column]:
        """A column more for each declared `stronger` range of a function, of the same family.

        It repeats the vote where the score is at least that strong, and a family's strongest vote
        counts: so a score weighs a vote, and patterns stay integers.
        """
        declared = _declared()
        return [
            Column(f"{f.name}@{s['min_strength']}", f.name, f.axis, f.family, f.decides,
                   s["min_strength"])
            for f in functions
            for s in declared.get(f.name, {}).get("stronger", [])
        ]  # fmt: skip

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        if self.n_classes != 2:
            raise SettingsError(
                f"{self.n_classes} classes", "label model recipient", "it knows two; use majority"
            )

    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        p = self._probability(np.asarray(L), BEST, BEST)
        return np.stack([1 - p, p], axis=1)

    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        L = np.asarray(L)
        low = self._probability(L, LOW, HIGH)
        return np.stack([low, self._probability(L, HIGH, LOW)], axis=1)

    def _probability(self, L: np.ndarray, good: int, bad: int) -> np.ndarray:
        """P(effective) (n,), with the `good` end of EFFECTIVE votes and the `bad` end of others."""
        log_odds = np.full(len(L), _logit(self.priors["base_rate"][good]))
        columns = self._named()
        families = [c.family or c.name for c in columns]
        for family in dict.fromkeys(families):
            members = [j for j, other in enumerate(families) if other == family]
            log_odds += self._strongest(L, members, EFFECTIVE, good)
            log_odds -= self._strongest(L, members, NOT_EFFECTIVE, bad)
        p = 1 / (1 + np.exp(-log_odds))
        return np.where((L >= 0).any(axis=1), p, np.nan)

    def _strongest(self, L: np.ndarray, members: list[int], vote: int, end: int) -> np.ndarray:
        """Log odds (n,) of a family's strongest vote for one side; 0 where none votes so."""
        weights = [_logit(self.reliability(self._named()[j], vote)[end]) for j in members]
        return np.max(np.where(L[:, members] == vote, weights, 0.0), axis=1, initial=0.0)

    def reliability(self, column: Column, vote: int) -> list[float]:
        """[low, best, high] probability that this column's `vote` is right, at even odds."""
        side = "effective" if vote == EFFECTIVE else "not_effective"
        entry = self.priors.get(column.function, self.priors["default"])
        for stronger in entry.get("stronger", []):
            if column.min_strength and column.min_strength >= stronger["min_strength"]:
                entry = entry | {side: stronger[side]}
        return list(entry[side])

    def state(self) -> dict[str, Any]:
        used = {c.function for c in self._named()}
        kept = {k: v for k, v in self.priors.items() if k in used | {"base_rate", "default"}}
        return {"priors": kept}

    def restore(self, state: dict[str, Any]) -> None:
        self.priors = state["priors"]


def _logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


@cache
def _declared() -> dict[str, Any]:
    text = (resources.files(__package__) / "priors.toml").read_text("utf8")
    return tomllib.loads(text)
