"""What a probability is made of: the middle, one part per vote, and the poster's habit."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..corpus.records import ABSTAIN
from .flip import Decision

START = 0.5  # where no side is favoured: a part above 0 speaks for effective, one below against it
MOST_EXACT = 12  # votes whose 4,096 sets are all tried; beyond, the first and the last place


class Parts(NamedTuple):
    """START and these add up to the released p."""

    votes: dict[str, float]  # by function, in the model's order
    habit: float  # what taking the poster's habit out adds; 0 where it stays in

    @property
    def p(self) -> float:
        return math.fsum([START, *self.votes.values(), self.habit])


def parts(decision: Decision, row: np.ndarray) -> Parts | None:
    """Takes P(effective) of one row (m,) apart; None where nobody votes. Works for any model.

    A vote's part is what p gains when it joins, on average over the orders in which votes can join
    (Shapley's value): so the parts add up, and votes that say the same share alike. Votes that give
    no probability by themselves stand at START.
    """
    row = np.asarray(row, np.int8)
    names = decision.voters(row)
    released, heard = decision.probability(row[None])[0], decision.heard(row[None])[0]
    if not names or np.isnan(heard):
        return None
    shapley = _exact if len(names) <= MOST_EXACT else _by_ends
    shares = dict(zip(names, shapley(decision, row, names).tolist(), strict=True))
    return Parts(shares, float(released - heard))


def _exact(decision: Decision, row: np.ndarray, names: list[str]) -> np.ndarray:
    """(k,) Shapley values from P(effective) of all 2^k sets of votes."""
    k = len(names)
    sets = np.arange(2**k)
    holds = (sets[:, None] >> np.arange(k)) & 1 == 1  # (2^k, k)
    p = _heard(decision, row, names, holds)
    size = holds.sum(axis=1)
    orders = np.array([1 / (k * math.comb(k - 1, n)) for n in range(k)])
    without = [np.flatnonzero(~holds[:, i]) for i in range(k)]
    return np.array([orders[size[s]] @ (p[s + 2**i] - p[s]) for i, s in enumerate(without)])


def _by_ends(decision: Decision, row: np.ndarray, names: list[str]) -> np.ndarray:
    """(k,) half of what each vote adds as the first and as the last; what is left, evenly."""
    alone = np.eye(len(names), dtype=bool)
    whole = np.ones((1, len(names)), bool)
    p = _heard(decision, row, names, np.vstack([whole, alone, ~alone]))
    first, last = p[1 : len(names) + 1] - START, p[0] - p[len(names) + 1 :]
    ends = (first + last) / 2
    return np.asarray(ends + (p[0] - START - ends.sum()) / len(names))


def _heard(decision: Decision, row: np.ndarray, names: list[str], holds: np.ndarray) -> np.ndarray:
    """P(effective) (n,) of a row with only these votes (n, k); START where they give none."""
    out = [{names[i]: ABSTAIN for i in np.flatnonzero(~kept)} for kept in holds]
    p = decision.heard(np.stack([decision.changed(row, silent) for silent in out]))
    # Some models give the empty row a share of the classes: here it is where counting starts.
    return np.where(np.isnan(p) | ~holds.any(axis=1), START, p)


def rounded(values: list[float], total: float, digits: int = 2) -> list[float]:
    """Values to so many digits, so that they still add up to their rounded total.

    Each goes up or down to a neighbour, the largest remainders up.

    >>> rounded([0.5, 0.204, 0.204], 0.908)
    [0.5, 0.21, 0.2]
    """
    unit = 10**digits
    scaled = [value * unit for value in values]
    floors = [math.floor(value + 1e-9) for value in scaled]
    left = round(total * unit) - sum(floors)
    by_rest = sorted(range(len(values)), key=lambda i: floors[i] - scaled[i])
    for i in by_rest[: max(left, 0)]:
        floors[i] += 1
    return [floor / unit for floor in floors]
