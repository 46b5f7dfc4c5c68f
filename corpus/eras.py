"""What a month of dumps can show: the eras of the archives, and each signal's observability.

Absent because of the era is neither "abstain" nor "negative": a row carries, per signal, whether
its month could have shown it at all. Source: per-month field statistics of all comment and
submission months 2005-06 to 2026-01 (docs/dumps.md); where they end, the last era goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .records import SIGNALS

Shows = Literal["yes", "part", "no"]
"""part: in some rows of the era, and the row itself tells which (a hidden score is null)."""
Kind = Literal["submissions", "comments"]
MIN_SCORE_AGE_S = 24 * 3600  # ours: a score fetched sooner than this is null


class Era(NamedTuple):
    """Months in which a dump can show the same things. [`start_utc`, `end_utc`), Unix seconds."""

    name: str
    start_utc: int
    end_utc: int
    shows: Mapping[str, Shows]  # every signal of records.SIGNALS
    why: Mapping[str, str]  # for each signal that is not "yes": the reason, in plain words
    op_flag: Literal["author", "is_submitter"]  # how a comment by OP is told
    edits: str  # what the `edited` field and the text tell, for docs/dumps.md
    scores: str  # how old the scores are
    deletions: str


def month_start(month: str) -> int:
    """First second of a month.

    >>> month_start("2012-06")
    1338508800
    """
    return int(datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC).timestamp())


def month_of(utc: int) -> str:
    """The month of a time, as dump files are named.

    >>> month_of(1338508800)
    '2012-06'
    """
    return datetime.fromtimestamp(utc, UTC).strftime("%Y-%m")


def next_month(month: str) -> str:
    """The month after.

    >>> next_month("2012-12")
    '2013-01'
    """
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


_ALWAYS = -(2**62)
_FOREVER = 2**62
_YES: dict[str, Shows] = dict.fromkeys(SIGNALS, "yes")
_FROZEN = "the archive kept the text it saw first, so an added edit is not in it"
_ONLY_DELETED = "a post or comment taken away by moderators looks like one its author deleted"


def _era(
    first: str, last: str, *, shows: Mapping[str, Shows], why: Mapping[str, str], op_flag: str,
    edits: str, scores: str, deletions: str,
) -> Era:  # fmt: skip
    return Era(
        name=first if first == last else f"{first}..{last}",
        start_utc=month_start(first) if first else _ALWAYS,
        end_utc=month_start(next_month(last)) if last else _FOREVER,
        shows={**_YES, **shows},
        why=why,
        op_flag="is_submitter" if op_flag == "is_submitter" else "author",
        edits=edits,
        scores=scores,
        deletions=deletions,
    )


ERAS: tuple[Era, ...] = (
    _era(
        "", "2012-05",
        shows={"op_edit": "no", "removal": "part"},
        why={
            "op_edit": "`edited` tells no time from 2011 on, and posts before 2009-06 have no mark",
            "removal": _ONLY_DELETED,
        },
        op_flag="author",
        edits="posts: no mark before 2009-06, a time to 2010-12, then `true` without one",
        scores="fetched late",
        deletions="`[deleted]` only",
    ),
    _era(
        "2012-06", "2017-06",
        shows={}, why={}, op_flag="author",
        edits="time of the edit; text after it likely",
        scores="fetched 17 to 35 days later, where recorded",
        deletions="`[deleted]`, `[removed]`",
    ),
    _era(
        "2017-07", "2022-12",
        shows={}, why={}, op_flag="is_submitter",
        edits="time of the edit; text after it likely",
        scores="fetched 10 to 303 days later",
        deletions="and `removed_by_category` (posts, from 2019-09)",
    ),
    _era(
        "2023-01", "2023-06",
        shows={}, why={}, op_flag="is_submitter",
        edits="time of the edit; text after it likely",
        scores="fetched 20 to 107 days later",
        deletions="as before; many subreddits were closed 2023-06-13 to 28",
    ),
    _era(
        "2023-07", "2023-07",
        shows={"op_edit": "no", "score": "part", "removal": "no"},
        why={
            "op_edit": "fetched within days: edits are mostly missing",
            "score": "fetched within days, and 30 % of the comment scores are hidden",
            "removal": "fetched too early to see what was taken away later",
        },
        op_flag="is_submitter",
        edits="mostly gone (0.6 % of comments, 0.5 % of posts)",
        scores="fetched about 3 days later, 30 % hidden (posts 69 %)",
        deletions="mostly not seen",
    ),
    _era(
        "2023-08", "2023-10",
        shows={"op_edit": "no", "score": "no", "removal": "no"},
        why={
            "op_edit": "fetched at once: the archive holds no edits",
            "score": "fetched at once: every score is about 1, 42 % are hidden",
            "removal": "fetched at once: what was taken away later is still there",
        },
        op_flag="is_submitter",
        edits="none (at most 0.007 %)",
        scores="fetched at once: useless",
        deletions="not seen",
    ),
    _era(
        "2023-11", "",
        shows={"op_edit": "no"},
        why={"op_edit": _FROZEN},
        op_flag="is_submitter",
        edits="`_meta.is_edited` tells that, but the text is the one seen first",
        scores="fetched again at 36 hours",
        deletions="`_meta.was_deleted_later`; the text may stay",
    ),
)  # fmt: skip
"""In order of time, without gaps."""


class OddMonth(NamedTuple):
    """A month in which one kind of file shows less than its era."""

    kind: Kind
    month: str
    signal: str
    shows: Shows
    why: str


ODD_MONTHS: tuple[OddMonth, ...] = (
    OddMonth("submissions", "2023-07", "score", "part", "69 % of the post scores are hidden"),
    OddMonth("submissions", "2024-01", "score", "part", "20 % of the post scores are hidden"),
    OddMonth("submissions", "2024-03", "score", "no", "posts were not fetched a second time"),
    OddMonth("submissions", "2024-03", "removal", "no", "posts were not fetched a second time"),
)

EDITS_USABLE = ("2012-06", "2023-06")
"""First and last month in which an edited post can be told and its added text read: the only
months for a filter on edited posts (preset `paper`)."""

_NAMES = np.array([era.name for era in ERAS])
_STARTS = np.array([era.start_utc for era in ERAS[1:]], dtype=np.int64)
BY_NAME: Mapping[str, Era] = {era.name: era for era in ERAS}


def era_of(utc: int) -> str:
    """The name of the era a time lies in.

    >>> era_of(month_start("2024-05"))
    '2023-11..'
    """
    return str(_NAMES[np.searchsorted(_STARTS, utc, side="right")])


def eras(utc: NDArray[np.int64]) -> NDArray[np.str_]:
    """(n,) Unix seconds -> (n,) era names."""
    return _NAMES[np.searchsorted(_STARTS, np.asarray(utc, dtype=np.int64), side="right")]


def era_shows(era: str, signal: str) -> bool:
    """Can rows of this era show the signal, at least some of them?

    >>> era_shows("2023-08..2023-10", "score")
    False
    """
    return BY_NAME[era].shows[signal] != "no"


def month_shows(kind: Kind, month: str, signal: str) -> tuple[Shows, str]:
    """What files of one kind and month can show, and why where it is not "yes".

    >>> month_shows("submissions", "2024-03", "score")
    ('no', 'posts were not fetched a second time')
    """
    for one in ODD_MONTHS:
        if (one.kind, one.month, one.signal) == (kind, month, signal):
            return one.shows, one.why
    era = BY_NAME[era_of(month_start(month))]
    return era.shows[signal], era.why.get(signal, "")


def observable(kind: Kind, utc: NDArray[np.int64], signal: str) -> NDArray[np.bool_]:
    """(n,) times at which objects of `kind` were created -> (n,) could the dump show the signal?

    `op_edit` and `removal` of a post go by the post's time (kind "submissions"); `score`,
    `op_replies`, `op_general` and `removal` of a comment by the comment's. A single row can still
    lack what its month shows: a hidden score, an early fetch, no follow-up left in the dump.
    """
    utc = np.asarray(utc, dtype=np.int64)
    table = np.array([era.shows[signal] != "no" for era in ERAS])
    shown: NDArray[np.bool_] = table[np.searchsorted(_STARTS, utc, side="right")]
    for one in ODD_MONTHS:
        if (one.kind, one.signal) == (kind, signal):
            start, end = month_start(one.month), month_start(next_month(one.month))
            shown = np.where((utc >= start) & (utc < end), one.shows != "no", shown)
    return shown


_MARKS: Mapping[Shows, str] = {"yes": "✓", "part": "–", "no": "✗"}


def era_table() -> str:
    """The table of docs/dumps.md, as Markdown: one line per era."""
    heading = [*(f"`{signal}`" for signal in SIGNALS), "edits", "scores", "deletions", "OP told by"]
    rows = [["era", *heading], ["---"] * (len(heading) + 1)]
    for era in ERAS:
        marks = [_MARKS[era.shows[signal]] for signal in SIGNALS]
        flag = "`is_submitter`" if era.op_flag == "is_submitter" else "same author"
        rows.append([era.name, *marks, era.edits, era.scores, era.deletions, flag])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
