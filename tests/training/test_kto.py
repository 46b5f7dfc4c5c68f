"""KTO learns which single answers were effective, weighs the rarer kind, and survives a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redditess.corpus.errors import SettingsError
from tests.training.generator_run import Run, a_kill_changes_nothing
from tests.training.invented_runs import recipe_of
from tests.training.killer import Killer
from tests.training.made_release import GENERATOR, make_release

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]


def kto_recipe(release: Path, **more: Any) -> Any:
    weights = {"desirable_weight": 1.0, "undesirable_weight": 1.0, "beta": 0.1}
    return recipe_of("kto", **{**GENERATOR, **weights, "data": str(release), **more})


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def recipe(release: Path) -> Any:
    return kto_recipe(release)


@pytest.fixture(scope="module")
def run(recipe: Any, tmp_path_factory: pytest.TempPathFactory, quick_safety: None) -> Run:
    return Run(tmp_path_factory.mktemp("run"), recipe)


def test_the_rarer_kind_weighs_as_much_as_the_other() -> None:
    from redditess.training.generator.kto import class_weights

    even = kto_recipe(Path("x"))
    found = class_weights(np.array([True] * 3 + [False] * 12), even)
    assert found.desirable * 3 == found.undesirable * 12
    assert min(found) == 1
    more = class_weights(np.array([True, False]), kto_recipe(Path("x"), desirable_weight=1.3))
    assert more == (1.3, 1.0)


def test_rows_of_one_kind_are_refused() -> None:
    from redditess.training.generator.kto import class_weights

    with pytest.raises(SettingsError, match="all 2 rows of train are effective"):
        class_weights(np.array([True, True]), kto_recipe(Path("x")))


def test_a_batch_of_one_is_refused(release: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="batch_size is 1"):
        Run(tmp_path, kto_recipe(release, batch_size=1))


def test_the_weights_of_a_run_are_those_of_its_rows(run: Run) -> None:
    assert run.metrics["weights"] == {"desirable": 1.0, "undesirable": 2.0}


def test_a_planted_difference_is_learned(run: Run) -> None:
    found = run.metrics["eval"]["reward_auc"]
    assert found["value"] > 0.8 and found["low"] > 0.5
    assert found["interval"] in ("poster", "thread")
    assert found["n"] == run.metrics["n_eval"] == 30
    assert run.metrics["eval"]["reward_margin"]["low"] > 0
    assert (
        run.metrics["eval"]["length_only_auc"]["low"]
        < 0.5
        < run.metrics["eval"]["length_only_auc"]["high"]
    )


def test_safety_is_measured_beside_the_base(run: Run) -> None:
    told = run.metrics["safety"]["flagged_share"]
    assert told["tuned"]["n"] == told["base"]["n"] == 20
    assert 0 <= told["tuned"]["low"] <= told["tuned"]["value"] <= told["tuned"]["high"] <= 1


def test_what_is_saved_is_an_adapter_that_names_no_folder(run: Run) -> None:
    names = {path.name for path in run.folder.model.iterdir()}
    assert {"adapter_config.json", "adapter_model.safetensors", "chat_template.jinja"} <= names
    held = json.loads((run.folder.model / "adapter_config.json").read_text())
    assert held["base_model_name_or_path"] == "redditess/tiny-causal"
    assert run.folder.trained_on.is_file()


def test_a_killed_run_ends_with_the_same_weights(
    recipe: Any, run: Run, killer: Killer, tmp_path: Path
) -> None:
    a_kill_changes_nothing(killer, recipe, run, tmp_path, step=3)


def test_a_last_row_that_would_be_alone_is_left_out_and_counted(
    release: Path, tmp_path: Path, quick_safety: None
) -> None:
    found = Run(tmp_path, kto_recipe(release, limit=9, max_steps=1, lora_r=0)).metrics
    assert (found["n_train"], found["counts"]["alone_in_last_batch"]) == (8, 1)
    assert found["safety"]["flagged_share"]["base"]["n"] == 20  # loaded once more
