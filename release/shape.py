"""Buckets of interactions, votes and labels -> released rows, sorted by pseudonymous id.

A shaped file has the columns of `full` and a few more that only the splits need; it links the
threads of one OP, so it stays in the private part of the build folder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP, read_stats, write_parquet
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.row_groups import side_by_side
from ..corpus.settings import Settings
from .piles import Piles, by_range
from .pseudonyms import SAMPLE_KEY, Key, pseudonym
from .shaper import SHAPED_SCHEMA, Shaper
from .tombstones import FILE as TOMBSTONES
from .tombstones import removed

ROWS_AT_ONCE = ROWS_PER_GROUP  # whose texts are in memory
ROWS_TOGETHER = 8_000  # of small buckets; the fixed cost of a batch is then a tenth of its rows'


def shape_bucket(folder: BuildFolder, bucket: int, settings: Settings, key: Key) -> dict[str, Any]:
    """Writes `shaped/b<bucket>.parquet`, rows sorted by pseudonymous id; returns its stats.

    `{"rows_in", "rows_out", "dropped", "masked": {what: n}, "bytes"}`; rows that were removed on
    request are left out, under the reason "tombstone". Text that stands in
    several rows (a post under each of its comments) counts its masks once. `bytes` is the size of
    the rows in memory. Raises BuildError where the three stages do not tell the same rows, and
    where the sample's public key would stand over rows that real people wrote. A few row groups
    are in memory at a time, whatever the bucket; sorting is by piles on disk.
    """
    return shape_buckets(folder, [bucket], settings, key)[0]


def shape_buckets(
    folder: BuildFolder, buckets: Sequence[int], settings: Settings, key: Key
) -> list[dict[str, Any]]:
    """`shape_bucket` for several: the same files, sooner.

    Every search for words has a fixed cost a call, 0.4 s in all, so the texts of small buckets
    (`together`) are read in one batch.
    """
    shaper = Shaper(settings, key)
    with ExitStack() as stack:
        works = [_Bucket(folder, bucket, key, stack) for bucket in buckets]
        for batch in _batches(works):
            _shape(shaper, batch)
        return [work.write(shaper) for work in works]


def together(folder: BuildFolder, buckets: Iterable[int]) -> list[list[int]]:
    """Buckets in an order of their own -> runs of them to be shaped in one go."""
    runs: list[list[int]] = []
    held = 0
    for bucket in buckets:
        n = pq.read_metadata(folder.bucket_file(folder.interactions, bucket)).num_rows
        if runs and held + n <= ROWS_TOGETHER:
            runs[-1].append(bucket)
            held += n
        else:
            runs.append([bucket])
            held = n
    return runs


class _Bucket:
    """One bucket on its way: its files, who asked to be left out, and its piles of shaped rows."""

    def __init__(self, folder: BuildFolder, bucket: int, key: Key, stack: ExitStack):
        self.folder, self.bucket, self.key = folder, bucket, key
        stages = (folder.interactions, folder.votes, folder.labels)
        self.files = [folder.bucket_file(stage, bucket) for stage in stages]
        if key == SAMPLE_KEY:
            _refuse_real(self.files[0], folder)
        self.n_rows = pq.read_metadata(self.files[0]).num_rows
        self._gone = removed(key.id, [folder.root / TOMBSTONES]).all
        scratch = tempfile.TemporaryDirectory(prefix=".tmp-shape-", dir=folder.root)
        place = Path(stack.enter_context(scratch)) / "rows"
        piles = Piles(place, -(-self.n_rows // ROWS_PER_GROUP), SHAPED_SCHEMA)
        self._piles = stack.enter_context(piles)

    def add(self, ids: pa.Array, threads: pa.ChunkedArray, shaped: pa.Table) -> None:
        keep = ~_removed(self.key, self._gone, ids.to_pylist(), threads)
        self._piles.add(shaped, np.where(keep, by_range(ids, self._piles.n), -1))

    def write(self, shaper: Shaper) -> dict[str, Any]:
        """No more rows: the file, and its stats."""
        n_rows = self.n_rows + read_stats(self.files[0]).get("removed", 0)
        stats: dict[str, Any] = {"rows_in": n_rows, "rows_out": 0, "dropped": {}, "bytes": 0}

        def sorted_rows() -> Iterator[pa.Table]:
            for pile in self._piles:
                table = pile.take(pc.sort_indices(pile["id"])).combine_chunks()
                stats["rows_out"] += table.num_rows
                stats["bytes"] += table.nbytes
                yield table

        def closing() -> dict[str, Any]:
            n = stats["rows_in"] - stats["rows_out"]
            stats["dropped"] = {"tombstone": n} if n else {}
            stats["masked"] = dict(sorted(shaper.masks.counts[self.bucket].items()))
            return stats

        self._piles.close()
        path = self.folder.bucket_file(self.folder.shaped, self.bucket)
        write_parquet(path, sorted_rows(), SHAPED_SCHEMA, closing=closing)
        return stats


_Piece = tuple[_Bucket, list[pa.Table]]


def _batches(works: Sequence[_Bucket]) -> Iterator[list[_Piece]]:
    """Row groups of all buckets, in portions of about a row group's size."""
    held: list[_Piece] = []
    n_held = 0
    for work in works:
        for tables in side_by_side(*((path, None) for path in work.files)):
            held.append((work, tables))
            n_held += tables[0].num_rows
            if n_held >= ROWS_AT_ONCE:
                yield held
                held, n_held = [], 0
    if held:
        yield held


def _shape(shaper: Shaper, batch: Sequence[_Piece]) -> None:
    """Shapes the rows of a batch in one go and gives each bucket its own."""
    sizes = [tables[0].num_rows for _, tables in batch]
    whole = [pa.concat_tables(stage) for stage in zip(*(t for _, t in batch), strict=True)]
    ids = [pseudonym(shaper.key, c) for c in whole[0]["comment_id"].to_pylist()]
    numbers = np.repeat(np.array([work.bucket for work, _ in batch], np.int64), sizes)
    shaped = shaper.shape(ids, whole[0], whole[1], whole[2], numbers)
    start = 0
    for (work, tables), n in zip(batch, sizes, strict=True):
        own = pa.array(ids[start : start + n], pa.string())
        work.add(own, tables[0]["thread_id"], shaped.slice(start, n))
        start += n


def _refuse_real(interactions: Path, folder: BuildFolder) -> None:
    invented = pq.read_table(interactions, columns=["invented"])["invented"]
    if not pc.all(invented, min_count=0).as_py():
        raise BuildError(
            "the sample's public key would make ids that anyone can undo",
            folder.root,
            "build with your own key (unset REDDITESS_KEY)",
        )


def _removed(
    key: Key, gone: Set[str], ids: Sequence[str], threads: pa.ChunkedArray
) -> NDArray[np.bool_]:
    """Which rows (n,) somebody has asked to have removed, in this build or an earlier one."""
    if not gone:
        return np.zeros(len(ids), dtype=bool)
    whole = {t for t in pc.unique(threads).to_pylist() if pseudonym(key, t) in gone}
    pairs = zip(ids, threads.to_pylist(), strict=True)
    return np.array([i in gone or t in whole for i, t in pairs], dtype=bool)
