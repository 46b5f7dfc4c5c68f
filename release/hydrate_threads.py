"""The threads of a hydration, put together by the code that put the build's together.

Only the threads that the release names are taken, and what any dump marks as deleted comes in
without its text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..corpus.artefacts import write_parquet
from ..corpus.folder import BuildFolder
from ..corpus.records import INTERACTION_SCHEMA, SCHEMAS
from ..corpus.settings import Settings
from ..corpus.threads import assemble_bucket

_THREAD = {"submissions": "id", "comments": "thread_id"}
_WORDS = {"submissions": ("title", "selftext", "previous_selftext"), "comments": ("body",)}


def threads_of(
    folder: BuildFolder,
    bucket: int,
    wanted: Collection[str],
    silent: Collection[str],
    settings: Settings,
    scratch: Path,
    *,
    memory_limit: str,
    from_file: Callable[[str], bool] = lambda sha12: True,
) -> pa.Table:
    """Interactions of the posts `wanted`, from the dump files for which `from_file(sha12)` holds.

    `followup_days` is 0 throughout: how far the build's dumps went on, no other dump can say.
    Empties `scratch` first. A text in `silent` (fullnames) is not there.
    """
    work = BuildFolder(scratch).create()
    for kind in SCHEMAS:
        for old in work.raw_files(kind, bucket):
            old.unlink()
        for path in folder.raw_files(kind, bucket):
            if from_file(path.stem.partition("-")[2]):
                _copy(path, work.raw / kind / path.name, kind, wanted, silent)
    if not wanted:
        return INTERACTION_SCHEMA.empty_table()
    assemble_bucket(work, bucket, settings, {}, memory_limit=memory_limit, tmp=None)
    return pq.read_table(work.bucket_file(work.interactions, bucket))


def _copy(
    path: Path, target: Path, kind: str, wanted: Collection[str], silent: Collection[str]
) -> None:
    threads, gone = pa.array(list(wanted), pa.string()), pa.array(list(silent), pa.string())
    tables = []
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            rows = file.read_row_group(group)
            rows = rows.filter(pc.is_in(rows[_THREAD[kind]], threads))
            if rows.num_rows:
                tables.append(_without(rows, pc.is_in(rows["id"], gone), _WORDS[kind]))
    write_parquet(target, tables, SCHEMAS[kind])


def _without(rows: pa.Table, where: pa.ChunkedArray, columns: tuple[str, ...]) -> pa.Table:
    if not np.any(where.to_numpy()):
        return rows
    for name in columns:
        nothing = pc.if_else(pc.is_null(rows[name]), pa.scalar(None, pa.string()), "")
        place = rows.column_names.index(name)
        words = pc.if_else(where, nothing, rows[name])
        rows = rows.set_column(place, rows.schema.field(name), words)
    return rows
