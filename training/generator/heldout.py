"""The rows that a generator is measured on at the end of its run, and how figures are told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ...stats.intervals import Estimate, resampled
from ..answers.conversations import prepared
from ..figures.figure import figure
from ..recipes.recipe import GeneratorRecipe

if TYPE_CHECKING:
    from datasets import Dataset


def held_out(
    rows_of: Callable[[str], Dataset],
    tokenizer: Any,
    recipe: GeneratorRecipe,
    counts: Counter[str],
) -> Dataset:
    """Rows of `validation` and `test`, prepared as those of `train` are.

    Where early stopping chose the weights on `validation`, only those of `test`. What was cut or
    left out is counted under names that begin with "held_out/".
    """
    from datasets import concatenate_datasets

    found: Counter[str] = Counter()
    splits = ("test",) if recipe.early_stopping else ("validation", "test")
    parts = [prepared(rows_of(split), tokenizer, recipe, found) for split in splits]
    counts.update({f"held_out/{name}": n for name, n in found.items()})
    full = [part for part in parts if len(part)]
    return concatenate_datasets(full) if full else parts[-1]


def mean(values: np.ndarray, clusters: np.ndarray) -> Estimate:
    """Mean of one number a row (n,), interval by whole clusters."""
    return resampled(lambda rows: float(values[rows].mean()), clusters)


def told(estimates: dict[str, Estimate], by: str) -> dict[str, dict[str, Any]]:
    """Figures for metrics.json; `by` is what the intervals are clustered by (poster, thread)."""
    return {name: {**figure(e), "interval": by} for name, e in estimates.items()}
