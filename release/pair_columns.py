"""Chosen pairs as columns: all that is needed of them when their file's lessons are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .lessons import Lessons
from .pairs import Ends, margins, pair_hash, signs

Rows = NDArray[np.int64]
"""(k, 2) rows in file order among all shaped ones: chosen, rejected."""
_HOUR_S = 3600


class Pairs(NamedTuple):
    """One array per fact, (k,): 55 bytes a pair."""

    rows: Rows
    split: NDArray[np.int8]
    thread: NDArray[np.uint64]
    length: NDArray[np.int8]  # 1: chosen is longer; -1, 0
    place: NDArray[np.int8]  # 1: chosen is earlier; -1, 0
    order: NDArray[np.uint64]  # a hash: who leaves first
    margin: NDArray[np.float32]
    later: NDArray[np.int32]  # places by which chosen is later
    hours: NDArray[np.int32]  # by which chosen came later
    log_length: NDArray[np.float32]  # of chosen over rejected

    def take(self, at: NDArray[Any]) -> Pairs:
        return Pairs(*(column[at] for column in self))


def pairs_of(x: Lessons, ends: Ends) -> Pairs:
    """Pairs of places in `x` as columns."""
    a, b = ends[:, 0], ends[:, 1]
    hours = np.trunc((x.created[a] - x.created[b]) / _HOUR_S)
    return Pairs(
        np.stack([x.row[a], x.row[b]], axis=1), x.split[a], x.thread[a],
        *signs(x, ends), pair_hash(x, ends),
        margins(x, a, b).astype(np.float32), (x.place[a] - x.place[b]).astype(np.int32),
        hours.astype(np.int32), np.round(np.log(x.length[a] / x.length[b]), 2).astype(np.float32),
    )  # fmt: skip


def together(parts: Sequence[Pairs]) -> Pairs:
    """Pairs of several files as one; at least one."""
    return Pairs(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
