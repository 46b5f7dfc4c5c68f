"""Which rows a classifier learns from, is stopped by and is measured on."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from ...corpus.errors import InputError
from ..data.rows import Source, labelled_rows
from ..figures.strata import cut_day, is_early, is_late
from ..recipes.recipe import ClassifierRecipe


class Splits(NamedTuple):
    """Rows as `data.rows.labelled_rows` gives them; validation and test may be empty."""

    train: pa.Table
    validation: pa.Table
    test: pa.Table
    counts: dict[str, int]  # rows that `split: era` left out


def read_splits(recipe: ClassifierRecipe, source: Source) -> Splits:
    """The released splits; with `split: era` train and validation early, test late.

    Raises InputError where train lacks a class or `era` leaves nothing on a side, and what
    `labelled_rows` refuses.
    """
    train, validation, test = (
        labelled_rows(source, name, limit=recipe.limit if name == "train" else 0)
        for name in ("train", "validation", "test")
    )
    counts: dict[str, int] = {}
    if recipe.split == "era":
        train, validation, test, counts = by_era(train, validation, test)
    if len(train["label"].unique()) < 2:
        raise InputError(
            f"{len(train)} rows of train with one label or none", source.name,
            "a classifier needs rows of both labels",
        )  # fmt: skip
    return Splits(train, validation, test, counts)


def by_era(
    train: pa.Table, validation: pa.Table, test: pa.Table
) -> tuple[pa.Table, pa.Table, pa.Table, dict[str, int]]:
    """Rows of train and validation up to a day, of test after it; four of five train rows are
    before. The released splits hold, so nobody's rows are on both sides. Raises InputError where
    a side is empty.
    """
    cut = cut_day(train)
    if cut is None:
        raise InputError("no row has a day", "split: era", "use split: released")
    early = [rows.filter(pa.array(is_early(rows, cut))) for rows in (train, validation)]
    late = test.filter(pa.array(is_late(test, cut)))
    if not len(early[0]) or not len(late):
        raise InputError(f"no rows on one side of {cut}", "split: era", "use split: released")
    counts = {
        "train_after_cut": len(train) - len(early[0]),
        "validation_after_cut": len(validation) - len(early[1]),
        "test_before_cut": len(test) - len(late),
    }
    return early[0], early[1], late, counts
