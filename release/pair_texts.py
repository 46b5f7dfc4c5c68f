"""The second pass over pairs: their texts are compared, then written out as conversations.

Both comments of a pair answer one post, so they lie in one shaped file: texts are held for one
file at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP
from .coarse import PLACE_STEPS, step
from .examples import messages, prompt, turn
from .features import arrow_schema
from .pair_columns import Pairs, Rows
from .pair_rules import NEAR_TEXT
from .shingles import BITS, shingle


def near_texts(part: Path, rows: Rows) -> NDArray[np.bool_]:
    """(k, 2) rows of a file -> which pairs nearly have the same words: Jaccard >= NEAR_TEXT."""
    near = np.zeros(len(rows), bool)
    for table, mine, at in _in_files([part], rows, ["comment"]):
        chosen, rejected = (
            table["comment"].take(pa.array(side)).to_pylist() for side in (at[:, 0], at[:, 1])
        )
        near[mine] = jaccard(chosen, rejected) >= NEAR_TEXT
    return near


def jaccard(first: list[str], second: list[str]) -> NDArray[np.float64]:
    """Two lists of n texts -> how alike the i-th of both are, (n,); 1 where neither has a word."""
    n = len(first)
    sets = shingle([text or "" for text in (*first, *second)])
    owner = np.repeat(np.arange(2 * n) % max(n, 1), sets.size).astype(np.uint64)
    key = np.sort(owner << np.uint64(BITS) | sets.value)
    shared = (key[1:][key[1:] == key[:-1]] >> np.uint64(BITS)).astype(np.int64)
    both = np.bincount(shared, minlength=n)
    either = sets.size[:n] + sets.size[n:] - both
    return np.where(either == 0, 1.0, both / np.maximum(either, 1))


def pair_tables(parts: list[Path], pairs: Pairs) -> Iterator[pa.Table]:
    """Rows of config `preferences`, in the order of `pairs`, which is that of the files."""
    columns = ["title", "post", "comment", "basis", "id"]
    for table, mine, at in _in_files(parts, pairs.rows, columns):
        yield _preferences(table, at, pairs.take(mine))


def _preferences(table: pa.Table, at: Rows, pairs: Pairs) -> pa.Table:
    chosen, rejected = (table.take(pa.array(side)) for side in (at[:, 0], at[:, 1]))
    title, post = chosen["title"].to_pylist(), chosen["post"].to_pylist()
    columns = {
        "prompt": messages("user", [prompt(*said) for said in zip(title, post, strict=True)]),
        "chosen": messages("assistant", [turn(t or "") for t in chosen["comment"].to_pylist()]),
        "rejected": messages("assistant", [turn(t or "") for t in rejected["comment"].to_pylist()]),
        "margin": pa.array(pairs.margin, pa.float32()),
        "chosen_basis": chosen["basis"],
        "rejected_basis": rejected["basis"],
        "chosen_id": chosen["id"],
        "rejected_id": rejected["id"],
        "delta_position": step(pa.array(pairs.later, pa.int32()), PLACE_STEPS),
        "delta_hours": pc.cast(step(pa.array(pairs.hours.astype(np.int64))), pa.float32()),
        "delta_log_length": pa.array(pairs.log_length, pa.float32()),
    }
    schema = arrow_schema("preferences")
    return pa.table([columns[f.name] for f in schema], schema)


def _in_files(
    parts: list[Path], rows: Rows, columns: list[str]
) -> Iterator[tuple[pa.Table, NDArray[np.int64], Rows]]:
    """(rows of one file, places in `rows`, (k, 2) places in those rows), ROWS_PER_GROUP pairs or
    fewer at a time, in the order of the files.
    """
    start = 0
    for part in parts:
        with pq.ParquetFile(part) as file:
            end = start + file.metadata.num_rows
            mine = np.flatnonzero((rows[:, 0] >= start) & (rows[:, 0] < end))
            if len(mine):
                wanted = np.unique(rows[mine])
                table = _rows(file, wanted - start, columns)
                for cut in range(0, len(mine), ROWS_PER_GROUP):
                    some: Any = mine[cut : cut + ROWS_PER_GROUP]
                    yield table, some, np.searchsorted(wanted, rows[some])
            start = end


def _rows(file: pq.ParquetFile, wanted: NDArray[np.int64], columns: list[str]) -> pa.Table:
    """Some rows of a file (rising places), without holding the others."""
    kept, start = [], 0
    for batch in file.iter_batches(ROWS_PER_GROUP, columns=columns):
        here = wanted[(wanted >= start) & (wanted < start + batch.num_rows)] - start
        kept.append(batch.take(pa.array(here)))
        start += batch.num_rows
    return pa.Table.from_batches(kept).combine_chunks()
