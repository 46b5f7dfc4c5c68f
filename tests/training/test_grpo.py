"""GRPO is paid by its rewards and nothing else, refuses its own judge, and survives a kill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from redditess.corpus.errors import SettingsError
from redditess.training.generator.rewards.weighed import NAMES, for_trl, refuse_weights, rewards_of
from redditess.training.models.found_model import weights_digest
from redditess.training.recipes.read_recipe import recipe_text
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import read_log
from tests.training.generator_run import Run, a_kill_changes_nothing
from tests.training.invented_runs import recipe_of
from tests.training.killer import Killer
from tests.training.made_release import GENERATOR, make_release

GROUPS: dict[str, Any] = {
    "beta": 0.04, "n_generations": 4, "max_completion": 8, "temperature": 1.0, "reward_model": "",
    "evaluation_model": "", "reward_effectiveness": 0.0, "reward_screen": 1.0,
    "reward_length": 0.5, "reward_copy": 0.5,
}  # fmt: skip


def grpo_recipe(release: Path, **more: Any) -> Any:
    return recipe_of("grpo", **{**GENERATOR, **GROUPS, "data": str(release), **more})


# ---- what is refused -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reward_effectiveness": 1.0, "reward_screen": 0.5, "reward_model": "x"}, "could pay"),
        ({"reward_effectiveness": 1.0}, "without a reward_model"),
        ({f"reward_{name}": 0.0 for name in NAMES}, "all rewards weigh 0"),
    ],
)
def test_weights_under_which_harm_could_pay_are_refused(change: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        refuse_weights(grpo_recipe(Path("x"), **change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"n_generations": 1}, "n_generations is 1"),
        ({"n_generations": 3}, "4 answers a step .* and groups of 3"),
        ({"temperature": 0.0}, "temperature 0"),
        ({"early_stopping": 2}, "early_stopping"),
    ],
)
@pytest.mark.needs_torch
def test_a_recipe_that_cannot_work_is_one_sentence(change: Any, said: str, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    from redditess.training.generator.grpo import train_grpo

    with pytest.raises(SettingsError, match=said):
        train_grpo(grpo_recipe(tmp_path, **change), RunFolder(tmp_path), resume=False)


def test_trl_is_told_each_reward_by_name_and_each_category_of_the_screen() -> None:
    rewards = rewards_of(grpo_recipe(Path("x")), ["a gentle walk with tea"])
    told = {reward.__name__: reward for reward in for_trl(rewards)}
    assert list(told) == list(rewards.weights) == ["screen", "length", "copy"]
    logged: dict[str, float] = {}
    prompts = [[{"role": "user", "content": "my exam went badly again today"}]] * 2
    answers = [
        [{"role": "assistant", "content": text}]
        for text in ("just kill yourself", "my exam went badly again today")
    ]
    values = {
        name: reward(prompts, answers, log_metric=logged.__setitem__, trainer_state=None)
        for name, reward in told.items()
    }
    assert values["screen"] == [-1, 0]
    assert values["copy"] == [0, -1]
    assert (logged["screen/encouragement"], logged["screen/contact_offer"]) == (0.5, 0)
    whole = rewards.total({name: np.array(value) for name, value in values.items()})
    assert whole[1] == -0.5 + 0.5 * values["length"][1]


def test_each_post_is_asked_once_however_many_comments_it_has() -> None:
    from redditess.training.generator.grpo import _different

    rows = Dataset.from_dict({"prompt": [["a"], ["b"], ["a"]], "id": ["1", "2", "3"]})
    assert _different(rows)["id"][:] == ["1", "2"]


# ---- effectiveness -------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_classifier_says_how_effective_an_answer_is(tmp_path: Path) -> None:
    pytest.importorskip("trl")
    import pyarrow as pa
    from transformers import AutoModelForSequenceClassification

    from redditess.training.classifier.model import load_tokenizer, predict, save_classifier
    from redditess.training.generator.rewards.effectiveness import effectiveness
    from tests.training.small_classifiers import encoder

    base = encoder(tmp_path / "base")
    model = AutoModelForSequenceClassification.from_pretrained(base.path, num_labels=2)
    save_classifier(tmp_path / "classifier", model, load_tokenizer(base.path), 64, None)
    prompts, answers = ["a hard day\n\ni can not sleep"] * 3, ["try a walk", " ", "talk"]
    found = effectiveness(str(tmp_path / "classifier"))(prompts, answers)
    rows = {"title": ["a hard day"] * 3, "post": ["i can not sleep"] * 3, "comment": answers}
    said = predict(tmp_path / "classifier", pa.table(rows))
    assert found[[0, 2]] == pytest.approx(said[[0, 2]])
    assert found[1] == 0  # nothing said, whatever the classifier makes of it
    assert said[1] > 0


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_reward_model_says_it_between_0_and_1(judge: Path) -> None:
    from redditess.training.generator.rewards.effectiveness import effectiveness

    found = effectiveness(str(judge))(
        ["About my exam"] * 3, ["listen together gently", "whatever obvious nonsense", ""]
    )
    assert 1 >= found[0] > found[1] > found[2] == 0


# ---- a run ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("trl")
    return make_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def judge(release: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reward model of the same pairs."""
    from redditess.training.generator.reward import train_reward

    root = tmp_path_factory.mktemp("judge")
    given = {**GENERATOR, "learning_rate": 2e-2, "save_every": 0.0, "data": str(release)}
    recipe = recipe_of("reward", **given)
    train_reward(recipe, RunFolder(root), resume=False)
    RunFolder(root).recipe.write_text(recipe_text(recipe))
    RunFolder(root).metrics.write_text("{}")
    return root


@pytest.fixture(scope="module")
def recipe(release: Path, judge: Path) -> Any:
    """Two steps see all four posts: a kill in the third is one in the second epoch."""
    more = {"reward_model": str(judge), "reward_effectiveness": 1.0, "limit": 4}
    return grpo_recipe(release, batch_size=8, max_steps=4, **more)


@pytest.fixture(scope="module")
def run(recipe: Any, tmp_path_factory: pytest.TempPathFactory, quick_safety: None) -> Run:
    return Run(tmp_path_factory.mktemp("run"), recipe)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_each_reward_is_reported_apart_after_and_before(run: Run, judge: Path) -> None:
    found = run.metrics["eval"]
    for name in ("", *(f"_{name}" for name in NAMES)):
        after, before, gain = (found[f"reward{name}{end}"] for end in ("", "_before", "_gain"))
        assert after["n"] == run.metrics["n_eval"] == 20
        assert gain["value"] == pytest.approx(after["value"] - before["value"], abs=2e-5)
    assert 0 <= found["reward_effectiveness"]["value"] <= 1
    assert -1 <= found["reward_length"]["value"] <= 0
    told = run.metrics["rewards"]
    assert told["reward_model"]["digest"] == weights_digest(RunFolder(judge).model)
    assert told["weights"] == {"effectiveness": 1, "screen": 1, "length": 0.5, "copy": 0.5}


@pytest.mark.slow
@pytest.mark.needs_torch
def test_the_log_has_each_reward_and_each_category_at_every_step(run: Run) -> None:
    lines = [line for line in read_log(run.folder) if "loss" in line]
    assert len(lines) == 4
    for line in lines:
        assert {f"rewards/{name}/mean" for name in NAMES} <= line.keys()
        assert "screen/lived_experience" in line


@pytest.mark.slow
@pytest.mark.needs_torch
def test_the_judge_of_the_result_cannot_be_the_reward(recipe: Any, judge: Path) -> None:
    from redditess.training.generator.grpo import train_grpo

    again = replace(recipe, evaluation_model=str(judge / "model"))
    with pytest.raises(SettingsError, match="are the same folder"):
        train_grpo(again, RunFolder(judge / "never"), resume=False)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_a_killed_run_ends_with_the_same_weights(
    recipe: Any, run: Run, killer: Killer, tmp_path: Path
) -> None:
    a_kill_changes_nothing(killer, recipe, run, tmp_path, step=3)


@pytest.mark.slow
@pytest.mark.needs_torch
def test_what_pays_becomes_more_frequent(release: Path, tmp_path: Path, quick_safety: None) -> None:
    """All weights of a model that says anything: paid for length alone, it learns to stop."""
    more = {"reward_screen": 0.0, "reward_copy": 0.0, "reward_length": 1.0, "beta": 0.0}
    found = Run(
        tmp_path,
        grpo_recipe(release, **more, batch_size=32, n_generations=8, max_steps=12, lora_r=0,
                    max_completion=24, learning_rate=1e-2, save_every=0.0),
    )  # fmt: skip
    assert found.metrics["eval"]["reward_gain"]["low"] > 0
