"""Rows of one file, in file order, until they are written per bucket: memory first, then disk."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa

from ..records import COMMENT_SCHEMA, SUBMISSION_SCHEMA, Comment, Submission
from ..refusals import writing

Places = list[tuple[int, int, int]]  # (bucket, first row, how many), ascending, of one part
# Rows wait as they are: compressing some 100 rows of a column at a time cost more than all their
# bytes, and what is mapped is read without a copy.
_IPC = pa.ipc.IpcWriteOptions(use_threads=False)
ROWS_AT_ONCE = 2_000  # become Arrow together: what was just parsed is still in the cache
ROWS_PER_PART = 10_000  # are sorted together
HELD_BYTES = 1 << 24  # of Arrow batches; as many may be on their way to the disk


class Spilled:
    """Rows that wait on disk, in the order of their lines; whoever holds this removes them."""

    def __init__(self, files: Sequence[tuple[Path, list[Places]]] = ()):
        self.files = list(files)  # each an IPC file, and what lies where in each of its batches

    def buckets(self) -> set[int]:
        return {place[0] for _, parts in self.files for places in parts for place in places}

    def batches(self, bucket: int) -> Iterator[pa.RecordBatch]:
        for path, parts in self.files:
            with pa.memory_map(str(path)) as file:
                reader = pa.ipc.open_file(file)
                for number, places in enumerate(parts):
                    for _, start, n in (place for place in places if place[0] == bucket):
                        yield reader.get_batch(number).slice(start, n)

    def close(self) -> None:
        for path, _ in self.files:
            path.unlink(missing_ok=True)


class Spool:
    """`add` rows, `finish`, read the `batches` of each bucket, `close`.

    Above `held_bytes`, rows wait on disk. The bucket of a row is its thread's:
    `int(thread id36, 36) % n_buckets`. `spans` maps each subreddit (lower case) to the first and
    last `created_utc` of its rows.
    """

    def __init__(self, kind: str, n_buckets: int, tmp: Path, held_bytes: int):
        self.schema = schema_of(kind)
        self.spans: dict[str, list[int]] = {}
        self._thread = self.schema.get_field_index("thread_id" if kind == "comments" else "id")
        self._n_buckets, self._tmp, self._held_bytes = n_buckets, tmp, held_bytes
        self._rows: list[Submission | Comment] = []
        self._fresh: list[tuple[pa.RecordBatch, list[int]]] = []  # with the bucket of each row
        self._n_fresh = 0
        self._held: list[tuple[pa.RecordBatch, Places]] = []  # after what is spilled
        self._n_held = 0
        self._writer = ThreadPoolExecutor(1, "redditess-spill")
        self._writing: Future[None] | None = None
        self._spilled = Spilled()

    def add(self, rows: Sequence[Submission | Comment]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= ROWS_AT_ONCE:
            self._to_arrow()
            if self._n_fresh >= ROWS_PER_PART:
                self._sort()
            if self._n_held > self._held_bytes:
                self._spill()

    def finish(self) -> None:
        """No more rows."""
        if self._rows:
            self._to_arrow()
        if self._fresh:
            self._sort()
        self._written()

    def set_aside(self) -> None:
        """All rows so far go to the disk, and the memory they took to the system."""
        self.finish()
        if self._held:
            self._spill()
            self._written()
        pa.default_memory_pool().release_unused()

    def leave(self) -> Spilled:
        """No more rows; all of them on disk, for another process to read and to remove."""
        self.set_aside()
        left, self._spilled = self._spilled, Spilled()
        return left

    def buckets(self) -> set[int]:
        """After `finish`: those that have rows."""
        held = {place[0] for _, places in self._held for place in places}
        return self._spilled.buckets() | held

    def batches(self, bucket: int) -> Iterator[pa.RecordBatch]:
        """After `finish`: the rows of a bucket in file order. Safe from several threads."""
        yield from self._spilled.batches(bucket)
        for batch, places in self._held:
            for _, start, n in (place for place in places if place[0] == bucket):
                yield batch.slice(start, n)

    def close(self) -> None:
        """Removes what was spilled."""
        self._writer.shutdown()
        self._spilled.close()

    def _to_arrow(self) -> None:
        """The waiting rows, while they are in the cache, as a batch in file order."""
        field, n = self._thread, self._n_buckets
        buckets = [int(str(row[field])[3:], 36) % n for row in self._rows]
        columns = zip(*self._rows, strict=True)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)]
        self._fresh.append((pa.RecordBatch.from_arrays(arrays, schema=self.schema), buckets))
        self._n_fresh += len(self._rows)
        self._rows = []

    def _sort(self) -> None:
        """The fresh batches become a part: rows of a bucket side by side, in file order."""
        buckets = np.concatenate([np.array(buckets) for _, buckets in self._fresh])
        table = pa.Table.from_batches([batch for batch, _ in self._fresh])
        self._fresh, self._n_fresh = [], 0
        table = table.combine_chunks()  # from here on there are two copies, not three
        order = np.argsort(buckets, kind="stable")
        batch = table.to_batches()[0].take(pa.array(order))
        present, starts = np.unique(buckets[order], return_index=True)
        sizes = np.diff(starts, append=len(order))
        places = zip(present.tolist(), starts.tolist(), sizes.tolist(), strict=True)
        self._held.append((batch, list(places)))
        self._n_held += batch.nbytes
        self._widen_spans(table)

    def _widen_spans(self, table: pa.Table) -> None:
        utc = "created_utc"
        found = table.group_by("subreddit").aggregate([(utc, "min"), (utc, "max")])
        for row in found.to_pylist():
            widen(self.spans, {row["subreddit"].lower(): [row[f"{utc}_min"], row[f"{utc}_max"]]})

    def _spill(self) -> None:
        """Hands what is held to the writing thread, which is at most one spill behind."""
        self._written()
        path = self._tmp / f".tmp-spool-{secrets.token_hex(6)}.arrow"  # artefacts.sweep knows it
        self._spilled.files.append((path, [places for _, places in self._held]))
        batches = [batch for batch, _ in self._held]
        self._writing = self._writer.submit(_write, path, self.schema, batches)
        self._held, self._n_held = [], 0

    def _written(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None


def schema_of(kind: str) -> pa.Schema:
    """Of the rows of "comments" or "submissions"."""
    return COMMENT_SCHEMA if kind == "comments" else SUBMISSION_SCHEMA


def widen(spans: dict[str, list[int]], by: Mapping[str, Sequence[int]]) -> None:
    """Adds the spans of `by` to those there are."""
    for name, (first, last) in by.items():
        span = spans.setdefault(name, [first, last])
        span[:] = min(span[0], first), max(span[1], last)


def _write(path: Path, schema: pa.Schema, batches: list[pa.RecordBatch]) -> None:
    with (
        writing(path),
        pa.OSFile(str(path), "wb") as file,
        pa.ipc.new_file(file, schema, options=_IPC) as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
