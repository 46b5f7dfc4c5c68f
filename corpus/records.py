"""The nouns: what a submission, a comment and an interaction are, and their Arrow schemas.

Ids are Reddit fullnames with their prefix ("t3_" submission, "t1_" comment): the prefix says
which kind of thing a parent is. Times are Unix seconds, UTC. Null means "cannot be known from
this dump", never "no".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pyarrow as pa

# What a dump says about a later change of the text (facts differ by era, see docs/dumps.md).
Edited = Literal["unedited", "at", "yes", "unknown"]  # "at": `edited_utc` holds the time
# Who took the text away. "later": it is still here, but a later look found it gone.
Removal = Literal["none", "author", "moderator", "account", "later"]

EFFECTIVE, NOT_EFFECTIVE, ABSTAIN = 1, 0, -1
"""The three votes. A fourth, null, says that the dump could not show the signal at all."""
NOT_OBSERVABLE = -2
"""How null stands in a label matrix of integers."""

SIGNALS = ("op_replies", "op_general", "op_edit", "score", "removal")
"""What can be observable or not, per row: see `corpus.eras`."""


class Submission(NamedTuple):
    """One copy of a post, as a dump line gave it. A NamedTuple: millions are made per minute."""

    id: str  # "t3_..."
    subreddit: str  # as the line spells it
    author: str | None  # None: "[deleted]" or missing
    title: str
    selftext: str  # "" where removed or a link post
    created_utc: int
    retrieved_utc: int | None  # the latest look at the object
    score: int | None  # None: hidden or absent
    edited: str  # Edited
    edited_utc: int | None
    removal: str  # Removal
    is_self: bool | None
    crosspost: bool
    promoted: bool
    over_18: bool
    stickied: bool
    distinguished: str | None  # "moderator", "admin", "special"
    previous_selftext: str | None  # merged torrents keep the text before an edit
    invented: bool  # made by corpus.sample
    line: int  # 1-based line in its file


class Comment(NamedTuple):
    """One copy of a comment, as a dump line gave it."""

    id: str  # "t1_..."
    thread_id: str  # "t3_..."
    parent_id: str  # "t1_..." or "t3_..."
    subreddit: str
    author: str | None
    body: str  # "" where removed
    created_utc: int
    retrieved_utc: int | None
    score: int | None
    edited: str
    edited_utc: int | None
    removal: str
    is_submitter: bool | None  # None: before 2017-07 the line does not say
    stickied: bool
    distinguished: str | None
    invented: bool
    line: int


@dataclass(frozen=True, slots=True)
class Interaction:
    """One support exchange: a post, one top-level comment by another, and what OP made of it.

    Signals (what happened after the comment) and inputs (title, post, comment) never mix:
    edit segments and, where the edit state is unknown, feedback-shaped sentences have left
    `post` and `comment`; `>` quotes have left every reply.
    """

    thread_id: str
    comment_id: str
    subreddit: str
    op: str | None  # username; never leaves the build folder
    commenter: str | None
    title: str
    post: str
    comment: str
    # OP's turns in the chain under this comment, direct answers first; "": an answer whose words
    # are gone or were all quoted. Empty tuple: never answered, where `observable` says so.
    op_replies: tuple[str, ...]
    op_reply_depths: tuple[int, ...]  # 1: answers the comment itself
    op_reply_utc: tuple[int, ...]
    op_edit: str | None  # text OP added to the post under an EDIT mark; None: none seen
    op_edit_utc: int | None
    op_general: tuple[str, ...]  # OP's own top-level comments, earliest first, at most 8; "": gone
    op_general_utc: tuple[int, ...]
    n_op_general: int  # how many there are, also beyond the 8
    score: int | None  # None: hidden, immature or useless in its era
    created_utc: int
    post_created_utc: int
    followup_days: float  # how long the dump covers the thread after the comment
    era: str
    observable: tuple[str, ...]  # subset of SIGNALS
    edited: str
    post_edited: str
    removal: str
    post_removal: str
    n_feedback_cut: int  # feedback-shaped sentences taken out of `post`
    # Siblings: the post's top-level comments by others that were answers. A removed or short one
    # was (OP saw it); a bot's, a moderator's or an advert's was not (corpus.filters `is_answer`).
    position: int  # 0-based rank by time among the siblings, ties by id
    n_siblings: int  # the others (this one not counted)
    n_earlier: int  # siblings strictly earlier (ties excluded)
    min_score_earlier: int | None  # over strictly earlier siblings with a score
    max_score_later: int | None  # over strictly later ones
    n_op_answered: int  # how many of all siblings OP answered directly
    op_answered_later_sibling: bool  # directly, one strictly later
    op_answered_lower_sibling: bool  # directly, since this one came, one of a lower score
    op_last_seen_utc: int | None  # OP's last comment in the thread
    op_next_seen_utc: int | None  # OP's first comment in the thread after this one was written
    exposure_stratum: int  # 0..8: position tercile x thread size, see corpus.threads
    invented: bool

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> Interaction:
        """A row of `interactions/*.parquet` (`Table.to_pylist()`) as an Interaction."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }
        return cls(**values)


_S, _I, _B, _N = pa.string(), pa.int64(), pa.bool_(), pa.int32()


def required_schema(**columns: pa.DataType | tuple[pa.DataType]) -> pa.Schema:
    """A one-tuple marks a nullable column; everything else is required."""
    return pa.schema(
        [
            pa.field(name, kind[0], nullable=True)
            if isinstance(kind, tuple)
            else pa.field(name, kind, nullable=False)
            for name, kind in columns.items()
        ]
    )


SUBMISSION_SCHEMA = required_schema(
    id=_S, subreddit=_S, author=(_S,), title=_S, selftext=_S, created_utc=_I,
    retrieved_utc=(_I,), score=(_I,), edited=_S, edited_utc=(_I,), removal=_S,
    is_self=(_B,), crosspost=_B, promoted=_B, over_18=_B, stickied=_B,
    distinguished=(_S,), previous_selftext=(_S,), invented=_B, line=_I,
)  # fmt: skip

COMMENT_SCHEMA = required_schema(
    id=_S, thread_id=_S, parent_id=_S, subreddit=_S, author=(_S,), body=_S,
    created_utc=_I, retrieved_utc=(_I,), score=(_I,), edited=_S, edited_utc=(_I,),
    removal=_S, is_submitter=(_B,), stickied=_B, distinguished=(_S,), invented=_B, line=_I,
)  # fmt: skip

INTERACTION_SCHEMA = required_schema(
    thread_id=_S, comment_id=_S, subreddit=_S, op=(_S,), commenter=(_S,),
    title=_S, post=_S, comment=_S,
    op_replies=pa.list_(_S), op_reply_depths=pa.list_(_N), op_reply_utc=pa.list_(_I),
    op_edit=(_S,), op_edit_utc=(_I,),
    op_general=pa.list_(_S), op_general_utc=pa.list_(_I), n_op_general=_N,
    score=(_I,), created_utc=_I, post_created_utc=_I, followup_days=pa.float32(),
    era=_S, observable=pa.list_(_S), edited=_S, post_edited=_S, removal=_S, post_removal=_S,
    n_feedback_cut=_N, position=_N, n_siblings=_N, n_earlier=_N,
    min_score_earlier=(_I,), max_score_later=(_I,), n_op_answered=_N,
    op_answered_later_sibling=_B, op_answered_lower_sibling=_B, op_last_seen_utc=(_I,),
    op_next_seen_utc=(_I,), exposure_stratum=_N, invented=_B,
)  # fmt: skip

SCHEMAS = {"submissions": SUBMISSION_SCHEMA, "comments": COMMENT_SCHEMA}
"""The two kinds of raw table, by folder name under `raw/`."""


def bucket_of(thread_id: str, n_buckets: int) -> int:
    """The bucket of a thread: its base-36 number modulo `n_buckets` (docs/house.md).

    >>> bucket_of("t3_abc", 64)
    56
    """
    return int(thread_id[3:], 36) % n_buckets
