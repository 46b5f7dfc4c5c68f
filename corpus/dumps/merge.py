"""Rows of one bucket that wait in several spools -> one stream, in the order of their lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..artefacts import ROWS_PER_GROUP


class Rows(Protocol):
    """What `Spool` and `Spilled` share: each gives its rows in the order of their lines."""

    def buckets(self) -> set[int]: ...
    def batches(self, bucket: int) -> Iterator[pa.RecordBatch]: ...
    def close(self) -> None: ...


def tables(spools: Sequence[Rows], bucket: int) -> Iterator[pa.Table]:
    """All rows of a bucket, about a row group at a time."""
    held: list[pa.RecordBatch | pa.Table] = []
    n_held = 0
    for batch in _merged([spool.batches(bucket) for spool in spools]):
        held.append(batch)
        n_held += batch.num_rows
        if n_held >= ROWS_PER_GROUP:
            yield pa.Table.from_batches(held)
            held, n_held = [], 0
    if held:
        yield pa.Table.from_batches(held)


def _merged(streams: Sequence[Iterator[pa.RecordBatch]]) -> Iterator[pa.RecordBatch]:
    """One batch of each stream is held: what none of the others can precede comes out."""
    heads = [(batch, stream) for stream in streams if (batch := next(stream, None)) is not None]
    while len(heads) > 1:
        bound = min(_lines(batch)[-1] for batch, _ in heads)
        due, later = [], []
        for batch, stream in heads:
            n = int(np.searchsorted(_lines(batch), bound, "right"))
            if n:
                due.append(batch.slice(0, n))
            rest = batch.slice(n) if n < batch.num_rows else next(stream, None)
            if rest is not None:
                later.append((rest, stream))
        yield _in_order(due)
        heads = later
    for batch, stream in heads:
        yield batch
        yield from stream


def _in_order(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    if len(batches) == 1:
        return batches[0]
    batch = pa.concat_batches(batches)
    return batch.take(pa.array(np.argsort(_lines(batch), kind="stable")))


def _lines(batch: pa.RecordBatch) -> NDArray[np.int64]:
    lines: NDArray[np.int64] = batch.column("line").to_numpy()
    return lines
