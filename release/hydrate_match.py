"""Whose dump lines are in a dehydrated release? Keys of all raw texts of a bucket, looked up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.folder import BuildFolder
from .rowkeys import Named, guessable, needs_post, post_key, row_key

GONE = ("author", "moderator", "later")
"""What `removal` says of a text that somebody took away, now or later."""
_POST = ("id", "title", "selftext", "removal", "author")
_COMMENT = ("id", "thread_id", "parent_id", "body", "removal", "author", "is_submitter")


class Keys:
    """Public keys of a release, to be asked for by the million."""

    def __init__(self, keys: NDArray[np.uint64]):
        self.sorted = np.unique(keys)

    def holds(self, named: Sequence[Named]) -> NDArray[np.bool_]:
        """(n,) which of these are keys of the release."""
        asked = np.array([int(one.public, 16) for one in named], np.uint64)
        return self.at(asked) >= 0

    def at(self, asked: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(n,) keys -> their places in `sorted`, -1 for those that are none."""
        if not len(self.sorted):
            return np.full(len(asked), -1, np.int64)
        found = np.minimum(np.searchsorted(self.sorted, asked), len(self.sorted) - 1)
        return np.where(self.sorted[found] == asked, found, -1)


class Matches(NamedTuple):
    """What the dumps know about a bucket of the release."""

    comments: dict[str, tuple[str, Named]]  # row key -> the comment, its key
    posts: dict[str, tuple[str, Named]]  # post key -> the post, its key
    threads: dict[str, str]  # every top-level comment of the bucket -> its post
    here: set[str]  # every post of the bucket
    gone: set[str]  # posts and comments that some copy marks as deleted or removed
    silent: set[str]  # of those, the posts and the posters' own comments: words of other rows
    silent_under: set[str]  # posts under which such a comment is gone
    other: set[str]  # posts and comments of which some copy has another text than the release


def match_bucket(
    folder: BuildFolder, bucket: int, salt: bytes, rows: Keys, posts: Keys
) -> Matches:
    """All copies of all dumps are looked at: one that has the text of the release is enough."""
    found = Matches({}, {}, {}, set(), set(), set(), set(), set())
    posters: set[tuple[str, str]] = set()
    for some in _read(folder.raw_files("submissions", bucket), _POST):
        _take_posts(found, some, salt, posts)
        posters.update((p["id"], p["author"]) for p in some if p["author"])
    of_thread, own = dict(found.posts.values()), dict[str, str]()
    for some in _read(folder.raw_files("comments", bucket), _COMMENT):
        _take_comments(found, some, salt, rows, of_thread)
        own.update((c["id"], c["thread_id"]) for c in some if _is_own(c, posters))
    found.silent.update(found.gone & (own.keys() | found.here))
    found.silent_under.update(own[name] for name in found.gone & own.keys())
    return found


def _is_own(comment: dict[str, Any], posters: set[tuple[str, str]]) -> bool:
    """True where this copy shows the poster's own words: they stand in rows of others."""
    return comment["is_submitter"] or (comment["thread_id"], comment["author"]) in posters


def _take_posts(found: Matches, some: list[dict[str, Any]], salt: bytes, posts: Keys) -> None:
    found.here.update(p["id"] for p in some)
    found.gone.update(p["id"] for p in some if p["removal"] in GONE)
    long = [p for p in some if not guessable(p["title"], p["selftext"])]
    named = [post_key(salt, p["id"], p["title"], p["selftext"]) for p in long]
    held = posts.holds(named)
    found.other.update(long[i]["id"] for i in np.flatnonzero(~held).tolist())
    for i in np.flatnonzero(held).tolist():
        found.posts[named[i].public] = long[i]["id"], named[i]


def _take_comments(
    found: Matches, some: list[dict[str, Any]], salt: bytes, rows: Keys, of_thread: dict[str, Named]
) -> None:
    found.gone.update(c["id"] for c in some if c["removal"] in GONE)
    top = [c for c in some if c["parent_id"].startswith("t3_")]
    found.threads.update((c["id"], c["thread_id"]) for c in top)
    nobody = Named("", b"")
    known = [c for c in top if c["thread_id"] in of_thread or not needs_post(c["body"])]
    named = [
        row_key(salt, c["id"], c["body"], of_thread.get(c["thread_id"], nobody)) for c in known
    ]
    held = rows.holds(named)
    found.other.update(known[i]["id"] for i in np.flatnonzero(~held).tolist())
    for i in np.flatnonzero(held).tolist():
        found.comments[named[i].public] = known[i]["id"], named[i]


def _read(paths: Sequence[Path], columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_PER_GROUP, columns=list(columns)):
                yield batch.to_pylist()
