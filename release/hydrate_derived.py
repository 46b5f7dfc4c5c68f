"""Pairs and examples of a dehydrated release, made again of the rows that came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from . import examples
from .columns import COLUMNS
from .dehydrate_rows import derived_digests, derived_nonce
from .dehydrated import named_by, sealed_of
from .rowkeys import crossed_key, opened

Row = Mapping[str, Any]


def restore_derived(
    config: str, row: Row, full: Mapping[str, Row], secret: bytes
) -> dict[str, Any] | None:
    """One dehydrated row of a config made of rows of `full` -> its row of the text form.

    `full`: restored rows by key; `secret`: of the first row that it names. None where a row that
    it needs has not come back, or where its messages are not those of the release.
    """
    first, *others = named_by(config)
    nonce = derived_nonce(config, row["digests"])
    keys = [row[first], *(crossed_key(secret, f"{nonce} {n}", row[n]) for n in others)]
    needed = [full[key] for key in keys if key in full]
    if len(needed) < len(keys):
        return None
    words = _words(config, needed)
    if derived_digests(config, secret, words) != row["digests"]:
        return None
    sealed = zip(sealed_of(config), opened(secret, nonce, row["sealed"]), strict=True)
    numbers = {name: _typed(config, name, n) for name, n in sealed}
    return {**words, **numbers, **dict(zip(named_by(config), keys, strict=True))}


def _words(config: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The columns of messages, of the rows in the order in which the config names them."""
    post = {"role": "user", "content": examples.prompt(rows[0]["title"], rows[0]["post"])}
    answers = [
        {"role": "assistant", "content": examples.turn(row["comment"] or "")} for row in rows
    ]
    known = {
        "prompt": [post],
        "chosen": answers[:1],
        "rejected": answers[1:],
        "completion": answers[:1],
        "messages": [post, *answers],
    }
    return {c.name: known[c.name] for c in COLUMNS[config] if c.type == examples.MESSAGES}


def _typed(config: str, name: str, number: float | None) -> Any:
    [kind] = [c.type for c in COLUMNS[config] if c.name == name]
    if number is None or pa.types.is_floating(kind):
        return number
    return bool(number) if pa.types.is_boolean(kind) else int(number)
