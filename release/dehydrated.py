"""The columns of the dehydrated form: labels, and what it takes to find and verify the rows' texts.

No text, nothing that the dump gives back, and no mark of risk, crisis or age. Config `full` holds
what is needed to restore a row; the others name rows of it by their keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from .columns import COLUMNS, Column

DECIMALS = 1  # of the one probability that everybody sees; all are sealed
SHOWN = ("label", "basis", "p_effective", "invented")
"""What everybody sees of a row, besides its key. With votes, probabilities and threads beside it
nine of ten rows of the sample could be joined with their texts (docs/design/0014)."""
PROBABILITIES = ("p_effective", "p_low", "p_high", "p_community")
SEALED = (*PROBABILITIES, "opportunity", "conflict", "followup_days")
"""What of `full` no dump can give back, as numbers; the votes and their scores follow."""
NOTES = ("screen", "support_types", "risk")
"""Made of the comment's words: one digest for the three, and no column."""
TEXTS = ("title", "post", "comment", "op_replies", "op_general", "op_edit")
"""What people wrote. A row is restored only where all of these are verified."""

_S = pa.string()
_KEY = Column(
    "id", _S, "context",
    "Key of the row, 16 hex digits: a salted digest of the comment's id and raw text.",
)  # fmt: skip


def _digested() -> tuple[str, ...]:
    plain = {*SHOWN, *SEALED, *NOTES, "id", "thread_id", "votes"}
    return (*(c.name for c in COLUMNS["full"] if c.name not in plain), "votes", "notes")


DIGESTED = _digested()
"""Fields of `full` that are verified one by one; "notes" stands for NOTES."""


def _shown(names: tuple[str, ...]) -> tuple[Column, ...]:
    known = {c.name: c for c in COLUMNS["full"]}
    return tuple(_coarse(known[name]) for name in names)


def _coarse(column: Column) -> Column:
    if column.name != "p_effective":
        return column
    return column._replace(description=column.description.replace("2 decimals", "1 decimal"))


_OF_A_ROW = (
    _KEY,
    Column(
        "place", _S, "context",
        "16 hex digits for holders of the post: which of its comments this was.",
    ),
    Column(
        "digests", pa.struct([(name, _S) for name in DIGESTED]), "context",
        "For each field of the text form 16 hex digits, keyed with the row's own texts.",
    ),
    Column(
        "sealed", _S, "context",
        f"{', '.join(SEALED)}, votes, their scores and counts of the poster's turns: readable for "
        "holders of the row's texts.",
    ),
)  # fmt: skip


def _is_id(column: Column) -> bool:
    return column.type == _S and (column.name == "id" or column.name.endswith("_id"))


def _is_number(column: Column) -> bool:
    of = pa.types
    return any(is_one(column.type) for is_one in (of.is_floating, of.is_integer, of.is_boolean))


def named_by(config: str) -> tuple[str, ...]:
    """The columns of a config of the text form that hold ids of rows of `full`."""
    return tuple(c.name for c in COLUMNS[config] if _is_id(c) and c.name != "thread_id")


def sealed_of(config: str) -> tuple[str, ...]:
    """Numbers, classes and marks of a config made from other rows."""
    return tuple(c.name for c in COLUMNS[config] if _is_number(c))


def written_of(config: str) -> tuple[str, ...]:
    """The columns of a config made from other rows that hold people's words."""
    known = {*named_by(config), *sealed_of(config), "thread_id"}
    return tuple(c.name for c in COLUMNS[config] if c.name not in known)


def _derived(config: str) -> tuple[Column, ...]:
    """The first id becomes a row key, messages leave a digest, all else is sealed."""
    first, *more = named_by(config)
    digests = pa.struct([(name, _S) for name in written_of(config)])
    sealed = "readable for holders of the texts of row"
    return (
        _KEY._replace(name=first),
        *(
            Column(name, _S, "context", f"Key of another row, sealed: {sealed} {first}.")
            for name in more
        ),
        Column("digests", digests, "context", "16 hex digits for each column of messages."),
        Column("sealed", _S, "context", f"{', '.join(sealed_of(config))}: {sealed} {first}."),
    )


def _columns() -> dict[str, tuple[Column, ...]]:
    shown = _shown(SHOWN)
    own = {"effectiveness": (*shown, _KEY), "full": (*shown, *_OF_A_ROW)}
    return {config: own.get(config) or _derived(config) for config in COLUMNS}


DEHYDRATED: dict[str, tuple[Column, ...]] = _columns()
FORMS: Mapping[str, Mapping[str, tuple[Column, ...]]] = {"text": COLUMNS, "dehydrated": DEHYDRATED}
"""Form -> config -> its columns, in order."""


def columns_of(document: Mapping[str, Any]) -> Mapping[str, tuple[Column, ...]]:
    """The columns of each config, by the `form` that `release.json` (or a manifest) names."""
    return FORMS[document.get("form", "text")]
