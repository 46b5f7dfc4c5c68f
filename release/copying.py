"""Copies chosen rows of the shaped files: batch by batch, in file order, cut into shards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP
from .communities import merged

SHARD_BYTES = 500_000_000  # in memory, so a compressed file is always smaller; the Hub's advice


def copied(
    parts: list[Path],
    keep: NDArray[np.bool_],
    columns: list[str],
    small: frozenset[str] = frozenset(),
) -> Iterator[pa.Table]:
    """The kept rows of all parts, in order. Parts without one are not opened for their text."""
    start = 0
    for part in parts:
        with pq.ParquetFile(part) as file:
            end = start + file.metadata.num_rows
            if keep[start:end].any():
                for batch in file.iter_batches(ROWS_PER_GROUP, columns=columns):
                    wanted = keep[start : start + batch.num_rows]
                    start += batch.num_rows
                    # Parquet gives the columns in file order, the promise is the config's order.
                    yield merged(pa.table(batch.filter(pa.array(wanted)).select(columns)), small)
            start = end


def shards(n_rows: int, bytes_per_row: float, shard_bytes: int) -> list[tuple[int, int]]:
    """Rows cut into files of about equal size: first and last (excluded) row of each. No rows, no
    file.
    """
    wanted = max(1, -(-int(n_rows * bytes_per_row) // shard_bytes))
    size = max(1, -(-n_rows // wanted))
    return [(first, min(first + size, n_rows)) for first in range(0, n_rows, size)]


def shard_path(config: str, split: str, i: int, n: int) -> str:
    """Where the i-th of n files of a split lies in a released folder."""
    return f"data/{config}/{split}-{i:05d}-of-{n:05d}.parquet"
