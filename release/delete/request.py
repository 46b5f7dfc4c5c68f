"""What somebody asks to have removed: a file of ids or of usernames, one a line.

A line that is neither is told by its number; no line is ever printed, logged or stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ...corpus.errors import InputError

_FULLNAME = re.compile(r"t[13]_[0-9a-z]{1,13}")
_HEX = re.compile(r"[0-9a-f]{16}")
_ID = r"(?P<post>[0-9a-z]{1,13})"
_PERMALINK = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)*reddit\.com(?=/)|(?=/?(?:r|u|user)/[\w-]+/comments/)"
)
_PATH = re.compile(
    rf"/?(?:(?:r|u|user)/[\w-]+/)?comments/{_ID}(?:/[^/?#]*(?:/(?P<comment>[0-9a-z]{{1,13}}))?)?"
    r"/?(?:[?#].*)?"
)
_SHORT = re.compile(rf"(?:https?://)?redd\.it/{_ID}/?(?:[?#].*)?")
_AUTHOR = re.compile(
    r"(?:(?:https?://)?(?:[\w-]+\.)*reddit\.com)?(?:/?(?:u|user)/)?(?P<name>[\w-]{2,24})/?",
    re.ASCII,
)
_NOBODY = {"deleted", "removed", "automoderator"}
"""No person: "[deleted]" stands for everybody who left."""


class Request(NamedTuple):
    """What is to go. Usernames in lower case: Reddit's do not tell case apart."""

    names: frozenset[str] = frozenset()  # fullnames, "t1_..." or "t3_..."
    ids: frozenset[str] = frozenset()  # 16 hex digits: pseudonyms, row keys, ids of a sheet
    authors: frozenset[str] = frozenset()
    unknown: tuple[int, ...] = ()  # lines of the file that are none of these

    def joined(self, other: Request) -> Request:
        return Request(
            self.names | other.names, self.ids | other.ids, self.authors | other.authors,
            self.unknown + other.unknown,
        )  # fmt: skip


def read_ids(path: Path) -> Request:
    """Lines with fullnames, permalinks, pseudonyms, row keys or ids of a sheet.

    Blank lines and lines that begin with `#` are passed over. Raises InputError where the file
    cannot be read or holds nothing.
    """
    found = _read(path, identify)
    names = frozenset(w for w in found.words if w[0] == "t")
    return Request(names, found.words - names, frozenset(), found.unknown)


def read_authors(path: Path) -> Request:
    """Lines with usernames, with or without `u/`, or addresses of profiles. Else as `read_ids`."""
    found = _read(path, account)
    return Request(authors=found.words, unknown=found.unknown)


def identify(line: str) -> str | None:
    """One id in its shortest form; None for anything else.

    >>> identify("https://old.reddit.com/r/x/comments/1abc/some_title/k2j?context=3")
    't1_k2j'
    >>> identify("redd.it/1abc"), identify("t2_somebody")
    ('t3_1abc', None)
    """
    word = line.strip()
    if _FULLNAME.fullmatch(word.lower()):
        return word.lower()
    if _HEX.fullmatch(word.lower()):
        return word.lower()
    found = _SHORT.fullmatch(word)
    if found is None and (head := _PERMALINK.match(word)):
        found = _PATH.fullmatch(word, head.end())
    if found is None:
        return None
    comment = found.groupdict().get("comment")
    return f"t1_{comment}" if comment else f"t3_{found['post']}"


def account(line: str) -> str | None:
    """A username in lower case; None for anything else, and for a name that stands for many.

    >>> account("/u/Night_Owl"), account("[deleted]")
    ('night_owl', None)
    """
    found = _AUTHOR.fullmatch(line.strip())
    name = found["name"].lower() if found else None
    return None if name in _NOBODY else name


class _Lines(NamedTuple):
    words: frozenset[str]
    unknown: tuple[int, ...]


def _read(path: Path, understand: Callable[[str], str | None]) -> _Lines:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as e:
        reason = e.strerror if isinstance(e, OSError) else "not UTF-8"
        raise InputError(f"cannot be read ({reason})", path, "give a UTF-8 text file") from e
    said = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and line[0] != "#"]
    if not said:
        raise InputError("asks for nothing", path, "write one id or name a line")
    words = [(n, understand(line)) for n, line in said]
    return _Lines(
        frozenset(w for _, w in words if w is not None), tuple(n for n, w in words if w is None)
    )
