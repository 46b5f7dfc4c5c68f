"""What a scan looks for: ids, usernames, and long stretches of removed texts, in any bytes.

A stretch is found by its hash: every window of 64 bytes of the removed texts is known, and every
eighth place of what is searched is looked up. So a leftover of 71 bytes in a row is always found
(about a dozen words), one of fewer than 64 never: short phrases are everybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WINDOW, STRIDE = 64, 8  # bytes
SURE = WINDOW + STRIDE - 1
_MOST = 1 << 23  # windows kept: 64 MB
_BITS = 24
_FACTORS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93,
     0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3, 0x589965CC75374CC3],
    np.uint64,
)  # fmt: skip
_TOKEN = re.compile(rb"(?<![0-9a-z_])(?:t[13]_[0-9a-z]{1,13}|[0-9a-f]{16})(?![0-9a-z_])")
_ACCOUNT = re.compile(rb"(?<![\w-])[\w-]{2,24}(?![\w-])")
_MENTION = re.compile(rb"(?<![\w-])[uU]/([\w-]{2,24})")


class Hits(NamedTuple):
    """How many of each kind."""

    ids: int = 0
    authors: int = 0
    texts: int = 0

    def __bool__(self) -> bool:
        return any(self)

    def plus(self, other: Hits) -> Hits:
        return Hits(*(a + b for a, b in zip(self, other, strict=True)))


class Needles:
    """Ids (fullnames, pseudonyms), usernames in lower case, and the removed texts' windows."""

    def __init__(
        self, ids: Iterable[str] = (), authors: Iterable[str] = (), texts: Iterable[str] = ()
    ):
        self.ids = frozenset(i.encode() for i in ids)
        self.authors = frozenset(a.encode() for a in authors)
        self._hashes = _windows_of(texts)
        self._known = np.zeros(1 << _BITS, dtype=bool)
        self._known[self._hashes >> np.uint64(64 - _BITS)] = True

    @property
    def n_windows(self) -> int:
        return len(self._hashes)

    def in_bytes(self, data: bytes) -> Hits:
        """Everything, in a file of any kind; usernames as whole words."""
        low = data.lower()
        n_ids = sum(m.group() in self.ids for m in _TOKEN.finditer(low)) if self.ids else 0
        n_authors = 0
        if self.authors:
            n_authors = sum(m.group() in self.authors for m in _ACCOUNT.finditer(low))
        return Hits(n_ids, n_authors, len(self.places(data)))

    def mentions(self, data: bytes | memoryview) -> int:
        """Usernames after `u/`, in running text: a bare word there may be nobody's name."""
        if not self.authors:
            return 0
        whole, n, at = bytes(data), 0, 0
        while (at := whole.find(b"/", at + 1)) > 0:  # far faster than the pattern alone
            found = _MENTION.match(whole, at - 1)
            n += found is not None and found.group(1).lower() in self.authors
        return n

    def places(self, data: bytes | memoryview) -> NDArray[np.int64]:
        """Where (bytes) a stretch of a removed text begins or goes on."""
        if not self.n_windows or len(data) < WINDOW:
            return np.zeros(0, np.int64)
        words = np.frombuffer(data, np.uint64, len(data) // 8)
        hashes = _hash(words)
        maybe = np.flatnonzero(self._known[hashes >> np.uint64(64 - _BITS)])
        at = np.searchsorted(self._hashes, hashes[maybe])
        at = np.minimum(at, self.n_windows - 1)
        return maybe[self._hashes[at] == hashes[maybe]] * STRIDE


def _hash(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Of each run of eight words."""
    n = max(0, len(words) - len(_FACTORS) + 1)
    found = np.zeros(n, np.uint64)
    for i, factor in enumerate(_FACTORS):
        found += words[i : i + n] * factor
    return found ^ (found >> np.uint64(29))


def _windows_of(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Hashes of all windows of the texts, sorted."""
    found: list[NDArray[np.uint64]] = [np.zeros(0, np.uint64)]
    room = _MOST
    for text in texts:
        for raw in _forms(text):
            for shift in range(min(STRIDE, len(raw))):
                words = np.frombuffer(raw, np.uint64, (len(raw) - shift) // 8, shift)
                hashes = _hash(words)[:room]
                hashes = hashes[_telling(words, len(hashes))]
                found.append(hashes)
                room -= len(hashes)
    return np.unique(np.concatenate(found))


def _forms(text: str) -> set[bytes]:
    """As it is, and as JSON or CSV would hold its quotation marks and line ends."""
    plain = text.encode("utf8", "replace")
    escaped = plain.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return {plain, escaped, plain.replace(b'"', b'""')}


def _telling(words: NDArray[np.uint64], n: int) -> NDArray[np.bool_]:
    """Windows that are not one word eight times over (rows of dots, laughter)."""
    telling = np.zeros(n, dtype=bool)
    for i in range(1, len(_FACTORS)):
        telling |= words[i : i + n] != words[:n]
    return telling
