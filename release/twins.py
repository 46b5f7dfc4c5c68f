"""Texts that would stand in two splits: found by digest, and which of the copies leaves.

Keys are 64-bit digests, so millions of texts compare as integers. Texts that are only nearly the
same: `release/near_rows.py`.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

LONG_COMMENT_WORDS = 20
"""Ours: a shorter comment ("you are not alone, hugs") is repeated by people who never met."""
STAYS = -1
_NOT_A_WORD = re.compile(r"[\W_]+")
_ASCII = bytes(ord(chr(i).lower()) if chr(i).isalnum() and i < 128 else 32 for i in range(256))
"""What becomes of each character of an ASCII text: the same as by the pattern, 20 times faster."""


def normal_form(text: str) -> str:
    """Case, punctuation and white space do not make a text another one.

    >>> normal_form("I'm  LOST...\\nreally")
    'i m lost really'
    """
    if text.isascii():
        return " ".join(text.encode().translate(_ASCII).decode().split())
    return _NOT_A_WORD.sub(" ", text.casefold()).strip()


def word_bytes(text: str) -> bytes:
    """The UTF-8 of `normal_form`, but with any number of blanks between, before and after words."""
    if text.isascii():
        return text.encode().translate(_ASCII)
    return normal_form(text).encode("utf8", "replace")


def post_key(title: str, post: str) -> int:
    """Digest of a post's words; 0 where it has none (only emoji, only punctuation)."""
    return _digest(normal_form(f"{title} {post}"))


def comment_key(comment: str) -> int:
    """Digest of a long comment's words; 0 for a short one."""
    words = normal_form(comment)
    return _digest(words) if words.count(" ") + 1 >= LONG_COMMENT_WORDS else 0


def words_key(text: str) -> int:
    """Digest of a text's words, however few; 0 where it has none."""
    return _digest(normal_form(text))


def _digest(words: str) -> int:
    if not words:
        return 0
    raw = hashlib.blake2b(words.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(raw, "big") or 1  # 0 stands for "no key"


def twins_ahead(split: NDArray[np.int8], *keys: NDArray[np.uint64]) -> NDArray[np.int8]:
    """For each row the split (as a place in `splits.ORDER`) that holds its twin, or STAYS.

    `split` (n,) places in `splits.ORDER`; each array of `keys` (n,), 0 where a row has no such
    key. A row with a twin in an earlier place must leave: the copy that stays is the one farthest
    from training.

    >>> keys = np.array([7, 7, 8], dtype=np.uint64)
    >>> twins_ahead(np.array([0, 2, 2], dtype=np.int8), keys)  # test, train, train
    array([-1,  0, -1], dtype=int8)
    """
    found = np.full(len(split), STAYS, dtype=np.int8)
    for column in keys:
        for holder in range(int(split.max(initial=0))):
            held = np.unique(column[(split == holder) & (column != 0)])
            rows = np.flatnonzero((split > holder) & (found == STAYS))
            found[rows[among(column[rows], held)]] = holder
    return found


def among(values: NDArray[np.uint64], known: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which values (n,) are among the sorted `known`: `np.isin` without sorting all of them."""
    if not len(known):
        return np.zeros(len(values), bool)
    at = np.searchsorted(known, values)
    np.minimum(at, len(known) - 1, out=at)
    return np.asarray(known[at] == values)
