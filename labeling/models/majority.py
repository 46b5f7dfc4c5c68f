"""Majority vote: every function counts the same. The yard-stick for every other model."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from ...corpus.errors import SettingsError
from .base import LabelModel

Ties = Literal["abstain", "commonest"]


class MajorityVote(LabelModel):
    """The share of votes per class. Interval: what one more vote, against or for, would make it.

    Ties are a declared part of the model (they alone move published accuracies by points):
    "abstain" leaves a tied row unlabelled at equal shares, "commonest" gives it to the class with
    the most votes in the data it was fitted on.

    >>> L = np.array([[1, 1, -1], [-1, -1, -1], [1, 0, -1]])
    >>> MajorityVote().fit(L).predict_proba(L)
    array([[0. , 1. ],
           [nan, nan],
           [0.5, 0.5]])
    """

    name = "majority"

    def __init__(self, columns: Any = None, ties: Ties = "abstain"):
        super().__init__(columns)
        if ties not in ("abstain", "commonest"):
            raise SettingsError(f"ties = {ties!r}", "label model majority", "abstain or commonest")
        self.ties = ties
        self.n_votes: list[int] = []

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        self.n_votes = [
            int((np.equal(L, k) * counts[:, None]).sum()) for k in range(self.n_classes)
        ]

    def _tally(self, L: np.ndarray) -> np.ndarray:
        return np.stack([np.equal(L, k).sum(axis=1) for k in range(self.n_classes)], axis=1)

    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        votes = self._tally(L).astype(np.float64)
        with np.errstate(invalid="ignore"):
            return np.asarray(votes / votes.sum(axis=1, keepdims=True))

    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        votes = self._tally(L)
        n, k = votes.sum(axis=1).astype(np.float64), votes[:, 1].astype(np.float64)
        bounds = np.stack([k / (n + 1), (k + 1) / (n + 1)], axis=1)
        return np.where(n[:, None] > 0, bounds, np.nan)

    def predict(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        labels = super().predict(L, strata)
        if self.ties == "commonest":
            votes = self._tally(L)
            best = votes == votes.max(axis=1, keepdims=True)
            tied = (best.sum(axis=1) > 1) & votes.any(axis=1) & self._decided(np.asarray(L))
            liking = np.where(best, np.asarray(self.n_votes), -1).argmax(axis=1)
            labels[tied] = liking[tied]
        return labels

    def state(self) -> dict[str, Any]:
        return {"ties": self.ties, "n_votes": self.n_votes}

    def restore(self, state: dict[str, Any]) -> None:
        self.ties, self.n_votes = state["ties"], state["n_votes"]
