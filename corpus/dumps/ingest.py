"""One dump file -> typed rows of the wanted subreddits, per bucket, and an account of every line.

A file is the unit of work: a zstd frame of this kind cannot be split. Nothing here depends on
other files, on workers or on timing: the same file and settings give the same bytes.
"""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from ..artefacts import write_json, write_parquet
from ..folder import BuildFolder
from ..settings import Settings
from .crew import AT_ONCE, Crew, HandLost
from .decode import ring_blocks
from .intake import Intake
from .merge import Rows, tables
from .ring import SLOTS, Ring
from .source import Source
from .spool import schema_of

logger = logging.getLogger(__name__)
REPEATED = ("subreddit", "edited", "removal", "distinguished")  # ids and texts hardly are
WRITERS = 4  # Parquet files written at once: while some wait for the disk, two cores encode


def ingest_file(
    path: str | os.PathLike[str], settings: Settings, folder: BuildFolder, processes: int = 1
) -> dict[str, Any]:
    """Reads one dump file; writes `raw/<kind>/b*-<sha12>.parquet`, then `raw/done/<sha12>.json`.

    Returns what that record holds: name, kind ("submissions", "comments"; "empty": no line says),
    bytes, sha256, lines, kept, dropped {reason: n}, damage [{byte, reason}], repaired {what: n},
    spans {subreddit: [first, last created_utc]}. kept + all dropped = lines. `settings.limit`
    ends the reading after so many rows. Where `processes` > 1, so many more processes parse
    stretches of which much is wanted; rows and record are the same. Raises InputError where the
    file cannot be read.
    """
    try:
        record = _ingest(path, settings, folder, processes if processes > 1 else 0)
    except HandLost as e:  # and some rows with it: this process does the whole file alone
        record = _ingest(path, settings, folder, 0)
        logger.warning("%s: %s; it was read again by one process", record["name"], e)
    write_json(folder.done / f"{record['sha256'][:12]}.json", record)
    return record


def _ingest(
    path: str | os.PathLike[str], settings: Settings, folder: BuildFolder, n_others: int
) -> dict[str, Any]:
    tmp = Path(settings.tmp or folder.raw)
    intake = Intake(settings, tmp)
    with (
        _no_cycles(),
        Source(path) as source,
        Ring(SLOTS + AT_ONCE * n_others, shared=n_others > 0) as ring,
        closing(Crew(intake, ring, settings, tmp, n_others)) as crew,
    ):
        with closing(ring_blocks(source, ring)) as items:
            for item in items:
                crew.take(item)
                if intake.full:
                    break
        sha256 = source.sha256()
        spools, spans = crew.finish()
        _write(spools, intake.kind, folder, sha256[:12])
    read = {"name": source.path.name, "bytes": source.n_bytes, "sha256": sha256}
    return {**read, **intake.account(spans)}


def _write(spools: Sequence[Rows], kind: str, folder: BuildFolder, sha12: str) -> None:
    buckets = sorted({bucket for spool in spools for bucket in spool.buckets()})

    def write(bucket: int) -> None:
        path = folder.raw_file(kind, bucket, sha12)
        write_parquet(path, tables(spools, bucket), schema_of(kind), repeated=REPEATED)

    with ThreadPoolExecutor(WRITERS, "redditess-write") as pool:
        for _ in pool.map(write, buckets):
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
