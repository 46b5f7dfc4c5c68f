"""A small text classifier in numpy: the readers' hashed words and word pairs, logistic regression.

It is a yard-stick, not a product: what a bag of words can learn of one signal. No test row's text
or label reaches its fit but through inverse document frequencies, which know no label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..linear import characters, counted, word_grams

BITS = 16  # ours: 65,536 places for words and pairs of words
FIELDS = 3  # comment, post, the words they share: each has places of its own
STEPS = 60  # ours: stopping early regularises; with 120 the AUCs of the sample were no better
AT_ONCE = 1_000  # texts whose characters are in memory together


class Bags(NamedTuple):
    """Sparse rows: row i has `value[start[i]:start[i+1]]` at `place[...]`, places ascending."""

    start: np.ndarray
    place: np.ndarray
    value: np.ndarray

    @property
    def n(self) -> int:
        return len(self.start) - 1

    def owner(self) -> np.ndarray:
        """(k,) the row of each entry."""
        return np.repeat(np.arange(self.n), np.diff(self.start))

    def take(self, rows: np.ndarray) -> Bags:
        """These rows (indices), in this order."""
        sizes = np.diff(self.start)[rows]
        start = np.concatenate([[0], np.cumsum(sizes)])
        within = np.arange(start[-1]) - np.repeat(start[:-1], sizes)
        at = np.repeat(self.start[:-1][rows], sizes) + within
        return Bags(start, self.place[at], self.value[at])

    def dot(self, weights: np.ndarray) -> np.ndarray:
        """(n,) sums of weights."""
        return np.bincount(self.owner(), self.value * weights[self.place], minlength=self.n)


def bags(texts: Sequence[str]) -> Bags:
    """Texts -> rows of hashed words and pairs of words (`labeling.linear`), 1 + log(count)."""
    rows, places, values = [], [np.zeros(0, np.int64)], [np.zeros(0)]
    for begin in range(0, len(texts), AT_ONCE):
        some = texts[begin : begin + AT_ONCE]
        block = counted(word_grams(characters(some), BITS, places=False), BITS)
        rows.append(np.bincount(block.row, minlength=len(some)))
        places.append(block.column)
        values.append(block.tf.astype(float))
    start = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, int), *rows]))])
    return Bags(start.astype(np.int64), np.concatenate(places), np.concatenate(values))


def shared(rows: Bags, others: Bags) -> Bags:
    """Of each row what the other row of its number has, too."""
    here, there = (b.owner() << BITS | b.place for b in (rows, others))
    both = np.isin(here, there, assume_unique=True)
    start = np.concatenate([[0], np.cumsum(both)])[rows.start]
    return Bags(start, rows.place[both], rows.value[both])


def rarity(rows: Bags) -> np.ndarray:
    """(2**BITS,) log inverse document frequency of each place, 1 where every row has it."""
    return np.asarray(np.log((1 + rows.n) / (1 + np.bincount(rows.place, minlength=2**BITS))) + 1)


def weighed(rows: Bags, rare: np.ndarray, field: int = 0) -> Bags:
    """Counts times rarity, each row of length 1; each of the FIELDS has places of its own."""
    return _unit(Bags(rows.start, rows.place + (field << BITS), rows.value * rare[rows.place]))


def beside(a: Bags, b: Bags) -> Bags:
    """Two fields of the same rows as one, each counting half."""
    sizes_a, sizes_b = np.diff(a.start), np.diff(b.start)
    order = np.argsort(np.concatenate([a.owner(), b.owner()]), kind="stable")
    start = np.concatenate([[0], np.cumsum(sizes_a + sizes_b)])
    place = np.concatenate([a.place, b.place])[order]
    return _unit(Bags(start, place, np.concatenate([a.value, b.value])[order]))


def _unit(rows: Bags) -> Bags:
    owner = rows.owner()
    length = np.sqrt(np.bincount(owner, rows.value**2, minlength=rows.n))
    return Bags(rows.start, rows.place, rows.value / np.where(length > 0, length, 1)[owner])


def fit_text(x: Bags, y: np.ndarray) -> np.ndarray:
    """Weights (FIELDS * 2**BITS,) of a logistic regression on y (n,) in {0, 1}, classes even.

    Nesterov's method with the step that unit rows allow; ridge 1/n (ours, the usual default).
    """
    weight = np.where(y == 1, 0.5 / max(1, int(y.sum())), 0.5 / max(1, int((1 - y).sum())))
    ridge = 1 / max(1, len(y))
    owner = x.owner()
    used, index = np.unique(x.place, return_inverse=True)  # a fit touches few of all places
    # Rows have length 1, the bias adds 1, weights sum to 1: the curvature is at most 2/4 + ridge.
    step = 1 / (0.5 + ridge)
    here, bias = np.zeros(len(used)), 0.0
    ahead, ahead_bias = here, bias
    for t in range(STEPS):
        z = np.bincount(owner, x.value * ahead[index], minlength=x.n) + ahead_bias
        pull = weight * (1 / (1 + np.exp(-z)) - y)
        down = np.bincount(index, x.value * pull[owner], minlength=len(used)) + ridge * ahead
        there, there_bias = ahead - step * down, ahead_bias - pull.sum()
        gain = t / (t + 3)
        ahead, ahead_bias = there + gain * (there - here), there_bias + gain * (there_bias - bias)
        here, bias = there, there_bias
    weights = np.zeros(FIELDS << BITS)
    weights[used] = here
    return weights


def fit_numbers(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logistic regression on a few numbers (n, d) by Newton's method: (middle, spread, weights)."""
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    z = np.column_stack([np.ones(len(x)), (x - middle) / spread])
    weights = np.zeros(z.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-z @ weights))
        bend = (z * (p * (1 - p))[:, None]).T @ z + np.eye(z.shape[1])
        weights += np.linalg.solve(bend, z.T @ (y - p) - weights)
    return middle, spread, weights[1:]
