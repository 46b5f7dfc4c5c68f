"""Texts as sets of shingles: three words that follow one another, each as a 44-bit number.

44 bits leave room for a text's number beside them in 64, so sets are made by sorting integers. Two
different shingles of a pair of 100-word texts share a number about once in 10^9 pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .twins import word_bytes

WORDS = 3
"""Ours: with two, stock phrases ("hope you feel better") make strangers alike; with four, one
edited word in ten already breaks .7."""
BITS = 44
MAX_TEXTS = 1 << (64 - BITS - 4)  # of one call; 4 bits stay free for an order of rarity
_SPACE, _END = 32, 10
_P = np.uint64(0x9E3779B97F4A7C15)
_POWERS = np.cumprod(np.full(256, _P), dtype=np.uint64)
_PLACES = np.array([0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x27D4EB2F165667C5], np.uint64)


class Sets(NamedTuple):
    """Text i has the shingles `value[start[i]:start[i + 1]]`: distinct, in rising order."""

    start: NDArray[np.int64]  # (n + 1,)
    value: NDArray[np.uint64]  # below 2**BITS

    @property
    def size(self) -> NDArray[np.int64]:
        return np.diff(self.start)


def shingle(texts: Sequence[str]) -> Sets:
    """At most MAX_TEXTS texts -> their sets. Case, punctuation and white space do not count.

    A text of one or two words is one shingle, a text without words has none.

    >>> shingle(["a b c d", "A, b; c -- D!", "a b", ""]).size
    array([2, 2, 1, 0])
    """
    n = len(texts)
    if n > MAX_TEXTS:
        raise ValueError(f"{n} texts at once, at most {MAX_TEXTS}")
    code = np.frombuffer(b"\n".join([*map(word_bytes, texts), b""]), np.uint8)
    word, owner = _words(code)
    found, row = _runs(word, owner)
    key = np.sort(row.astype(np.uint64) << np.uint64(BITS) | found)
    key = key[np.concatenate([[True], key[1:] != key[:-1]])] if len(key) else key
    sizes = np.bincount((key >> np.uint64(BITS)).astype(np.int64), minlength=n)
    start = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Sets(start, key & np.uint64((1 << BITS) - 1))


def _words(code: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """UTF-8 of words with blanks between, texts ended by a line break -> a number for each word
    (a polynomial in its bytes), and the text that it stands in.
    """
    inside = np.zeros(len(code) + 2, bool)
    inside[1:-1] = code > _SPACE
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    start, end = edges[::2], edges[1::2]
    if not len(start):
        return np.zeros(0, np.uint64), np.zeros(0, np.int64)
    length = end - start
    first = np.cumsum(length) - length
    place = np.arange(int(length.sum()), dtype=np.int32)
    place -= np.repeat(first.astype(np.int32), length)
    np.minimum(place, len(_POWERS) - 1, out=place)
    terms = (code[inside[1:-1]].astype(np.uint64) + np.uint64(7)) * _POWERS[place]
    before = np.searchsorted(start, np.flatnonzero(code == _END))  # words up to each text's end
    text = np.repeat(np.arange(len(before)), np.diff(before, prepend=0))
    return _mixed(np.add.reduceat(terms, first)), text


def _runs(
    word: NDArray[np.uint64], owner: NDArray[np.int64]
) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """A number for every WORDS words in a row of one text (all of them where it has fewer)."""
    n = len(word)
    if not n:
        return word, owner
    total = np.zeros(n, np.uint64)
    whole = np.ones(n, bool)
    for step, factor in enumerate(_PLACES):
        together = np.zeros(n, bool)
        together[: n - step] = owner[step:] == owner[: n - step]
        next_word = np.zeros(n, np.uint64)
        next_word[: n - step] = word[step:]
        total += np.where(together, next_word * factor, np.uint64(step))
        whole &= together
    first = np.concatenate([[True], owner[1:] != owner[:-1]])
    length = np.bincount(owner)[owner]
    kept = whole | (first & (length < WORDS))
    return _mixed(total[kept]) >> np.uint64(64 - BITS), owner[kept]


def _mixed(h: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Every bit depends on every bit (splitmix64)."""
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))
