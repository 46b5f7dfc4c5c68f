"""The rows of a released config, read a batch at a time, so that memory holds one batch of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import ROWS_PER_GROUP


def released_rows(
    release: Path, config: str, splits: Sequence[str], columns: Sequence[str]
) -> Iterator[tuple[str, pa.Table]]:
    """(split, rows) in the order of the files, columns as asked; no file, no rows."""
    wanted = list(columns)
    for split in splits:
        for path in sorted((release / "data" / config).glob(f"{split}-*.parquet")):
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(ROWS_PER_GROUP, columns=wanted):
                    # Parquet gives the columns in file order.
                    yield split, pa.table(batch).select(wanted)
