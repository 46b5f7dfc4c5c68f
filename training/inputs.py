"""What a model may read: the one guard between a released dataset and any trainer.

A column that shows a *reaction* (OP's replies, scores, ranks, later activity, votes) would teach
a model to read the answer sheet; an invented row would teach it our own sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.errors import InputError
from ..release.columns import COLUMNS

if TYPE_CHECKING:
    from datasets import Dataset

ROLES = {column.name: column.role for column in COLUMNS["full"]}
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
        _refuse_invented(dataset)
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


def _refuse_invented(dataset: Dataset) -> None:
    values = _values(dataset, "invented")
    n_bad = len(values) - (pc.sum(pc.equal(values, False)).as_py() or 0)
    if n_bad:
        raise InputError(
            f"{n_bad} of {len(values)} rows are invented or do not say that they are not",
            "dataset",
            "use a build of real dumps, or allow_invented=True for a trial run",
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
