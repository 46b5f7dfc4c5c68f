"""What a model may read: the one guard between a released dataset and any trainer.

A column that shows a *reaction* (OP's replies, scores, ranks, later activity, votes) would teach
a model to read the answer sheet; an invented row would teach it our own sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ...corpus.errors import InputError
from ...release.columns import COLUMNS

if TYPE_CHECKING:
    from datasets import Dataset

ROLES = {column.name: column.role for column in COLUMNS["full"]}
WEIGHTS = ("opportunity",)
"""A reaction that a loss may be weighted by: it never depends on the comment's words, and no text
is made of it."""
INPUTS = tuple(name for name, role in ROLES.items() if role == "input")
"""title, post, comment: the schema decides, not this room."""
TARGETS = ("label", "p_effective")


def model_inputs(
    dataset: Dataset,
    columns: Sequence[str] = INPUTS,
    *,
    target: str | None = "label",
    allow_invented: bool = False,
) -> Dataset:
    """The same rows with only what a model may read, and its target (None: no target).

    Raises InputError where a column shows a reaction or is no input, where a row is invented and
    that was not allowed (or the dataset cannot tell), and where a row has no target: leaving
    rows out is the caller's decision, never a side effect.
    """
    for name in columns:
        _check_input(name)
    if target is not None and target not in TARGETS:
        raise InputError(f"{target!r} is not a target", "target", f"use {' or '.join(TARGETS)}")
    wanted = [*columns, *([target] if target else [])]
    missing = [name for name in [*wanted, "invented"] if name not in dataset.column_names]
    if missing:
        raise InputError(
            f"no column {', '.join(missing)}",
            "dataset",
            "give the config effectiveness or full of a redditess dataset",
        )
    if not allow_invented:
        refuse_invented(_values(dataset, "invented"))
    if target:
        _refuse_empty_targets(dataset, target)
    return dataset.select_columns(wanted)


def _check_input(name: str) -> None:
    role = ROLES.get(name)
    if role == "input":
        return
    reasons = {
        "reaction": "shows what happened after the comment",
        "label": "is made from what happened after the comment",
        "context": "is no text of the exchange",
        None: "is not a redditess column",
    }
    raise InputError(f"{name!r} {reasons[role]}", "columns", f"a model reads {', '.join(INPUTS)}")


def refuse_reactions(config: str, columns: Sequence[str]) -> None:
    """Raises InputError where rows for a trainer would hold a column that shows a reaction."""
    roles = {column.name: column.role for column in COLUMNS[config]}
    for name in columns:
        if roles.get(name, "reaction") == "reaction" and name not in WEIGHTS:
            raise InputError(
                f"{name!r} shows what happened after the comment", config, "leave it out"
            )


def refuse_invented(invented: pa.ChunkedArray | pa.Array, where: str = "dataset") -> None:
    """Raises InputError unless every row (n,) says that a person wrote it."""
    n_bad = len(invented) - (pc.sum(pc.equal(invented, False)).as_py() or 0)
    if n_bad:
        raise InputError(
            f"{n_bad} of {len(invented)} rows are invented or do not say that they are not",
            where,
            "use a build of real dumps, or set allow_invented to true for a trial run",
        )


def _refuse_empty_targets(dataset: Dataset, target: str) -> None:
    values = _values(dataset, target)
    if values.null_count:
        raise InputError(
            f"{values.null_count} of {len(values)} rows have no {target}",
            "dataset",
            "filter them out first (the config effectiveness has a label in every row)",
        )


def _values(dataset: Dataset, column: str) -> pa.ChunkedArray:
    """One column as Arrow, in the order of the dataset's own selection and filters."""
    return dataset.select_columns([column]).with_format("arrow")[:].column(column)
