"""One decoded line -> `Submission` or `Comment`, with every value in our form."""

from __future__ import annotations

import re

from msgspec import UNSET

from ..records import Comment, Submission
from .drift import (
    FIRST,
    LAST,
    NOBODY,
    RS_EDITED_FROM,
    NotARow,
    created_at,
    edit_of,
    fullname,
    gone_by,
    parent_of,
    removal_of,
    score_of,
    unescaped,
    utc_of,
)
from .shapes import WireComment, WireSubmission

_new_row = tuple.__new__  # a NamedTuple's own constructor unpacks twice: 0.7 of 5 us a line
_USUAL_IDS = re.compile("[0-9a-z]{1,13} t3_[0-9a-z]{1,13} t[13]_[0-9a-z]{1,13}").fullmatch


def row_of(found: WireComment | WireSubmission, line: int) -> Submission | Comment:
    """Raises NotARow where it gives none, NeedsRepair where a value has to be replaced."""
    if isinstance(found, WireComment):
        return _comment(found, line)
    return _submission(found, line)


def _comment(o: WireComment, line: int) -> Comment:
    body, created, meta, author = o.body, o.created_utc, o.meta, o.author
    if body is None or created is None or not o.subreddit or o.link_id is None:
        raise _incomplete(o, "body", "created_utc", "subreddit", "link_id")
    if o.parent_id is UNSET:
        raise NotARow("missing_parent_id")
    ids = f"{o.id} {o.link_id} {o.parent_id}"
    if _USUAL_IDS(ids):
        id_, thread_id, parent_id = f"t1_{o.id}", o.link_id, o.parent_id
    else:
        thread_id = fullname("3", o.link_id)
        parent_id = thread_id if o.parent_id is None else parent_of(o.parent_id, thread_id)
        id_ = fullname("1", o.id or o.name)
    if type(created) is not int or not FIRST <= created <= LAST:
        created = created_at(created)
    gone = gone_by(body)
    edited, edited_utc = edit_of(o.edited, meta, created, 0)
    row = (
        id_,
        thread_id,
        parent_id,
        o.subreddit,
        None if author in NOBODY else author,
        "" if gone else unescaped(body),
        created,
        _latest(o),
        None if o.score_hidden else score_of(o.score),
        edited,
        edited_utc,
        removal_of(gone, True, author, o.removed_by_category, meta),
        o.is_submitter,
        o.stickied is True,
        o.distinguished or None,
        o.redditess_invented is True,
        line,
    )
    return _new_row(Comment, row)


def _submission(o: WireSubmission, line: int) -> Submission:
    title, created, meta, text = o.title, o.created_utc, o.meta, o.selftext or ""
    if title is None or created is None or not o.subreddit:
        raise _incomplete(o, "title", "created_utc", "subreddit")
    created = created_at(created)
    gone = gone_by(text)
    if gone:
        text = ""
    gone = gone or gone_by(title)
    edited, edited_utc = edit_of(o.edited, meta, created, RS_EDITED_FROM)
    return Submission(
        fullname("3", o.id or o.name),
        o.subreddit,
        None if o.author in NOBODY else o.author,
        unescaped(title),
        unescaped(text),
        created,
        _latest(o),
        None if o.hide_score else score_of(o.score),
        edited,
        edited_utc,
        removal_of(gone, bool(text), o.author, o.removed_by_category, meta),
        o.is_self,
        o.crosspost_parent is not None,
        o.promoted is True or o.is_created_from_ads_ui is True,
        o.over_18 is True,
        o.stickied is True,
        o.distinguished or None,
        unescaped(o.previous_selftext) if o.previous_selftext else None,
        o.redditess_invented is True,
        line,
    )


def _incomplete(o: WireComment | WireSubmission, *required: str) -> NotARow:
    """A line of the other kind, or the first required field that is missing (or unusable)."""
    mine, theirs = (o.body, o.title) if isinstance(o, WireComment) else (o.title, o.body)
    if mine is None and theirs is not None:
        return NotARow("other_kind")
    missing = next(name for name in required if getattr(o, name) in (None, ""))
    return NotARow(f"missing_{missing}")


def _latest(o: WireComment | WireSubmission) -> int | None:
    """The last look at the object: its score and removal were true then."""
    latest = utc_of(o.retrieved_on) or 0
    if o.retrieved_utc is not None:
        latest = max(latest, utc_of(o.retrieved_utc) or 0)
    if o.updated_on is not None:
        latest = max(latest, utc_of(o.updated_on) or 0)
    if o.updated_utc is not None:
        latest = max(latest, utc_of(o.updated_utc) or 0)
    if o.meta is not None and o.meta.retrieved_2nd_on is not None:
        latest = max(latest, utc_of(o.meta.retrieved_2nd_on) or 0)
    return latest or None
