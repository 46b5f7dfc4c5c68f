"""The raw texts behind the rows of a build: what a dump line said, before anything was cut."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from contextlib import closing
from typing import NamedTuple

import pyarrow as pa

from . import thread_sql as sql
from .errors import BuildError
from .folder import BuildFolder
from .threads import connect


class Originals(NamedTuple):
    """Fullname -> raw text, as `corpus.dumps.wire` read it."""

    posts: dict[str, tuple[str, str]]  # title, selftext
    comments: dict[str, str]  # body


_POSTS = """
SELECT c.id, r.title, r.selftext FROM post_copies c JOIN raw_submissions r ON r.rid = c.rid
SEMI JOIN wanted w ON w.id = c.id"""
_COMMENTS = """
SELECT c.id, r.body FROM comment_copies c JOIN raw_comments r ON r.rid = c.rid
SEMI JOIN wanted w ON w.id = c.id"""


def originals(
    folder: BuildFolder, bucket: int, wanted: Iterable[str], *, memory_limit: str = "2GB"
) -> Originals:
    """The raw texts of these posts and comments (fullnames), of the copies that the build took.

    Raises BuildError where `raw/` no longer holds them.
    """
    ids = pa.table({"id": pa.array(sorted(set(wanted)), pa.string())})
    if not ids.num_rows:
        return Originals({}, {})
    with (
        tempfile.TemporaryDirectory(prefix=".tmp-spill-", dir=folder.root) as spill,
        closing(connect(memory_limit, spill)) as con,
    ):
        con.register("wanted", ids)
        for kind, into in (("submissions", "post_copies"), ("comments", "comment_copies")):
            paths = folder.raw_files(kind, bucket)
            if not paths:
                raise BuildError(f"holds no {kind} of bucket {bucket} any more", folder.raw,
                                 "build again from the dumps")  # fmt: skip
            digests = [path.stem.partition("-")[2] for path in paths]
            con.execute(sql.read_parquet_view(f"raw_{kind}", [*map(str, paths)], digests))
            con.execute(sql.resolve_copies(f"raw_{kind}", into, comments=kind == "comments"))
        posts = {i: (title, text) for i, title, text in con.execute(_POSTS).fetchall()}
        comments = dict(con.execute(_COMMENTS).fetchall())
    missing = ids.num_rows - len(posts) - len(comments)
    if missing:
        raise BuildError(f"{missing} texts are no longer there", folder.raw,
                         "build again from the dumps")  # fmt: skip
    return Originals(posts, comments)
