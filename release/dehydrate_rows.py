"""One row of the text form -> one of the dehydrated form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from .columns import VOTES
from .dehydrated import (
    DECIMALS,
    DIGESTED,
    NOTES,
    SEALED,
    SHOWN,
    named_by,
    sealed_of,
    written_of,
)
from .features import arrow_schema
from .piles import numbers
from .rowkeys import Named, crossed_key, digest, place, sealed
from .sorted_rows import SPLIT

Row = Mapping[str, Any]
CODES = {word: code for code, word in VOTES.items()}
"""The word of a vote, as released -> the vote."""


def row_of(text: Row, comment: str, row: Named, post: Named) -> dict[str, Any]:
    """A row of `full` and the keys of its comment (a fullname) and post -> its dehydrated row."""
    p = text["p_effective"]
    return {
        **{name: text[name] for name in SHOWN},
        "p_effective": None if p is None else round(p, DECIMALS),
        "id": row.public,
        "place": place(post, comment),
        "digests": digests_of(row.secret, text),
        "sealed": sealed(row.secret, "full", Inner.of(text).numbers()),
        SPLIT: text[SPLIT],
    }


def digests_of(secret: bytes, text: Row) -> dict[str, str]:
    """A row of `full` -> the digest of each field of DIGESTED."""
    return {name: digest(secret, name, value_of(text, name)) for name in DIGESTED}


def value_of(text: Row, field: str) -> Any:
    """What is digested under a name of DIGESTED."""
    return [text[name] for name in NOTES] if field == "notes" else text[field]


class Inner(NamedTuple):
    """What is sealed of a row of `full`."""

    fields: list[float | None]  # SEALED
    n_turns: tuple[int, int]  # op_replies, op_general
    votes: list[int | None]  # as in columns.VOTES, one of each labeling function
    scores: list[float | None]

    @classmethod
    def of(cls, text: Row) -> Inner:
        turns = [len(text[name] or ()) for name in ("op_replies", "op_general")]
        votes = [CODES[vote["vote"]] for vote in text["votes"]]
        scores = [vote["score"] for vote in text["votes"]]
        return cls([text[name] for name in SEALED], (turns[0], turns[1]), votes, scores)

    @classmethod
    def read(cls, numbers: Sequence[float | None]) -> Inner:
        """The inverse of `numbers`."""
        n, rest = len(SEALED), list(numbers)
        a, b, *said = rest[n:]
        m = len(said) // 2
        votes = [None if v is None else int(v) for v in said[:m]]
        return cls(rest[:n], (int(a or 0), int(b or 0)), votes, said[m:])

    def numbers(self) -> list[float | None]:
        return [*self.fields, *self.n_turns, *self.votes, *self.scores]

    def field(self, name: str) -> float | None:
        return self.fields[SEALED.index(name)]


class KeyRing:
    """Pseudonymous ids of `full` -> keys of the dehydrated rows: 48 bytes a row."""

    def __init__(self) -> None:
        self._ids: list[int] = []
        self._keys: list[Named] = []
        self.ids = np.array([], np.uint64)
        self.public = np.array([], np.uint64)
        self._secrets = b""

    def add(self, ids: Sequence[str], keys: Sequence[Named]) -> None:
        self._ids += [int(i, 16) for i in ids]
        self._keys += keys

    def sort(self) -> None:
        """After the last `add`, before the first `find`."""
        ids = np.array(self._ids, np.uint64)
        order = np.argsort(ids)
        self.ids = ids[order]
        self.public = np.array([int(k.public, 16) for k in self._keys], np.uint64)[order]
        self._secrets = b"".join(self._keys[i].secret for i in order.tolist())
        self._ids, self._keys = [], []

    def find(self, ids: pa.ChunkedArray) -> list[Named | None]:
        """None for an id whose row is not in the dehydrated form."""
        wanted = numbers(ids)
        if not len(self.ids):
            return [None] * len(wanted)
        at = np.minimum(np.searchsorted(self.ids, wanted), len(self.ids) - 1)
        hit = self.ids[at] == wanted
        return [
            Named(f"{self.public[i]:016x}", self._secrets[32 * i : 32 * i + 32]) if ok else None
            for i, ok in zip(at.tolist(), hit.tolist(), strict=True)
        ]


def derived_rows(config: str, table: pa.Table, ring: KeyRing) -> pa.Table:
    """Rows of a config that is made of rows of `full` -> their dehydrated rows.

    A row that names one which left leaves, too.
    """
    keys = [ring.find(table[name]) for name in named_by(config)]
    rows = []
    for text, *found in zip(table.to_pylist(), *keys, strict=True):
        named = [k for k in found if k is not None]
        if len(named) == len(found):
            rows.append(_derived(config, text, named))
    return pa.Table.from_pylist(rows, arrow_schema(config, "dehydrated"))


def _derived(config: str, text: Row, named: Sequence[Named]) -> dict[str, Any]:
    secret = named[0].secret
    first, *others = zip(named_by(config), (k.public for k in named), strict=True)
    digests = derived_digests(config, secret, text)
    nonce = derived_nonce(config, digests)
    return {
        first[0]: first[1],
        **{name: crossed_key(secret, f"{nonce} {name}", public) for name, public in others},
        "digests": digests,
        "sealed": sealed(secret, nonce, [text[name] for name in sealed_of(config)]),
    }


def derived_digests(config: str, secret: bytes, text: Row) -> dict[str, str]:
    """Of each column of messages of a row."""
    return {name: digest(secret, f"{config} {name}", text[name]) for name in written_of(config)}


def derived_nonce(config: str, digests: Mapping[str, str]) -> str:
    """One row may come in several pairs: each is sealed with a stream of its own."""
    return " ".join([config, *digests.values()])
