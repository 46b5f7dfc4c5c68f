"""Rows sorted into piles on disk, so that each pile fits in memory whatever the release.

Used twice on the way to the dehydrated form and twice on the way back: by bucket of threads, to
have a row beside its raw texts, and by ranges of keys, to write rows in the order of their keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..corpus.refusals import writing

_IPC = pa.ipc.IpcWriteOptions(compression="lz4")


class Piles:
    """`add` rows with the pile of each, `close`, then read pile by pile, in order of coming."""

    def __init__(self, folder: Path, n: int, schema: pa.Schema):
        folder.mkdir(mode=0o700)
        self.folder, self.n, self.schema = folder, n, schema
        self._open: dict[int, pa.RecordBatchFileWriter] = {}

    def __enter__(self) -> Piles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()

    def add(self, table: pa.Table, which: NDArray[np.int64]) -> None:
        """(n,) rows and the pile of each; rows with a pile below 0 are left out."""
        if not table.num_rows:
            return
        order = np.argsort(which, kind="stable")
        piles, starts = np.unique(which[order], return_index=True)
        ends = [*starts[1:].tolist(), len(order)]
        for pile, start, end in zip(piles.tolist(), starts.tolist(), ends, strict=True):
            if pile >= 0:
                rows = table.take(pa.array(order[start:end])).cast(self.schema)
                with writing(self._path(pile)):
                    self._writer(pile).write_table(rows.combine_chunks())

    def close(self) -> None:
        """No more rows."""
        while self._open:
            pile, writer = self._open.popitem()
            with writing(self._path(pile)):
                writer.close()

    def read(self, pile: int) -> pa.Table:
        """The rows of one pile; an empty table where there are none."""
        path = self._path(pile)
        if not path.is_file():
            return self.schema.empty_table()
        with pa.OSFile(str(path)) as file, pa.ipc.open_file(file) as reader:
            return reader.read_all()

    def __iter__(self) -> Iterator[pa.Table]:
        return (self.read(pile) for pile in range(self.n))

    def _writer(self, pile: int) -> pa.RecordBatchFileWriter:
        if pile not in self._open:
            path = str(self._path(pile))
            self._open[pile] = pa.ipc.new_file(path, self.schema, options=_IPC)
        return self._open[pile]

    def _path(self, pile: int) -> Path:
        return self.folder / f"{pile:05d}.arrow"


def numbers(ids: pa.ChunkedArray | pa.Array) -> NDArray[np.uint64]:
    """Ids of 16 hex digits (n,) as numbers: 8 bytes a row instead of a string."""
    return np.array([int(x, 16) for x in ids.to_pylist()], np.uint64)


def by_range(ids: pa.ChunkedArray | pa.Array, n: int) -> NDArray[np.int64]:
    """Ids (n,) of 16 hex digits -> a pile each, such that piles in order hold ids in order."""
    return np.array([int(x[:8], 16) * n >> 32 for x in ids.to_pylist()], np.int64)
