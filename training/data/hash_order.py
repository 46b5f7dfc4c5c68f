"""Rows in the order of a hash of their ids, whatever files and rows lie beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ...corpus.artefacts import ROWS_PER_GROUP, stable_hash

_SALT = "redditess training order"


def hash_order(ids: pa.Table) -> NDArray[np.int64]:
    """Columns of ids (n,) -> the places of the rows in the order of their hashes (n,)."""
    keys = map(partial(stable_hash, _SALT), *(column.to_pylist() for column in ids.columns))
    return np.argsort(np.fromiter(keys, np.uint64, ids.num_rows), kind="stable")


def reordered(parts: Sequence[pa.Table], order: NDArray[np.int64]) -> pa.Table:
    """The rows of several tables of one schema, at these places of all of them, in this order.

    Block by block: `Table.take` first joins all parts of a column, and pyarrow's strings end at
    2 GiB, which posts that stand in each of their rows reach with under a million rows.
    """
    ends = np.cumsum([part.num_rows for part in parts])
    blocks = [
        _block(parts, ends, order[first : first + ROWS_PER_GROUP])
        for first in range(0, len(order), ROWS_PER_GROUP)
    ]
    return pa.concat_tables([parts[0].schema.empty_table(), *blocks])


def _block(parts: Sequence[pa.Table], ends: NDArray[np.int64], at: NDArray[np.int64]) -> pa.Table:
    which = np.searchsorted(ends, at, side="right")
    starts = ends - [part.num_rows for part in parts]
    pieces = [parts[i].take(pa.array(at[which == i] - starts[i])) for i in np.unique(which)]
    back = np.argsort(np.argsort(which, kind="stable"), kind="stable")
    return pa.concat_tables(pieces).take(pa.array(back))
