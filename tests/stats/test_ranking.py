"""AUC and rank correlations against brute force and against worlds with a known answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.stats.ranking import auc, partial_correlation, ranks

NO_CONTROL = np.empty((400, 0))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_auc_is_the_share_of_pairs_in_order(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([score for score, _ in rows])
    positive = np.array([yes for _, yes in rows])
    pairs = [
        (a > b) + (a == b) / 2 for a in scores[positive] for b in scores[~positive]
    ]  # fmt: skip
    found = auc(scores, positive, np.arange(len(rows)))
    if pairs:
        assert found.value == pytest.approx(np.mean(pairs))
        assert 0 <= found.low <= found.value <= found.high <= 1
    else:
        assert np.isnan(found.value)


def test_auc_is_covered_in_about_95_of_100_worlds_of_alike_threads() -> None:
    rng, covered = np.random.default_rng(1), 0
    threads = np.repeat(np.arange(80), 6)
    truth = 0.7602  # P(N(1, sd) > N(0, sd)) with sd of one row = 1: Phi(1 / sqrt(2))
    for _ in range(300):
        positive = rng.random(480) < 0.4
        noise = np.sqrt(0.5) * (rng.normal(size=80)[threads] + rng.normal(size=480))
        found = auc(positive + noise, positive, threads)
        covered += found.low <= truth <= found.high
    assert 0.91 <= covered / 300 <= 0.985


def test_a_perfect_order_of_few_rows_is_not_certain() -> None:
    found = auc(np.arange(8), np.arange(8) > 3, np.arange(8))
    assert found.value == found.high == 1
    assert found.low < 0.6


def test_ties_share_their_mean_rank() -> None:
    assert list(ranks(np.array([5, 1, 5, 7]))) == [2.5, 1, 2.5, 4]


def test_without_controls_it_is_spearman() -> None:
    x = np.random.default_rng(2).normal(size=400)
    assert partial_correlation(x, np.exp(x), NO_CONTROL) == pytest.approx(1)
    assert partial_correlation(x, -(x**3), NO_CONTROL) == pytest.approx(-1)


def test_a_common_cause_is_taken_out() -> None:
    rng = np.random.default_rng(3)
    cause = rng.normal(size=4000)
    x, y = cause + rng.normal(size=4000), cause + rng.normal(size=4000)
    assert partial_correlation(x, y, np.empty((4000, 0))) > 0.4
    assert abs(partial_correlation(x, y, cause[:, None])) < 0.05


def test_a_constant_column_correlates_with_nothing() -> None:
    x = np.arange(400.0)
    assert np.isnan(partial_correlation(x, np.ones(400), NO_CONTROL))
    assert np.isnan(partial_correlation(x, x + 1, x[:, None]))
