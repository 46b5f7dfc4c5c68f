"""The columns of the dehydrated form: labels, and what it takes to find and verify the rows' texts.

No text, nothing that the dump gives back, and no mark of risk, crisis or age. Config `full` holds
what is needed to restore a row; the others name rows of it by their keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from .columns import COLUMNS, EFFECTIVENESS, Column

DECIMALS = 1  # of probabilities that everybody sees; the others are sealed
PROBABILITIES = ("p_effective", "p_low", "p_high", "p_community")
SHOWN = ("label", "basis", *PROBABILITIES, "conflict", "invented")
"""What everybody sees of a row, besides its keys and the words of its votes."""
SEALED = (*PROBABILITIES, "opportunity")
"""Numbers of `full` that no dump can give back; scores of the votes follow them."""
NOTES = ("screen", "support_types", "risk")
"""Made of the comment's words: one digest for the three, and no column."""
TEXTS = ("title", "post", "comment", "op_replies", "op_general", "op_edit")
"""What people wrote. A row is restored only where all of these are verified."""

_S = pa.string()
_KEYS = (
    Column(
        "id", _S, "context",
        "Key of the row, 16 hex digits: a salted digest of the comment's id and raw text.",
    ),
    Column(
        "thread_id", _S, "context",
        "Key of the post, 16 hex digits: a salted digest of its id, raw title and text.",
    ),
)  # fmt: skip


def _digested() -> tuple[str, ...]:
    plain = {*SHOWN, *SEALED, *NOTES, "id", "thread_id"}
    return (*(c.name for c in COLUMNS["full"] if c.name not in plain), "notes")


DIGESTED = _digested()
"""Fields of `full` that are verified one by one; "notes" stands for NOTES."""


def _shown(names: tuple[str, ...]) -> tuple[Column, ...]:
    known = {c.name: c for c in COLUMNS["full"]}
    return tuple(_coarse(known[name]) for name in names)


def _coarse(column: Column) -> Column:
    if column.name not in PROBABILITIES:
        return column
    return column._replace(description=column.description.replace("2 decimals", "1 decimal"))


_OF_A_ROW = (
    Column(
        "votes", pa.list_(pa.struct([("function", _S), ("vote", _S)])), "reaction",
        "What each labeling function said: effective, not_effective, abstain, not_observable.",
    ),
    *_KEYS,
    Column(
        "place", _S, "context",
        "4 hex digits: among the comments of this post, which one it was, for holders of the post.",
    ),
    Column(
        "digests", pa.struct([(name, _S) for name in DIGESTED]), "context",
        "For each field of the text form 16 hex digits, keyed with the row's own texts.",
    ),
    Column(
        "sealed", _S, "context",
        f"{', '.join(SEALED)}, scores of the votes and counts of the poster's turns: readable for "
        "holders of the row's texts.",
    ),
)  # fmt: skip


def _is_id(column: Column) -> bool:
    return column.type == _S and (column.name == "id" or column.name.endswith("_id"))


def _is_number(column: Column) -> bool:
    return not column.names and (
        pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    )


def named_by(config: str) -> tuple[str, ...]:
    """The columns of a config of the text form that hold ids of rows of `full`."""
    return tuple(c.name for c in COLUMNS[config] if _is_id(c) and c.name != "thread_id")


def sealed_of(config: str) -> tuple[str, ...]:
    """The numbers of a config made from other rows, sealed with the first row's secret."""
    return tuple(c.name for c in COLUMNS[config] if _is_number(c))


def kept_of(config: str) -> tuple[str, ...]:
    """Classes and marks of a config made from other rows: they stay as they are."""
    return tuple(c.name for c in COLUMNS[config] if c.names or pa.types.is_boolean(c.type))


def written_of(config: str) -> tuple[str, ...]:
    """The columns of a config made from other rows that hold people's words."""
    known = {*named_by(config), *sealed_of(config), *kept_of(config), "thread_id"}
    return tuple(c.name for c in COLUMNS[config] if c.name not in known)


def _derived(config: str) -> tuple[Column, ...]:
    """Ids become row keys, classes stay, numbers are sealed, messages leave a digest."""
    stays = {*named_by(config), *kept_of(config)}
    columns = tuple(
        c._replace(description=_KEYS[0].description) if _is_id(c) else c
        for c in COLUMNS[config]
        if c.name in stays
    )
    digests = pa.struct([(name, _S) for name in written_of(config)])
    sealed = ", ".join(sealed_of(config))
    return (
        *columns,
        Column("digests", digests, "context", "16 hex digits for each column of messages."),
        Column("sealed", _S, "context", f"{sealed}: readable for holders of the first row's text."),
    )


def _columns() -> dict[str, tuple[Column, ...]]:
    of_effectiveness = tuple(name for name in SHOWN if name in {c.name for c in EFFECTIVENESS})
    own = {
        "effectiveness": (*_shown(of_effectiveness), *_KEYS),
        "full": (*_shown(SHOWN), *_OF_A_ROW),
    }
    return {config: own.get(config) or _derived(config) for config in COLUMNS}


DEHYDRATED: dict[str, tuple[Column, ...]] = _columns()
FORMS: Mapping[str, Mapping[str, tuple[Column, ...]]] = {"text": COLUMNS, "dehydrated": DEHYDRATED}
"""Form -> config -> its columns, in order."""


def columns_of(document: Mapping[str, Any]) -> Mapping[str, tuple[Column, ...]]:
    """The columns of each config, by the `form` that `release.json` (or a manifest) names."""
    return FORMS[document.get("form", "text")]
