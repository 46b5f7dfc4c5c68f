"""Votes become patterns with counts, and buckets can be counted apart."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from redditess.labeling import label_matrix, patterns
from redditess.labeling.matrix import Column, merge


def random_matrix(n: int, m: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.integers(-2, 2, (n, m)).astype(np.int8), rng.integers(0, 9, n)


@pytest.mark.parametrize("m", [0, 1, 3, 24, 25, 31, 70])
def test_patterns_lose_nothing(m: int) -> None:
    L, strata = random_matrix(500, min(m, 3))
    L = np.pad(L, ((0, 0), (0, m - L.shape[1])), constant_values=-1)
    found = patterns(L, strata)
    assert np.array_equal(found.L[found.inverse], L)
    assert np.array_equal(found.strata[found.inverse], strata)
    assert found.counts.sum() == 500
    distinct = {(*row, s) for row, s in zip(L.tolist(), strata.tolist(), strict=True)}
    assert len(found.counts) == len(distinct)


def test_wide_patterns_are_told_apart() -> None:
    L = np.full((3, 70), -1, np.int8)
    L[0, 0], L[1, 69], L[2, 35] = 1, 1, 1
    assert patterns(L).counts.tolist() == [1, 1, 1]


def test_counting_buckets_apart_is_counting_them_together() -> None:
    L, strata = random_matrix(900, 4)
    whole = patterns(L, strata)
    parts = [patterns(L[i::3], strata[i::3]) for i in range(3)]
    for order in ([0, 1, 2], [2, 0, 1]):
        merged = merge([parts[i] for i in order])
        for name in ("L", "strata", "counts"):
            assert np.array_equal(getattr(merged, name), getattr(whole, name))


def test_no_rows_have_no_patterns() -> None:
    assert patterns(np.zeros((0, 3), np.int8)).counts.tolist() == []


def test_a_column_with_a_strength_hears_strong_votes_only() -> None:
    votes = pa.table(
        {
            "f:vote": pa.array([1, 1, 0, None, -1], pa.int8()),
            "f:score": pa.array([0.6, 0.3, -0.5, None, 0.1], pa.float32()),
        }
    )
    L = label_matrix(votes, [Column("f", "f"), Column("strong", "f", min_strength=0.5)])
    assert L.tolist() == [[1, 1], [1, -1], [0, 0], [-2, -2], [-1, -1]]
