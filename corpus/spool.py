"""Rows of one file, in file order, until they are written per bucket: memory first, then disk."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from .artefacts import ROWS_PER_GROUP
from .records import COMMENT_SCHEMA, SUBMISSION_SCHEMA, Comment, Submission

_IPC = pa.ipc.IpcWriteOptions(compression="lz4")
HELD_BYTES = 1 << 26  # of Arrow tables; three times this is in use while they are sorted


class _Part(NamedTuple):
    """A table sorted by bucket, in memory or spilled; rows of a bucket are in file order."""

    buckets: list[int]  # ascending: those that have rows
    batches: list[pa.RecordBatch] | Path  # one per bucket; a path is an Arrow IPC file of them

    def batch(self, bucket: int) -> pa.RecordBatch | None:
        if bucket not in self.buckets:
            return None
        at = self.buckets.index(bucket)
        if isinstance(self.batches, list):
            return self.batches[at]
        with pa.memory_map(str(self.batches)) as file:
            return pa.ipc.open_file(file).get_batch(at)


class Spool:
    """`add` rows, `finish`, `read` them per bucket, `close`; above `held_bytes`, rows wait on disk.

    The bucket of a row is its thread's: `int(thread id36, 36) % n_buckets`. `spans` maps each
    subreddit (lower case) to the first and last `created_utc` of its rows.
    """

    def __init__(self, kind: str, n_buckets: int, tmp: Path, held_bytes: int = HELD_BYTES):
        self.schema = COMMENT_SCHEMA if kind == "comments" else SUBMISSION_SCHEMA
        self.spans: dict[str, list[int]] = {}
        self._thread = self.schema.get_field_index("thread_id" if kind == "comments" else "id")
        self._n_buckets, self._tmp, self._held_bytes = n_buckets, tmp, held_bytes
        self._rows: list[Submission | Comment] = []
        self._tables: list[pa.Table] = []
        self._buckets: list[NDArray[np.int64]] = []
        self._n_held = 0
        self._parts: list[_Part] = []

    def add(self, rows: Sequence[Submission | Comment]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= ROWS_PER_GROUP:
            self._to_arrow()
            if self._n_held > self._held_bytes:
                self._spill()

    def finish(self) -> list[int]:
        """No more rows; returns the buckets that have some, ascending."""
        self._to_arrow()
        if self._tables:
            self._parts.append(_Part(*self._sorted()))
        return sorted({bucket for part in self._parts for bucket in part.buckets})

    def read(self, bucket: int) -> Iterator[pa.RecordBatch]:
        """After `finish`: the rows of a bucket in file order. Safe from several threads."""
        for part in self._parts:
            batch = part.batch(bucket)
            if batch is not None:
                yield batch

    def close(self) -> None:
        """Removes what was spilled."""
        for part in self._parts:
            if isinstance(part.batches, Path):
                part.batches.unlink(missing_ok=True)

    def _to_arrow(self) -> None:
        if not self._rows:
            return
        field, n = self._thread, self._n_buckets
        buckets = [int(str(row[field])[3:], 36) % n for row in self._rows]
        columns = zip(*self._rows, strict=True)
        table = pa.Table.from_arrays(
            [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)],
            schema=self.schema,
        )
        self._rows = []
        self._tables.append(table)
        self._buckets.append(np.array(buckets))
        self._n_held += table.nbytes
        self._widen_spans(table)

    def _widen_spans(self, table: pa.Table) -> None:
        utc = "created_utc"
        found = table.group_by("subreddit").aggregate([(utc, "min"), (utc, "max")])
        for row in found.to_pylist():
            name, first, last = row["subreddit"].lower(), row[f"{utc}_min"], row[f"{utc}_max"]
            span = self.spans.setdefault(name, [first, last])
            span[:] = min(span[0], first), max(span[1], last)

    def _sorted(self) -> tuple[list[int], list[pa.RecordBatch]]:
        """What is held, as one batch per bucket; nothing is held any more."""
        buckets = np.concatenate(self._buckets)
        order = np.argsort(buckets, kind="stable")
        table = pa.concat_tables(self._tables).combine_chunks()
        self._tables, self._buckets, self._n_held = [], [], 0
        whole = table.take(pa.array(order)).combine_chunks().to_batches()[0]
        present, starts = np.unique(buckets[order], return_index=True)
        stops = [*starts[1:].tolist(), len(order)]
        cuts = zip(starts.tolist(), stops, strict=True)
        return present.tolist(), [whole.slice(a, b - a) for a, b in cuts]

    def _spill(self) -> None:
        buckets, batches = self._sorted()
        path = self._tmp / f".tmp-spool-{secrets.token_hex(6)}.arrow"  # artefacts.sweep knows it
        part = _Part(buckets, path)
        self._parts.append(part)
        with (
            pa.OSFile(str(path), "wb") as file,
            pa.ipc.new_file(file, self.schema, options=_IPC) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)
