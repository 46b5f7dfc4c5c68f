"""Several runs of one recipe that differ in their seed only."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...corpus.artefacts import read_json, write_json, write_parquet
from ..recipes.recipe import ClassifierRecipe
from ..runs.folder import RunFolder

Train = Callable[[ClassifierRecipe, RunFolder], tuple[dict[str, Any], np.ndarray]]


class SeedResult(NamedTuple):
    """What one seed left: its metrics and P(effective) of the test rows (n,)."""

    seed: int
    folder: RunFolder
    metrics: dict[str, Any]
    p: np.ndarray


def each_seed(
    recipe: ClassifierRecipe, run: RunFolder, *, resume: bool, train: Train
) -> list[SeedResult]:
    """Seeds `seed`, `seed + 1`, …, each in a folder of its own; one seed: in the run's.

    Where `resume` is asked, a seed that has its metrics is taken as it is.
    """
    n = max(1, recipe.n_seeds)
    results = []
    for seed in range(recipe.seed, recipe.seed + n):
        folder = run if n == 1 else run.of_seed(seed)
        results.append(_one(replace(recipe, seed=seed, n_seeds=1), folder, n > 1, resume, train))
    return results


def _one(
    recipe: ClassifierRecipe, folder: RunFolder, of_many: bool, resume: bool, train: Train
) -> SeedResult:
    """In a run of one seed `metrics.json` belongs to the run, whose last file it is."""
    if of_many and resume and folder.metrics.is_file():
        metrics = read_json(folder.metrics, "remove this folder to train the seed again")
        p = pq.read_table(folder.predictions)["p"].to_numpy()
        return SeedResult(recipe.seed, folder, metrics, p)
    folder.root.mkdir(parents=True, exist_ok=True)
    metrics, p = train(recipe, folder)
    if of_many:
        write_parquet(
            folder.predictions, pa.table({"p": p}), pa.schema([pa.field("p", pa.float64())])
        )
        write_json(folder.metrics, metrics)
    return SeedResult(recipe.seed, folder, metrics, p)


def published(
    run: RunFolder, results: Sequence[SeedResult], test: pa.Table
) -> dict[int, np.ndarray]:
    """The first seed's model and log become the run's; writes predictions.parquet.

    The first, because it was chosen before anything was seen. Returns {seed: p}.
    """
    first = results[0]
    if first.folder.root != run.root:
        shutil.rmtree(run.model, ignore_errors=True)
        half = run.root / ".tmp-model"  # `artefacts.sweep` knows the name
        shutil.copytree(first.folder.model, half, dirs_exist_ok=True)
        os.replace(half, run.model)
        if first.folder.log.is_file():
            shutil.copyfile(first.folder.log, run.log)
    p = {result.seed: result.p for result in results}
    _write_predictions(run.predictions, test, p)
    return p


def spread(results: Sequence[SeedResult]) -> dict[str, dict[str, float]]:
    """Figure -> mean and standard deviation (n - 1) over seeds; {} of one seed.

    It tells how much is luck of the start, and stands beside the interval over people, not in it.
    """
    if len(results) < 2:
        return {}
    found = {}
    for name in results[0].metrics["eval"]:
        values = np.array([result.metrics["eval"][name]["value"] for result in results], float)
        found[name] = {
            "mean": float(values.mean()), "sd": float(values.std(ddof=1)), "n": len(values),
        }  # fmt: skip
    return found


def _write_predictions(
    path: str | os.PathLike[str], test: pa.Table, p: dict[int, np.ndarray]
) -> None:
    """id, label and one column `p_<seed>` a seed, in the order of the test rows."""
    columns = {"id": test["id"], "label": test["label"]}
    columns |= {f"p_{seed}": pa.array(values, pa.float64()) for seed, values in p.items()}
    table = pa.table(columns)
    write_parquet(path, table, table.schema)
