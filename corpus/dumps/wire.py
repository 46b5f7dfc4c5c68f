"""One dump line -> `Submission` or `Comment`, or the reason why not. All field drift ends here.

The eras and compilers of dumps disagree about types (docs/dumps.md); the facts behind each rule
are named beside it. A reason is one word, counted in the manifest.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import cache
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET

from ..records import Comment, Submission
from .drift import INT64, NeedsRepair, NotARow, clean
from .rows import row_of
from .shapes import WireComment, WireSubmission, decoder_of

_Wire = TypeVar("_Wire", WireComment, WireSubmission)


class _Unwanted(NotARow):
    """A line of another subreddit."""


# What the fast way gives up on; the patient one then finds the row or the reason.
_ONCE_MORE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, NeedsRepair, NotARow)
_TEXT = {"comments": "body", "submissions": "title"}  # a kind's own field


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
        decoder = decoder_of(self.kind)
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
        return row_of(found, line)

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
