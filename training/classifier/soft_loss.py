"""What a row counts, and what the classifier is told: cross entropy on probabilities.

With target p, row weight w, class weights c and the model's q = P(effective), a row costs

    w * (c1 * p * -log q  +  c0 * (1 - p) * -log(1 - q))

- w, `row_weight: opportunity`: a label that stands on silence ("passed over") counts as much as
  its `opportunity`, the chance that the poster would have answered any comment in this place;
  where an answer was seen w is 1, whatever its chance was. A silent row whose opportunity is
  unknown counts as the average silent row.
- c, `class_weight: balanced`: both classes weigh the same, after w. With soft targets a row is
  part of both.
- Then everything is scaled so that the weights of all rows, over both classes, have mean 1: the
  loss and the learning rate mean the same with and without weights.

All numbers are of the whole training set, so a row costs the same in any batch.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

SILENT = "passed_over"  # the basis of a label that nobody's words stand behind
LEAST_MASS = 0.01  # rows; ours: the smallest probability above 0 that a release states


class Targets(NamedTuple):
    """Of n rows: p (n,) in [0, 1], and what a row costs as either class, (n, 2) float64."""

    p: np.ndarray
    weight: np.ndarray  # [:, 0] as not effective, [:, 1] as effective
    n_hard: int  # rows without p_effective, whose label was taken


def targets(rows: pa.Table, *, target: str, row_weight: str, class_weight: str) -> Targets:
    """Rows with label, p_effective, basis and opportunity -> targets and weights."""
    label = rows["label"].to_numpy().astype(float)
    p, n_hard = label, 0
    if target == "posterior":
        soft = rows["p_effective"].to_numpy().astype(float)
        n_hard = int(np.isnan(soft).sum())
        p = np.where(np.isnan(soft), label, soft)
    weight = row_weights(rows) if row_weight == "opportunity" else np.ones(len(p))
    return Targets(p, balanced(p, weight) if class_weight == "balanced" else even(weight), n_hard)


def row_weights(rows: pa.Table) -> np.ndarray:
    """(n,) in [0, 1]: opportunity where the label stands on silence, else 1."""
    silent = np.asarray(rows["basis"].to_pylist(), dtype=object) == SILENT
    chance = rows["opportunity"].to_numpy().astype(float)
    known = silent & ~np.isnan(chance)
    typical = float(chance[known].mean()) if known.any() else 1.0
    return np.where(silent, np.where(np.isnan(chance), typical, chance), 1.0)


def even(weight: np.ndarray) -> np.ndarray:
    """Row weights -> (n, 2), mean 1, both classes alike. All zero counts as all one."""
    weight = weight if weight.sum() > 0 else np.ones(len(weight))
    return np.repeat((weight / weight.mean())[:, None], 2, axis=1)


def balanced(p: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """(n, 2): the mass of both classes, sum of weight times target, becomes n / 2 each.

    Where a class has hardly any mass (LEAST_MASS) both keep weight 1: nothing can be balanced.

    >>> balanced(np.array([1.0, 0.0, 0.0, 0.0]), np.ones(4)).round(3)[0].tolist()
    [0.667, 2.0]
    """
    both = even(weight)
    share = np.column_stack([1 - p, p])
    mass = (both * share).sum(0)
    if np.any(mass < LEAST_MASS):
        return both
    return both * (len(p) / 2 / mass)


def soft_loss(logits: Any, p: Any, weight: Any) -> Any:
    """Mean cost of a batch: logits (b, 2), p (b,), weight (b, 2); computed in float32."""
    import torch

    logs = torch.log_softmax(logits.float(), dim=-1)
    shares = torch.stack([1 - p, p], dim=-1)
    return -(weight * shares * logs).sum(-1).mean()


def pair_loss(logits: Any, p: Any, thread: Any) -> Any:
    """Mean of log(1 + exp(-(s_i - s_j))) over pairs of one thread in the batch with p_i > p_j.

    s is the log odds of `effective`; a pair weighs p_i - p_j. 0 where the batch has no such pair.
    """
    import torch

    odds = (logits[:, 1] - logits[:, 0]).float()
    gap = (p[:, None] - p[None, :]).clamp(min=0) * (thread[:, None] == thread[None, :])
    total = gap.sum()
    if not bool(total > 0):
        return odds.sum() * 0.0
    cost = torch.nn.functional.softplus(odds[None, :] - odds[:, None])
    return (gap * cost).sum() / total
