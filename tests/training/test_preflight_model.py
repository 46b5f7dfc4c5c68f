"""`train check` on model, lengths, plan and machine: planted defects, one at a time."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redditess.training.preflight import check, machine
from redditess.training.preflight.memory import need, sizes
from redditess.training.preflight.schedule import plan
from redditess.training.preflight.subject import Subject
from redditess.training.recipes.read_recipe import read_recipe, shipped
from redditess.training.runs.folder import RunFolder
from tests.training.planted import Planted, Row, edit_json, wrong

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]

USUAL = {"learning_rate": 1e-4}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Any:
    pytest.importorskip("trl")
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("planted")
        patch.setenv("REDDITESS_HOME", str(root / "home"))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield Planted(root)


RECIPES: list[tuple[str, dict[str, Any], str, str, str]] = [
    # model
    ("dpo", {"lora_targets": ["q_proj", "q_porj"]}, "model.adapter", "error",
     "names q_porj, and no module"),
    ("sft", {"lora_targets": ["query_key_value"]}, "model.adapter", "error", "no module of"),
    ("sft", {"lora_targets": ["q_proj", "norm"]}, "model.adapter", "error",
     r"names norm, which is no inner linear layer \(model\.norm, a LlamaRMSNorm"),
    ("sft", {"lora_targets": ["lm_head"]}, "model.adapter", "error", "names lm_head, which"),
    ("kto", {"lora_targets": ["embed_tokens"]}, "model.adapter", "error", "names embed_tokens"),
    ("sft", {"lora_targets": []}, "model.adapter", "error", "lora_targets is empty"),
    ("sft", {"lora_alpha": 0}, "model.adapter", "error", "multiplied by 0"),
    ("sft", {"model": "tiny-encoder"}, "model.kind", "error", "a bert, an encoder"),
    ("classifier", {"model": "tiny-causal"}, "model.kind", "warning", "reads from left to right"),
    ("sft", {"quantization": "4bit"}, "model.device", "error", "4bit, and no CUDA GPU"),
    ("sft", {"attention": "flash_attention_2"}, "model.device", "error", "flash_attention_2, and"),
    ("sft", {"precision": "bfloat16"}, "model.device", "warning", "in float32"),
    ("sft", {"model": "tiny-casual"}, "model.opens", "error", "no model 'tiny-casual'"),
    ("sft", {"model": "nobody/nothing"}, "model.opens", "error", "nobody/nothing cannot be read"),
    ("dpo", {"start": "no/such/run"}, "model.start", "error", "No trained model"),
    ("grpo", {"reward_effectiveness": 1.0, "reward_model": "a/b", "evaluation_model": "a/b"},
     "model.judges", "error", "'a/b' is the reward_model, too"),
    ("grpo", {"reward_effectiveness": 1.0}, "model.judges", "error", "reward_model is empty"),
    ("grpo", {"reward_effectiveness": 1.0, "reward_model": "a/b"}, "model.judges", "warning",
     "nothing yet says who will judge"),
    # lengths
    ("dpo", {"max_length": 2048}, "lengths.positions", "error", "2,048 .* 1,024 positions"),
    ("classifier", {"max_length": 1024}, "lengths.positions", "error", "1,024 .* 512 positions"),
    ("sft", {"prompt_cap": 160}, "lengths.room_for_answers", "error", "160 leaves 0 of"),
    ("sft", {"prompt_cap": 3}, "tokens.built", "error", "prompt_cap 3 leaves no room"),
    ("sft", {"max_length": 24}, "lengths.answers_fit", "error", "of 48 rows drawn .* left out"),
    ("dpo", {"prompt_cap": 12}, "lengths.prompts_fit", "warning", "over prompt_cap 12 and lose"),
    ("classifier", {"max_length": 16}, "lengths.comments_fit", "error", "comments drawn and"),
    # plan
    ("sft", {"max_steps": 0, "accumulation": 64}, "schedule.steps", "error",
     "4 × accumulation 64 = 256 rows a step, train has 48"),
    ("sft", {"max_steps": 0, "batch_size": 100}, "schedule.steps", "error", "100 rows a step"),
    ("sft", {"max_steps": 0, "epochs": 0.0}, "schedule.steps", "error", "no optimizer step"),
    ("sft", {"accumulation": 0}, "schedule.steps", "error", "accumulation is 0"),
    ("sft", {"warmup_share": 1.0}, "schedule.warmup", "error", "Warmup takes 4 of 4 steps"),
    ("sft", {"warmup_share": 0.6}, "schedule.warmup", "warning", "more than half"),
    ("sft", {"learning_rate": 0.0}, "schedule.learning_rate", "error", "nothing is learned"),
    ("sft", {"evaluate_every": 2.0}, "schedule.evaluation", "warning", "never evaluated"),
    ("sft", {"save_every": 1.5}, "schedule.evaluation", "warning", "a stopped run starts anew"),
    ("sft", {"early_stopping": 2, "evaluate_every": 0.0}, "schedule.evaluation", "error",
     "waits for 2 evaluations .* the run has 0"),
    ("sft", {"early_stopping": 5, "max_steps": 50}, "schedule.evaluation", "error", "has 2"),
    ("grpo", {"n_generations": 3}, "schedule.groups", "error", "4 answers a step are no whole"),
    ("grpo", {"n_generations": 1}, "schedule.groups", "error", "n_generations is 1"),
    ("grpo", {"reward_screen": 0.0}, "schedule.losses", "error", "four reward weights are 0"),
    ("grpo", {"temperature": 0.0}, "schedule.losses", "error", "temperature is 0"),
    ("dpo", {"beta": 0.0}, "schedule.losses", "error", "beta is 0"),
    ("dpo", {"loss": "robust", "label_smoothing": 0.5}, "schedule.losses", "error", "0.5"),
    ("dpo", {"loss": "robust"}, "schedule.losses", "warning", "is loss sigmoid"),
    ("kto", {"desirable_weight": 0.0}, "schedule.losses", "error", "teaches nothing"),
    ("kto", {"batch_size": 1}, "schedule.losses", "error", "batch_size is 1"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "change", "name", "level", "says"),
    RECIPES, ids=[f"{r[2]}-{'-'.join(r[1])}-{r[3]}" for r in RECIPES],
)  # fmt: skip
def test_a_mistake_of_a_recipe_is_named(
    place: Planted, kind: str, change: dict[str, Any], name: str, level: str, says: str
) -> None:
    found = wrong(place.recipe(kind, **change))
    assert name in found, sorted(found)
    assert found[name].level == level
    assert re.search(says, found[name].what), found[name].what
    assert found[name].fix.strip() and "\n" not in found[name].what + found[name].fix


@pytest.mark.parametrize(("kind", "rate", "level"), [
    ("sft", 0.5, "error"), ("sft", 2e-6, "warning"), ("sft", 2e-4, ""), ("dpo", 5e-3, "error"),
    ("dpo", 2e-7, ""), ("kto", 5e-6, ""), ("reward", 1e-7, "warning"), ("grpo", 1e-6, ""),
])  # fmt: skip
def test_learning_rates_are_compared_with_published_ones(
    place: Planted, kind: str, rate: float, level: str
) -> None:
    """Of a model whose weights are not random; the range names its source."""
    model = str(place.models["tiny-causal"])
    found = wrong(place.recipe(kind, model=model, learning_rate=rate)).get("schedule.learning_rate")
    assert (found.level if found else "") == level
    assert found is None or re.search(r" to [\d.e-]+ \(.*\d[,;)]", found.what)
    assert found is None or re.search(r"learning_rate: \de-\d", found.fix)


def test_every_fix_of_a_length_holds(place: Planted) -> None:
    """What a finding suggests, set as it says, has no such finding."""
    for key, change in (("lengths.answers_fit", {"max_length": 24}),
                        ("lengths.positions", {"max_length": 4096}),
                        ("lengths.room_for_answers", {"prompt_cap": 200})):  # fmt: skip
        fix = wrong(place.recipe("sft", **change))[key].fix
        name, value = re.findall(r"(\w+): (\d+)", fix)[0]
        assert key not in wrong(place.recipe("sft", **{**change, name: int(value)})), fix


def longer_chosen(row: Row) -> None:
    row["chosen"][-1]["content"] += " " + "and rest a while with some tea " * 3


def test_length_that_tells_the_better_side_is_told(place: Planted) -> None:
    release = place.copy_of_release()
    release.change("preferences", longer_chosen)
    for kind in ("dpo", "reward"):
        recipe = place.recipe(kind, data=str(release.folder), max_length=256)
        found = wrong(recipe)["lengths.sides"]
        assert found.level == "warning"
        assert re.search(r"\(\+\d\d+ %\), and “the longer one” is chosen in 100 %", found.what)


def test_a_vocabulary_beyond_the_embeddings_is_found(place: Planted) -> None:
    folder = place.copy_of_model("tiny-causal")
    edit_json(folder / "config.json", vocab_size=400)
    found = wrong(place.recipe("sft", model=str(folder), **USUAL))
    assert re.search("ids up to 414 .* 400 embeddings", found["model.vocabulary"].what)


def test_a_classifier_without_padding_is_found(place: Planted) -> None:
    folder = place.copy_of_model("tiny-encoder")
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (folder / name).is_file():
            edit_json(folder / name, pad_token=None)
    edit_json(folder / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
    found = wrong(place.recipe("classifier", model=str(folder), **USUAL))
    assert "no padding token" in found["model.pad"].what


def test_a_model_with_code_of_its_own_is_refused(place: Planted) -> None:
    folder = place.copy_of_model("tiny-causal")
    (folder / "own.py").write_text("raise SystemExit('never run')")
    edit_json(folder / "config.json", model_type="own", auto_map={"AutoConfig": "own.Config"})
    found = wrong(place.recipe("sft", model=str(folder), **USUAL))
    assert "code of its own, which is never run" in found["model.opens"].what


def test_a_config_that_cannot_be_read_is_a_finding(place: Planted) -> None:
    folder = place.copy_of_model("tiny-causal")
    (folder / "config.json").write_text('{"hidden_size": "\\u001b[31m"')
    found = check(place.recipe("sft", model=str(folder), **USUAL))
    assert "model.opens" in {f.check for f in found if f.level == "error"}
    assert not [f for f in found if "\x1b" in f.what + f.fix]


def adapter_run(place: Planted, folder: Path, *, width: int = 64, **told: Any) -> Path:
    """What a finished SFT run leaves: an adapter on q_proj and v_proj of a base."""
    import numpy as np
    from safetensors.numpy import save_file

    run = RunFolder(folder)
    run.model.mkdir(parents=True)
    about = {
        "base_model_name_or_path": "redditess/tiny-causal", "r": 4, "lora_alpha": 8,
        "target_modules": ["q_proj", "v_proj"], "task_type": "CAUSAL_LM", "revision": None,
    }  # fmt: skip
    (run.model / "adapter_config.json").write_text(json.dumps({**about, **told}))
    name = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
    save_file(
        {name.format("A"): np.zeros((4, width), "f4"), name.format("B"): np.zeros((64, 4), "f4")},
        run.model / "adapter_model.safetensors",
    )
    return folder


def test_what_a_run_goes_on_from_must_fit(place: Planted, tmp_path: Path) -> None:
    targets = {"lora_targets": ["q_proj", "v_proj"]}
    cases: list[tuple[dict[str, Any], str]] = [
        ({"base_model_name_or_path": "other/base"}, "an adapter of other/base"),
        ({"r": 16}, "an adapter with lora_r 16, not 4"),
        ({"width": 48}, "another shape than redditess/tiny-causal at .*q_proj"),
        ({"target_modules": ["up_proj"]}, "an adapter on up_proj"),
    ]
    right = adapter_run(place, tmp_path / "right")
    assert wrong(place.recipe("dpo", start=str(right), **targets)) == {}
    for n, (told, says) in enumerate(cases):
        run = adapter_run(place, tmp_path / str(n), **told)
        found = wrong(place.recipe("dpo", start=str(run), **targets))
        assert re.search(says, found["model.start"].what, re.I), found["model.start"].what


def test_a_stale_start_is_found(place: Planted, tmp_path: Path) -> None:
    run = adapter_run(place, tmp_path / "run")
    (run / "STALE.json").write_text('{"format": 1, "rows": 3, "date": "2026-11-21"}')
    recipe = place.recipe("dpo", start=str(run), lora_targets=["q_proj", "v_proj"])
    assert "STALE" in str(wrong(recipe)) or "removed" in str(wrong(recipe))


def test_a_copy_of_the_rewarding_model_is_no_judge(place: Planted, tmp_path: Path) -> None:
    first = place.models["tiny-encoder"]
    copy = shutil.copytree(first, tmp_path / "judge")
    recipe = place.recipe(
        "grpo", reward_effectiveness=1.0, reward_model=str(first), evaluation_model=str(copy)
    )
    assert "same weights" in wrong(recipe)["model.judges"].what
    other = str(place.models["tiny-causal"])
    assert wrong(place.recipe(
        "grpo", reward_effectiveness=1.0, reward_model=str(first), evaluation_model=other
    )) == {}  # fmt: skip


def test_a_full_disk_is_found(place: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("."))

    def free(n: int) -> Callable[[Any], Any]:
        return lambda _: usage(10**12, 10**12 - n, n)

    monkeypatch.setattr(machine.shutil, "disk_usage", free(100_000))
    assert wrong(place.recipe("sft"))["machine.disk"].level == "error"
    monkeypatch.setattr(machine.shutil, "disk_usage", free(10**9))
    assert wrong(place.recipe("sft")) == {}


def test_too_little_memory_is_found(place: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_free_memory", lambda: 500_000)
    found = wrong(place.recipe("sft"))["machine.memory"]
    assert found.level == "error" and "adapter" in found.fix
    monkeypatch.setattr(machine, "_free_memory", lambda: 5_000_000)
    found = wrong(place.recipe("sft"))["machine.memory"]
    assert found.level == "warning"
    assert found.fix == "Set batch_size: 2 and accumulation: 2 (the same rows a step)."


def test_a_plan_counts_steps_as_the_trainer_does(place: Planted) -> None:
    recipe = place.recipe("sft", max_steps=0, epochs=3.0, batch_size=4, accumulation=3)
    assert plan(recipe, 48) == (12, 4, 12)
    assert plan(recipe, 49) == (12, 5, 15)  # 13 passes: the last group of an epoch is smaller
    assert plan(recipe, 0).steps == 0


def test_an_adapter_is_counted_as_peft_counts_it(place: Planted) -> None:
    from peft import get_peft_model
    from transformers import AutoModelForCausalLM

    from redditess.training.generator.lora import lora_config
    from redditess.training.recipes.recipe import SftRecipe

    for targets in (["all-linear"], ["q_proj", "v_proj"], ["down_proj"]):
        recipe = place.recipe("sft", lora_targets=targets)
        assert isinstance(recipe, SftRecipe)
        subject = Subject(recipe)
        model = AutoModelForCausalLM.from_pretrained(place.models["tiny-causal"])
        counted = get_peft_model(
            model, lora_config(recipe, subject.base)
        ).get_nb_trainable_parameters()
        assert tuple(sizes(recipe, subject.skeleton))[::-1] == counted


def test_memory_grows_with_what_it_is_made_of(place: Planted) -> None:
    """Twice the rows, twice the activations; checkpointing and adapters take less."""
    skeleton = Subject(place.recipe("sft")).skeleton

    def of(**more: Any) -> Any:
        return need(place.recipe("sft", **more), skeleton, 100)

    assert of(batch_size=8).activations == 2 * of(batch_size=4).activations
    assert of(activation_checkpointing=True).activations < of().activations
    assert of(lora_r=0).optimizer > of(lora_r=4).optimizer > 0
    assert need(place.recipe("dpo", lora_r=0), skeleton, 100).weights == 2 * of(lora_r=0).weights


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_recipe_has_no_mistake_of_its_own(place: Planted, name: str) -> None:
    """On our rows and a tiny model in the place of its own: rates, plan, adapter, lengths."""
    asked = read_recipe(name)
    scores, made = asked.kind == "classifier", asked.model in place.models
    tiny, most = ("tiny-encoder", 512) if scores else ("tiny-causal", 1024)
    found = wrong(read_recipe(name, [
        f"data={place.release}", "allow_invented=true", "device=cpu", "precision=float32",
        "max_steps=100", f"max_length={min(asked.max_length, most)}",
        f"model={asked.model if made else place.models[tiny]}",
        *([] if scores else ["start="]),
    ]))  # fmt: skip
    ignored = {"model.judges", "schedule.steps"}  # runs of their own; 48 rows of theirs are few
    assert {k: v.what for k, v in found.items() if k not in ignored} == {}


def test_a_hub_that_is_not_there_costs_no_minute(
    place: Planted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client would try six times for each file; a closed door is asked once."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    begun = time.monotonic()
    found = wrong(place.recipe("sft", model="nobody/nothing", learning_rate=1e-4))
    assert found["model.opens"].level == "error"
    assert time.monotonic() - begun < 10
    assert constants.HF_HUB_OFFLINE is False
