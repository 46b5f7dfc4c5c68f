"""A run that was killed, anywhere, ends with the very weights of one that was not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from redditess.training.recipes.recipe import GeneratorRecipe
from redditess.training.runs.checkpoints import is_whole, last_whole
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import read_log
from tests.training.killer import Killer
from tests.training.made_release import dpo_recipe, make_release, sft_recipe

STEPS, EVERY = 8, 2


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("resume")


@pytest.fixture(scope="module")
def killer(home: Path) -> Iterator[Killer]:
    pytest.importorskip("trl")
    made = Killer(home)
    yield made
    made.close()


@pytest.fixture(scope="module")
def recipes(home: Path, killer: Killer) -> dict[str, GeneratorRecipe]:
    """DPO goes on from the run of SFT that was never stopped."""
    release = make_release(home / "release")
    more: dict[str, Any] = {"max_steps": STEPS, "save_every": EVERY / STEPS, "schedule": "constant"}
    sft = sft_recipe(release, **more)
    started = RunFolder(home / "sft-whole")
    assert killer.train(sft, started) == 0
    return {"sft": sft, "dpo": dpo_recipe(release, start=str(started.root), **more)}


def weights(run: RunFolder) -> bytes:
    return (run.model / "adapter_model.safetensors").read_bytes()


@pytest.mark.slow
@pytest.mark.needs_torch
@pytest.mark.parametrize("kind", ["sft", "dpo"])
def test_five_kills_leave_the_weights_and_the_log_of_a_run_that_was_never_stopped(
    kind: str, home: Path, killer: Killer, recipes: dict[str, GeneratorRecipe]
) -> None:
    recipe, whole, run = recipes[kind], RunFolder(home / f"{kind}-whole"), RunFolder(home / kind)
    if kind == "dpo":
        assert killer.train(recipe, whole) == 0
    dice = random.Random(kind)
    assert killer.train(recipe, run, step=dice.randint(1, EVERY)) == -9
    assert killer.train(recipe, run, resume=True, step=dice.randint(EVERY + 1, 2 * EVERY)) == -9
    assert last_whole(run) == run.checkpoints / f"checkpoint-{EVERY}"
    assert killer.train(recipe, run, resume=True, saving=2 * EVERY) == -9
    torn = run.checkpoints / f"checkpoint-{2 * EVERY}"
    assert (torn / "adapter_model.safetensors").is_file() and not is_whole(torn)
    assert killer.train(recipe, run, resume=True, marking=3 * EVERY) == -9
    assert killer.train(recipe, run, resume=True, measuring=0) == -9
    assert killer.train(recipe, run, resume=True) == 0
    assert weights(run) == weights(whole)
    assert read_log(run) == read_log(whole)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_all_weights_with_accumulation_go_on_in_the_second_epoch(
    home: Path, killer: Killer, recipes: dict[str, GeneratorRecipe]
) -> None:
    shape: dict[str, Any] = {"lora_r": 0, "batch_size": 3, "accumulation": 2, "limit": 30}
    recipe = sft_recipe(home / "release", **shape, max_steps=8, save_every=0.375)
    whole, run = RunFolder(home / "full-whole"), RunFolder(home / "full")
    assert killer.train(recipe, whole) == 0
    assert killer.train(recipe, run, step=7) == -9  # saved at 3 and 6; an epoch has 5 steps
    assert last_whole(run) == run.checkpoints / "checkpoint-6"
    assert killer.train(recipe, run, resume=True) == 0
    saved = [(r.model / "model.safetensors").read_bytes() for r in (run, whole)]
    assert saved[0] == saved[1]
