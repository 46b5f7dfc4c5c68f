"""Columns of an interactions batch as numpy arrays: what the released rules compute with."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def _array(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A numeric or boolean column as (n,) float64, nan where null (exact to 2**53)."""
    return np.asarray(pc.cast(_array(table, name), pa.float64()).to_numpy(zero_copy_only=False))


def chance(table: pa.Table) -> np.ndarray:
    """The opportunity (n,), nan where unknown: the vote stage adds the column where it can."""
    if "opportunity" not in table.column_names:
        return np.full(table.num_rows, np.nan)
    return numbers(table, "opportunity")


def flat(table: pa.Table, name: str) -> tuple[list[object], np.ndarray, np.ndarray]:
    """A list column -> its items, the row each item belongs to, its index in that row."""
    column = _array(table, name)
    rows = np.asarray(pc.list_parent_indices(column)).astype(np.int64)
    first = np.searchsorted(rows, rows)  # rows are sorted: where each row's items begin
    return pc.list_flatten(column).to_pylist(), rows, np.arange(len(rows)) - first


def lengths(table: pa.Table, name: str) -> np.ndarray:
    """How many items each list of a column has, (n,) int64; a null list has none."""
    return np.asarray(pc.fill_null(pc.list_value_length(_array(table, name)), 0)).astype(np.int64)


def observable(table: pa.Table, signal: str) -> np.ndarray:
    """(n,) bool: the dump could show `signal` (one of records.SIGNALS) for this row."""
    column = _array(table, "observable")
    shown = np.zeros(len(column), bool)
    named = np.asarray(pc.equal(pc.list_flatten(column), signal)).astype(bool)
    shown[np.asarray(pc.list_parent_indices(column))[named]] = True
    return shown
