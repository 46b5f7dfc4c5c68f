"""One dump line -> `Submission` or `Comment`, or the reason why not. All field drift ends here.

The eras and compilers of dumps disagree about types (docs/dumps.md); the facts behind each rule
are named beside it. A reason is one word, counted in the manifest.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from .records import Comment, Submission

_Number = int | float | str | None  # a time or a count, as the eras spell it


class Meta(Struct, gc=False):
    """What a second look noted (Arctic Shift, from 2023-11 on)."""

    retrieved_2nd_on: _Number = None
    is_edited: bool | None = None
    was_deleted_later: bool | None = None
    removal_type: str | None = None


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
    created_utc: _Number = None
    retrieved_on: _Number = None
    retrieved_utc: _Number = None
    updated_on: _Number = None
    updated_utc: _Number = None
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
    created_utc: _Number = None
    retrieved_on: _Number = None
    retrieved_utc: _Number = None
    updated_on: _Number = None
    updated_utc: _Number = None
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


class _NotARow(Exception):
    """Why a line gives no row; the word is what the manifest counts."""


class _Unwanted(_NotARow):
    """A line of another subreddit."""


class _NeedsRepair(Exception):
    """The fast way met a value that must be replaced and counted."""


# What the fast way gives up on; the patient one then finds the row or the reason.
_ONCE_MORE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, _NeedsRepair, _NotARow)


_FIRST, _LAST = 1_100_000_000, 4_102_444_800  # 2004-11, before Reddit; 2100-01
_RS_EDITED_FROM = 1_293_840_000  # 2011-01: before, a post's flag carries nothing
_EDITED_UNTIL = 1_688_169_600  # 2023-07: from here on dumps keep the first-seen text and flag
_INT64 = 1 << 63

_new_row = tuple.__new__  # a NamedTuple's own constructor unpacks twice: 0.7 of 5 us a line
_USUAL_IDS = re.compile("[0-9a-z]{1,13} t3_[0-9a-z]{1,13} t[13]_[0-9a-z]{1,13}").fullmatch
_ID = re.compile(r"(?:t([13])_)?([0-9a-z]{1,13})").fullmatch  # 13 digits fill 64 bits
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TEXT = {"comments": "body", "submissions": "title"}  # a kind's own field
_NOBODY = {None, "", "[deleted]", "[removed]"}
_GONE = {  # instead of a text, or of a title
    "[deleted]": "author", "[deleted by user]": "author",
    "[removed]": "moderator", "[ removed by reddit ]": "moderator",
}  # fmt: skip
_BY_AUTHOR = {"deleted", "author"}  # words of `removed_by_category` and `_meta.removal_type`
_ENTITY = re.compile("&(?:amp;)?#x200B;|&(gt|lt|amp);")
_CHARACTER = {"gt": ">", "lt": "<", "amp": "&", None: "\u200b"}
_SURROGATE = re.compile("[\ud800-\udfff]")

_comment_decoder = msgspec.json.Decoder(WireComment)
_submission_decoder = msgspec.json.Decoder(WireSubmission)


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
        try:
            if self.kind == "comments":
                comment = _comment_decoder.decode(raw)
                if self.wanted:
                    self._check(comment.subreddit)
                return _comment(comment, line)
            if self.kind == "submissions":
                post = _submission_decoder.decode(raw)
                if self.wanted:
                    self._check(post.subreddit)
                return _submission(post, line)
        except _Unwanted:
            self._n_known = len(self.damaged)
            return "other_subreddit"
        except _ONCE_MORE:
            pass
        self._n_known = len(self.damaged)
        try:
            return self._patiently(raw, line)
        except _NotARow as e:
            return str(e)

    def forget(self) -> None:
        """The last line was no candidate: what was wrong with it is not ours to report."""
        del self.damaged[self._n_known :]

    def look_for_kind(self, block: bytes) -> None:
        """Sets `kind` by the first line that is an object of either kind, wanted or not."""
        for raw in block.split(b"\n"):
            try:
                fields = json.loads(raw)
            except (ValueError, RecursionError):
                continue
            self.kind = kind_of(fields) if isinstance(fields, dict) else ""
            if self.kind:
                return

    def _check(self, subreddit: str | None) -> None:
        if self.wanted and subreddit and subreddit.lower() not in self.wanted:
            raise _Unwanted("other_subreddit")

    def _patiently(self, raw: bytes, line: int) -> Submission | Comment:
        """By `json.loads`, with types as loose as they come; counts what had to be replaced."""
        repairs: set[str] = set()
        fields = self._loads(raw, line, repairs)
        kind = self.kind if _TEXT.get(self.kind) in fields else kind_of(fields)
        if not kind:
            raise _NotARow("not_reddit")
        self.kind = self.kind or kind
        if kind != self.kind:
            raise _NotARow("other_kind")
        row: Submission | Comment
        if kind == "comments":
            comment = _loosely(fields, WireComment, repairs)
            self._check(comment.subreddit)
            row = _comment(comment, line)
        else:
            post = _loosely(fields, WireSubmission, repairs)
            self._check(post.subreddit)
            row = _submission(post, line)
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
            fields = json.loads(text, strict=False, parse_int=_parse_int)
        except (ValueError, RecursionError) as e:
            if not text.strip():
                raise _NotARow("blank") from e
            reason = "too_deep" if isinstance(e, RecursionError) else "bad_json"
            self.damaged.append((line, reason))
            raise _NotARow(reason) from e
        if not isinstance(fields, dict):
            self.damaged.append((line, "not_an_object"))
            raise _NotARow("not_an_object")
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


def _parse_int(digits: str) -> int | float:
    """`int` refuses thousands of digits; no number of ours has more than 19."""
    return int(digits) if len(digits) < 100 else math.inf


def _loosely(fields: dict[str, Any], shape: type[_Wire], repairs: set[str]) -> _Wire:
    """`fields` as a `shape`: a value of no usable type becomes its default, and is counted."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(shape):
        value = fields.get(field.encode_name, field.default)
        if isinstance(value, str):
            value = _clean(value, repairs)
        elif isinstance(value, int | float) and not -_INT64 <= value < _INT64:
            value = field.default
            repairs.add("number")
        if value is not UNSET:
            try:
                value = msgspec.convert(value, field.type, strict=False)
            except msgspec.ValidationError:
                value = field.default
                repairs.add("type")
        values[field.name] = value
    return shape(**values)


def _clean(text: str, repairs: set[str]) -> str:
    """Halves of surrogate pairs and NUL become U+FFFD: neither Arrow nor the viewer takes them."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        repairs.add("surrogate")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
        repairs.add("nul")
    return text


# --- rows


def _comment(o: WireComment, line: int) -> Comment:
    body, created, meta, author = o.body, o.created_utc, o.meta, o.author
    if body is None or created is None or not o.subreddit or o.link_id is None:
        raise _incomplete(o, "body", "created_utc", "subreddit", "link_id")
    if o.parent_id is UNSET:
        raise _NotARow("missing_parent_id")
    ids = f"{o.id} {o.link_id} {o.parent_id}"
    if _USUAL_IDS(ids):
        id_, thread_id, parent_id = f"t1_{o.id}", o.link_id, o.parent_id
    else:
        thread_id = _fullname("3", o.link_id)
        parent_id = thread_id if o.parent_id is None else _parent(o.parent_id, thread_id)
        id_ = _fullname("1", o.id or o.name)
    if type(created) is not int or not _FIRST <= created <= _LAST:
        created = _created(created)
    gone = _GONE.get(body.strip().lower()) if len(body) < 40 else None
    edited, edited_utc = _edit(o.edited, meta, created, 0)
    row = (
        id_,
        thread_id,
        parent_id,
        o.subreddit,
        None if author in _NOBODY else author,
        "" if gone else _text(body),
        created,
        _latest(o),
        None if o.score_hidden else _count(o.score),
        edited,
        edited_utc,
        _removal(gone, True, author, o.removed_by_category, meta),
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
    created = _created(created)
    gone = _GONE.get(text.strip().lower()) if len(text) < 40 else None
    if gone:
        text = ""
    gone = gone or _GONE.get(title)
    edited, edited_utc = _edit(o.edited, meta, created, _RS_EDITED_FROM)
    return Submission(
        _fullname("3", o.id or o.name),
        o.subreddit,
        None if o.author in _NOBODY else o.author,
        _text(title),
        _text(text),
        created,
        _latest(o),
        None if o.hide_score else _count(o.score),
        edited,
        edited_utc,
        _removal(gone, bool(text), o.author, o.removed_by_category, meta),
        o.is_self,
        o.crosspost_parent is not None,
        o.promoted is True or o.is_created_from_ads_ui is True,
        o.over_18 is True,
        o.stickied is True,
        o.distinguished or None,
        _text(o.previous_selftext) if o.previous_selftext else None,
        o.redditess_invented is True,
        line,
    )


def _incomplete(o: WireComment | WireSubmission, *required: str) -> _NotARow:
    """A line of the other kind, or the first required field that is missing (or unusable)."""
    mine, theirs = (o.body, o.title) if isinstance(o, WireComment) else (o.title, o.body)
    if mine is None and theirs is not None:
        return _NotARow("other_kind")
    missing = next(name for name in required if getattr(o, name) in (None, ""))
    return _NotARow(f"missing_{missing}")


# --- values


def _fullname(kind: str, id36: str | int | None) -> str:
    """Id "abc" or "t3_abc" -> "t3_abc"; an integer is the value of the base-36 digits."""
    if id36 is None:
        raise _NotARow("missing_id")
    found = _ID(id36 if isinstance(id36, str) else _base36(id36))
    if found is None or found[1] not in (None, kind):
        raise _NotARow("bad_id")
    return f"t{kind}_{found[2]}"


def _parent(parent: str | int, thread_id: str) -> str:
    """The 2022 API and some 2024 files give t1 ids as integers (docs/dumps.md, trap 8)."""
    if not isinstance(parent, str):
        return _fullname("1", parent)
    if parent.startswith("t3_") or parent == thread_id[3:]:
        return _fullname("3", parent)
    return _fullname("1", parent)


def _base36(n: int) -> str:
    """45568804275 -> "kxmhmer"; "" where there is none (`bad_id` then)."""
    digits = ""
    while n > 0:
        n, rest = divmod(n, 36)
        digits = _DIGITS[rest] + digits
    return digits


def _created(value: _Number) -> int:
    utc = value if type(value) is int and _FIRST <= value <= _LAST else _utc(value)
    if utc is None:
        raise _NotARow("bad_created_utc")
    return utc


def _utc(value: _Number) -> int | None:
    """Seconds as int, float or digits (by era) -> int; None where it is no time of Reddit's."""
    try:
        utc = int(float(value or 0))
    except (ValueError, OverflowError):
        return None
    return utc if _FIRST <= utc <= _LAST else None


def _latest(o: WireComment | WireSubmission) -> int | None:
    """The last look at the object: its score and removal were true then."""
    latest = _utc(o.retrieved_on) or 0
    if o.retrieved_utc is not None:
        latest = max(latest, _utc(o.retrieved_utc) or 0)
    if o.updated_on is not None:
        latest = max(latest, _utc(o.updated_on) or 0)
    if o.updated_utc is not None:
        latest = max(latest, _utc(o.updated_utc) or 0)
    if o.meta is not None and o.meta.retrieved_2nd_on is not None:
        latest = max(latest, _utc(o.meta.retrieved_2nd_on) or 0)
    return latest or None


def _count(value: float | None) -> int | None:
    """A score: null in a few objects of 2017; 64 bits, for some go below -600,000."""
    if value is None:
        return None
    if not -_INT64 <= value < _INT64:
        raise _NeedsRepair
    return int(value)


def _edit(
    value: bool | float | str | None, meta: Meta | None, created: int, flag_from: int
) -> tuple[str, int | None]:
    """`edited` is false, true or a time, changing by month; `False` says little in some eras."""
    if value is not None and value is not False and value is not True:  # bool is an int: test first
        utc = _utc(value)
        if utc is not None:
            return "at", utc
        value = str(value).lower() not in ("0", "0.0", "false", "")
    if value or (meta is not None and meta.is_edited):
        return "yes", None
    if value is None or created < flag_from:
        return "unknown", None
    if created >= _EDITED_UNTIL and (meta is None or meta.is_edited is None):
        return "unknown", None
    return "unedited", None


def _removal(
    gone: str | None, has_text: bool, author: str | None, category: str | None, meta: Meta | None
) -> str:
    """Who took the text away. A text that is here but was later found gone: "later"."""
    by = category or (meta.removal_type if meta is not None else None)
    if gone or (by and not has_text):
        return gone or "moderator" if not by else "author" if by in _BY_AUTHOR else "moderator"
    if by or (meta is not None and meta.was_deleted_later):
        return "later"
    return "account" if author in _NOBODY else "none"


def _text(text: str) -> str:
    """Reddit escapes `& < >` once, and editors leave `&#x200B;`: both undone, once."""
    if "\0" in text:
        raise _NeedsRepair
    if "&" in text:
        return _ENTITY.sub(lambda found: _CHARACTER[found[1]], text)
    return text
