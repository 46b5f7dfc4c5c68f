"""One cheap look at a whole batch: which texts can a pattern match at all?

Python's `re` tries every alternative at every place, 15 to 40 microseconds a reply and list. RE2
(in pyarrow) walks a text once, whatever the number of alternatives, in about one. It knows no
look-around and only ASCII words, so each pattern is rewritten to one that matches wherever the
original does, and sometimes elsewhere; `re` then decides about the few texts that are left.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_WIDE = "\\x{80}-\\x{10ffff}"  # all that is not ASCII: may be a letter, a blank, a mark
_BLANKS = "\\t-\\r\\x1c-\\x20" + _WIDE
_BEFORE = "(?:^|[^a-z0-9_])"  # what \b asks of the character before a word
_COUNT = re.compile(r"\{\d+,\d*\}")
_PLAIN = re.compile(r"[^\\\[\](){}.^$*]|\\x27|\\[.?!]")


def superset(pattern: str) -> str:
    r"""A pattern for `re` on lower-case text -> one for RE2 that finds at least what it finds.

    Negative look-arounds and \b are dropped; a positive one at an end becomes text, elsewhere it is
    dropped; counts of letters and blanks lose their bound. Raises ValueError for notation that the
    word lists do not use.

    >>> superset(r"\w{1,7}n't (?!only\b)help")
    "[a-z0-9_\\x{80}-\\x{10ffff}]+n't help"
    """
    out, i = [], 0
    while i < len(pattern):
        piece, i = _piece(pattern, i)
        out.append(piece)
    return "".join(out)


def _piece(pattern: str, i: int) -> tuple[str, int]:
    """The piece that begins at i, rewritten, and where the next one begins."""
    rest = pattern[i:]
    if rest.startswith(("(?!", "(?<!")):
        return "", _closing(pattern, i)
    if rest.startswith("(?="):
        end = _closing(pattern, i)
        return (f"(?:{superset(pattern[i + 3 : end - 1])})" if end == len(pattern) else ""), end
    if rest.startswith("(?<="):
        end = _closing(pattern, i)
        first = pattern[:i] in ("", "(?:")
        return (f"(?:{superset(pattern[i + 4 : end - 1])})" if first else ""), end
    if rest.startswith("\\b"):
        return "", i + 2
    if rest.startswith("\\w"):
        return _repeated(f"[a-z0-9_{_WIDE}]", pattern, i + 2)
    if rest.startswith("\\s"):
        return _repeated(f"[{_BLANKS}]", pattern, i + 2)
    if rest.startswith("[") and not rest.startswith("[^"):
        end = pattern.index("]", i) + 1
        inside = pattern[i + 1 : end - 1].replace("\\w", f"a-z0-9_{_WIDE}")
        return _repeated(f"[{inside.replace(chr(92) + 's', _BLANKS)}]", pattern, end)
    if rest[0] == "$":
        return "(?:\\n|$)", i + 1
    if rest.startswith("(?:") or rest[0] in "()^":
        size = 3 if rest.startswith("(?:") else 1
        return rest[:size], i + size
    if found := _COUNT.match(rest) or _PLAIN.match(rest):
        return found[0], i + found.end()
    raise ValueError(f"no superset for {rest[:12]!r} in {pattern[:60]!r}")


def _repeated(piece: str, pattern: str, i: int) -> tuple[str, int]:
    """`{1,15}` behind a class becomes + and `{0,3}` becomes *: a bound costs RE2 states."""
    count = _COUNT.match(pattern, i)
    if not count:
        return piece, i
    return piece + ("*" if count[0].startswith("{0") else "+"), count.end()


def _closing(pattern: str, i: int) -> int:
    """The place behind the bracket that closes the one at i."""
    depth = 0
    while True:
        if pattern[i] == "\\":
            i += 1
        elif pattern[i] == "[":
            i = pattern.index("]", i)
        else:
            depth += (pattern[i] == "(") - (pattern[i] == ")")
            if not depth:
                return i + 1
        i += 1


def alternation(bounded: Sequence[str], raw: Sequence[str]) -> str:
    r"""One RE2 pattern for `\b(?:bounded)\b` and `raw`; "" where there is none of either.

    The look at the character before a word is kept. A pattern may begin with an optional word and
    a blank ("(?:gee )?thanks"): without them it begins with a word again.
    """
    parts = [_BEFORE + "(?:" + "|".join(map(superset, bounded)) + ")"] if bounded else []
    return "|".join([*parts, *map(superset, raw)])


def strings(texts: Sequence[str]) -> pa.Array:
    """Texts as an Arrow array; a lone surrogate, which UTF-8 has not, becomes a question mark."""
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return pa.array([t.encode("utf8", "replace").decode("utf8") for t in texts], pa.string())


def first_places(texts: pa.Array, pattern: str) -> np.ndarray:
    """(n,) int64: the byte where RE2 first finds the pattern in each text; -1: nowhere."""
    if not pattern:
        return np.full(len(texts), -1, np.int64)
    return pc.find_substring_regex(texts, pattern).to_numpy().astype(np.int64)
