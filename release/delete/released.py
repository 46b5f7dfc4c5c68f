"""Takes rows out of the Parquet files that users load: only files that hold one are written."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from ..piles import numbers
from .parquet import by_split, columns, leave
from .private import Match
from .rebalance import PAIRS, rebalance

ID_COLUMNS = ("id", "thread_id", "chosen_id", "rejected_id")
"""Where a config names rows: a pair goes with either of its two."""


def purge_release(release: Path, match: Match) -> dict[str, int]:
    """Rows that left, by config. A split that has lost its last row has no file.

    Pairs that leave with a removed one, so that the others stay balanced, count among them.
    """
    counts: dict[str, int] = {}
    for config in sorted(p for p in (release / "data").glob("*") if p.is_dir()):
        for path in sorted(config.glob("*.parquet")):
            found = columns(path, ID_COLUMNS)
            if not found.num_columns:
                continue
            gone = match.ids(*found.columns)
            counts[config.name] = counts.get(config.name, 0) + int(gone.sum())
            leave(path, gone)
        if config.name == PAIRS:
            counts[PAIRS] = counts.get(PAIRS, 0) + rebalance(config)
        _number(config)
    return counts


def _number(config: Path) -> None:
    """Files of a split count without gaps again; their bytes stay."""
    for split, files in by_split(config).items():
        for i, path in enumerate(files):
            os.replace(path, config / f"{split}-{i:05d}-of-{len(files):05d}.parquet")


def ids_of(release: Path, config: str, split: str) -> np.ndarray:
    """The ids (n,) uint64 of a split's rows."""
    found = [np.zeros(0, np.uint64)]
    for path in sorted((release / "data" / config).glob(f"{split}-*.parquet")):
        if "id" in pq.read_schema(path).names:
            found.append(numbers(columns(path, ["id"])["id"]))
    return np.concatenate(found)
