"""The order in which rows are shown, worked out before the first step.

A run that was killed finds its place by counting: no sampler has a state that could be lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

POOL = 50  # batches among which rows of about one length find each other; transformers' number


def row_order(
    lengths: np.ndarray, n_rows: int, batch_size: int, seed: int, *,
    together: Sequence[object] | None = None,
) -> np.ndarray:  # fmt: skip
    """Row numbers (n_rows,): permutations of all rows, one after the other, in like-long batches.

    Consecutive `batch_size` numbers are one batch; only the last may be short. With `together`
    (n,) rows of one value stay side by side, cut where they exceed a batch: a loss that compares
    rows of a thread needs them in one forward pass.
    """
    rng = np.random.default_rng(seed)
    units = _units(len(lengths), batch_size, together)
    longest = np.array([lengths[unit].max() for unit in units])
    pools: list[np.ndarray] = []
    pool: list[int] = []
    n_pool = n_done = 0
    while n_done < n_rows:
        for number in rng.permutation(len(units)):
            pool.append(int(number))
            n_pool += len(units[number])
            n_done += len(units[number])
            if n_pool >= POOL * batch_size or n_done >= n_rows:
                pools.append(_by_length(pool, units, longest, rng))
                pool, n_pool = [], 0
            if n_done >= n_rows:
                break
    return _batches_shuffled(np.concatenate(pools)[:n_rows], batch_size, rng)


def _units(n: int, batch_size: int, together: Sequence[object] | None) -> list[np.ndarray]:
    if together is None:
        return [np.array([i]) for i in range(n)]
    members: dict[object, list[int]] = {}
    for i, key in enumerate(together):
        members.setdefault(key, []).append(i)
    return [
        np.array(rows[at : at + batch_size])
        for rows in members.values()
        for at in range(0, len(rows), batch_size)
    ]


def _by_length(
    pool: list[int], units: list[np.ndarray], longest: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Rows of one pool, longest units first; ties fall by chance."""
    numbers = np.array(pool)
    order = np.lexsort((rng.random(len(numbers)), -longest[numbers]))
    return np.concatenate([units[number] for number in numbers[order]])


def _batches_shuffled(rows: np.ndarray, batch_size: int, rng: np.random.Generator) -> np.ndarray:
    """Whole batches of one pool in any order: lengths must not fall from step to step."""
    n_whole = len(rows) // batch_size
    whole, rest = rows[: n_whole * batch_size], rows[n_whole * batch_size :]
    batches = whole.reshape(n_whole, batch_size)
    for at in range(0, n_whole, POOL):
        batches[at : at + POOL] = rng.permutation(batches[at : at + POOL])
    return np.concatenate([batches.reshape(-1), rest])
