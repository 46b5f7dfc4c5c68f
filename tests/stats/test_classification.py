"""Counts become ratios, and a lazy baseline stands beside them."""

from __future__ import annotations

import numpy as np
import pytest

from redditess.stats.classification import agreement, majority_baseline


def test_ratios_come_from_the_four_counts() -> None:
    said = np.array([1, 1, 1, 0, 0, 0, 0, 1], bool)
    truth = np.array([1, 1, 0, 1, 0, 0, 0, 0], bool)
    found = agreement(said, truth)
    assert found == (8, 5 / 8, 2 / 4, 2 / 3, pytest.approx(4 / 7))


def test_nothing_divided_is_nan_and_not_zero() -> None:
    found = agreement(np.zeros(3, bool), np.zeros(3, bool))
    assert found.accuracy == 1
    assert np.isnan([found.precision, found.recall, found.f1]).all()
    assert np.isnan(agreement(np.zeros(0, bool), np.zeros(0, bool)).accuracy)


def test_the_lazy_answer_is_the_more_frequent_one() -> None:
    assert majority_baseline(np.array([1, 0, 0, 0], bool)).accuracy == 3 / 4
    assert majority_baseline(np.array([1, 1, 1, 0], bool)).f1 == pytest.approx(6 / 7)
