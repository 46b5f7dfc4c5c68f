"""Which lines of a block can belong to the wanted subreddits, without parsing them.

A necessary condition only: `"subreddit": "name"` also stands inside `crosspost_parent_list`, so
whoever parses a candidate checks its subreddit again. Of a whole-site month 99 % is never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

MANY = 100  # names; from here on a pattern for the key and a set beat an alternation (measured)
_KEY = rb'"subreddit"[ \t\r]*:[ \t\r]*"'  # as JSON allows; a literal start is found fast
_ESCAPED = rb"[^\"\\\n]*\\"  # a name written with \u escapes cannot be judged from its bytes


def line_ends(data: bytes | memoryview) -> NDArray[np.int64]:
    r"""Offsets of the newlines. U+2028 and U+0085 inside a text end no line.

    >>> line_ends(b'{}\n{}\r\n')
    array([2, 6])
    """
    return np.flatnonzero(np.frombuffer(data, np.uint8) == 10)


class Prefilter:
    """Finds the names, whatever their case. Raises ValueError without names."""

    def __init__(self, subreddits: Iterable[str]):
        names = sorted({name.lower().encode() for name in subreddits})
        if not names:
            raise ValueError("a prefilter needs at least one name")
        self._names = frozenset(names)
        self._many = len(names) >= MANY
        if self._many:
            self._pattern = re.compile(_KEY + rb'([^"\n]*)"')
        else:
            any_name = b"|".join(re.escape(name) for name in names)
            self._pattern = re.compile(_KEY + rb"(?:(?i:" + any_name + rb')"|' + _ESCAPED + rb")")

    def lines(self, data: bytes | memoryview, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        """Indexes, ascending, of the lines of `data` (that end at `ends`) to parse."""
        return np.unique(np.searchsorted(ends, self._hits(data)))

    def matches(self, line: bytes) -> bool:
        """Whether `lines` would name this line."""
        return bool(self._hits(line))

    def _hits(self, data: bytes | memoryview) -> list[int]:
        if not self._many:
            return [found.start() for found in self._pattern.finditer(data)]
        return [
            found.start()
            for found in self._pattern.finditer(data)
            if (name := found[1]).lower() in self._names or b"\\" in name
        ]
