"""Piles of rows, each pile a range of keys -> the Parquet files of one config, in order of key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.artefacts import write_parquet
from ..corpus.manifest import file_record
from .columns import LABELS
from .copying import SHARD_BYTES
from .features import parquet_schema
from .piles import Piles
from .splits import ORDER

SPLIT = "_split"  # int8 beside the released columns: a place in splits.ORDER
Where = Callable[[pa.Table], pa.Array]


class Written(NamedTuple):
    """`files` as in a manifest's stage; `splits`: {split: {"rows", "bytes", "labels"}}."""

    files: list[dict[str, Any]]
    splits: dict[str, dict[str, Any]]

    @property
    def rows(self) -> int:
        return sum(record["rows"] for record in self.splits.values())


def with_split(schema: pa.Schema) -> pa.Schema:
    """The schema of piles: released columns and the split of each row."""
    return schema.append(pa.field(SPLIT, pa.int8()))


def write_sorted(
    release: Path, config: str, form: str, piles: Piles, splits: list[str],
    *, by: tuple[str, ...] = ("id",), where: Where | None = None,
    shard_bytes: int = SHARD_BYTES,
) -> Written:  # fmt: skip
    """Writes `data/<config>/<split>-*.parquet` of the rows for which `where` holds.

    The order is that of the columns `by`, whatever order the rows came in; a split without rows
    has no file.
    """
    schema = parquet_schema(config, form)
    files: list[dict[str, Any]] = []
    found: dict[str, dict[str, Any]] = {}
    for split in splits:
        size = _measure(piles, split, where)
        found[split] = size
        n_files = max(1, -(-size["bytes"] // shard_bytes))
        longest = max(1, -(-size["rows"] // n_files))
        n_files = -(-size["rows"] // longest)
        rows = _Rows(_ordered(piles, split, by, where, schema))
        for i in range(n_files):
            path = release / "data" / config / f"{split}-{i:05d}-of-{n_files:05d}.parquet"
            write_parquet(path, rows.take(longest), schema)
            files.append({**file_record(path, release), "bytes": path.stat().st_size})
    return Written(files, found)


def _measure(piles: Piles, split: str, where: Where | None) -> dict[str, Any]:
    labels: Counter[Any] = Counter()
    n_rows = n_bytes = 0
    for table in _of_split(piles, split, where):
        n_rows += table.num_rows
        n_bytes += table.nbytes
        if "label" in table.column_names:
            labels.update(table["label"].to_pylist())
    told = {"labels": {name: labels[i] for i, name in enumerate(LABELS)}}
    return {"rows": n_rows, "bytes": n_bytes, **(told if "label" in piles.schema.names else {})}


def _of_split(piles: Piles, split: str, where: Where | None) -> Iterator[pa.Table]:
    for table in piles:
        keep = pc.equal(table[SPLIT], ORDER.index(split))
        yield table.filter(keep if where is None else pc.and_(keep, where(table)))


def _ordered(
    piles: Piles, split: str, by: tuple[str, ...], where: Where | None, schema: pa.Schema
) -> Iterator[pa.Table]:
    for table in _of_split(piles, split, where):
        order = pc.sort_indices(table, [(name, "ascending") for name in by])
        yield table.take(order).select(schema.names)


class _Rows:
    """Tables in order, of which exactly the next n rows can be taken."""

    def __init__(self, tables: Iterator[pa.Table]):
        self._tables, self._held = tables, [next(tables)]

    def take(self, n: int) -> Iterator[pa.Table]:
        while n:
            table = self._held.pop() if self._held else next(self._tables, None)
            if table is None:
                return
            yield table.slice(0, n)
            if table.num_rows > n:
                self._held.append(table.slice(n))
            n -= min(n, table.num_rows)


def labelled(table: pa.Table) -> pa.Array:
    """The rows of config `effectiveness`: those of `full` with a label."""
    return pc.is_valid(table["label"])


def split_column(name: str, n: int) -> pa.Array:
    return pa.array(np.full(n, ORDER.index(name), np.int8))
