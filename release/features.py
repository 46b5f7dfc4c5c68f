"""The released columns as schemas: Arrow, Parquet with its `huggingface` footer, `datasets`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from .columns import COLUMNS, Role

if TYPE_CHECKING:
    import datasets


def names(config: str, roles: Iterable[Role] | None = None) -> list[str]:
    """Column names of a config in order, or only those of some roles.

    >>> names("full", ["input"])
    ['title', 'post', 'comment']
    """
    wanted = None if roles is None else set(roles)
    return [c.name for c in COLUMNS[config] if wanted is None or c.role in wanted]


def arrow_schema(config: str) -> pa.Schema:
    """The Arrow schema of a config, without metadata."""
    return pa.schema([pa.field(c.name, c.type) for c in COLUMNS[config]])


def features(config: str) -> datasets.Features:
    """The same as `datasets.Features`, ClassLabels with their names."""
    import datasets

    found = datasets.Features.from_arrow_schema(arrow_schema(config))
    for column in COLUMNS[config]:
        if column.names:
            found[column.name] = datasets.ClassLabel(names=list(column.names))
    return found


def parquet_schema(config: str) -> pa.Schema:
    """The schema that goes to Parquet: its `huggingface` footer keeps ClassLabels ClassLabels.

    Without that key the viewer and `load_dataset("parquet", ...)` would show bare integers.
    """
    return arrow_schema(config).with_metadata(features(config).arrow_schema.metadata)
