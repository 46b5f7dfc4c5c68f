"""The contract of label models: votes in, probability, interval and label out.

A model is one file; adding its class to `LABEL_MODELS` puts it under the contract tests.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ...corpus.errors import SettingsError
from ...corpus.records import ABSTAIN
from ..functions.base import LabelingFunction
from ..matrix import Column, columns_of


class LabelModel(ABC):
    """Combines the votes of one axis (or, where `joint`, of all axes) into one answer a row.

    `columns` says what the columns of L are; without it they are taken as anonymous functions of
    different families. A vote is 0..k-1; negative entries are silence and carry nothing.
    """

    name: ClassVar[str]
    joint: ClassVar[bool] = False

    def __init__(self, columns: Sequence[Column] | None = None):
        self.columns: list[Column] | None = None if columns is None else list(columns)
        self.n_classes = 2
        self.n_rows = 0

    @classmethod
    def columns_for(cls, functions: Sequence[LabelingFunction]) -> list[Column]:
        """The columns this model wants from the functions of a build."""
        return columns_of(functions)

    def fit(
        self,
        L: np.ndarray,
        counts: np.ndarray | None = None,
        *,
        strata: np.ndarray | None = None,
        gold: np.ndarray | None = None,
        n_classes: int = 2,
    ) -> LabelModel:
        """L (n, m) int8, one row per pattern with `counts` (n,) occurrences (None: once each).

        `strata` (n,) are exposure strata, `gold` (n,) human labels with -1 for none. Returns
        itself. The result depends neither on the order of rows nor on how counts are split.
        """
        L = np.asarray(L)
        if self.columns is None:
            self.columns = [Column(f"lf{j}", f"lf{j}", family=f"lf{j}") for j in range(L.shape[1])]
        if L.ndim != 2 or L.shape[1] != len(self.columns):
            raise SettingsError(
                f"a label matrix of shape {L.shape}",
                f"label model {self.name}",
                f"give one column for each of {', '.join(c.name for c in self.columns)}",
            )
        self.n_classes = n_classes
        counts = np.ones(len(L), np.int64) if counts is None else np.asarray(counts, np.int64)
        self.n_rows = int(counts.sum())
        self._learn(L, counts, strata, gold)
        return self

    @abstractmethod
    def _learn(
        self,
        L: np.ndarray,
        counts: np.ndarray,
        strata: np.ndarray | None,
        gold: np.ndarray | None,
    ) -> None:
        """What the data teach this model; a model of declared numbers learns nothing."""

    @abstractmethod
    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        """(n, m) -> (n, k) float64, rows sum to 1; nan where a row has no vote."""

    @abstractmethod
    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        """(n, 2) float64: how low and how high P(class 1) can be; nan where no vote.

        Each model's docstring says over what the interval ranges.
        """

    def predict(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        """(n,) int8: the most probable class, or ABSTAIN (unlabelled).

        Unlabelled are rows without a vote, ties, and rows in which only functions vote that must
        not decide alone.
        """
        P = self.predict_proba(L, strata)
        if not len(P):
            return np.zeros(0, np.int8)
        silent = np.isnan(P).any(axis=1)
        shares = np.where(silent[:, None], 0.0, P)
        tied = (shares > shares.max(axis=1, keepdims=True) - 1e-9).sum(axis=1) > 1
        labels = shares.argmax(axis=1).astype(np.int8)
        labels[silent | tied | ~self._decided(np.asarray(L))] = ABSTAIN
        return labels

    def _decided(self, L: np.ndarray) -> np.ndarray:
        """Rows (bool) in which a function votes that may decide."""
        columns = self.columns or []
        deciding = [j for j in range(L.shape[1]) if not columns or columns[j].decides]
        return np.asarray((L[:, deciding] >= 0).any(axis=1))

    def _named(self) -> list[Column]:
        if self.columns is None:
            raise SettingsError("not fitted", f"label model {self.name}", "call fit(L) first")
        return self.columns

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What was chosen, learned or declared, as JSON values."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """The inverse of `state`: a model with the same columns gives the same answers."""

    def to_json(self) -> dict[str, Any]:
        """Everything that `from_json` needs to give the same answers."""
        return {
            "model": self.name,
            "columns": [c._asdict() for c in self._named()],
            "n_classes": self.n_classes,
            "n_rows": self.n_rows,
            "state": self.state(),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> LabelModel:
        made = cls([Column(**c) for c in value["columns"]])
        made.n_classes, made.n_rows = value["n_classes"], value["n_rows"]
        made.restore(value["state"])
        return made
