"""What a row costs is what the module says, to the digit; weights have mean 1."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.training.classifier.soft_loss import (
    LEAST_MASS,
    balanced,
    even,
    pair_loss,
    row_weights,
    soft_loss,
    targets,
)


def _rows(**columns: list[object]) -> pa.Table:
    return pa.table({
        "label": pa.array([1, 0, 0, 0], pa.int8()), "p_effective": [0.9, 0.1, float("nan"), 0.4],
        "basis": ["thanked", "passed_over", "passed_over", "rejected"],
        "opportunity": [0.2, 0.4, 0.8, 0.1], **columns,
    })  # fmt: skip


def test_silence_counts_by_its_opportunity_and_an_answer_counts_whole() -> None:
    assert row_weights(_rows()).tolist() == [1.0, 0.4, 0.8, 1.0]


def test_silence_of_unknown_opportunity_counts_as_the_average_silence() -> None:
    nan = float("nan")
    assert row_weights(_rows(opportunity=[0.2, 0.4, nan, nan])).tolist() == [1.0, 0.4, 0.4, 1.0]
    assert row_weights(_rows(opportunity=[nan] * 4)).tolist() == [1.0] * 4


def test_a_row_without_posterior_has_its_label_and_is_counted() -> None:
    soft = targets(_rows(), target="posterior", row_weight="none", class_weight="none")
    assert soft.p.tolist() == [0.9, 0.1, 0.0, 0.4] and soft.n_hard == 1
    hard = targets(_rows(), target="hard", row_weight="none", class_weight="none")
    assert hard.p.tolist() == [1, 0, 0, 0] and hard.n_hard == 0
    assert (soft.weight == 1).all() and soft.weight.shape == (4, 2)


SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(p=SHARES, seed=st.integers(0, 99))
def test_weights_have_mean_one_and_balanced_classes_the_same_mass(
    p: list[float], seed: int
) -> None:
    truth = np.array(p)
    weight = np.random.default_rng(seed).uniform(0.01, 1, len(p))
    share = np.column_stack([1 - truth, truth])
    assert math.isclose((even(weight) * share).sum(1).mean(), even(weight)[:, 0].mean())
    assert math.isclose(even(weight)[:, 0].mean(), 1)
    mass = (balanced(truth, weight) * share).sum(0)
    if (even(weight) * share).sum(0).min() >= LEAST_MASS:
        assert np.allclose(mass, len(p) / 2)
    else:
        assert (balanced(truth, weight) == even(weight)).all()


def test_weights_of_nothing_are_weights_of_one() -> None:
    assert even(np.zeros(3)).tolist() == [[1, 1]] * 3


@pytest.mark.needs_torch
@pytest.mark.slow
def test_a_batch_costs_the_mean_of_its_rows_by_the_formula() -> None:
    torch = pytest.importorskip("torch")
    logits = torch.tensor([[0.0, 1.0], [2.0, -1.0]])
    p, weight = torch.tensor([0.9, 0.2]), torch.tensor([[0.5, 2.0], [1.5, 1.0]])
    q = [1 / (1 + math.exp(-1)), 1 / (1 + math.exp(3))]
    wanted = [
        2.0 * 0.9 * -math.log(q[0]) + 0.5 * 0.1 * -math.log(1 - q[0]),
        1.0 * 0.2 * -math.log(q[1]) + 1.5 * 0.8 * -math.log(1 - q[1]),
    ]
    assert math.isclose(soft_loss(logits, p, weight).item(), sum(wanted) / 2, rel_tol=1e-6)


@pytest.mark.needs_torch
@pytest.mark.slow
def test_pairs_count_inside_a_thread_only_and_by_how_sure_they_are() -> None:
    torch = pytest.importorskip("torch")
    odds = torch.tensor([2.0, 0.5, 9.0])
    logits = torch.stack([torch.zeros(3), odds], dim=1).requires_grad_()
    p, thread = torch.tensor([0.2, 0.8, 0.1]), torch.tensor([4, 4, 5])
    cost = pair_loss(logits, p, thread)
    assert math.isclose(cost.item(), math.log(1 + math.exp(2.0 - 0.5)), rel_tol=1e-6)
    cost.backward()
    assert logits.grad[2].abs().sum() == 0 and logits.grad[1, 1] < 0 < logits.grad[0, 1]
    alone = pair_loss(logits.detach(), p, torch.tensor([1, 2, 3]))
    assert alone.item() == 0  # no pair is no cost, and no nan
