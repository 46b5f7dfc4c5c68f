"""Everything a build leaves on disk goes through here: one Parquet writer, atomic commits, digests.

A file appears under its name only when it is complete (temp file, fsync, rename), so a killed run
leaves nothing half-written, and the same rows give the same bytes on every machine.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import BuildError
from .refusals import writing

ROWS_PER_GROUP = 20_000  # ours: about 20 MB of Reddit text, far below the viewer's 300 MB
STATS_KEY = b"redditess.stats"
PARQUET = b"PAR1"  # the first and the last four bytes of a Parquet file
_TMP = ".tmp-"


@contextmanager
def committed(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary path beside `path`; on success it becomes `path` by one atomic rename.

    An OSError of what is written names `path`, also where a library does not.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    tmp = path.parent / f"{_TMP}{path.name}-{secrets.token_hex(6)}"
    try:
        with writing(path):
            yield tmp
            with open(tmp, "rb+") as f:
                os.fsync(f.fileno())
            os.replace(tmp, path)
    finally:
        with suppress(OSError):  # a disk that takes nothing gives nothing back: `sweep` will
            tmp.unlink()


def sweep(folder: str | os.PathLike[str]) -> int:
    """Removes what a killed run left below `folder` (files, spill folders); returns how many."""
    stale = list(Path(folder).rglob(f"{_TMP}*")) if Path(folder).is_dir() else []
    for path in stale:
        if path.is_dir():
            remove_tree(path)
        else:
            path.unlink(missing_ok=True)
    return len(stale)


def remove_tree(path: str | os.PathLike[str]) -> None:
    """Removes a folder with all in it, where there is one.

    Raises OSError where something stays: the next stage would take it for finished work.
    """
    if Path(path).is_dir():
        shutil.rmtree(path)


def write_parquet(
    path: str | os.PathLike[str],
    batches: pa.Table | Iterable[pa.Table | pa.RecordBatch],
    schema: pa.Schema,
    *,
    stats: dict[str, Any] | None = None,
    closing: Callable[[], dict[str, Any]] | None = None,
    metadata: dict[bytes, bytes] | None = None,
    repeated: Sequence[str] | None = None,
) -> int:
    """Writes rows, already in their declared total order, and returns how many.

    Row groups are re-cut to `ROWS_PER_GROUP`, whatever the size of the incoming batches: the
    bytes depend on the rows only. `stats` (JSON) rides in the footer, so that a stage's
    accounting survives a resumed build; read it back with `read_stats`. `closing` gives them once
    the last row is written, for a stage that counts while it streams. `metadata` is merged into the
    schema's own (a `huggingface` key, for example). `repeated`: columns of few values, which alone
    are then written with a dictionary; by default the library tries it on each.
    """
    extra = {STATS_KEY: _json(stats)} if stats is not None else {}
    schema = schema.with_metadata({**(schema.metadata or {}), **(metadata or {}), **extra})
    n_rows = 0
    with committed(path) as tmp:
        options: dict[str, Any] = {
            "compression": "zstd",
            "write_page_index": True,
            "store_schema": True,
            "version": "2.6",
            "use_dictionary": True if repeated is None else list(repeated),
        }
        with pq.ParquetWriter(tmp, schema, **options) as writer:
            for table in _row_groups(batches, schema):
                writer.write_table(table, row_group_size=ROWS_PER_GROUP)
                n_rows += table.num_rows
            if closing:
                writer.add_key_value_metadata({STATS_KEY: _json(closing())})
    return n_rows


def _row_groups(
    batches: pa.Table | Iterable[pa.Table | pa.RecordBatch], schema: pa.Schema
) -> Iterator[pa.Table]:
    held: list[pa.Table] = []
    n_held = 0
    for piece in [batches] if isinstance(batches, pa.Table) else batches:
        table = pa.Table.from_batches([piece]) if isinstance(piece, pa.RecordBatch) else piece
        held.append(table.cast(schema))
        n_held += table.num_rows
        if n_held < ROWS_PER_GROUP:
            continue
        whole = pa.concat_tables(held)
        full = n_held - n_held % ROWS_PER_GROUP
        for start in range(0, full, ROWS_PER_GROUP):
            yield whole.slice(start, ROWS_PER_GROUP).combine_chunks()
        held, n_held = [whole.slice(full)], n_held - full
    if n_held:
        yield pa.concat_tables(held).combine_chunks()


def _json(stats: dict[str, Any]) -> bytes:
    return json.dumps(stats, sort_keys=True).encode()


def ends_of(path: str | os.PathLike[str]) -> tuple[bytes, bytes]:
    """The first and the last four bytes of a file; fewer where it is shorter."""
    with open(path, "rb") as f:
        start = f.read(4)
        f.seek(max(0, os.fstat(f.fileno()).st_size - 4))
        return start, f.read(4)


def is_whole_parquet(path: str | os.PathLike[str]) -> bool:
    """False for a Parquet file that is empty or was cut off on its way."""
    return ends_of(path) == (PARQUET, PARQUET)


def read_stats(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The accounting that `write_parquet(stats=...)` left in a file's footer; {} where none."""
    raw = (pq.read_metadata(path).metadata or {}).get(STATS_KEY, b"{}")
    return dict(json.loads(raw))


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """One small text artefact, committed atomically, UTF-8."""
    with committed(path) as tmp:
        tmp.write_bytes(text.encode())


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """One value as `json_text`, committed atomically."""
    write_text(path, json_text(value))


def json_text(value: Any) -> str:
    """Sorted keys, two spaces, a final newline: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def read_json(
    path: str | os.PathLike[str], next_step: str = "restore it, or build again with --fresh"
) -> Any:
    """What `write_json` wrote. Raises BuildError for a file that is no JSON (any more)."""
    try:
        return json.loads(Path(path).read_bytes())
    except ValueError as e:
        raise BuildError(f"not JSON ({e})", path, next_step) from e


def sha256_file(path: str | os.PathLike[str]) -> str:
    """Hex digest of a file's bytes, read in one-megabyte blocks."""
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def stable_hash(salt: str, *parts: str) -> int:
    """64 bits that depend on the words only: for splits, samples and orders (docs/house.md).

    >>> stable_hash("split", "alice") == stable_hash("split", "alice")
    True
    >>> stable_hash("split", "a", "b") == stable_hash("split", "ab")
    False
    """
    h = hashlib.blake2b(digest_size=8, key=hashlib.blake2b(salt.encode(), digest_size=16).digest())
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        h.update(len(raw).to_bytes(8, "little") + raw)
    return int.from_bytes(h.digest(), "big")
