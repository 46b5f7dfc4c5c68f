"""One dump line -> `Submission` or `Comment`, or the reason why not. All field drift ends here.

The eras and compilers of dumps disagree about types (docs/dumps.md); the facts behind each rule
are named beside it. A reason is one word, counted in the manifest.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ..records import Comment, Submission
from .drift import (
    FIRST,
    INT64,
    LAST,
    NOBODY,
    RS_EDITED_FROM,
    Meta,
    NeedsRepair,
    NotARow,
    Number,
    clean,
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


class WireComment(Struct, gc=False):
    """A comment's fields as they may come; `title` only tells a post that strayed in here."""

    id: str | None = None
    name: str | None = None
    link_id: str | int | None = None
    parent_id: str | int | UnsetType | None = UNSET
    subreddit: str | None = None
    author: str | None = None
    body: str | None = None
    title: str | None = None
    created_utc: Number = None
    retrieved_on: Number = None
    retrieved_utc: Number = None
    updated_on: Number = None
    updated_utc: Number = None
    score: int | float | None = None
    score_hidden: bool | None = None
    edited: bool | int | float | str | None = None
    is_submitter: bool | None = None
    stickied: bool | None = None
    distinguished: str | None = None
    removed_by_category: str | None = None
    meta: Meta | None = msgspec.field(default=None, name="_meta")
    redditess_invented: bool | None = None


class WireSubmission(Struct, gc=False):
    """A post's fields as they may come; `body` only tells a comment that strayed in here."""

    id: str | None = None
    name: str | None = None
    subreddit: str | None = None
    author: str | None = None
    title: str | None = None
    selftext: str | None = None
    body: str | None = None
    created_utc: Number = None
    retrieved_on: Number = None
    retrieved_utc: Number = None
    updated_on: Number = None
    updated_utc: Number = None
    score: int | float | None = None
    hide_score: bool | None = None
    edited: bool | int | float | str | None = None
    is_self: bool | None = None
    crosspost_parent: str | None = None
    promoted: bool | None = None
    is_created_from_ads_ui: bool | None = None
    over_18: bool | None = None
    stickied: bool | None = None
    distinguished: str | None = None
    removed_by_category: str | None = None
    previous_selftext: str | None = None
    meta: Meta | None = msgspec.field(default=None, name="_meta")
    redditess_invented: bool | None = None


_Wire = TypeVar("_Wire", WireComment, WireSubmission)


class _Unwanted(NotARow):
    """A line of another subreddit."""


# What the fast way gives up on; the patient one then finds the row or the reason.
_ONCE_MORE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, NeedsRepair, NotARow)


_new_row = tuple.__new__  # a NamedTuple's own constructor unpacks twice: 0.7 of 5 us a line
_USUAL_IDS = re.compile("[0-9a-z]{1,13} t3_[0-9a-z]{1,13} t[13]_[0-9a-z]{1,13}").fullmatch
_TEXT = {"comments": "body", "submissions": "title"}  # a kind's own field

_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "comments": msgspec.json.Decoder(WireComment),
    "submissions": msgspec.json.Decoder(WireSubmission),
}


class LineParser:
    """Parses the lines of one file: the first object decides whether it holds posts or comments.

    `kind`: "", "submissions" or "comments". `repaired` counts, per kind of repair, the rows in
    which a value could not be kept as it was: `utf8`, `surrogate`, `nul` (now U+FFFD), `number`
    (outside 64 bits, now None), `type` (of no usable type, now None). `damaged` lists the lines
    that were unreadable or torn, (line, reason): whoever drives the parser empties it.
    """

    def __init__(self, kind: str = "", wanted: frozenset[str] = frozenset()):
        self.kind = kind
        self.wanted = wanted  # subreddits in lower case; empty: all
        self.repaired: Counter[str] = Counter()
        self.damaged: list[tuple[int, str]] = []
        self._n_known = 0  # damaged lines before this one

    def __call__(self, raw: bytes, line: int = 0) -> Submission | Comment | str:
        """One line -> a row, or the reason there is none."""
        decoder = _DECODERS.get(self.kind)
        try:
            if decoder is not None:
                return self._row(decoder.decode(raw), line)
        except _Unwanted:
            self._n_known = len(self.damaged)
            return "other_subreddit"
        except _ONCE_MORE:
            pass
        self._n_known = len(self.damaged)
        try:
            return self._patiently(raw, line)
        except NotARow as e:
            return str(e)

    def forget(self) -> None:
        """The last line was no candidate: what was wrong with it is not ours to report."""
        del self.damaged[self._n_known :]

    def look_for_kind(self, block: bytes | memoryview) -> None:
        """Sets `kind` by the first line that is an object of either kind, wanted or not."""
        for raw in bytes(block).split(b"\n"):
            try:
                fields = _json(raw.decode(errors="replace"))
            except (ValueError, RecursionError):
                continue
            self.kind = kind_of(fields) if isinstance(fields, dict) else ""
            if self.kind:
                return

    def _row(self, found: WireComment | WireSubmission, line: int) -> Submission | Comment:
        subreddit = found.subreddit
        if self.wanted and subreddit and subreddit.lower() not in self.wanted:
            raise _Unwanted("other_subreddit")
        if isinstance(found, WireComment):
            return _comment(found, line)
        return _submission(found, line)

    def _patiently(self, raw: bytes, line: int) -> Submission | Comment:
        """By `json.loads`, with types as loose as they come; counts what had to be replaced."""
        repairs: set[str] = set()
        fields = self._loads(raw, line, repairs)
        kind = self.kind if _TEXT.get(self.kind) in fields else kind_of(fields)
        if not kind:
            raise NotARow("not_reddit")
        self.kind = self.kind or kind
        if kind != self.kind:
            raise NotARow("other_kind")
        if kind == "comments":
            row = self._row(_loosely(fields, WireComment, repairs), line)
        else:
            row = self._row(_loosely(fields, WireSubmission, repairs), line)
        self.repaired.update(repairs)
        return row

    def _loads(self, raw: bytes, line: int, repairs: set[str]) -> dict[str, Any]:
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode(errors="replace")
            repairs.add("utf8")
            self.damaged.append((line, "bad_utf8"))
        try:
            fields = _json(text)
        except (ValueError, RecursionError) as e:
            if not text.strip():
                raise NotARow("blank") from e
            reason = "too_deep" if isinstance(e, RecursionError) else "bad_json"
            self.damaged.append((line, reason))
            raise NotARow(reason) from e
        if not isinstance(fields, dict):
            self.damaged.append((line, "not_an_object"))
            raise NotARow("not_an_object")
        return fields


def parse_line(raw: bytes, line: int = 0) -> Submission | Comment | str:
    """One line of either kind -> a row, or the reason there is none.

    >>> parse_line(b"[]"), parse_line(b'{"id": "x"}'), parse_line(b'{"id": "x", "body": "", ')
    ('not_an_object', 'not_reddit', 'bad_json')
    """
    return LineParser()(raw, line)


def kind_of(fields: dict[str, Any]) -> str:
    """Of "comments" or "submissions"; "" for an object that is neither.

    >>> kind_of({"body": "hi"}), kind_of({"title": "hi"}), kind_of({"kind": "more"})
    ('comments', 'submissions', '')
    """
    if "body" in fields or ("link_id" in fields and "title" not in fields):
        return "comments"
    return "submissions" if "title" in fields or "selftext" in fields else ""


def _json(text: str) -> Any:
    """Control characters inside strings are let through: a NUL is repaired, not refused."""
    return json.loads(text, strict=False, parse_int=_parse_int)


def _parse_int(digits: str) -> int | float:
    """`int` refuses thousands of digits; no number of ours has more than 19."""
    return int(digits) if len(digits) < 100 else math.inf


def _loosely(fields: dict[str, Any], shape: type[_Wire], repairs: set[str]) -> _Wire:
    """`fields` as a `shape`: a value of no usable type becomes its default, and is counted."""
    values: dict[str, Any] = {}
    for field in _fields(shape):
        value = fields.get(field.encode_name, field.default)
        if isinstance(value, str):
            value = clean(value, repairs)
        if value is not UNSET and not _is_too_large(value):
            try:
                value = msgspec.convert(value, field.type, strict=False)
            except (msgspec.ValidationError, UnicodeEncodeError):  # half a pair, deeper inside
                value = field.default
                repairs.add("type")
        if _is_too_large(value):  # also one that came as text: "1e400"
            value = field.default
            repairs.add("number")
        values[field.name] = value
    return shape(**values)


@cache
def _fields(shape: type[_Wire]) -> tuple[msgspec.structs.FieldInfo, ...]:
    """msgspec evaluates all annotations at every call: 1 ms, for each line to repair."""
    return msgspec.structs.fields(shape)


def _is_too_large(value: object) -> bool:
    """A number outside 64 bits, or none at all (nan)."""
    return isinstance(value, int | float) and not -INT64 <= value < INT64


# --- rows


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
