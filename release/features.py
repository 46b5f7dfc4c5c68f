"""The released columns as schemas: Arrow, Parquet with its `huggingface` footer, `datasets`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from .columns import Role
from .dehydrated import FORMS

if TYPE_CHECKING:
    import datasets


def names(config: str, roles: Iterable[Role] | None = None, form: str = "text") -> list[str]:
    """Column names of a config in order, or only those of some roles.

    >>> names("full", ["input"])
    ['title', 'post', 'comment']
    """
    wanted = None if roles is None else set(roles)
    return [c.name for c in FORMS[form][config] if wanted is None or c.role in wanted]


def arrow_schema(config: str, form: str = "text") -> pa.Schema:
    """The Arrow schema of a config, without metadata."""
    return pa.schema([pa.field(c.name, c.type) for c in FORMS[form][config]])


def features(config: str, form: str = "text") -> datasets.Features:
    """The same as `datasets.Features`, ClassLabels with their names."""
    import datasets

    found = datasets.Features.from_arrow_schema(arrow_schema(config, form))
    for column in FORMS[form][config]:
        if column.names:
            found[column.name] = datasets.ClassLabel(names=list(column.names))
    return found


def parquet_schema(config: str, form: str = "text") -> pa.Schema:
    """The schema that goes to Parquet: its `huggingface` footer keeps ClassLabels ClassLabels.

    Without that key the viewer and `load_dataset("parquet", ...)` would show bare integers.
    """
    metadata = features(config, form).arrow_schema.metadata
    return arrow_schema(config, form).with_metadata(metadata)
