"""Pairs that stay stay balanced: where some left on request, the fewest others leave with them.

A release promises that neither length nor place alone tells chosen from rejected. One removal may
tip that, and the next `release check` would refuse what nobody did wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...corpus.artefacts import stable_hash
from ..balance import balanced
from ..examples import last_content
from .parquet import by_split, leave

PAIRS = "preferences"
_NAMED = ("chosen_id", "rejected_id")
_SIDES = ("chosen", "rejected")
_READ = (*_SIDES, "delta_position", *_NAMED)


def rebalance(config: Path) -> int:
    """Takes pairs out of `data/preferences` until each split is balanced; returns how many.

    A balanced split is not touched, and no split of a form without words, which shows no lengths.
    """
    return sum(_rebalance_split(files) for files in by_split(config).values())


def _rebalance_split(files: Sequence[Path]) -> int:
    if not set(_READ) <= set(pq.read_schema(files[0]).names):
        return 0
    facts = [_facts(path) for path in files]
    length, place, order = (np.concatenate(column) for column in zip(*facts, strict=True))
    gone = ~balanced(np.zeros(len(order), np.int8), length, place, order)
    ends = np.cumsum([len(fact[2]) for fact in facts])
    parts = np.split(gone, ends[:-1])
    return sum(leave(path, part) for path, part in zip(files, parts, strict=True))


def _facts(path: Path) -> tuple[NDArray[np.int8], NDArray[np.int8], NDArray[np.uint64]]:
    """Of a file's pairs (n,): the sign of length, of place, and who leaves first, by ids alone."""
    length, place, order = [], [], []
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(columns=list(_READ)):
            sides = (pc.utf8_length(last_content(batch[n])).to_numpy() for n in _SIDES)
            length.append(np.sign(np.subtract(*sides, dtype=np.int64)))
            place.append(np.sign(-pc.fill_null(batch["delta_position"], 0).to_numpy()))
            ids = zip(*(batch[name].to_pylist() for name in _NAMED), strict=True)
            order.append(
                np.array([stable_hash("redditess pair", *pair) for pair in ids], np.uint64)
            )
    empty = np.zeros(0, np.int64)
    return (
        np.concatenate([empty, *length]).astype(np.int8),
        np.concatenate([empty, *place]).astype(np.int8),
        np.concatenate([empty.astype(np.uint64), *order]),
    )
