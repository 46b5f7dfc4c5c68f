"""DPO learns which answer was effective, against the model it began with, and names the price."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redditess.corpus.artefacts import read_json, write_json
from redditess.corpus.errors import BuildError, InputError, SettingsError
from redditess.training.answers.likelihood import LogProbs
from redditess.training.generator.dpo import Pair, dpo_figures, refuse_unheard_smoothing, train_dpo
from redditess.training.generator.sft import train_sft
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import read_log
from tests.training.generator_run import Run, in_one_thread
from tests.training.made_release import dpo_recipe, make_release, sft_recipe

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_safety: None) -> Iterator[Path]:
    """Where this module's runs lie; one thread, as in the runs that are compared to the bit."""
    with in_one_thread(tmp_path_factory.mktemp("dpo")) as home:
        yield home


@pytest.fixture(scope="module")
def release(place: Path) -> Path:
    return make_release(place / "release")


@pytest.fixture(scope="module")
def sft(place: Path, release: Path) -> RunFolder:
    run = RunFolder(place / "sft")
    train_sft(sft_recipe(release), run, resume=False)
    return run


@pytest.fixture(scope="module")
def run(place: Path, release: Path, sft: RunFolder) -> Run:
    return Run(place / "run", dpo_recipe(release, start=str(sft.root), seed=5))


def test_effective_answers_get_the_higher_reward_on_held_out_pairs(run: Run) -> None:
    found = run.metrics["eval"]
    assert found["reward_accuracy"]["low"] > 0.5
    assert found["reward_accuracy"]["n"] == 20
    assert found["reward_margin"]["low"] > 0
    change = found["chosen_logprob"]["value"] - found["chosen_logprob_before"]["value"]
    assert found["chosen_logprob_change"]["value"] == pytest.approx(change, abs=2e-5)
    assert {"chosen_displaced", "prefers_longer", "chosen_longer"} < set(found)


def test_the_reference_is_the_sft_run_and_not_the_plain_base(
    run: Run, sft: RunFolder, release: Path
) -> None:
    before = run.metrics["eval"]["chosen_logprob_before"]["value"]
    assert before == pytest.approx(chosen_logprob(sft, release), abs=1e-4)
    plain = chosen_logprob(sft, release, adapted=False)
    assert abs(before - plain) > 0.1
    after = run.metrics["eval"]["chosen_logprob"]["value"]
    assert after == pytest.approx(chosen_logprob(run.folder, release), abs=1e-4)


def chosen_logprob(run: RunFolder, release: Path, *, adapted: bool = True) -> float:
    """Mean log-probability of held-out chosen answers, one at a time, with nothing of ours."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from redditess.training.answers.conversations import shortened
    from redditess.training.data.rows import preference_rows, source_of
    from redditess.training.models.bases import resolve_base

    recipe = dpo_recipe(release)
    tokenizer = AutoTokenizer.from_pretrained(run.model)
    model = AutoModelForCausalLM.from_pretrained(resolve_base(recipe).path)
    if adapted:
        model = PeftModel.from_pretrained(model, str(run.model))
    sums = []
    for split in ("validation", "test"):
        for row in preference_rows(source_of(recipe), split):
            prompt = shortened(tokenizer, row["prompt"], recipe.prompt_cap)
            text = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True)
            answer = f"{row['chosen'][0]['content']}{tokenizer.eos_token}"
            head = tokenizer(text, add_special_tokens=False)["input_ids"]
            tail = tokenizer(answer, add_special_tokens=False)["input_ids"]
            with torch.no_grad():
                logits = model(torch.tensor([head + tail])).logits[0].double()
            said = torch.log_softmax(logits, -1)[len(head) - 1 : -1]
            sums.append(float(said.gather(1, torch.tensor(tail).unsqueeze(1)).sum()))
    return float(np.mean(sums))


def test_the_adapter_is_saved_and_its_reference_is_not(run: Run, place: Path) -> None:
    files = [p for p in run.folder.model.rglob("*") if p.is_file()]
    assert {p.suffix for p in files} == {".json", ".jinja", ".safetensors"}
    assert {p.parent for p in files} == {run.folder.model}
    assert not any(str(place).encode() in p.read_bytes() for p in files)
    assert not [name for name in run.weights if ".ref." in name]


def test_the_rows_of_the_sft_run_are_in_these_weights_too(run: Run, sft: RunFolder) -> None:
    ids = set(run.folder.trained_ids.read_text().split())
    assert set(sft.trained_ids.read_text().split()) | {"tr0g", "tr0b"} <= ids
    assert not [name for name in ids if name.startswith(("te", "va"))]


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(
    run: Run, place: Path, release: Path, sft: RunFolder, capfd: pytest.CaptureFixture[str]
) -> None:
    again = Run(place / "again", dpo_recipe(release, start=str(sft.root), seed=5))
    other = Run(place / "other", dpo_recipe(release, start=str(sft.root), seed=6))
    assert all(np.array_equal(value, again.weights[n]) for n, value in run.weights.items())
    assert any(not np.array_equal(value, other.weights[n]) for n, value in run.weights.items())
    assert again.metrics == run.metrics != other.metrics
    assert capfd.readouterr().out == ""


def test_one_pair_at_a_time_follows_the_curve_of_eight_at_once(
    place: Path, release: Path, sft: RunFolder
) -> None:
    plain: dict[str, Any] = {"start": str(sft.root), "evaluate_every": 0.0}
    many = Run(place / "many", dpo_recipe(release, batch_size=8, accumulation=1, **plain))
    single = Run(place / "single", dpo_recipe(release, batch_size=1, accumulation=8, **plain))
    curves = [
        [(line["loss"], line["grad_norm"]) for line in read_log(r.folder) if "loss" in line]
        for r in (many, single)
    ]
    assert len(curves[0]) == 4
    # log-probabilities near -50 in float32 are known to 50 x 2^-24 = 3e-6; gradients divide by them
    assert np.allclose(*curves, rtol=1e-4)


@pytest.mark.parametrize(
    "change", [{"loss": "robust", "label_smoothing": 0.2}, {"sft_weight": 1.0}, {"loss": "ipo"}]
)
def test_a_loss_of_another_kind_is_heard(
    run: Run, place: Path, release: Path, sft: RunFolder, change: dict[str, Any]
) -> None:
    name = "-".join(change)
    made = Run(place / name, dpo_recipe(release, start=str(sft.root), seed=5, **change))
    assert any(not np.array_equal(value, made.weights[n]) for n, value in run.weights.items())
    if "sft_weight" in change:  # against the displacement of what is preferred
        gain = "chosen_logprob_change"
        assert made.metrics["eval"][gain]["value"] > run.metrics["eval"][gain]["value"]


def test_without_a_start_the_reference_is_the_plain_base(place: Path, release: Path) -> None:
    recipe = dpo_recipe(release, learning_rate=0.0)
    still = Run(place / "still", recipe)
    found = still.metrics["eval"]
    assert found["reward_accuracy"]["value"] == 0  # a tie is no preference
    assert found["chosen_logprob"]["value"] == found["chosen_logprob_before"]["value"]


def test_all_weights_can_be_aligned_against_a_frozen_copy(place: Path, release: Path) -> None:
    made = Run(place / "full", dpo_recipe(release, lora_r=0, learning_rate=1e-3))
    assert (made.folder.model / "model.safetensors").is_file()
    assert made.metrics["eval"]["reward_margin"]["low"] > 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [("base_model_name_or_path", "other/base", "an adapter of other/base, not of redditess/tiny"),
     ("revision", "0123", "at 0123, not at"), ("r", 8, "set lora_r: 8"),
     ("lora_alpha", 64, "set lora_alpha: 64")],
)  # fmt: skip
def test_an_adapter_of_another_base_or_shape_is_refused(
    place: Path, release: Path, sft: RunFolder, tmp_path: Path, key: str, value: Any, said: str
) -> None:
    about = read_json(sft.model / "adapter_config.json")
    write_json(tmp_path / "adapter_config.json", {**about, key: value})
    recipe = dpo_recipe(release, start=str(tmp_path))
    with pytest.raises(SettingsError, match=said):
        train_dpo(recipe, RunFolder(tmp_path / "run"), resume=False)


def test_a_start_that_is_none_or_stale_or_of_the_other_kind_is_refused(
    release: Path, sft: RunFolder, tmp_path: Path
) -> None:
    def begins(start: Path, **more: Any) -> None:
        train_dpo(dpo_recipe(release, start=str(start), **more), RunFolder(tmp_path / "run"),
                  resume=False)  # fmt: skip

    with pytest.raises(InputError, match="no trained model"):
        begins(tmp_path)
    with pytest.raises(SettingsError, match="an adapter, but lora_r is 0"):
        begins(sft.root, lora_r=0)
    write_json(tmp_path / "config.json", {})
    with pytest.raises(SettingsError, match="full weights, but lora_r asks"):
        begins(tmp_path)
    write_json(tmp_path / "STALE.json", {"rows": 1})
    with pytest.raises(BuildError, match="removed on request"):
        begins(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"label_smoothing": 0.1}, "loss sigmoid does not hear; set loss: robust"),
     ({"loss": "robust", "label_smoothing": 0.5}, "must be below 0.5")],
)  # fmt: skip
def test_a_smoothing_that_nobody_hears_is_refused(change: dict[str, Any], said: str) -> None:
    recipe = dpo_recipe(Path("x"), **change)
    with pytest.raises(SettingsError, match=said):
        refuse_unheard_smoothing(recipe)


def test_figures_of_pairs_that_were_made_by_hand() -> None:
    def logprobs(total: list[float], n: list[int]) -> LogProbs:
        return LogProbs(np.array(total), np.array(n))

    before = Pair(logprobs([-10, -10, -10, -10], [5, 3, 4, 4]), logprobs([-10] * 4, [3, 5, 4, 8]))
    after = Pair(
        logprobs([-8, -12, -10, -11], [5, 3, 4, 4]), logprobs([-9, -14, -10, -9], [3, 5, 4, 8])
    )
    found = dpo_figures(after, before, 0.5, np.arange(4))
    # rewards: +2 against +1, -2 against -4, a tie, -1 against +1
    assert found["reward_accuracy"].value == 0.5
    assert found["reward_margin"].value == pytest.approx(0.5 * (1 + 2 + 0 - 2) / 4)
    assert found["chosen_displaced"].value == 0.5
    assert found["chosen_logprob_change"].value == pytest.approx(-0.25)
    # unequal lengths and rewards: longer, shorter, longer (the rejected one)
    assert found["prefers_longer"].value == pytest.approx(2 / 3)
    assert found["chosen_longer"].value == pytest.approx(1 / 3)
    assert found["prefers_longer"].n == found["chosen_longer"].n == 3
