"""Takes rows out of the private part of a build: raw lines, rows of every stage, shaped rows.

Bucket by bucket; each file is replaced whole. What the footers say about the build stays as it was
(so many lines read, so many votes), with a count of what has left since beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...corpus.artefacts import stable_hash
from ...corpus.folder import BuildFolder
from ...labeling.llm_votes import FOLDER as LLM
from ..pseudonyms import Key, pseudonym
from .parquet import Mask, columns, is_in, without
from .resolve import raw

Counts = dict[str, int]
T = TypeVar("T")
WRITERS = 2  # files at once; each holds one row group and its ids
ORPHAN = "t1_removed"
"""The parent of a raw comment whose own parent has left: it stays below the top level."""
REMOVED = "removed"
"""In the footer of a stage's file: how many of its rows have left on request."""
TOMBSTONE = "tombstone"
"""The reason under which they are counted."""


class Match:
    """Which ids of a build must go. Fullnames that are known make it fast; of a removal that was
    interrupted only pseudonyms are left, and every id is tried.
    """

    def __init__(self, key: Key, tombstones: Iterable[str], names: Iterable[str] = ()):
        self._key, names = key, set(names)
        self.pseudonyms = frozenset(tombstones)
        self._names = pa.array(sorted(names), pa.string())
        self._pending = self.pseudonyms - {pseudonym(key, name) for name in names}
        self.listed = pa.array(sorted(self.pseudonyms), pa.string())

    def fullnames(self, *values: pa.ChunkedArray) -> Mask:
        """Rows (n,) of which any of these columns of fullnames must go."""
        found = np.zeros(len(values[0]), dtype=bool)
        for column in values:
            found |= is_in(column, self._names) | self._tried(column)
        return found

    def ids(self, *values: pa.ChunkedArray) -> Mask:
        """The same for columns of pseudonyms."""
        found = np.zeros(len(values[0]), dtype=bool)
        for column in values:
            found |= is_in(column, self.listed)
        return found

    def _tried(self, column: pa.ChunkedArray) -> Mask:
        if not self._pending:
            return np.zeros(len(column), dtype=bool)
        names = [n for n in pc.unique(column).to_pylist() if n is not None]
        gone = [n for n in names if pseudonym(self._key, n) in self._pending]
        return is_in(column, pa.array(gone, pa.string()))


def purge_private(folder: BuildFolder, match: Match) -> Counts:
    """Rows that left, by stage. Running it again changes nothing."""
    posts = _sum(raw(folder, "submissions"), lambda path: _named(path, match, "id"))
    comments = _sum(raw(folder, "comments"), lambda path: _comments(path, match))
    counts = {"raw": posts + comments, "interactions": 0, "votes": 0, "labels": 0}
    for bucket in _each(
        folder.buckets(folder.interactions), lambda path: _bucket(folder, path, match)
    ):
        for stage, n in bucket.items():
            counts[stage] += n
    counts["shaped"] = _sum(folder.buckets(folder.shaped), lambda path: _shaped(path, match))
    tables = sorted((folder.root / LLM).glob("[!.]*.parquet"))
    counts["llm"] = _sum(tables, lambda path: _named(path, match, "comment_id"))
    _forget_rates(folder)
    return counts


def _each(paths: Sequence[Path], work: Callable[[Path], T]) -> list[T]:
    """The work on every file, two files at once: while one is encoded the other is decoded."""
    with ThreadPoolExecutor(WRITERS, "redditess-delete") as pool:
        return list(pool.map(work, paths))


def _sum(paths: Sequence[Path], work: Callable[[Path], int]) -> int:
    return sum(_each(paths, work))


def _named(path: Path, match: Match, name: str) -> int:
    return without(path, match.fullnames(columns(path, [name])[name]), _less)


def _shaped(path: Path, match: Match) -> int:
    found = columns(path, ["id", "thread_id"])
    return without(path, match.ids(found["id"], found["thread_id"]), _reshaped)


def _comments(path: Path, match: Match) -> int:
    """Raw comments; answers of others that stay forget what they answered."""
    found = columns(path, ["id", "thread_id", "parent_id"])
    gone = match.fullnames(found["id"], found["thread_id"])
    if not (match.fullnames(found["parent_id"]) & ~gone).any():
        return without(path, gone)

    def orphaned(batch: pa.RecordBatch) -> pa.RecordBatch:
        at, parent = batch.schema.get_field_index("parent_id"), batch["parent_id"]
        lost = pa.array(match.fullnames(pa.chunked_array([parent])))
        return batch.set_column(at, batch.schema.field(at), pc.if_else(lost, ORPHAN, parent))

    return without(path, gone, edit=orphaned)


def _bucket(folder: BuildFolder, path: Path, match: Match) -> Counts:
    """One bucket of interactions; votes and labels then keep the rows that it still has."""
    found = columns(path, ["comment_id", "thread_id"])
    gone = match.fullnames(found["comment_id"], found["thread_id"])
    counts = {"interactions": without(path, gone, _less)}
    stay = found["comment_id"].filter(pa.array(~gone)).combine_chunks()
    for name, stage in (("votes", folder.votes), ("labels", folder.labels)):
        other = stage / path.name
        if not other.is_file() or pq.read_metadata(other).num_rows == len(stay):
            continue  # not made yet, or nothing left that the interactions do not have
        mine = columns(other, ["comment_id"])["comment_id"]
        counts[name] = without(other, ~is_in(mine, stay), _less)
    return counts


def _less(stats: Mapping[str, Any], n: int) -> dict[str, Any]:
    return {**stats, REMOVED: stats.get(REMOVED, 0) + n}


def _reshaped(stats: Mapping[str, Any], n: int) -> dict[str, Any]:
    """As `shape_bucket` counts rows that it leaves out."""
    dropped = dict(stats.get("dropped", {}))
    dropped[TOMBSTONE] = dropped.get(TOMBSTONE, 0) + n
    before = stats["rows_out"]
    left = before - n
    n_bytes = round(stats["bytes"] * left / before) if before else 0
    return {**stats, "rows_out": left, "dropped": dropped, "bytes": n_bytes}


def _posters(folder: BuildFolder) -> pa.Array:
    """Keys of all posters that still have a row, as the opportunity model makes them."""
    names: set[str] = set()
    for path in folder.buckets(folder.interactions):
        names.update(n for n in pc.unique(columns(path, ["op"])["op"]).to_pylist() if n)
    return pa.array([stable_hash("redditess exposure", name) for name in names], pa.uint64())


def _forget_rates(folder: BuildFolder) -> None:
    """Totals of posters who have no row left."""
    if folder.op_rates.is_file():
        stay = is_in(columns(folder.op_rates, ["key"])["key"], _posters(folder))
        without(folder.op_rates, ~stay)
