"""The paper's three stages, combined by our rule D8 (the paper publishes none)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...corpus.errors import SettingsError
from ...corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from ..functions.base import LabelingFunction
from ..functions.op_response import STRONG
from ..matrix import Column
from .base import LabelModel

STAGES = {
    "stage1": ("general_feedback",),
    "stage2": ("community_reception", "community_relative"),
    "stage3": ("op_response_paper", "op_response"),
}
"""Which function may stand for a stage; the first that the build has."""
WEIGHTS = {"stage1": 0.2, "stage2": 0.3, "stage3": 0.5}
"""D8, option `weighted` (ours): used for the probability only."""
_STRONG = "stage3_strong"


class PaperRule(LabelModel):
    """Two agreeing stages that OP's reply does not oppose, or a strong reply alone (D8, D9).

    Reads both axes, which nothing else here does: the paper mixes them. Columns are named
    stage1, stage2, stage3 and stage3_strong (the vote of stage 3 where |score| >= 0.5, otherwise
    ABSTAIN), so that the rule needs the pattern only. Where stages 2 and 3 oppose each other the
    row is a conflict and unlabelled. The probability is the weighted share of voting stages; the
    interval is how far a stage that is silent here could move it.
    """

    name = "paper"
    joint = True

    @classmethod
    def columns_for(cls, functions: Sequence[LabelingFunction]) -> list[Column]:
        by_name = {f.name: f for f in functions}
        columns = []
        for stage, names in STAGES.items():
            for name in [n for n in names if n in by_name][:1]:
                f = by_name[name]
                columns.append(Column(stage, name, f.axis, stage, f.decides))
                if stage == "stage3":
                    columns.append(Column(_STRONG, name, f.axis, stage, f.decides, STRONG))
        if len({c.family for c in columns}) < 2:
            raise SettingsError(
                "the paper's rule needs at least two of its stages",
                "label model paper",
                "add op_response_paper, community_reception, general_feedback to the functions",
            )
        return columns

    def __init__(self, columns: Sequence[Column] | None = None):
        super().__init__(columns)
        self.weights = dict(WEIGHTS)

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        if self.n_classes != 2:
            raise SettingsError(f"{self.n_classes} classes", "label model paper", "it knows two")

    def _stage(self, L: np.ndarray, name: str) -> np.ndarray:
        for j, column in enumerate(self._named()):
            if column.name == name:
                return np.asarray(L)[:, j]
        return np.full(len(L), ABSTAIN, np.int8)

    def predict(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        s1, s2, s3 = (self._stage(L, stage) for stage in STAGES)
        strong = self._stage(L, _STRONG)
        labels = np.full(len(L), ABSTAIN, np.int8)
        for side in (EFFECTIVE, NOT_EFFECTIVE):
            agreeing = (s1 == side).astype(int) + (s2 == side) + (s3 == side)
            labels[(agreeing >= 2) | (strong == side)] = side
        # D9. It holds D8's two reservations, too: two stages that stage 3 opposes are 1 and 2, and
        # a reply alone that stage 2 opposes is a conflict of 2 and 3.
        conflict = (s2 >= 0) & (s3 >= 0) & (s2 != s3)
        labels[conflict] = ABSTAIN
        return labels

    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        good, voting = self._weights(L)
        with np.errstate(invalid="ignore"):
            p = good / voting
        return np.stack([1 - p, p], axis=1)

    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        good, voting = self._weights(L)
        silent = 1 - voting
        bounds = np.stack([good, good + silent], axis=1)
        return np.where(voting[:, None] > 0, bounds, np.nan)

    def _weights(self, L: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weight of the stages that vote EFFECTIVE, and of those that vote at all, (n,) each."""
        good, voting = np.zeros(len(L)), np.zeros(len(L))
        for stage, weight in self.weights.items():
            vote = self._stage(L, stage)
            good += weight * (vote == EFFECTIVE)
            voting += weight * (vote >= 0)
        return good, voting

    def state(self) -> dict[str, Any]:
        return {"weights": self.weights, "strong": STRONG, "conflict": "unlabelled"}

    def restore(self, state: dict[str, Any]) -> None:
        self.weights = state["weights"]
