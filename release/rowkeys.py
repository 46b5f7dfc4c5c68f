"""Keys and digests of the dehydrated form: only who holds the raw texts can compute them.

Reddit's ids can be counted through, so no public value may depend on ids and on values that are
easily guessed alone. Everything here starts from a raw text: 64 bytes of a keyed digest of it, of
which the first 8 are public and 32 others key all that stands beside them (docs/design/0014).
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .pseudonyms import Key

MIN_CHARS = 64
"""A raw text below this could be guessed together with an id. Ours: 64 characters of English hold
some 60 bits or more, ids of one month 27; a short comment takes its post with it, a short post
leaves the form."""
_SECRET = slice(16, 48)


class Named(NamedTuple):
    """What stands for a post or a comment. `public`: 16 hex digits; `secret`: 32 bytes."""

    public: str
    secret: bytes


def salt_of(key: Key, fingerprint: str) -> bytes:
    """16 public bytes, other ones for each release: keys of two releases cannot be compared.

    Made of the build's secret key, so the same build gives the same folder again.
    """
    said = f"dehydrated {fingerprint}".encode()
    return hashlib.blake2b(said, digest_size=16, key=key.secret).digest()


def guessable(title: str, selftext: str) -> bool:
    """True for a post so short that its words and its id could be tried out together."""
    return len(title) + len(selftext) < MIN_CHARS


def post_key(salt: bytes, fullname: str, title: str, selftext: str) -> Named:
    """Of a post, from its raw title and text as `corpus.dumps.wire` reads them."""
    return _named(salt, "post", fullname, title, selftext)


def row_key(salt: bytes, fullname: str, body: str, post: Named) -> Named:
    """Of a comment, from its raw body; a short one needs its post, too.

    >>> salt, post = bytes(16), Named("", b"post")
    >>> row_key(salt, "t1_a", "x" * 64, post) == row_key(salt, "t1_a", "x" * 64, Named("", b""))
    True
    >>> row_key(salt, "t1_a", "x" * 63, post) == row_key(salt, "t1_a", "x" * 63, Named("", b""))
    False
    """
    more = (post.secret.hex(),) if needs_post(body) else ()
    return _named(salt, "row", fullname, body, *more)


def needs_post(body: str) -> bool:
    """True for a comment too short to be its own key."""
    return len(body) < MIN_CHARS


def place(post: Named, fullname: str) -> str:
    """16 hex digits that tell a holder of the post which of its comments a row was.

    Rows of one post have nothing in common for anybody else.
    """
    said = hashlib.blake2b(fullname.encode(), digest_size=8, key=post.secret, person=b"place")
    return said.hexdigest()


def digest(secret: bytes, field: str, value: Any) -> str:
    """16 hex digits of one field's value, by which a holder of the row's texts can verify it.

    Takes what Arrow's `to_pylist` gives: None, numbers, texts, days, lists and structs of them.
    """
    words = json.dumps([field, value], default=_day).encode()
    return hashlib.blake2b(words, digest_size=8, key=secret, person=b"field").hexdigest()


def sealed(secret: bytes, what: str, numbers: Sequence[float | None]) -> str:
    """Numbers (float32) that the dump cannot give back, readable for holders of the row's texts.

    Hex digits; its length tells how many there are and nothing else. `what` must be another for
    each list that is sealed with the same secret.

    >>> opened(b"k" * 32, "x", sealed(b"k" * 32, "x", [0.5, None]))
    [0.5, None]
    """
    plain = np.array([np.nan if n is None else n for n in numbers], "<f4").tobytes()
    return _crossed(secret, what, plain).hex()


def opened(secret: bytes, what: str, text: str) -> list[float | None]:
    """The inverse of `sealed`."""
    plain = np.frombuffer(_crossed(secret, what, bytes.fromhex(text)), "<f4")
    return [None if np.isnan(n) else float(n) for n in plain]


def crossed_key(secret: bytes, what: str, key: str) -> str:
    """A row key, sealed; of a sealed one the key again."""
    return _crossed(secret, f"{what} key", bytes.fromhex(key)).hex()


def _crossed(secret: bytes, what: str, data: bytes) -> bytes:
    """XOR with a stream that only this secret and `what` give."""
    stream = b"".join(
        hashlib.blake2b(f"{what} {i}".encode(), key=secret, person=b"seal").digest()
        for i in range(-(-len(data) // 64))
    )
    return bytes(a ^ b for a, b in zip(data, stream, strict=False))


def _named(salt: bytes, *words: str) -> Named:
    said = json.dumps(words).encode()
    whole = hashlib.blake2b(said, key=salt, person=b"redditess row").digest()
    return Named(whole[:8].hex(), whole[_SECRET])


def _day(value: datetime.date) -> str:
    return value.isoformat()
