"""A request -> what it means in one build: fullnames, their pseudonyms, and the removed words.

A removed thread takes all that stands in it. A removed comment takes its row; one of the poster's
own turns takes the rows that show it, since their votes and labels were read off it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...corpus.errors import InputError
from ...corpus.folder import BuildFolder
from ..pseudonyms import Key, pseudonym
from .parquet import Mask, columns, is_in
from .request import Request

WORDS_KEPT = 64 << 20  # bytes of removed texts that the scan looks for; ours: bounds its memory


@dataclass
class Removal:
    """What leaves. `rows` and `threads` are told to the world as pseudonyms, `others` are not."""

    rows: set[str] = field(default_factory=set)  # fullnames of comments that are rows
    threads: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)  # comments that never were a row
    ids: set[str] = field(default_factory=set)  # pseudonyms, also of what has no fullname here
    sheet_ids: set[str] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    absent: set[str] = field(default_factory=set)  # asked for by name and not in this build
    missing: int = 0  # asked for and not in this build, under any kind of id

    @property
    def names(self) -> set[str]:
        return self.rows | self.threads | self.others

    def remember(self, texts: Iterable[str | None]) -> None:
        """Keeps words for the scan, up to a bound."""
        room = WORDS_KEPT - sum(map(len, self.texts))
        for text in texts:
            if text and len(text) <= room:
                self.texts.append(text)
                room -= len(text)


def resolve(request: Request, folder: BuildFolder, key: Key) -> Removal:
    """Reads ids and authors of everything, and the texts of what leaves. No file is changed."""
    sheet = sheet_names(folder.root)
    found = Removal(authors=set(request.authors))
    wanted = set(request.names) | {sheet[i] for i in request.ids if i in sheet}
    wanted |= _undone(request.ids, folder, key)
    found.threads = {name for name in wanted if name.startswith("t3_")}
    _submissions(found, folder)
    comments = wanted - found.threads
    comments |= _comments(found, comments, folder)
    comments |= _shown_in(comments, folder)
    seen = _rows(found, comments, folder)
    found.threads &= seen
    found.others = (comments & seen) - found.rows
    found.absent = wanted - seen
    found.ids = {pseudonym(key, name) for name in found.names | found.absent}
    known = found.ids | {i for i, name in sheet.items() if name in found.names}
    found.sheet_ids = {i for i, name in sheet.items() if name in found.names}
    found.missing = len(found.absent) + len(request.ids - known)
    return found


def sheet_names(root: Path) -> dict[str, str]:
    """Ids of all sheets for raters below a folder -> comment ids, by their key files.

    Raises InputError for a key file that cannot be read: what it hides would stay.
    """
    names: dict[str, str] = {}
    for path in sorted(root.rglob("*.key.csv")):
        try:
            with path.open(encoding="utf8", newline="") as f:
                for row in csv.DictReader(f):
                    if row.get("id") and row.get("comment_id"):
                        names[row["id"]] = row["comment_id"]
        except (UnicodeDecodeError, csv.Error) as e:
            raise InputError("not the key of a sheet: no UTF-8 CSV", path,
                             "restore it, or give it another name") from e  # fmt: skip
    return names


def raw(folder: BuildFolder, kind: str) -> list[Path]:
    """All raw files of a kind."""
    return sorted((folder.raw / kind).glob("b*.parquet"))


def _undone(ids: frozenset[str], folder: BuildFolder, key: Key) -> set[str]:
    """Fullnames of these pseudonyms: only who holds the key can tell, by trying all names."""
    if not ids:
        return set()
    found = set()
    for path in folder.buckets(folder.interactions):
        table = columns(path, ["comment_id", "thread_id"])
        for column in table.columns:
            names = pc.unique(column).to_pylist()
            found |= {name for name in names if pseudonym(key, name) in ids}
    return found


def by_author(values: pa.ChunkedArray, authors: set[str]) -> Mask:
    """Which names (n,) are of these accounts (lower case)."""
    return is_in(pc.utf8_lower(values), pa.array(sorted(authors), pa.string()))


def _submissions(found: Removal, folder: BuildFolder) -> None:
    """Threads of the authors; the words of all threads that leave."""
    for path in raw(folder, "submissions"):
        table = columns(path, ["id", "author"])
        if found.authors:
            own = by_author(table["author"], found.authors)
            found.threads.update(table["id"].filter(pa.array(own)).to_pylist())
    for path in folder.buckets(folder.interactions) if found.authors else []:
        table = columns(path, ["thread_id", "op"])  # a copy of the post may have lost its author
        own = by_author(table["op"], found.authors)
        found.threads.update(table["thread_id"].filter(pa.array(own)).to_pylist())
    wanted = pa.array(sorted(found.threads), pa.string())
    for path in raw(folder, "submissions"):
        gone = is_in(columns(path, ["id"])["id"], wanted)
        for name in ("title", "selftext", "previous_selftext"):
            found.remember(taken(path, gone, name))


def _comments(found: Removal, wanted: set[str], folder: BuildFolder) -> set[str]:
    """Comments of the authors and of the threads that leave; keeps the words of all that leave."""
    named, threads = (pa.array(sorted(s), pa.string()) for s in (wanted, found.threads))
    ids: set[str] = set()
    for path in raw(folder, "comments"):
        table = columns(path, ["id", "thread_id", "author"])
        gone = is_in(table["id"], named) | is_in(table["thread_id"], threads)
        if found.authors:
            gone |= by_author(table["author"], found.authors)
        ids.update(table["id"].filter(pa.array(gone)).to_pylist())
        found.remember(taken(path, gone, "body"))
    return ids


def _shown_in(comments: set[str], folder: BuildFolder) -> set[str]:
    """Rows that show one of these comments as a turn of the poster: what stands above it, and for
    an answer to the post itself every row of the thread.
    """
    named = pa.array(sorted(comments), pa.string())
    threads: set[str] = set()
    for path in raw(folder, "comments"):
        table = columns(path, ["id", "thread_id"])
        threads.update(table["thread_id"].filter(pa.array(is_in(table["id"], named))).to_pylist())
    parents, tops, own = _tree(threads, folder)
    rows: set[str] = set()
    for name in comments & own:
        at, steps = name, 0
        while at in parents and parents[at].startswith("t1_") and steps < len(parents):
            at, steps = parents[at], steps + 1
        if at != name:
            rows.add(at)
        elif name in tops:
            rows |= {c for c, thread in tops.items() if thread == tops[name]}
    return rows


def _tree(
    threads: set[str], folder: BuildFolder
) -> tuple[dict[str, str], dict[str, str], set[str]]:
    """Of these threads: comment -> parent, top-level comment -> thread, comments by the poster."""
    wanted = pa.array(sorted(threads), pa.string())
    posters: dict[str, str | None] = {}
    for path in raw(folder, "submissions"):
        table = columns(path, ["id", "author"])
        mine = table.filter(pa.array(is_in(table["id"], wanted)))
        posters.update(zip(mine["id"].to_pylist(), mine["author"].to_pylist(), strict=True))
    parents, tops, own = {}, {}, set()
    for path in raw(folder, "comments"):
        table = columns(path, ["id", "thread_id", "parent_id", "author", "is_submitter"])
        mine = table.filter(pa.array(is_in(table["thread_id"], wanted)))
        for c in mine.to_pylist():
            parents[c["id"]] = c["parent_id"]
            if c["parent_id"].startswith("t3_"):
                tops[c["id"]] = c["thread_id"]
            poster = posters.get(c["thread_id"])
            if c["is_submitter"] or (poster is not None and c["author"] == poster):
                own.add(c["id"])
    return parents, tops, own


def _rows(found: Removal, comments: set[str], folder: BuildFolder) -> set[str]:
    """Fills `rows`; returns every fullname that the build has heard of."""
    seen = set(found.threads & _heard(folder, "submissions", found.threads))
    seen |= _heard(folder, "comments", comments)
    named, threads = (pa.array(sorted(s), pa.string()) for s in (comments, found.threads))
    for path in folder.buckets(folder.interactions):
        table = columns(path, ["comment_id", "thread_id", "commenter"])
        gone = is_in(table["comment_id"], named) | is_in(table["thread_id"], threads)
        if found.authors:
            gone |= by_author(table["commenter"], found.authors)
        mine = table.filter(pa.array(gone))
        found.rows.update(mine["comment_id"].to_pylist())
        seen.update(mine["comment_id"].to_pylist())
        seen.update(mine["thread_id"].to_pylist())
    return seen


def _heard(folder: BuildFolder, kind: str, names: set[str]) -> set[str]:
    wanted, heard = pa.array(sorted(names), pa.string()), set()
    for path in raw(folder, kind):
        ids = columns(path, ["id"])["id"]
        heard.update(ids.filter(pa.array(is_in(ids, wanted))).to_pylist())
    return heard


def taken(path: Path, rows: Mask, name: str) -> Iterator[str | None]:
    """The texts of some rows (n,); groups without one are not read."""
    if not rows.any():
        return
    start = 0
    with pq.ParquetFile(path) as file:
        if name not in file.schema_arrow.names:
            return
        for group in range(file.num_row_groups):
            n = file.metadata.row_group(group).num_rows
            mine = rows[start : start + n]
            start += n
            if mine.any():
                texts = file.read_row_group(group, columns=[name])[name]
                yield from texts.take(pa.array(np.flatnonzero(mine))).to_pylist()
