"""One Parquet file without some of its rows, written anew: no dictionary, no statistic, no page of
the old file remains. A file that loses nothing is not touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...corpus.artefacts import ROWS_PER_GROUP, read_stats, write_parquet

Mask = NDArray[np.bool_]


def columns(path: Path, names: Sequence[str]) -> pa.Table:
    """Those of the named columns that the file has."""
    here = set(pq.read_schema(path).names)
    return pq.read_table(path, columns=[name for name in names if name in here])


def is_in(values: pa.ChunkedArray, wanted: pa.Array) -> Mask:
    """Which values (n,) are among the wanted ones; null never is."""
    found = pc.fill_null(pc.is_in(values, value_set=wanted), False)
    return np.asarray(found.to_numpy(), dtype=bool)


def without(
    path: Path,
    gone: Mask,
    change: Callable[[Mapping[str, Any], int], Mapping[str, Any]] | None = None,
    edit: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None,
) -> int:
    """Takes rows (n,) out of a file; returns how many. `change(stats, n)`: the new accounting.

    With `edit`, which changes a batch, the file is written also where no row leaves.
    """
    n_gone = int(gone.sum())
    if not n_gone and edit is None:
        return 0
    schema, stats = pq.read_schema(path), read_stats(path)
    mode = path.stat().st_mode & 0o777
    new = dict(change(stats, n_gone)) if stats and change else stats or None
    kept = _kept(path, ~gone)
    write_parquet(path, map(edit, kept) if edit else kept, schema, stats=new)
    path.chmod(mode)
    return n_gone


def leave(path: Path, gone: Mask) -> int:
    """As `without`; a file that has lost its last row goes, too."""
    if gone.all() and len(gone):
        path.unlink()
        return len(gone)
    return without(path, gone)


def by_split(config: Path) -> dict[str, list[Path]]:
    """The files of `data/<config>`, in order, by the split that their names begin with."""
    found: dict[str, list[Path]] = {}
    for path in sorted(config.glob("*.parquet")):
        found.setdefault(path.name.split("-")[0], []).append(path)
    return found


def _kept(path: Path, keep: Mask) -> Iterator[pa.RecordBatch]:
    start = 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_PER_GROUP):
            mine = keep[start : start + batch.num_rows]
            start += batch.num_rows
            yield batch if mine.all() else batch.filter(pa.array(mine))
