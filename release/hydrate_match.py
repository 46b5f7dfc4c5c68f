"""Whose dump lines are in a dehydrated release? Keys of all raw texts of a bucket, looked up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.folder import BuildFolder
from .rowkeys import Named, guessable, needs_post, place, post_key, row_key

GONE = ("author", "moderator", "later")
"""What `removal` says of a text that somebody took away, now or later."""
_POST = ("id", "title", "selftext", "removal", "author")
_COMMENT = ("id", "thread_id", "parent_id", "body", "removal", "author", "is_submitter")


_NOBODY = Named("", b"")


class Keys:
    """Public keys of a release, to be asked for by the million."""

    def __init__(self, keys: NDArray[np.uint64]):
        self.sorted = np.unique(keys)

    def holds(self, asked: Sequence[str]) -> NDArray[np.bool_]:
        """(n,) which of these are keys of the release."""
        return self.at(np.array([int(key, 16) for key in asked], np.uint64)) >= 0

    def at(self, asked: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(n,) keys -> their places in `sorted`, -1 for those that are none."""
        if not len(self.sorted):
            return np.full(len(asked), -1, np.int64)
        found = np.minimum(np.searchsorted(self.sorted, asked), len(self.sorted) - 1)
        return np.where(self.sorted[found] == asked, found, -1)


class Matches(NamedTuple):
    """What the dumps know about a bucket of the release."""

    comments: dict[str, tuple[str, Named]]  # row key -> the comment, its key
    places: dict[str, tuple[str, Named]]  # place -> the comment, the key of its post
    threads: dict[str, str]  # each of these comments -> its post
    here: set[str]  # every post of the bucket
    gone: set[str]  # posts and comments that some copy marks as deleted or removed
    silent: set[str]  # of those, the posts and the posters' own comments: words of other rows
    silent_under: set[str]  # posts under which such a comment is gone
    other: set[str]  # posts and comments of which some copy has another text than the release


Posts = dict[str, dict[str, Named]]
"""Each post -> the keys of all texts that it has in the dumps, by the public part."""


def match_bucket(
    folder: BuildFolder, bucket: int, salt: bytes, rows: Keys, places: Keys
) -> Matches:
    """All copies of all dumps are looked at: one that has the text of the release is enough."""
    found = Matches({}, {}, {}, set(), set(), set(), set(), set())
    posts: Posts = {}
    posters: set[tuple[str, str]] = set()
    own: dict[str, str] = {}
    for some in _read(folder.raw_files("submissions", bucket), _POST):
        _take_posts(found, some, salt, posts)
        posters.update((p["id"], p["author"]) for p in some if p["author"])
    for some in _read(folder.raw_files("comments", bucket), _COMMENT):
        found.gone.update(c["id"] for c in some if c["removal"] in GONE)
        own.update((c["id"], c["thread_id"]) for c in some if _is_own(c, posters))
        top = [c for c in some if c["parent_id"].startswith("t3_")]
        _take_places(found, top, posts, places)
        _take_comments(found, top, salt, posts, rows)
    known = {found.threads[comment]: post for comment, post in found.places.values()}
    texts = ((thread, key) for thread, keys in posts.items() for key in keys)
    found.other.update(t for t, key in texts if t not in known or known[t].public != key)
    found.silent.update(found.gone & (own.keys() | found.here))
    found.silent_under.update(own[name] for name in found.gone & own.keys())
    return found


def _is_own(comment: dict[str, Any], posters: set[tuple[str, str]]) -> bool:
    """True where this copy shows the poster's own words: they stand in rows of others."""
    return comment["is_submitter"] or (comment["thread_id"], comment["author"]) in posters


def _take_posts(found: Matches, some: list[dict[str, Any]], salt: bytes, posts: Posts) -> None:
    found.here.update(p["id"] for p in some)
    found.gone.update(p["id"] for p in some if p["removal"] in GONE)
    for p in some:
        if not guessable(p["title"], p["selftext"]):
            named = post_key(salt, p["id"], p["title"], p["selftext"])
            posts.setdefault(p["id"], {})[named.public] = named


def _take_places(found: Matches, top: list[dict[str, Any]], posts: Posts, places: Keys) -> None:
    """Also comments without their text: only their ids are asked for."""
    both = [(c, post) for c in top for post in posts.get(c["thread_id"], {}).values()]
    asked = [place(post, c["id"]) for c, post in both]
    for i in np.flatnonzero(places.holds(asked)).tolist():
        c, post = both[i]
        found.places[asked[i]] = c["id"], post
        found.threads[c["id"]] = c["thread_id"]


def _take_comments(
    found: Matches, top: list[dict[str, Any]], salt: bytes, posts: Posts, rows: Keys
) -> None:
    both = [(c, post) for c in top for post in _posts_for(c, posts)]
    named = [row_key(salt, c["id"], c["body"], post) for c, post in both]
    held = rows.holds([one.public for one in named])
    for (c, _), one, hit in zip(both, named, held.tolist(), strict=True):
        if hit:
            found.comments[one.public] = c["id"], one
            found.threads[c["id"]] = c["thread_id"]
        elif c["removal"] not in GONE:
            found.other.add(c["id"])


def _posts_for(comment: dict[str, Any], posts: Posts) -> Iterable[Named]:
    """The posts that the key of a comment needs; nobody in particular for a long one."""
    if needs_post(comment["body"]):
        return posts.get(comment["thread_id"], {}).values()
    return (_NOBODY,)


def _read(paths: Sequence[Path], columns: Sequence[str]) -> Iterator[list[dict[str, Any]]]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_PER_GROUP, columns=list(columns)):
                yield batch.to_pylist()
