"""Every epoch shows every row once, in batches of like length, the same for the same seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from redditess.training.classifier.row_order import row_order


@given(n=st.integers(1, 300), batch=st.integers(1, 17), seed=st.integers(0, 9),
       epochs=st.integers(1, 3))  # fmt: skip
def test_every_epoch_shows_every_row_once(n: int, batch: int, seed: int, epochs: int) -> None:
    lengths = np.random.default_rng(seed).integers(5, 200, n)
    order = row_order(lengths, epochs * n, batch, seed)
    assert np.bincount(order, minlength=n).tolist() == [epochs] * n
    assert (order == row_order(lengths, epochs * n, batch, seed)).all()


def test_another_seed_is_another_order_and_a_part_of_an_epoch_is_a_part() -> None:
    lengths = np.arange(500)
    assert (row_order(lengths, 500, 8, 0) != row_order(lengths, 500, 8, 1)).any()
    half = row_order(lengths, 250, 8, 0)
    assert len(half) == 250 == len(set(half))


def test_batches_hold_rows_of_like_length_and_do_not_shrink_from_step_to_step() -> None:
    lengths = np.random.default_rng(0).integers(5, 257, 4000)
    order = row_order(lengths, 4000, 16, 0).reshape(-1, 16)
    padded = (lengths[order].max(1) * 16).sum() / lengths.sum()
    drawn = lengths[np.random.default_rng(1).permutation(4000)].reshape(-1, 16)
    assert padded < 1.05 < 1.7 < (drawn.max(1) * 16).sum() / lengths.sum()
    steps = lengths[order].mean(1)
    assert abs(np.corrcoef(steps, np.arange(len(steps)))[0, 1]) < 0.15


@given(n=st.integers(1, 120), seed=st.integers(0, 9))
def test_rows_of_a_thread_stay_in_one_batch_as_far_as_they_fit(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    thread = np.sort(rng.integers(0, 1 + n // 3, n))
    order = row_order(rng.integers(5, 99, n), n, 8, seed, together=thread.tolist())
    assert sorted(order.tolist()) == list(range(n))
    runs = 1 + int((thread[order][1:] != thread[order][:-1]).sum())
    units = sum(-(-count // 8) for count in np.bincount(thread))
    n_batches = -(-n // 8)
    assert runs <= units + n_batches  # a thread is cut where a batch ends, nowhere else
