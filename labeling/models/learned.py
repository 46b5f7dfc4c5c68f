"""What the learning models share: several declared priors, each fitted, weighed by evidence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

from ..matrix import Column
from .base import LabelModel
from .diagnostics import one_sided
from .em import Fit, Prior, expectation_maximisation, posterior
from .tally import canonical, copies, families_of, fold, tally
from .tempering import likeness, tempered, views

HEARD = 0.01  # weight from which a prior counts in the interval
DRAW_ROUNDS = 30  # of a refit, which starts where the fit has ended
MOST_NUMBERS = 5000  # reliabilities beyond which refits are too many numbers to keep


class Learned(LabelModel):
    """Posterior under each of `PRIORS`, mixed by their evidence.

    The evidence of n votes is tempered (divided by PATIENCE x n): votes on one row share what is
    hard about it, and no prior is believed as if they did not. The interval is the range of
    P(class 1) over the priors that keep a weight of .01, and over refits on resampled rows where
    `n_draws` asks for some. A tie, or a row of which nothing is known, is left unlabelled.
    """

    PRIORS: ClassVar[tuple[Prior, ...]] = ()
    PATIENCE: ClassVar[float] = 0.02
    """Ours: evidence a vote by which one prior must beat another to outweigh it e-fold."""

    TEMPERED: ClassVar[bool] = False
    """Is the answer as sure as votes left out can be predicted (see `tempering`)?"""

    def __init__(self, columns: Sequence[Column] | None = None):
        super().__init__(columns)
        self.likeness = 0.0
        self.strata: list[int] = []
        self.stands_for: list[int] = []
        self.fits: list[dict[str, Any]] = []
        self.n_draws = 0  # refits on resampled rows, for the interval (see `_draw`)
        self.draws: list[dict[str, Any]] = []

    def _learn(self, L: np.ndarray, counts: np.ndarray, strata: Any, gold: Any) -> None:
        columns = self._named()
        order = sorted(range(len(columns)), key=lambda j: columns[j].name)
        ordered, summed, (stratum, known) = canonical(L[:, order], counts, strata, gold)
        L = np.empty_like(ordered)
        L[:, order] = ordered
        self.stands_for = copies(L, summed, self.n_classes).tolist()
        self.strata = np.unique(stratum).tolist()
        L = fold(L, np.array(self.stands_for, np.int64))
        # Sums run over columns in order of name: the order of functions leaves no trace.
        families = families_of([columns[j] for j in order])
        votes = tally(L[:, order], families, self.n_classes)
        sided = one_sided(L[:, order], summed)
        back = np.argsort(order)
        self.fits, made = [], []
        at = np.searchsorted(self.strata, stratum)
        fitted = partial(expectation_maximisation, votes, strata=at, gold=known, one_sided=sided)
        for prior in self.PRIORS:
            fit = fitted(summed, prior)
            made.append(fit)
            self.fits.append({
                "prior": asdict(prior), "evidence": fit.evidence, "rounds": fit.n_iterations,
                "strength": fit.strength.tolist(), **self._numbers(fit, back),
            })  # fmt: skip
        n_votes = float((summed[votes.row] * votes.weight).sum())
        evidence = np.array([f["evidence"] for f in self.fits])
        weights = np.exp((evidence - evidence.max()) / max(self.PATIENCE * n_votes, 1.0))
        for f, weight in zip(self.fits, weights / weights.sum(), strict=True):
            f["weight"] = float(weight)
        if self.TEMPERED and len(votes.row):
            n_strata = int(at.max(initial=0)) + 1
            unit = votes.column * n_strata + at[votes.row]
            fits = [(f["weight"], m.theta, m.balance) for f, m in zip(self.fits, made, strict=True)]
            self.likeness = likeness(votes, summed, fits, unit, at, families[votes.column])
        self.draws = []
        if len(votes.row) and made[0].theta.size <= MOST_NUMBERS:
            self._draw(fitted, made, summed, back)

    def _numbers(self, fit: Fit, back: np.ndarray) -> dict[str, Any]:
        """Reliabilities in the order of columns, and class shares, as JSON values."""
        k = self.n_classes
        theta = fit.theta.reshape(-1, max(len(self.strata), 1), k, k)[back]
        return {"log_reliability": theta.tolist(), "log_balance": fit.balance.tolist()}

    def _draw(
        self, fitted: Callable[..., Fit], made: Sequence[Fit], counts: np.ndarray, back: np.ndarray
    ) -> None:
        """Refits on rows drawn again with replacement: what chance leaves open.

        Every other one does without the lean to the votes: what that declared prior decides.
        """
        rng = np.random.default_rng(0)
        weights = np.array([f["weight"] for f in self.fits])
        n = int(counts.sum())
        for i in range(self.n_draws):
            at = int(rng.choice(len(weights), p=weights / weights.sum()))
            again = rng.multinomial(n, counts / n)
            prior = replace(self.PRIORS[at], lean=self.PRIORS[at].lean * (i % 2))
            fit = fitted(again, prior, start=made[at].q, rounds=DRAW_ROUNDS)
            self.draws.append(self._numbers(fit, back))

    def _posteriors(
        self,
        L: np.ndarray,
        strata: np.ndarray | None,
        *,
        even: bool = False,
        of: Sequence[dict[str, Any]] | None = None,
    ) -> np.ndarray:
        """(fits, n, k) of `of` (default: one a prior).

        `even`: as if classes were equally frequent, what the votes alone say.
        """
        L = fold(L, np.array(self.stands_for, np.int64))
        votes = tally(L, families_of(self._named()), self.n_classes)
        tags = np.full(len(L), -1) if strata is None else np.asarray(strata)
        stratum = np.searchsorted(self.strata, tags)
        stratum[~np.isin(tags, self.strata)] = len(self.strata)  # never seen: the mean of strata
        found = []
        for f in self.fits if of is None else of:
            theta = np.array(f["log_reliability"]).reshape(
                L.shape[1], len(self.strata), self.n_classes, self.n_classes
            )
            theta = np.concatenate([theta, theta.mean(axis=1, keepdims=True)], axis=1)
            balance = np.array(f["log_balance"])
            balance = np.concatenate([balance, balance.mean(axis=0, keepdims=True)])
            balance = np.zeros_like(balance) if even else balance
            unit = votes.column * (len(self.strata) + 1) + stratum[votes.row]
            flat = theta.reshape(-1, self.n_classes, self.n_classes)
            found.append(posterior(votes, flat, balance, unit, stratum)[0])
        P = np.stack(found)
        P[:, ~(L >= 0).any(axis=1)] = np.nan
        return P

    def predict_proba(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        if not len(L):
            return np.zeros((0, self.n_classes))
        L = np.asarray(L)
        return self._tempered(self._mixed(self._posteriors(L, strata)), L)

    def votes_alone(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        """(n, k) as `predict_proba`, were all classes equally frequent."""
        if not len(L):
            return np.zeros((0, self.n_classes))
        return self._mixed(self._posteriors(np.asarray(L), strata, even=True))

    def _mixed(self, posteriors: np.ndarray) -> np.ndarray:
        P = np.tensordot(np.array([f["weight"] for f in self.fits]), posteriors, axes=1)
        return np.asarray(P / P.sum(axis=1, keepdims=True))

    def _tempered(self, P: np.ndarray, L: np.ndarray) -> np.ndarray:
        heard = fold(L, np.array(self.stands_for, np.int64))
        n = views(tally(heard, families_of(self._named()), self.n_classes))
        return tempered(P, n, self.likeness)

    def interval(self, L: np.ndarray, strata: np.ndarray | None = None) -> np.ndarray:
        if not len(L):
            return np.zeros((0, 2))
        kept = [f for f in self.fits if f["weight"] >= HEARD] + self.draws
        L = np.asarray(L)
        P = self._tempered(self._posteriors(L, strata, of=kept), L)[:, :, 1]
        P = np.concatenate([P, self.predict_proba(L, strata)[None, :, 1]])
        return np.stack([P.min(axis=0), P.max(axis=0)], axis=1)

    def balance(self) -> np.ndarray:
        """(k,) share of each class among all rows, as the mixture believes; even if unfitted."""
        if not self.fits or not self.strata:
            return np.full(self.n_classes, 1 / self.n_classes)
        shares = [f["weight"] * np.exp(np.array(f["log_balance"])).mean(axis=0) for f in self.fits]
        return np.asarray(np.sum(shares, axis=0))

    def reliability(self) -> np.ndarray:
        """(m, k, k) P(vote | class) of each column, mean over strata, as the mixture believes."""
        parts = []
        for f in self.fits:
            theta = np.exp(np.array(f["log_reliability"])).mean(axis=1)
            parts.append(f["weight"] * theta / theta.sum(axis=-1, keepdims=True))
        R = np.sum(parts, axis=0)
        return np.asarray(R[np.array(self.stands_for, np.int64)])

    def state(self) -> dict[str, Any]:
        return {
            "strata": self.strata, "stands_for": self.stands_for, "likeness": self.likeness,
            "fits": self.fits, "draws": self.draws,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        self.strata, self.stands_for = state["strata"], state["stands_for"]
        self.fits, self.likeness = state["fits"], state.get("likeness", 0.0)
        self.draws = state.get("draws", [])
