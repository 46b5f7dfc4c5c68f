"""Rows of one file, in file order, until they are written per bucket: memory first, then disk."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..records import COMMENT_SCHEMA, SUBMISSION_SCHEMA
from ..refusals import writing
from .whole import Columns

Places = list[tuple[int, int, int]]  # (bucket, first row, how many), ascending, of one part
# Rows wait as they are: compressing some 100 rows of a column at a time cost more than all their
# bytes, and what is mapped is read without a copy.
_IPC = pa.ipc.IpcWriteOptions(use_threads=False)
ROWS_AT_ONCE = 500  # become Arrow together: what was just parsed is still in the cache
PARTS_HELD = 4  # what is held is sorted in so many parts
HELD_BYTES = 1 << 24  # of Arrow batches; as many may be on their way to the disk


Part = tuple[pa.RecordBatch, Places]


class Spilled:
    """Rows that wait on disk, in the order of their lines; whoever holds this removes them."""

    def __init__(self, files: Sequence[tuple[Path, list[Places]]] = ()):
        self.files = list(files)  # each an IPC file, and what lies where in each of its batches
        self._mapped: list[Part] = []
        self._n_touched = 0  # bytes of what is mapped: this process holds them

    def buckets(self) -> set[int]:
        return {place[0] for _, parts in self.files for places in parts for place in places}

    def batches(self, bucket: int) -> Iterator[pa.RecordBatch]:
        """Safe from several threads."""
        for batch in _of_bucket(self._parts(), bucket):
            self._n_touched += batch.nbytes
            yield batch

    def close(self) -> None:
        self._mapped = []
        for path, _ in self.files:
            path.unlink(missing_ok=True)

    def _parts(self) -> list[Part]:
        """Opened for several buckets: finding a batch takes longer than reading it."""
        if not self._mapped or self._n_touched > HELD_BYTES:
            parts: list[Part] = []
            for path, places in self.files:
                reader = pa.ipc.open_file(pa.memory_map(str(path)))
                parts += zip(map(reader.get_batch, range(len(places))), places, strict=True)
            self._mapped, self._n_touched = parts, 0  # what others still read stays until they end
        return self._mapped


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
        self._columns: Columns = [[] for _ in self.schema]  # of the rows added last
        self._fresh: list[tuple[pa.RecordBatch, list[int]]] = []  # with the bucket of each row
        self._n_fresh = 0  # bytes of them
        self._held: list[Part] = []  # after what is spilled
        self._n_held = 0
        self._spilled = Spilled()
        self._behind = ThreadPoolExecutor(1, "redditess-spool")  # sorts and writes, one part behind
        self._working: Future[None] | None = None

    def add(self, columns: Columns) -> None:
        """More rows, in file order; [] is none."""
        for held, column in zip(self._columns, columns, strict=bool(columns)):
            held.extend(column)
        if len(self._columns[0]) >= ROWS_AT_ONCE:
            self._to_arrow()
            if self._n_fresh >= self._held_bytes // PARTS_HELD:
                self._set_behind()

    def finish(self) -> None:
        """No more rows."""
        if self._columns[0]:
            self._to_arrow()
        if self._fresh:
            self._set_behind()
        self._wait()

    def set_aside(self) -> None:
        """All rows so far go to the disk, and the memory they took to the system."""
        self.finish()
        if self._held:
            self._spill()
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
        yield from _of_bucket(self._held, bucket)

    def close(self) -> None:
        """Removes what was spilled."""
        self._behind.shutdown()
        self._spilled.close()

    def _to_arrow(self) -> None:
        """The waiting rows, while they are in the cache, as a batch in file order."""
        columns, self._columns = self._columns, [[] for _ in self.schema]
        buckets = [int(id_[3:], 36) % self._n_buckets for id_ in columns[self._thread]]
        arrays = [pa.array(c, f.type) for c, f in zip(columns, self.schema, strict=True)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        self._fresh.append((batch, buckets))
        self._n_fresh += batch.nbytes

    def _set_behind(self) -> None:
        """The fresh batches are for the other thread, whose errors come out here."""
        self._wait()
        buckets = np.concatenate([np.array(buckets) for _, buckets in self._fresh])
        table = pa.Table.from_batches([batch for batch, _ in self._fresh])
        self._fresh, self._n_fresh = [], 0
        self._working = self._behind.submit(self._keep, table, buckets)

    def _wait(self) -> None:
        if self._working is not None:
            self._working.result()
            self._working = None

    def _keep(self, table: pa.Table, buckets: NDArray[np.int64]) -> None:
        """The rows become a part: those of a bucket side by side, in file order."""
        table = table.combine_chunks()  # from here on there are two copies, not three
        order = np.argsort(buckets, kind="stable")
        batch = table.to_batches()[0].take(pa.array(order))
        present, starts = np.unique(buckets[order], return_index=True)
        sizes = np.diff(starts, append=len(order))
        places = zip(present.tolist(), starts.tolist(), sizes.tolist(), strict=True)
        self._held.append((batch, list(places)))
        self._n_held += batch.nbytes
        self._widen_spans(table)
        if self._n_held > self._held_bytes:
            self._spill()

    def _widen_spans(self, table: pa.Table) -> None:
        utc = "created_utc"
        found = table.group_by("subreddit").aggregate([(utc, "min"), (utc, "max")])
        for row in found.to_pylist():
            widen(self.spans, {row["subreddit"].lower(): [row[f"{utc}_min"], row[f"{utc}_max"]]})

    def _spill(self) -> None:
        path = self._tmp / f".tmp-spool-{secrets.token_hex(6)}.arrow"  # artefacts.sweep knows it
        self._spilled.files.append((path, [places for _, places in self._held]))
        held, self._held, self._n_held = self._held, [], 0
        with (
            writing(path),
            pa.OSFile(str(path), "wb") as file,
            pa.ipc.new_file(file, self.schema, options=_IPC) as writer,
        ):
            for batch, _ in held:
                writer.write_batch(batch)


def _of_bucket(parts: Iterable[Part], bucket: int) -> Iterator[pa.RecordBatch]:
    for batch, places in parts:
        for found, start, n in places:
            if found == bucket:
                yield batch.slice(start, n)


def schema_of(kind: str) -> pa.Schema:
    """Of the rows of "comments" or "submissions"."""
    return COMMENT_SCHEMA if kind == "comments" else SUBMISSION_SCHEMA


def widen(spans: dict[str, list[int]], by: Mapping[str, Sequence[int]]) -> None:
    """Adds the spans of `by` to those there are."""
    for name, (first, last) in by.items():
        span = spans.setdefault(name, [first, last])
        span[:] = min(span[0], first), max(span[1], last)
