"""One dump file -> typed rows of the wanted subreddits, per bucket, and an account of every line.

A file is the unit of work: a zstd frame of this kind cannot be split. Nothing here depends on
other files, on workers or on timing: the same file and settings give the same bytes.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..artefacts import write_json, write_parquet
from ..folder import BuildFolder
from ..settings import Settings
from .decode import read_blocks
from .intake import Intake
from .source import Source
from .spool import Spool

WRITERS = 4  # Parquet files written at once: while some wait for the disk, two cores encode


def ingest_file(
    path: str | os.PathLike[str], settings: Settings, folder: BuildFolder
) -> dict[str, Any]:
    """Reads one dump file; writes `raw/<kind>/b*-<sha12>.parquet`, then `raw/done/<sha12>.json`.

    Returns what that record holds: name, kind ("submissions", "comments"; "empty": no line says),
    bytes, sha256, lines, kept, dropped {reason: n}, damage [{byte, reason}], repaired {what: n},
    spans {subreddit: [first, last created_utc]}. kept + all dropped = lines. `settings.limit`
    ends the reading after so many rows. Raises InputError where the file cannot be read.
    """
    intake = Intake(settings, Path(settings.tmp or folder.raw))
    try:
        with Source(path) as source, _no_cycles():
            with closing(read_blocks(source)) as blocks:
                for block in blocks:
                    intake.take(block)
                    if intake.full:
                        break
            sha256 = source.sha256()
        if intake.spool is not None:
            _write(intake.spool, intake.kind, folder, sha256[:12])
    finally:
        if intake.spool is not None:
            intake.spool.close()
    read = {"name": source.path.name, "bytes": source.n_bytes, "sha256": sha256}
    record = {**read, **intake.account()}
    write_json(folder.done / f"{sha256[:12]}.json", record)
    return record


def _write(spool: Spool, kind: str, folder: BuildFolder, sha12: str) -> None:
    def write(bucket: int) -> None:
        path = folder.raw_file(kind, bucket, sha12)
        write_parquet(path, spool.read(bucket), spool.schema)

    with ThreadPoolExecutor(WRITERS, "redditess-write") as pool:
        for _ in pool.map(write, spool.finish()):
            pass


@contextmanager
def _no_cycles() -> Iterator[None]:
    """Rows hold no cycles: looking for some among a million tuples is time lost."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
