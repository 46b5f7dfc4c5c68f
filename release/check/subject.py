"""The release that is checked: what lies on the disk, not what its build remembers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...corpus.artefacts import ROWS_PER_GROUP, stable_hash
from ...corpus.folder import BuildFolder
from ..found import find_release
from ..public import read_public
from ..splits import ORDER

SHOWN = 5  # ids that a result names; benchmarks/leaks.py asks for all
IDS = ("id", "row_key", "key")
"""Columns that name a row: the text form has `id`."""


class Rows(NamedTuple):
    """One array per fact over all rows of a config, files in order of split and name."""

    split: NDArray[np.int8]  # a place in ORDER
    id: NDArray[np.uint64]
    thread: NDArray[np.uint64]  # 0 where the config has no thread_id

    def where(self, ids: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Row number of each id (k,), -1 where there is none."""
        order = np.argsort(self.id, kind="stable")
        at = np.searchsorted(self.id, ids, sorter=order)
        at = order[np.minimum(at, len(order) - 1)] if len(order) else np.zeros(len(ids), np.int64)
        if not len(order):
            return np.full(len(ids), -1, np.int64)
        return np.where(self.id[at] == ids, at, -1)


class Subject:
    """A released folder, with its build where that is at hand."""

    def __init__(self, place: str | Path):
        found = find_release(place)
        self.release: Path = found.release
        self.build: BuildFolder | None = found.build
        self.document: dict[str, Any] = read_public(self.release)

    @property
    def form(self) -> str:
        return str(self.document.get("form", "text"))

    @cached_property
    def configs(self) -> dict[str, list[tuple[str, Path]]]:
        """Config -> (split, file) of every Parquet file that lies there, train first."""
        found: dict[str, list[tuple[str, Path]]] = {}
        for folder in sorted(p for p in (self.release / "data").glob("*") if p.is_dir()):
            files = [(path.name.split("-")[0], path) for path in sorted(folder.glob("*.parquet"))]
            if files:
                found[folder.name] = [f for s in reversed(ORDER) for f in files if f[0] == s]
        return found

    @cached_property
    def base(self) -> str:
        """The config that has every row."""
        return "full" if "full" in self.configs else next(iter(self.configs), "")

    def columns(self, config: str) -> list[str]:
        files = self.configs.get(config)
        return list(pq.read_schema(files[0][1]).names) if files else []

    def has(self, config: str, *columns: str) -> bool:
        return bool(self.configs.get(config)) and set(columns) <= set(self.columns(config))

    def batches(self, config: str, columns: Sequence[str]) -> Iterator[tuple[str, pa.RecordBatch]]:
        """(split, rows) of a config, file by file; null where a file lacks a column of the first:
        the check of schemas tells it, and the others go on.
        """
        files = self.configs.get(config, [])
        wanted = pq.read_schema(files[0][1]) if files else pa.schema([])
        wanted = pa.schema([wanted.field(name) for name in columns])
        for split, path in files:
            with pq.ParquetFile(path) as file:
                here = set(file.schema_arrow.names)
                for batch in file.iter_batches(
                    ROWS_PER_GROUP, columns=[name for name in columns if name in here]
                ):
                    yield split, batch if set(columns) <= here else _filled(batch, wanted)

    def id_column(self, config: str) -> str | None:
        names = self.columns(config)
        return next((name for name in IDS if name in names), None)

    @cached_property
    def rows(self) -> Rows:
        """The rows of the base config."""
        return self.rows_of(self.base)

    def rows_of(self, config: str) -> Rows:
        """Split, id and thread of each row; a config without ids has no rows here."""
        name = self.id_column(config)
        parts: list[tuple[NDArray[Any], ...]] = []
        if name:
            wanted = [name] + (["thread_id"] if self.has(config, "thread_id") else [])
            for split, batch in self.batches(config, wanted):
                ids = numbers(batch[name])
                thread = numbers(batch["thread_id"]) if len(wanted) > 1 else np.zeros_like(ids)
                parts.append((np.full(len(ids), ORDER.index(split), np.int8), ids, thread))
        kinds = (np.int8, np.uint64, np.uint64)
        return Rows(*(
            np.concatenate([np.zeros(0, kind), *(part[i] for part in parts)])
            for i, kind in enumerate(kinds)
        ))  # fmt: skip

    @cached_property
    def private(self) -> pa.Table | None:
        """id, _group, _commenter of all shaped rows; None without the private part of a build."""
        parts = self.build.buckets(self.build.shaped) if self.build else []
        wanted = ["id", "_group", "_commenter", "_post_day"]
        if not parts or not set(wanted) <= set(pq.read_schema(parts[0]).names):
            return None
        return pa.concat_tables([pq.read_table(part, columns=wanted) for part in parts])


def _filled(batch: pa.RecordBatch, wanted: pa.Schema) -> pa.RecordBatch:
    arrays = [
        batch[f.name] if f.name in batch.schema.names else pa.nulls(batch.num_rows, f.type)
        for f in wanted
    ]
    return pa.RecordBatch.from_arrays(arrays, names=wanted.names)


def numbers(ids: pa.Array | pa.ChunkedArray) -> NDArray[np.uint64]:
    """Ids of 16 hex digits as integers; other words by a digest. Texts are held chunk by chunk."""
    if isinstance(ids, pa.ChunkedArray):
        return np.concatenate([np.zeros(0, np.uint64), *map(numbers, ids.chunks)])
    plain = pc.fill_null(pc.cast(ids, pa.string()), "")
    is_id = pc.match_substring_regex(plain, "^[0-9a-f]{16}$").to_numpy(zero_copy_only=False)
    found = np.empty(len(plain), np.uint64)
    digits = "".join(plain.filter(pa.array(is_id)).to_pylist())
    found[is_id] = np.frombuffer(bytes.fromhex(digits), ">u8")
    others = plain.filter(pa.array(~is_id)).to_pylist()
    found[~is_id] = np.array([stable_hash("redditess check", text) for text in others], np.uint64)
    return found


def words(ids: NDArray[np.uint64]) -> list[str]:
    """The first ids (SHOWN of them) as they stand in the release."""
    return [f"{int(i):016x}" for i in ids[:SHOWN]]
