"""Ensemble: looks at what the votes can tell, then chooses a model, and says which and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...corpus.errors import SettingsError
from ..functions.base import LabelingFunction
from ..matrix import Column, columns_of
from .base import LabelModel
from .dawid_skene import CONFUSIONS
from .dependence import joined, near_copies
from .diagnostics import Side, comparable, describe, identification
from .learned import Learned
from .majority import MajorityVote
from .recipient import Recipient
from .tally import copies, families_of, tally
from .threshold import held_out_shift, shifted
from .weighted import COINS

IDENTIFIED = 0.5  # ours: share of votes that must be comparable with others'
VIEWS = 2.5  # ours: families a row from which a confusion matrix can be told from class shares
MANY_VIEWS = 5.0  # ours: families a row from which confusion matrices need no simpler rival
CELL_VOTES = 10  # ours: votes for each number of the crowd's confusion, or one number must do
COLLAPSE = 0.2  # ours: a class that loses four fifths of the rows that the vote gives it is lost
ENOUGH_GOLD = 30  # ours: gold rows from which candidates are compared on them
FOLDS = 5
DRAWS = 20  # ours: refits on resampled rows, the ends of which are the interval


class _Shares(MajorityVote):
    """Majority where a family counts once, and one more even vote keeps it from certainty."""

    name = "shares"

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        super()._learn(L, counts, strata, gold)
        self.shares = np.nansum(self.predict_proba(L) * counts[:, None], axis=0).tolist()

    def state(self) -> dict[str, Any]:
        return super().state() | {"shares": self.shares}

    def restore(self, state: dict[str, Any]) -> None:
        super().restore(state)
        self.shares = state["shares"]

    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        votes = tally(L, families_of(self._named()), self.n_classes)
        n = np.bincount(votes.row, votes.weight, len(L))
        shares = votes.shares() if len(L) else np.zeros((0, self.n_classes))
        return np.asarray((shares * n[:, None] + 1 / self.n_classes) / (n[:, None] + 1))

    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        votes = tally(L, families_of(self._named()), self.n_classes)
        n = np.bincount(votes.row, votes.weight, len(L))
        k = np.bincount(votes.row, votes.weight * (votes.vote == 1), len(L))
        bounds = np.stack([k / (n + 1), (k + 1) / (n + 1)], axis=1)
        return np.where(n[:, None] > 0, bounds, np.nan)


class _Confusions(Learned):
    name = "confusions"
    TEMPERED = True
    PRIORS = CONFUSIONS


class _Crowd(Learned):
    name = "crowd"
    TEMPERED = True
    PRIORS = CONFUSIONS + COINS
    PATIENCE = 0.005


class _Pairs(Learned):
    name = "pairs"
    TEMPERED = True
    PRIORS = COINS


class _Gold(_Crowd):
    """The same reliabilities, counted on the gold rows alone: what unlabelled rows cannot drown."""

    name = "gold"

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        known = np.zeros(len(L), bool) if gold is None else np.asarray(gold) >= 0
        if known.any():
            L, counts, gold = L[known], counts[known], np.asarray(gold)[known]
            strata = None if strata is None else np.asarray(strata)[known]
        super()._learn(L, counts, strata, gold)


CANDIDATES: dict[str, type[LabelModel]] = {
    "majority": _Shares, "recipient": Recipient, "weighted": _Pairs, "mixture": _Crowd,
    "dawid_skene": _Confusions, "gold": _Gold,
}  # fmt: skip
"""What `ensemble` chooses among; mixture is dawid_skene and weighted, by their evidence."""


class Ensemble(LabelModel):
    """One model an axis, by what identifies its reliabilities (docs/design/0008-label-models.md).

    Where at least half of the votes are comparable with two other families: Dawid-Skene (mixed with
    weighted votes below five families a row); a weighted vote where they meet in pairs. Otherwise
    the declared reliabilities (`recipient`) where the functions have some, else majority; majority,
    too, where a learned model loses a class. At least 30 gold rows choose instead, cross-fitted by
    `groups` (of OPs): another model, or a shift of p, must be better by one standard error. Ties
    are unlabelled. Class shares alone never overrule votes that all agree; only where those who
    speak are known to be wrong are they contradicted. Interval: that of the model chosen.
    """

    name = "ensemble"

    def __init__(self, columns: Sequence[Column] | None = None):
        super().__init__(columns)
        self.chosen = "majority"
        self.why = "nothing was fitted"
        self.model: LabelModel = _Shares(columns)
        self.report: dict[str, Any] = {}
        self.families: list[str] = []
        self.sides: list[Side] = []
        self.shift = 0.0

    @classmethod
    def columns_for(cls, functions: Sequence[LabelingFunction]) -> list[Column]:
        """One column a function, and one more for each strength that the declared priors know."""
        return columns_of(functions) + Recipient.strength_columns(functions)

    def fit(
        self,
        L: np.ndarray,
        counts: np.ndarray | None = None,
        *,
        strata: np.ndarray | None = None,
        gold: np.ndarray | None = None,
        n_classes: int = 2,
        groups: np.ndarray | None = None,
    ) -> Ensemble:
        """As every model; `groups` (n,) int say whose rows these are where there is gold."""
        self._groups = None if groups is None else np.asarray(groups)
        super().fit(L, counts, strata=strata, gold=gold, n_classes=n_classes)
        self._groups = None
        return self

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        stands_for = copies(np.asarray(L), counts, self.n_classes)
        self.families = [self._named()[j].family or self._named()[j].name for j in stands_for]
        # Columns that repeat a function's vote at a strength are copies by design, and one family.
        pairs = near_copies(L, counts, self._heard(), self.n_classes)
        self.families = joined(self._heard(), pairs)
        columns = self._heard()
        self.report = describe(L, counts, columns, self.n_classes)
        self.report["near_copies"] = [pair._asdict() for pair in pairs]
        self.sides = identification(L, counts, columns, gold)
        self.chosen, self.why = self._by_diagnostics(L, counts)
        self.model = self._fitted(self.chosen, L, counts, strata, gold)
        if isinstance(self.model, Learned) and (lost := self._lost(L, counts, strata)):
            self.why = f"{self.chosen} lost class {lost[0]}, which the votes give to many rows"
            self.chosen, self.model = "majority", self._fitted("majority", L, counts, strata, gold)
        self.shift = 0.0
        n_gold = 0 if gold is None else int(counts[np.asarray(gold) >= 0].sum())
        if n_gold:
            self.report["gold"] = {"n": n_gold, "used": {"diagnostics": n_gold}}
        if n_gold >= ENOUGH_GOLD:
            self._by_gold(L, counts, strata, np.asarray(gold))
        if n_gold and isinstance(self.model, Learned):
            self.report["gold"]["used"]["reliabilities"] = n_gold

    def _heard(self) -> list[Column]:
        """The columns, copies put into the family of the column that they repeat."""
        pairs = zip(self._named(), self.families, strict=True)
        return [column._replace(family=family) for column, family in pairs]

    def _by_diagnostics(self, L: np.ndarray, counts: np.ndarray) -> tuple[str, str]:
        """The model that the votes alone justify, and the reason in words."""
        three, pairs = comparable(L, counts, self._heard())
        views = self.report["families_per_row"]
        self.report |= {"comparable_with_two": three, "comparable_in_pairs": pairs}
        seen = f"{three:.0%} of the votes stand beside two other families, {views:.1f} a row"
        cells = self.n_classes * (self.n_classes - 1)
        n_votes = float(counts @ (L >= 0).sum(axis=1))
        if not self._declared() and n_votes < CELL_VOTES * self.n_classes:
            return "majority", f"{seen}; too few votes for {self.n_classes} classes"
        if three >= IDENTIFIED and views >= VIEWS and n_votes < CELL_VOTES * cells:
            return "weighted", f"{seen}; too few votes for {cells} kinds of mistake"
        if three >= IDENTIFIED and views >= VIEWS:
            return ("dawid_skene" if views >= MANY_VIEWS else "mixture"), seen
        if pairs >= IDENTIFIED:
            return "weighted", f"{seen}; {pairs:.0%} meet in triangles"
        if self._declared():
            return "recipient", f"{seen}: not identified; reliabilities are declared"
        return "majority", f"{seen}: not identified"

    def _declared(self) -> bool:
        priors = Recipient().priors
        return self.n_classes == 2 and any(c.function in priors for c in self._named())

    def _fitted(
        self, name: str, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any,
        n_draws: int = DRAWS,
    ) -> LabelModel:  # fmt: skip
        model = CANDIDATES[name](self._heard())
        if isinstance(model, Learned):
            model.n_draws = n_draws
        return model.fit(L, counts, strata=strata, gold=gold, n_classes=self.n_classes)

    def _lost(self, L: np.ndarray, counts: np.ndarray, strata: Any) -> list[int]:
        """Classes that have 5 % of the majority's labels and lose most of them in this model."""
        vote = _Shares(self._heard()).fit(L, n_classes=self.n_classes).predict(L)
        ours = self.model.predict(L, strata)
        clear = max(float(counts[vote >= 0].sum()), 1.0)
        lost = []
        for c in range(self.n_classes):
            before, after = (float(counts[x == c].sum()) for x in (vote, ours))
            if before >= 0.05 * clear and after < COLLAPSE * before:
                lost.append(c)
        return lost

    def _by_gold(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: np.ndarray) -> None:
        """Cross-fitted log loss of each candidate on the gold rows; the default unless beaten."""
        names = [n for n in CANDIDATES if n != "recipient" or self._declared()]
        known = (gold >= 0) & (L >= 0).any(axis=1)
        folds = self._folds(L, gold)
        answers = {n: self._held_out(n, L, counts, strata, gold, known, folds) for n in names}
        w = counts[known] / counts[known].sum()
        losses = {
            name: -np.log(np.clip(P[np.arange(len(P)), gold[known]], 0.01, 0.99))
            for name, P in answers.items()
        }
        mean = {name: float(w @ loss) for name, loss in losses.items()}
        best = min(mean, key=lambda name: mean[name])
        gain = losses[self.chosen] - losses[best]
        error = float(np.sqrt(w**2 @ (gain - w @ gain) ** 2))
        n = int(counts[known].sum())
        self.report["gold"] |= {"cross_fitted_log_loss": mean, "standard_error": error}
        self.report["gold"]["used"]["choice"] = n
        if best != self.chosen and mean[self.chosen] - mean[best] > error:
            self.why = f"{n} gold rows prefer {best} to {self.chosen}"
            self.chosen = best
            self.model = self._fitted(best, L, counts, strata, gold)
        if self.n_classes == 2:
            p = answers[self.chosen][:, 1]
            self._move_threshold(p, gold[known], counts[known].astype(float), folds[known])

    def _held_out(
        self, name: str, L: np.ndarray, counts: np.ndarray, strata: Any, gold: np.ndarray,
        known: np.ndarray, folds: np.ndarray,
    ) -> np.ndarray:  # fmt: skip
        """(known rows, k): what a candidate says of gold rows that taught it nothing."""
        P = np.full((len(L), self.n_classes), np.nan)
        for fold in range(FOLDS):
            held = known & (folds == fold)
            if held.any():
                model = self._fitted(name, L, counts, strata, np.where(held, -1, gold), 0)
                P[held] = model.predict_proba(L[held], None if strata is None else strata[held])
        return P[known]

    def _move_threshold(
        self, p: np.ndarray, gold: np.ndarray, weight: np.ndarray, folds: np.ndarray
    ) -> None:
        self.shift, gain, error = held_out_shift(p, gold, weight, folds)
        self.report["gold"]["used"]["threshold"] = int(weight.sum())
        self.report["gold"] |= {"shift_gain": gain, "shift_standard_error": error}

    def used_gold(self) -> dict[str, int]:
        """How many gold rows served what; what served a choice scored no choice it taught."""
        return dict(self.report.get("gold", {}).get("used", {}))

    def _folds(self, L: np.ndarray, gold: np.ndarray) -> np.ndarray:
        """(n,) fold of each row: all rows of a group in one, whatever the order of rows."""
        groups = self._groups
        if groups is None:
            order = np.lexsort([*L.T, gold])
            groups = np.empty(len(L), np.int64)
            groups[order] = np.arange(len(L))
        if len(groups) != len(L):
            raise SettingsError(
                f"{len(groups)} groups for {len(L)} rows", "label model ensemble",
                "give one group (the OP) for each row",
            )  # fmt: skip
        names, which = np.unique(groups, return_inverse=True)
        return np.asarray(np.random.default_rng(0).permutation(len(names))[which] % FOLDS)

    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        P = self.model.predict_proba(L, strata)
        if isinstance(self.model, Learned):
            P = _with_the_unanimous(P, np.asarray(L), self.model.votes_alone(L, strata))
        if not self.shift:
            return P
        p = shifted(P[:, 1], self.shift)
        return np.stack([1 - p, p], axis=1)

    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        bounds = shifted(self.model.interval(L, strata), self.shift)
        if not isinstance(self.model, Learned) or not len(bounds):
            return bounds
        p = self.predict_proba(L, strata)[:, 1]
        return np.stack([np.minimum(bounds[:, 0], p), np.maximum(bounds[:, 1], p)], axis=1)

    def balance(self) -> np.ndarray:
        """(k,) the share of each class, for rows of which no function says anything."""
        if isinstance(self.model, Learned):
            return self.model.balance()
        if isinstance(self.model, Recipient):
            base = float(self.model.priors["base_rate"][1])
            return np.array([1 - base, base])
        rows = np.array(getattr(self.model, "shares", None) or [0.0] * self.n_classes) + 1
        return np.asarray(rows / rows.sum())

    def state(self) -> dict[str, Any]:
        return {
            "chosen": self.chosen,
            "why": self.why,
            "ties": "unlabelled",
            "families": self.families,
            "diagnostics": self.report,
            "identification": [s._asdict() for s in self.sides],
            "model": self.model.state(),
        } | ({"shift": self.shift} if self.shift else {})

    def restore(self, state: dict[str, Any]) -> None:
        self.chosen, self.why = state["chosen"], state["why"]
        self.report = state["diagnostics"]
        self.sides = [Side(**s) for s in state["identification"]]
        self.families, self.shift = state["families"], state.get("shift", 0.0)
        self.model = CANDIDATES[self.chosen](self._heard())
        self.model.n_classes, self.model.n_rows = self.n_classes, self.n_rows
        self.model.restore(state["model"])


def _with_the_unanimous(P: np.ndarray, L: np.ndarray, alone: np.ndarray) -> np.ndarray:
    """P with just enough moved to a class on which all votes of a row agree to make it the first.

    Class shares alone never overrule them. Where `alone` (n, k), the votes' own weight, is against
    their word (those who speak are known to be wrong more often than right), P stays.

    >>> P, L = np.array([[0.7, 0.3], [0.7, 0.3]]), np.array([[1, 1], [1, -1]])
    >>> _with_the_unanimous(P, L, np.array([[0.4, 0.6], [0.8, 0.2]])).round(2)
    array([[0.5, 0.5],
           [0.7, 0.3]])
    """
    if not len(P):
        return P
    heard = L >= 0
    low = np.where(heard, L, L.max()).min(axis=1)
    agreed = np.flatnonzero(heard.any(axis=1) & (low == np.where(heard, L, -1).max(axis=1)))
    said = alone[agreed, low[agreed]]
    agreed = agreed[said >= alone[agreed].max(axis=1, initial=0) - 1e-9]
    P = P.copy()
    rows = P[agreed]
    own = rows[np.arange(len(agreed)), low[agreed]]
    others = rows.copy()
    others[np.arange(len(agreed)), low[agreed]] = 0.0
    top = others.max(axis=1)
    behind = own <= top
    short = np.zeros(len(agreed))
    np.divide(top - own + 1e-6, 1 + top - own, out=short, where=behind)
    target = np.eye(P.shape[1])[low[agreed]]
    P[agreed] = (1 - short)[:, None] * rows + short[:, None] * target
    return P
