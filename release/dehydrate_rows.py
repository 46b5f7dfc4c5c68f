"""One row of the text form -> one of the dehydrated form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from .dehydrated import (
    DECIMALS,
    DIGESTED,
    NOTES,
    PROBABILITIES,
    SEALED,
    SHOWN,
    kept_of,
    named_by,
    sealed_of,
    written_of,
)
from .features import arrow_schema
from .piles import numbers
from .rowkeys import Named, digest, place, sealed
from .sorted_rows import SPLIT

Row = Mapping[str, Any]


def row_of(text: Row, comment: str, row: Named, post: Named) -> dict[str, Any]:
    """A row of `full` and the keys of its comment (a fullname) and post -> its dehydrated row."""
    shown = {name: text[name] for name in SHOWN}
    for name in PROBABILITIES:
        p = text[name]
        shown[name] = None if p is None else round(p, DECIMALS)
    return {
        **shown,
        "votes": [{name: vote[name] for name in ("function", "vote")} for vote in text["votes"]],
        "id": row.public,
        "thread_id": post.public,
        "place": place(post, comment),
        "digests": digests_of(row.secret, text),
        "sealed": sealed(row.secret, "full", sealed_numbers(text)),
        SPLIT: text[SPLIT],
    }


def digests_of(secret: bytes, text: Row) -> dict[str, str]:
    """A row of `full` -> the digest of each field of DIGESTED."""
    return {name: digest(secret, name, value_of(text, name)) for name in DIGESTED}


def value_of(text: Row, field: str) -> Any:
    """What is digested under a name of DIGESTED."""
    return [text[name] for name in NOTES] if field == "notes" else text[field]


def sealed_numbers(text: Row) -> list[float | None]:
    """SEALED, how many turns and general comments of the poster, and scores of the votes."""
    counts = [float(len(text[name] or ())) for name in ("op_replies", "op_general")]
    return [*(text[name] for name in SEALED), *counts, *(v["score"] for v in text["votes"])]


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
    what = " ".join([config, *(k.public for k in named)])
    return {
        **dict(zip(named_by(config), (k.public for k in named), strict=True)),
        **{name: text[name] for name in kept_of(config)},
        "digests": {
            name: digest(secret, f"{what} {name}", text[name]) for name in written_of(config)
        },
        "sealed": sealed(secret, what, [text[name] for name in sealed_of(config)]),
    }
