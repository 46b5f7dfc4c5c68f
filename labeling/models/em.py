"""Expectation-maximisation over a tally: who is how reliable, and what each row probably is.

Dawid and Skene (1979) with Dirichlet priors and the variational update of Kim and Ghahramani
(2012). Ours: the prior of a labeller is the crowd's own confusion, its strength is learned (Minka's
fixed point for the Dirichlet-multinomial), so that a labeller with few votes is taken for an
ordinary one; a family's votes on one row weigh 1 together; strata lean on the labeller's pool.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .special import digamma, log_gamma
from .tally import Tally

ITERATIONS, TOLERANCE = 300, 1e-4
BASE_VOTES = 10.0  # ours: pseudo-votes behind the crowd's own confusion
STRENGTHS = (2.0, 500.0)  # ours: how unlike or alike labellers can be found to be
LEAN, FEW, LEAN_ROWS = 0.2, 4.0, 1500.0
"""Ours: for each class but one, a fifth of the rows (at most LEAN_ROWS) lean to the shares of
votes, fewer from four families a row on. With few views a rare class that is often missed looks
like a rarer one that is not, and fits drift to the latter.
"""
STRATUM_VOTES = 100.0  # ours: what a labeller's pool weighs against its votes in one stratum


@dataclass(frozen=True, slots=True)
class Prior:
    """What is declared before any vote: one point of the range that intervals span.

    `right` is the probability that an ordinary labeller is right; `strength` None is learned,
    otherwise that many pseudo-votes per class; `balance` pseudo-rows per class at even shares;
    `lean` is the share of rows at the shares of votes (see LEAN).
    """

    right: float = 0.7
    strength: float | None = None
    balance: float = 1.0
    one_coin: bool = False
    lean: float = LEAN


@dataclass(slots=True)
class Fit:
    """Reliabilities and class shares; `q` (n, k) the rows it was fitted on."""

    theta: np.ndarray  # (units, k, k) log P(vote | class)
    balance: np.ndarray  # (strata, k) log share of classes
    q: np.ndarray
    strength: np.ndarray  # (k,)
    evidence: float  # lower bound of log P(votes), less half a log of n for each crowd number
    n_iterations: int


def expectation_maximisation(
    votes: Tally,
    counts: np.ndarray,
    prior: Prior,
    *,
    strata: np.ndarray | None = None,
    gold: np.ndarray | None = None,
    one_sided: np.ndarray | None = None,
    start: np.ndarray | None = None,
    rounds: int = ITERATIONS,
) -> Fit:
    """Fits until no row moves by 1e-4 (at most `rounds`). Rows with gold keep their gold class.

    `start` (n, k) is where to begin, instead of at the shares of votes.

    `strata` (n,) are 0..S-1; units are column * S + stratum. `one_sided` (m,) columns never speak
    for all classes: their silence says nothing here, so they get one number, not a confusion.
    """
    stratum = np.zeros(votes.n_rows, np.int64) if strata is None else strata
    n_strata = int(stratum.max(initial=0)) + 1
    unit = votes.column * n_strata + stratum[votes.row]
    n_units = votes.n_columns * n_strata
    coin = (
        np.full(votes.n_columns, prior.one_coin)
        if one_sided is None
        else one_sided | prior.one_coin
    )
    q = _clamp(_start(votes, prior.right) if start is None else start, gold)
    strength = np.full(votes.k, 10.0 if prior.strength is None else prior.strength)
    lean = _lean(votes, counts, prior)
    theta = balance = np.zeros(0)
    n_rounds, cost = 0, 0.0
    while n_rounds < rounds:
        n_rounds += 1
        N = votes.confusion(q * counts[:, None], unit, n_units)
        N = N.reshape(votes.n_columns, n_strata, votes.k, votes.k)
        theta, strength, cost = _reliabilities(N, coin, prior, strength)
        balance = _balance(q, counts, stratum, n_strata, lean)
        new, logs = posterior(votes, theta, balance, unit, stratum)
        new = _clamp(new, gold)
        moved = np.abs(new - q).max(initial=0.0)
        q = new
        if moved < TOLERANCE:
            break
    free = 1 if prior.one_coin else votes.k * (votes.k - 1)
    penalty = 0.5 * free * np.log(max((counts[votes.row]).sum(), 2.0))
    evidence = float((logs * counts).sum() - cost - penalty)
    return Fit(theta, balance, q, strength, evidence, n_rounds)


def posterior(
    votes: Tally, theta: np.ndarray, balance: np.ndarray, unit: np.ndarray, stratum: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n, k) given reliabilities, and log P(votes of the row) (n,).

    A row without a vote gets the class shares.
    """
    said = theta[unit, :, votes.vote] * votes.weight[:, None]
    logs = balance[stratum] + votes.sums(said)
    top = logs.max(axis=1, keepdims=True)
    p = np.exp(logs - top)
    total = p.sum(axis=1, keepdims=True)
    return np.asarray(p / total), np.asarray((top + np.log(total))[:, 0])


def _start(votes: Tally, right: float) -> np.ndarray:
    """Shares of votes, leaning to even: the classes keep the names that the majority gives."""
    shares = votes.shares()
    even = np.full(shares.shape, 1 / votes.k)
    return np.where(np.isnan(shares), even, right * shares + (1 - right) * even)


def _clamp(q: np.ndarray, gold: np.ndarray | None) -> np.ndarray:
    if gold is None:
        return q
    known = (gold >= 0)[:, None]
    return np.where(known, gold[:, None] == np.arange(q.shape[1]), q).astype(np.float64)


def _lean(votes: Tally, counts: np.ndarray, prior: Prior) -> np.ndarray:
    """(k,) pseudo-rows: a few declared ones at even shares, and some of the rows as they vote."""
    told = np.nansum(votes.shares() * counts[:, None], axis=0)
    rows = max(float(told.sum()), 1.0)
    n_views = float((counts[votes.row] * votes.weight).sum()) / rows
    lean = prior.lean * (votes.k - 1) * min(1.0, FEW / max(n_views, 1.0))
    return np.asarray(prior.balance + min(lean, LEAN_ROWS / rows) * told)


def _balance(
    q: np.ndarray, counts: np.ndarray, stratum: np.ndarray, n_strata: int, lean: np.ndarray
) -> np.ndarray:
    """Log shares of classes per stratum, each leaning on the pool, the pool on `lean` (k,) rows."""
    k = q.shape[1]
    mass = q * counts[:, None]
    by = np.stack([np.bincount(stratum, mass[:, c], n_strata) for c in range(k)], axis=1)
    pool = by.sum(axis=0) + lean
    pool /= pool.sum()
    if n_strata > 1:
        by = by + STRATUM_VOTES * pool
        return np.asarray(np.log(by / by.sum(axis=1, keepdims=True)))
    return np.log(pool)[None, :]


def _reliabilities(
    N: np.ndarray, coin: np.ndarray, prior: Prior, strength: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """N (m, strata, k, k) expected votes -> log confusions (m * strata, k, k), strength, cost.

    The cost is the divergence of what is believed of the labellers from the crowd's prior.
    """
    m, n_strata, k, _ = N.shape
    pooled = N.sum(axis=1)
    base = _base(pooled, prior)
    if prior.strength is None:
        told, centre = (_coin(pooled), _coin(base[None])) if prior.one_coin else (pooled, base)
        strength = _strength(told[~coin | prior.one_coin], centre, strength)
    alpha = strength[:, None] * base
    theta = np.empty(N.shape)
    cost = 0.0
    for rows, reduce, expand in ((~coin, _same, _same), (coin, _coin, _uncoin)):
        if not rows.any():
            continue
        before = reduce(alpha[None])
        if reduce is _coin:
            before = before / k
        after = reduce(pooled[rows]) + before
        cost += _divergence(after, before)
        if n_strata == 1:
            theta[rows, 0] = expand(_expected_log(after), k)
            continue
        size = after.sum(axis=-1, keepdims=True)
        leaning = (np.minimum(size, STRATUM_VOTES) * after / size)[:, None]
        theta[rows] = expand(_expected_log(reduce(N[rows]) + leaning), k)
    return theta.reshape(m * n_strata, k, k), strength, cost


def _same(N: np.ndarray, k: int = 0) -> np.ndarray:
    return N


def _coin(N: np.ndarray) -> np.ndarray:
    """Confusions (..., k, k) -> right and wrong (..., 1, 2)."""
    right = np.trace(N, axis1=-2, axis2=-1)
    return np.stack([right, N.sum(axis=(-2, -1)) - right], axis=-1)[..., None, :]


def _uncoin(logs: np.ndarray, k: int) -> np.ndarray:
    """Log right and wrong (..., 1, 2) -> (..., k, k), every class and every mistake alike."""
    right, wrong = logs[..., 0, 0, None, None], logs[..., 0, 1, None, None]
    eye = np.eye(k)
    return np.asarray(right * eye + (wrong - np.log(max(k - 1, 1))) * (1 - eye))


def _base(pooled: np.ndarray, prior: Prior) -> np.ndarray:
    """The crowd's own confusion (k, k), on top of a few declared pseudo-votes."""
    k = pooled.shape[-1]
    declared = np.full((k, k), (1 - prior.right) / max(k - 1, 1))
    np.fill_diagonal(declared, prior.right)
    total = pooled.sum(axis=0) + BASE_VOTES * declared
    if prior.one_coin:
        right = np.trace(total) / total.sum()
        return np.where(np.eye(k) > 0, right, (1 - right) / max(k - 1, 1))
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def _strength(told: np.ndarray, base: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """One step of Minka's fixed point, told (m, c, v) under base (c, v), within STRENGTHS."""
    s = strength[: base.shape[-2]]
    base = np.broadcast_to(base, told.shape[1:]) if base.ndim == 2 else base[0]
    base = base / base.sum(axis=-1, keepdims=True)
    alpha = s[:, None] * base
    above = (base * (digamma(told + alpha) - digamma(alpha))).sum(axis=(0, 2))
    below = (digamma(told.sum(axis=2) + s) - digamma(s)).sum(axis=0)
    ratio = np.divide(above, below, out=np.ones_like(above), where=below > 1e-12)
    new = np.clip(s * ratio, *STRENGTHS)
    return new if len(new) == len(strength) else np.full(len(strength), new[0])


def _divergence(after: np.ndarray, before: np.ndarray) -> float:
    """Kullback-Leibler divergence of Dirichlets (..., v) from their priors, summed."""
    before = np.broadcast_to(before, after.shape)
    grown = log_gamma(after.sum(axis=-1)) - log_gamma(before.sum(axis=-1))
    parts = (log_gamma(before) - log_gamma(after) + (after - before) * _expected_log(after)).sum(-1)
    return float((grown + parts).sum())


def _expected_log(alpha: np.ndarray) -> np.ndarray:
    return np.asarray(digamma(alpha) - digamma(alpha.sum(axis=-1, keepdims=True)))
