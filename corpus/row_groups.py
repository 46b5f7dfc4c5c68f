"""Several files of one bucket, read side by side: the one writer cuts them at the same rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import BuildError

Columns = Sequence[str] | None
"""What to read of a file; None is all of it."""


def side_by_side(*files: tuple[Path, Columns]) -> Iterator[list[pa.Table]]:
    """A row group of each at a time, rows of the same comments, by `comment_id`.

    Raises BuildError where a file holds other rows than the first.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(pq.ParquetFile(path)) for path, _ in files]
        for (path, _), file in zip(files, opened, strict=True):
            if file.metadata.num_rows != opened[0].metadata.num_rows:
                raise _foreign(path, files[0][0])
        for group in range(opened[0].num_row_groups):
            tables = [
                file.read_row_group(group, columns=columns and list(columns))
                for file, (_, columns) in zip(opened, files, strict=True)
            ]
            for (path, _), table in zip(files, tables, strict=True):
                if not table["comment_id"].equals(tables[0]["comment_id"]):
                    raise _foreign(path, files[0][0])
            yield tables


def _foreign(path: Path, first: Path) -> BuildError:
    return BuildError(
        f"its rows are not those of {first.parent.name}/", path, "start over with --fresh"
    )
