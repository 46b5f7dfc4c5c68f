"""Is it really gone? Every file is opened again and searched for ids, usernames and words.

`left`: something removed still stands there. `repeats`: words of a removed text under the id of
another row; a quotation, a second post of the same words, or boilerplate: a person must look.
`unread`: files that no scan can look into.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...corpus.artefacts import ROWS_PER_GROUP
from .needles import Hits, Needles

_PACKED = {".zst", ".gz", ".xz", ".bz2", ".zip", ".7z", ".safetensors", ".xlsx", ".ods"}
_AUTHORS = ("author", "op", "commenter")
_NAMES = ("id", "comment_id", "thread_id", "chosen_id", "rejected_id", "parent_id", "link_id")
_OWN = ("tombstones.json",)  # a list of what left must name it
BLOCK = 1 << 24
READERS = 2  # files at once; each holds one row group
_LAP = 256  # bytes that two blocks share


class Place(NamedTuple):
    """What stands in one file."""

    path: Path
    hits: Hits = Hits()
    repeats: int = 0  # rows
    rows: tuple[str, ...] = ()  # ids of the first of these
    unread: bool = False
    n_bytes: int = 0


class Scan(NamedTuple):
    """What a scan found, and how much it looked at."""

    n_files: int
    n_bytes: int
    left: tuple[Place, ...]
    repeats: tuple[Place, ...]
    unread: tuple[Place, ...]

    def told(self, root: Path) -> dict[str, Any]:
        """Counts and places; no text, no name."""
        return {
            "files": self.n_files, "bytes": self.n_bytes,
            "left": [{"path": _near(p.path, root), **p.hits._asdict()} for p in self.left],
            "repeats": [
                {"path": _near(p.path, root), "rows": p.repeats, "ids": list(p.rows)}
                for p in self.repeats
            ],
            "unread": [_near(p.path, root) for p in self.unread],
        }  # fmt: skip


def scan(places: Iterable[Path], needles: Needles) -> Scan:
    """Looks through files and folders (hidden and temporary files, too)."""
    paths = list(files(places))
    with ThreadPoolExecutor(READERS, "redditess-scan") as pool:
        found = list(pool.map(lambda path: _seen(path, needles), paths))
    return Scan(
        len(found), sum(p.n_bytes for p in found), tuple(p for p in found if p.hits),
        tuple(p for p in found if p.repeats), tuple(p for p in found if p.unread),
    )  # fmt: skip


def files(places: Iterable[Path]) -> Iterator[Path]:
    """Every plain file, once, in order."""
    seen = set()
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and not path.is_symlink() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path


def _near(path: Path, root: Path) -> str:
    inside = path.absolute().is_relative_to(root.absolute())
    return (path.absolute().relative_to(root.absolute()) if inside else path).as_posix()


def _seen(path: Path, needles: Needles) -> Place:
    """What stands in a file; `unread` where a build that runs beside has taken it away meanwhile:
    its rows may lie under another name by now.
    """
    try:
        n_bytes = path.stat().st_size
        return _look(path, needles)._replace(n_bytes=n_bytes)
    except FileNotFoundError:
        return Place(path, unread=True)


def _look(path: Path, needles: Needles) -> Place:
    if path.name in _OWN:
        return Place(path)
    if path.suffix.lower() in _PACKED:
        return Place(path, unread=True)
    with path.open("rb") as f:
        start = f.read(8)
    if start[:4] == b"PAR1":
        try:
            return _parquet(path, needles)
        except pa.ArrowException:
            return Place(path, unread=True)
    if start[:6] == b"ARROW1" or path.suffix == ".arrow":
        return _arrow(path, needles)
    return Place(path, _bytes(path, needles))


def _bytes(path: Path, needles: Needles) -> Hits:
    """Any bytes; text inside SQLite pages and JSON lies open."""
    total, tail = Hits(), b""
    with path.open("rb") as f:
        while block := f.read(BLOCK):
            data = tail + block
            cut = len(data) - _LAP if len(block) == BLOCK else len(data)
            total = total.plus(needles.in_bytes(data[: cut + _LAP]))
            tail = data[cut:]
    return total


def _parquet(path: Path, needles: Needles) -> Place:
    """Columns decompressed; the footer with its statistics and metadata as bytes."""
    found = Place(path)
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_PER_GROUP):
            found = _joined(found, _batch(batch, needles))
    footer = _footer(path, needles)
    if found.repeats:  # statistics repeat words that a row of the file has
        footer = footer._replace(texts=0)
    return found._replace(hits=found.hits.plus(footer))


def _footer(path: Path, needles: Needles) -> Hits:
    with path.open("rb") as f:
        f.seek(-8, 2)
        size = int.from_bytes(f.read(4), "little")
        f.seek(-8 - size, 2)
        return needles.in_bytes(f.read(size))


def _arrow(path: Path, needles: Needles) -> Place:
    found = Place(path)
    try:
        with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
            for batch in reader:
                found = _joined(found, _batch(batch, needles))
    except pa.ArrowException:
        return Place(path, _bytes(path, needles))
    return found


def _joined(a: Place, b: Place) -> Place:
    rows = (*a.rows, *b.rows)[:20]
    return Place(a.path, a.hits.plus(b.hits), a.repeats + b.repeats, rows)


def _batch(batch: pa.RecordBatch, needles: Needles) -> Place:
    n_ids = n_authors = 0
    repeated: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    ids = pa.array(sorted(i.decode() for i in needles.ids), pa.string())
    authors = pa.array(sorted(a.decode() for a in needles.authors), pa.string())
    for field, column in zip(batch.schema, batch.columns, strict=True):
        if field.name in _NAMES and pa.types.is_string(field.type):
            n_ids += pc.sum(pc.is_in(column, value_set=ids)).as_py() or 0
        elif field.name in _AUTHORS and pa.types.is_string(field.type):
            n_authors += pc.sum(pc.is_in(pc.utf8_lower(column), value_set=authors)).as_py() or 0
        else:
            for texts, row in _leaves(column, np.arange(len(column))):
                n_authors += needles.mentions(_data(texts))
                repeated.append(_repeats(texts, row, needles))
    rows = np.unique(np.concatenate(repeated))
    name = next((n for n in _NAMES if n in batch.schema.names), None)
    told = batch[name].take(pa.array(rows[:20])).to_pylist() if name and len(rows) else []
    return Place(Path(), Hits(n_ids, n_authors), len(rows), tuple(map(str, told)))


def _leaves(
    column: pa.Array, row: NDArray[np.int64]
) -> Iterator[tuple[pa.StringArray, NDArray[np.int64]]]:
    """All strings inside a column, and the row of each."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        column, kind = column.dictionary_decode(), kind.value_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        yield column.cast(pa.string()), row
    elif pa.types.is_list(kind) or pa.types.is_large_list(kind):
        parents = pc.list_parent_indices(column).to_numpy()
        yield from _leaves(column.flatten(), row[parents])
    elif pa.types.is_struct(kind):
        for part in column.flatten():
            yield from _leaves(part, row)


def _data(texts: pa.StringArray) -> memoryview | bytes:
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return b""
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4)
    return memoryview(data)[ends[0] : ends[-1]]


def _repeats(texts: pa.StringArray, row: NDArray[np.int64], needles: Needles) -> NDArray[np.int64]:
    """Rows in whose text a removed stretch stands."""
    at = needles.places(_data(texts))
    if not len(at):
        return at
    _, offsets, _ = texts.buffers()
    ends = np.frombuffer(offsets, np.int32, len(texts) + 1, texts.offset * 4).astype(np.int64)
    return row[np.searchsorted(ends - ends[0], at, "right") - 1]
