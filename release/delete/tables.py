"""Takes rows out of what people have made from a dataset: CSV, TSV, JSON lines, Parquet, SQLite.

A row goes where one of its id columns names something removed. The bytes of the other lines stay.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Iterator, Mapping, Set
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...corpus.artefacts import committed
from .parquet import columns, is_in, without

ID_COLUMNS = frozenset({
    "id", "thread_id", "comment_id", "chosen_id", "rejected_id", "item_id", "item", "row_id",
    "row", "row_key", "post_id", "link_id", "parent_id", "name",
})  # fmt: skip
"""Columns (any case) that name a row, a thread or a comment."""
TEXT_TABLES = {".csv": ",", ".tsv": "\t"}
LINES = {".jsonl", ".ndjson"}
SQLITE_MAGIC = b"SQLite format 3\0"
BIGGEST_CELL = 1 << 27  # a whole export in one cell is no table


class Unclean(Exception):
    """A file that could not be cleaned; the message says why and holds nothing of the file."""


def can_clean(path: Path) -> bool:
    """True for a kind of file whose rows can be taken out one by one."""
    return path.suffix.lower() in {*TEXT_TABLES, *LINES, ".parquet"} or is_sqlite(path)


def is_sqlite(path: Path) -> bool:
    with path.open("rb") as f:
        return f.read(len(SQLITE_MAGIC)) == SQLITE_MAGIC


def clean(path: Path, gone: Set[str]) -> int:
    """Takes the rows of these ids out of one file; returns how many.

    Raises Unclean where it cannot be read as what its name says.
    """
    try:
        if is_sqlite(path):
            return _sqlite(path, gone)
        suffix = path.suffix.lower()
        if suffix == ".parquet":
            return _parquet(path, gone)
        if suffix in LINES:
            return _lines(path, _json_lines(path, gone))
        return _lines(path, _records(path, gone, TEXT_TABLES[suffix]))
    except (OSError, ValueError, csv.Error, pa.ArrowException, sqlite3.Error) as e:
        raise Unclean(f"{type(e).__name__}") from e


def _parquet(path: Path, gone: Set[str]) -> int:
    names = [f.name for f in pq.read_schema(path)
             if f.name.lower() in ID_COLUMNS and pa.types.is_string(f.type)]  # fmt: skip
    if not names:
        return 0
    wanted, table = pa.array(sorted(gone), pa.string()), columns(path, names)
    return without(path, np.any([is_in(c, wanted) for c in table.columns], axis=0))


def _lines(path: Path, found: Iterator[tuple[bytes, bool]]) -> int:
    """Writes the pieces that stay; (bytes, leaves) of each piece of the file, in order."""
    n, mode = 0, path.stat().st_mode & 0o777
    with committed(path) as tmp:
        tmp.touch(0o600)
        with tmp.open("wb") as out:
            for raw, leaves in found:
                n += leaves
                out.write(b"" if leaves else raw)
        tmp.chmod(mode)
    return n


def _json_lines(path: Path, gone: Set[str]) -> Iterator[tuple[bytes, bool]]:
    with path.open("rb") as f:
        for raw in f:
            row = json.loads(raw) if raw.strip() else None
            yield raw, isinstance(row, dict) and _named(row, gone)


def _named(row: Mapping[str, Any], gone: Set[str]) -> bool:
    return any(isinstance(v, str) and v in gone for k, v in row.items() if k.lower() in ID_COLUMNS)


def _records(path: Path, gone: Set[str], separator: str) -> Iterator[tuple[bytes, bool]]:
    """A record may span lines: the reader says how many it took."""
    taken: list[str] = []
    csv.field_size_limit(BIGGEST_CELL)
    with path.open(encoding="utf8", newline="") as f:
        reader = csv.reader(_kept(f, taken), delimiter=separator, strict=True)
        head = next(reader, [])
        yield "".join(taken).encode(), False
        taken.clear()
        at = [i for i, h in enumerate(head) if h.lower().lstrip("\ufeff") in ID_COLUMNS]
        for row in reader:
            leaves = any(i < len(row) and row[i].lstrip("'") in gone for i in at)
            yield "".join(taken).encode(), leaves
            taken.clear()


def _kept(lines: Iterator[str], taken: list[str]) -> Iterator[str]:
    for line in lines:
        taken.append(line)
        yield line


def _sqlite(path: Path, gone: Set[str]) -> int:
    """Deletes rows and everything that free pages, journals and the write-ahead log still hold."""
    n = 0
    with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as con:
        con.execute("PRAGMA secure_delete = ON")
        con.execute("PRAGMA journal_mode = DELETE")  # folds the write-ahead log in and removes it
        con.execute("CREATE TEMP TABLE gone (id TEXT PRIMARY KEY)")
        con.executemany("INSERT INTO gone VALUES (?)", [(i,) for i in gone])
        con.execute("BEGIN IMMEDIATE")
        for table, names in _tables(con):
            told = " OR ".join(f"{_quoted(name)} IN (SELECT id FROM gone)" for name in names)
            n += con.execute(f"DELETE FROM main.{_quoted(table)} WHERE {told}").rowcount
        con.execute("COMMIT")
        if n or _free_pages(con):
            con.execute("VACUUM")
    return n


def _tables(con: sqlite3.Connection) -> list[tuple[str, list[str]]]:
    query = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    found = []
    for (table,) in con.execute(query).fetchall():
        info = con.execute(f"PRAGMA main.table_info({_quoted(table)})").fetchall()
        names = [c[1] for c in info if c[1].lower() in ID_COLUMNS]
        if names:
            found.append((table, names))
    return found


def _free_pages(con: sqlite3.Connection) -> int:
    return int(con.execute("PRAGMA freelist_count").fetchone()[0])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
