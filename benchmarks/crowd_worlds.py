"""Invented vote tables that look like nine public ones: sizes, redundancy, balance, faults.

Nothing is copied from the public sets; only their published shapes are. A world is a seed: skill
and faults are drawn anew each time, so that a design is chosen on many worlds, not on nine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Shape:
    """A crowd: `right` is the mean accuracy drawn from this range, `alike` how similar workers are.

    `bias` moves accuracy from the last class to the first; on a `hard` share of items workers are
    drawn to one and the same wrong class with probability `pull`; `spam` workers ignore the item.
    """

    n_items: int
    n_workers: int
    n_votes: int
    balance: tuple[float, ...]
    right: tuple[float, float]
    alike: tuple[float, float]
    bias: tuple[float, float] = (0.0, 0.0)
    hard: tuple[float, float] = (0.0, 0.0)
    pull: float = 0.4
    spam: float = 0.0
    activity: float = 1.2


SHAPES = {
    "product": Shape(
        2500, 120, 3, (0.88, 0.12), (0.72, 0.80), (4, 12), (0.10, 0.22), (0, 0.1), activity=1.5
    ),
    "duck": Shape(108, 39, 39, (0.5, 0.5), (0.60, 0.70), (2, 6), (-0.1, 0.25), (0.1, 0.4)),
    "dog": Shape(807, 109, 10, (0.25,) * 4, (0.66, 0.76), (15, 60), hard=(0.2, 0.4), pull=0.7),
    "face": Shape(
        584, 27, 9, (0.30, 0.25, 0.25, 0.20), (0.58, 0.70), (15, 60), hard=(0.35, 0.55), pull=0.75
    ),
    "rte": Shape(800, 164, 10, (0.5, 0.5), (0.78, 0.86), (3, 8), (-0.1, 0.1), (0, 0.1), spam=0.1),
    "temp": Shape(462, 76, 10, (0.56, 0.44), (0.80, 0.88), (3, 8), (-0.1, 0.1), (0, 0.1), spam=0.1),
    "wsd": Shape(177, 34, 10, (0.4, 0.3, 0.3), (0.98, 0.98), (20, 20), hard=(0.01, 0.01)),
}


def crowd(shape: Shape, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Votes L (items, workers) int8 with -1 for none, and the truth (items,)."""
    k, n, m = len(shape.balance), shape.n_items, shape.n_workers
    truth = rng.choice(k, n, p=shape.balance)
    tilt = np.linspace(1, -1, k) * rng.uniform(*shape.bias)
    right = np.clip(rng.uniform(*shape.right) + tilt, 0.05, 0.98)
    habits = np.zeros((k, k))
    for c in range(k):
        rest = [d for d in range(k) if d != c]
        habits[c, rest] = (1 - right[c]) * rng.dirichlet([2.0] * (k - 1))
        habits[c, c] = right[c]
    alike = rng.uniform(*shape.alike)
    gamma = rng.gamma(np.maximum(habits * alike, 1e-3), size=(m, k, k)) + 1e-12
    workers = gamma / gamma.sum(axis=2, keepdims=True)
    for w in np.flatnonzero(rng.random(m) < shape.spam):
        workers[w] = rng.dirichlet(np.ones(k))
    hard = rng.random(n) < rng.uniform(*shape.hard)
    lure = (truth + rng.integers(1, k, n)) % k
    busy = rng.gumbel(size=(n, m)) + rng.normal(0, shape.activity, m)
    L = np.full((n, m), -1, np.int8)
    for i in range(n):
        for w in np.argsort(-busy[i])[: shape.n_votes]:
            p = workers[w, truth[i]].copy()
            if hard[i]:
                p[lure[i]] += shape.pull * p[truth[i]]
                p[truth[i]] *= 1 - shape.pull
            L[i, w] = np.searchsorted(np.cumsum(p)[:-1], rng.random(), side="right")
    return L, truth


def keywords(
    n_rules: int, balance: tuple[float, ...], covered: float, precise: float
) -> Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]:
    """A world of 500 texts and one-sided rules that fire seldom, on the covered share of texts."""

    def make(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        k, n = len(balance), 500
        truth = rng.choice(k, n, p=balance)
        speaks_for = rng.choice(k, n_rules, p=0.5 * np.array(balance) + 0.5 / k)
        easy = rng.random(n) < covered
        often = rng.lognormal(0, 0.9, n_rules) * 2.5 * covered / n_rules
        L = np.full((n, n_rules), -1, np.int8)
        for j, c in enumerate(speaks_for):
            share = balance[c]
            fires = np.where(truth == c, precise, (1 - precise) * share / (1 - share))
            L[rng.random(n) < np.minimum(fires * often[j] / share, 0.9) * easy, j] = c
        return L, truth

    return make


WORLDS: dict[str, Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    **{name: (lambda rng, shape=shape: crowd(shape, rng)) for name, shape in SHAPES.items()},
    "sms": keywords(73, (0.892, 0.108), 0.4, 0.97),
    "trec": keywords(68, (0.28, 0.13, 0.1, 0.2, 0.19, 0.1), 0.96, 0.6),
}


def liars(
    n: int, workers: int, votes: float, balance: tuple[float, ...], share: float
) -> Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]:
    """A world in which a share of the workers is wrong more often than right, by chance or will."""

    def make(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        k = len(balance)
        truth = rng.choice(k, n, p=balance)
        low, high = rng.uniform(0.1, 0.4, workers), rng.uniform(0.6, 0.92, workers)
        right = np.where(rng.random(workers) < share, low, high)
        busy = rng.normal(0, 1.4, workers)
        L = np.full((n, workers), -1, np.int8)
        for i in range(n):
            m = min(workers, max(1, rng.poisson(votes)))
            who = np.argsort(-rng.gumbel(size=workers) - busy)[:m]
            wrong = (truth[i] + rng.integers(1, k, m)) % k
            L[i, who] = np.where(rng.random(m) < right[who], truth[i], wrong)
        return L, truth

    return make


def ordinal(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Four ordered grades, 165 workers, 10 votes: workers lean up or down, items lie between."""
    n, workers, k = 1000, 165, 4
    truth = rng.choice(k, n, p=(0.2, 0.35, 0.3, 0.15))
    lean, spread = rng.normal(0, 0.35, workers), rng.gamma(8, 0.1, workers)
    between = rng.normal(0, 0.3, n)
    busy = rng.normal(0, 1.2, workers)
    L = np.full((n, workers), -1, np.int8)
    for i in range(n):
        who = np.argsort(-rng.gumbel(size=workers) - busy)[:10]
        seen = truth[i] + between[i] + lean[who] + rng.normal(0, spread[who])
        L[i, who] = np.clip(np.rint(seen), 0, k - 1)
    return L, truth


STRESS: dict[str, Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "liars": liars(500, 30, 5, (0.5, 0.5), 0.35),
    "rare": liars(2000, 400, 3, (0.9, 0.1), 0.1),
    "few": liars(3000, 6, 4, (0.7, 0.3), 0.17),
    "topics": liars(3000, 300, 4.6, (0.55, 0.45), 0.25),
    "ordinal": ordinal,
}
"""Faults beyond the nine: liars, a rare class with three votes an item, few workers, grades."""
