"""All lines of a block at once, where each of them gives a row: columns instead of rows.

Most lines of a dump that is wanted as a whole have nothing to tell apart: their values are checked
and changed a column at a time, in a third of the time. What a row is stays with `wire`: a line
that is unusual is made there, and a block with one that gives no row is not for this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import NoneType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..records import Comment, Submission
from .drift import EDITED_UNTIL, FIRST, INT64, LAST, NOBODY, NeedsRepair, NotARow, unescaped
from .rows import row_of
from .shapes import WireComment, WireSubmission, decoder_of

Columns = list[list[Any]]
"""The values of rows by column, in the order of their schema."""

_DIGITS = b"0123456789abcdefghijklmnopqrstuvwxyz"
_NO_ROW = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, NeedsRepair, NotARow)


def columns_of(
    kind: str,
    data: bytes | memoryview,
    ends: NDArray[np.int64],
    before: int,
    wanted: frozenset[str],
) -> Columns | None:
    """The rows of a block of `kind` whose lines end at `ends`, the first being `before` + 1.

    None where they have to be looked at one by one: a line is damaged, of another kind or of a
    subreddit that is not `wanted` (lower case; empty: all are), or has a value to be repaired.
    """
    decoder = decoder_of(kind)
    if decoder is None or not len(ends) or not _one_object_a_line(data, ends):
        return None
    try:
        lines = decoder.decode_lines(data)
        if len(lines) != len(ends) or not _all_wanted(lines, wanted):
            return None
        first = before + 1
        columns = _usual(lines, first) if kind == "comments" else None
        return columns or _one_by_one(lines, first)
    except _NO_ROW:
        return None


def by_column(rows: Sequence[Submission | Comment]) -> Columns:
    """[] where there are none."""
    return [list(column) for column in zip(*rows, strict=True)]


def _one_object_a_line(data: bytes | memoryview, ends: NDArray[np.int64]) -> bool:
    r"""Whether as many values as lines are one a line: the decoder asks for no newline between two.

    A value that goes on behind a `}` and a newline cannot go on with a `{`.
    """
    text = np.frombuffer(data, np.uint8)
    starts = np.concatenate([[0], ends[:-1] + 1])
    opened, closed = text[starts] == ord("{"), text[ends - 1] == ord("}")
    return bool(opened.all() and closed.all())


def _all_wanted(lines: Sequence[WireComment | WireSubmission], wanted: frozenset[str]) -> bool:
    return not wanted or {(line.subreddit or "").lower() for line in lines} <= wanted


def _one_by_one(lines: Sequence[WireComment | WireSubmission], first: int) -> Columns:
    return by_column([row_of(line, number) for number, line in enumerate(lines, first)])


def _usual(lines: Sequence[Any], first: int) -> Columns | None:
    """`WireComment`s whose ids and times are spelt as in most years; None where they are not."""
    ids, threads = [o.id for o in lines], [o.link_id for o in lines]
    parents, created = [o.parent_id for o in lines], [o.created_utc for o in lines]
    looked, names = [o.retrieved_on for o in lines], [o.subreddit for o in lines]
    texts, authors = [o.body for o in lines], [o.author for o in lines]
    if not (
        _are(str, ids, threads, parents, names, texts)
        and all(set(names))
        and _plain(ids)
        and _full(threads, "t3_")
        and _full(parents, "t1_", "t3_")
        and _times(created)
        and (_are(NoneType, looked) or _times(looked))
    ):
        return None
    columns: Columns = [
        ["t1_" + id_ for id_ in ids],
        threads,
        parents,
        names,
        [None if author in NOBODY else author for author in authors],
        [unescaped(text) if "&" in text else text for text in texts],
        created,
        looked,
        [o.score for o in lines],
        ["unedited" if utc < EDITED_UNTIL else "unknown" for utc in created],
        [None] * len(lines),
        ["account" if author in NOBODY else "none" for author in authors],
        [o.is_submitter for o in lines],
        [o.stickied is True for o in lines],
        [o.distinguished or None for o in lines],
        [o.redditess_invented is True for o in lines],
        list(range(first, first + len(lines))),
    ]
    for at in _odd(lines):
        for column, value in zip(columns, row_of(lines[at], first + at), strict=True):
            column[at] = value
    return columns


def _odd(lines: Iterable[Any]) -> list[int]:
    """Which comments say more than the others: of edits, removals, later looks, hidden scores."""
    return [
        at
        for at, o in enumerate(lines)
        if o.edited is not False
        or o.meta is not None
        or o.removed_by_category
        or o.score_hidden
        or type(o.score) is not int
        or not -INT64 <= o.score < INT64
        or o.retrieved_utc is not None
        or o.updated_on is not None
        or o.updated_utc is not None
        or (len(o.body) < 40 and "[" in o.body)  # it may be "[removed]"
        or "\0" in o.body
    ]


def _are(type_: type, *columns: Iterable[Any]) -> bool:
    return all(set(map(type, column)) == {type_} for column in columns)


def _plain(ids: Sequence[str]) -> bool:
    """1 to 13 digits of base 36 each."""
    lengths = set(map(len, ids))
    other = "".join(ids).encode(errors="replace").translate(None, _DIGITS)
    return min(lengths) >= 1 and max(lengths) <= 13 and not other


def _full(ids: Sequence[str], *prefixes: str) -> bool:
    """One of the prefixes and then 1 to 13 digits of base 36 each."""
    lengths = set(map(len, ids))
    joined = "|" + "|".join(ids)
    n_known = sum(joined.count("|" + prefix) for prefix in prefixes)
    other = joined.encode(errors="replace").translate(None, _DIGITS)  # of each id its one "_"
    fit = len("t3_") + 1 <= min(lengths) and max(lengths) <= len("t3_") + 13
    return fit and n_known == len(ids) and other == b"|_" * len(ids)


def _times(values: Sequence[Any]) -> bool:
    """Seconds, as integers, of a time of Reddit's."""
    return _are(int, values) and min(values) >= FIRST and max(values) <= LAST
