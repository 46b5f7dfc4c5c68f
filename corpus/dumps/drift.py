"""The values of a dump line, as each era and compiler spells them -> one form.

Times come as int, float or digits; ids with and without prefix, or as numbers; "edited" as a flag
or a time; who removed a text in four ways. The facts behind each rule: docs/dumps.md.
"""

from __future__ import annotations

import re

from msgspec import Struct

Number = int | float | str | None  # a time or a count, as the eras spell it

FIRST, LAST = 1_100_000_000, 4_102_444_800  # 2004-11, before Reddit; 2100-01
RS_EDITED_FROM = 1_293_840_000  # 2011-01: before, a post's flag carries nothing
EDITED_UNTIL = 1_688_169_600  # 2023-07: from here on dumps keep the first-seen text and flag
INT64 = 1 << 63

_ID = re.compile(r"(?:t([13])_)?([0-9a-z]{1,13})").fullmatch  # 13 digits fill 64 bits
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
NOBODY = {None, "", "[deleted]", "[removed]"}
_GONE = {  # instead of a text, or of a title
    "[deleted]": "author", "[deleted by user]": "author",
    "[removed]": "moderator", "[ removed by reddit ]": "moderator",
}  # fmt: skip
_BY_AUTHOR = {"deleted", "author"}  # words of `removed_by_category` and `_meta.removal_type`
_ENTITY = re.compile("&(?:amp;)?#x200B;|&(gt|lt|amp);")
_CHARACTER = {"gt": ">", "lt": "<", "amp": "&", None: "\u200b"}
_SURROGATE = re.compile("[\ud800-\udfff]")


class Meta(Struct, gc=False):
    """What a second look noted (Arctic Shift, from 2023-11 on)."""

    retrieved_2nd_on: Number = None
    is_edited: bool | None = None
    was_deleted_later: bool | None = None
    removal_type: str | None = None


class NotARow(Exception):
    """Why a line gives no row; the word is what the manifest counts."""


class NeedsRepair(Exception):
    """The fast way met a value that must be replaced and counted."""


def gone_by(text: str) -> str | None:
    """Who took a text away, by the words that stand in its place; None: it is a text."""
    return _GONE.get(text.strip().lower()) if len(text) < 40 else None


def fullname(kind: str, id36: str | int | None) -> str:
    """Id "abc" or "t3_abc" -> "t3_abc"; an integer is the value of the base-36 digits."""
    if id36 is None:
        raise NotARow("missing_id")
    found = _ID(id36 if isinstance(id36, str) else _base36(id36))
    if found is None or found[1] not in (None, kind):
        raise NotARow("bad_id")
    return f"t{kind}_{found[2]}"


def parent_of(parent: str | int, thread_id: str) -> str:
    """The 2022 API and some 2024 files give t1 ids as integers (docs/dumps.md, trap 8)."""
    if not isinstance(parent, str):
        return fullname("1", parent)
    if parent.startswith("t3_") or parent == thread_id[3:]:
        return fullname("3", parent)
    return fullname("1", parent)


def _base36(n: int) -> str:
    """45568804275 -> "kxmhmer"; "" where there is none (`bad_id` then)."""
    digits = ""
    while n > 0:
        n, rest = divmod(n, 36)
        digits = _DIGITS[rest] + digits
    return digits


def created_at(value: Number) -> int:
    utc = value if type(value) is int and FIRST <= value <= LAST else utc_of(value)
    if utc is None:
        raise NotARow("bad_created_utc")
    return utc


def utc_of(value: Number) -> int | None:
    """Seconds as int, float or digits (by era) -> int; None where it is no time of Reddit's."""
    try:
        utc = int(float(value or 0))
    except (ValueError, OverflowError):
        return None
    return utc if FIRST <= utc <= LAST else None


def score_of(value: float | None) -> int | None:
    """A score: null in a few objects of 2017; 64 bits, for some go below -600,000."""
    if value is None:
        return None
    if not -INT64 <= value < INT64:
        raise NeedsRepair
    return int(value)


def edit_of(
    value: bool | float | str | None, meta: Meta | None, created: int, flag_from: int
) -> tuple[str, int | None]:
    """`edited` is false, true or a time, changing by month; `False` says little in some eras."""
    if value is not None and value is not False and value is not True:  # bool is an int: test first
        utc = utc_of(value)
        if utc is not None:
            return "at", utc
        value = str(value).lower() not in ("0", "0.0", "false", "")
    if value or (meta is not None and meta.is_edited):
        return "yes", None
    if value is None or created < flag_from:
        return "unknown", None
    if created >= EDITED_UNTIL and (meta is None or meta.is_edited is None):
        return "unknown", None
    return "unedited", None


def removal_of(
    gone: str | None, has_text: bool, author: str | None, category: str | None, meta: Meta | None
) -> str:
    """Who took the text away. A text that is here but was later found gone: "later"."""
    by = category or (meta.removal_type if meta is not None else None)
    if gone or (by and not has_text):
        return gone if gone and not by else "author" if by in _BY_AUTHOR else "moderator"
    if by or (meta is not None and meta.was_deleted_later):
        return "later"
    return "account" if author in NOBODY else "none"


def unescaped(text: str) -> str:
    """Reddit escapes `& < >` once, and editors leave `&#x200B;`: both undone, once."""
    if "\0" in text:
        raise NeedsRepair
    if "&" in text:
        return _ENTITY.sub(lambda found: _CHARACTER[found[1]], text)
    return text


def clean(text: str, repairs: set[str]) -> str:
    """Halves of surrogate pairs and NUL become U+FFFD: neither Arrow nor the viewer takes them."""
    if _SURROGATE.search(text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        repairs.add("surrogate")
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
        repairs.add("nul")
    return text
