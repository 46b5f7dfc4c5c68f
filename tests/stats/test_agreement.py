"""Fleiss' kappa: a published example, chance, clusters, and what cannot be told."""

from __future__ import annotations

import math

import numpy as np
import pytest

from redditess.stats.agreement import fleiss_kappa

# Fleiss (1971), as in most textbooks: 10 subjects, 14 raters, 5 categories, kappa = .210.
TEXTBOOK = np.array(
    [
        [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
        [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
    ]
)  # fmt: skip


def test_the_textbook_example() -> None:
    found = fleiss_kappa(TEXTBOOK)
    assert found.value == pytest.approx(0.210, abs=5e-4)
    assert found.low < found.value < found.high and found.n == 10


def test_raters_who_throw_coins_have_none() -> None:
    yes = np.random.default_rng(1).binomial(3, 0.5, 1_500)
    assert abs(fleiss_kappa(np.stack([yes, 3 - yes], axis=1)).value) < 0.05


def test_items_with_one_rating_are_left_out() -> None:
    counts = np.array([[2, 0], [0, 2], [1, 0], [0, 0]])
    assert fleiss_kappa(counts).n == 2


def test_items_of_one_post_count_as_one() -> None:
    alike = np.repeat(TEXTBOOK, 20, axis=0)
    by_item, by_post = fleiss_kappa(alike), fleiss_kappa(alike, np.arange(10).repeat(20))
    assert by_post.n_clusters == 10
    assert by_post.high - by_post.low > 2 * (by_item.high - by_item.low)


@pytest.mark.parametrize("counts", [np.zeros((0, 2)), np.array([[3, 0], [3, 0]])])
def test_without_both_classes_it_is_not_known(counts: np.ndarray) -> None:
    assert math.isnan(fleiss_kappa(counts).value)
