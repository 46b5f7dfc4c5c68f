"""A reward model reads prompt and answer, learns which is better, and is told from a ruler."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from redditess.corpus.errors import SettingsError
from redditess.training.generator.reward import longer_wins, reward_figures
from redditess.training.models.found_model import find_model
from redditess.training.recipes.read_recipe import recipe_text
from tests.training.generator_run import Run, a_kill_changes_nothing
from tests.training.invented_runs import recipe_of
from tests.training.killer import Killer
from tests.training.made_release import GENERATOR, make_release

STRATA = ("chosen_shorter", "alike", "chosen_longer")


def pairs(*lengths: tuple[int, int]) -> Dataset:
    """Pairs whose answers have so many characters; each of a poster of its own."""

    def said(n: int) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": "x" * n}]

    return Dataset.from_dict({
        "chosen": [said(a) for a, _ in lengths], "rejected": [said(b) for _, b in lengths],
        "cluster": list(range(len(lengths))),
    })  # fmt: skip


def test_a_ruler_is_right_in_one_stratum_and_wrong_in_the_other() -> None:
    rows = pairs((10, 20), (10, 30), (10, 11), (20, 10), (30, 10), (40, 10))
    length = np.array([[10, 10, 10, 20, 30, 40], [20, 30, 11, 10, 10, 10]], float)
    found = reward_figures(length[0], length[1], rows, longer=True)
    assert [found[f"reward_accuracy_{name}"].value for name in STRATA] == [0, 0, 1]
    assert [found[f"reward_accuracy_{name}"].n for name in STRATA] == [2, 1, 3]
    assert found["reward_accuracy"].value == found["length_only_accuracy"].value == 0.5


def test_length_alone_says_what_it_learned_from_training_pairs() -> None:
    assert longer_wins(pairs((20, 10), (30, 10), (10, 20)))
    assert not longer_wins(pairs((10, 20), (10, 30), (20, 10)))
    rows, nothing = pairs((10, 20), (20, 10), (10, 10)), np.zeros(3)
    for longer in (True, False):
        assert reward_figures(nothing, nothing, rows, longer)["length_only_accuracy"].value == 0.5
    shorter = reward_figures(nothing[:1], nothing[:1], rows.select([0]), longer=False)
    assert shorter["length_only_accuracy"].value == 1
    assert shorter["reward_accuracy"].value == 0.5  # a tie is half a hit


# ---- a run ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pytest.importorskip("trl")
    release = make_release(tmp_path_factory.mktemp("release"))
    given = {"center_rewards": 0.01, "learning_rate": 2e-2, "max_steps": 6}
    return recipe_of("reward", **{**GENERATOR, **given, "data": str(release)})


@pytest.fixture(scope="module")
def run(recipe: Any, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(tmp_path_factory.mktemp("run"), recipe)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_no_margin_and_no_reaction_reaches_the_trainer(
    recipe: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """TRL would take a column `margin` as the margin of its loss."""
    from redditess.training.generator import reward

    class Seen(Exception):
        pass

    def spied(trainer: Any) -> Any:
        def made(**told: Any) -> None:
            raise Seen(told["train_dataset"].column_names, told["eval_dataset"].column_names)

        return made

    monkeypatch.setattr(reward, "keeps_to_itself", spied)
    with pytest.raises(Seen) as seen:
        Run(tmp_path, recipe)
    assert seen.value.args == (["prompt", "chosen", "rejected"],) * 2


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_planted_difference_is_learned(run: Run) -> None:
    found = run.metrics["eval"]
    assert found["reward_accuracy"]["value"] > 0.8 and found["reward_accuracy"]["low"] > 0.5
    assert found["reward_accuracy"]["n"] == run.metrics["n_eval"] == 20
    assert sum(found[f"reward_accuracy_{name}"]["n"] for name in STRATA) == 20
    assert found["length_only_accuracy"]["low"] < 0.5 < found["length_only_accuracy"]["high"]
    assert "not measured" in run.metrics["safety"]["what"]


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_saved_reward_model_scores_as_it_did_and_whatever_the_batch(
    run: Run, recipe: Any
) -> None:
    from redditess.training.generator.reward_model import is_reward_model, load_reward_model, score

    run.folder.recipe.write_text(recipe_text(recipe))
    run.folder.metrics.write_text("{}")
    found = find_model(run.folder.root)
    assert is_reward_model(found)
    model, tokenizer = load_reward_model(found)
    assert model.config.num_labels == 1
    asked = [[{"role": "user", "content": "About my exam"}]] * 4
    texts = ["listen together", "whatever obvious nonsense", "tea and a slow walk", "enough hurry"]
    said = [[{"role": "assistant", "content": text}] for text in texts]
    scores = score(model, tokenizer, asked, said, 4)
    assert np.allclose(scores, score(model, tokenizer, asked, said, 1), atol=1e-5)
    assert min(scores[[0, 2]]) > max(scores[[1, 3]])


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_killed_run_ends_with_the_same_weights(
    recipe: Any, run: Run, killer: Killer, tmp_path: Path
) -> None:
    a_kill_changes_nothing(killer, recipe, run, tmp_path, step=4)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_start_is_refused_and_all_weights_can_be_trained(recipe: Any, tmp_path: Path) -> None:
    from redditess.training.generator.reward_model import is_reward_model, load_reward_model

    with pytest.raises(SettingsError, match="which gets a new head"):
        Run(tmp_path / "a", replace(recipe, start=str(tmp_path)))
    whole = Run(tmp_path / "b", replace(recipe, lora_r=0, max_steps=1, save_every=0.0)).folder
    found = find_model(whole.model)
    assert is_reward_model(found) and not found.is_adapter
    assert load_reward_model(found)[0].config.id2label == {0: "reward"}
