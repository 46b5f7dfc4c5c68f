"""What trainers are told: safe on a CPU, by the recipe, and silent towards the outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.errors import SettingsError
from redditess.training.runs.arguments import common_arguments, in_bfloat16, weights_dtype
from redditess.training.runs.folder import RunFolder
from tests.training.invented_runs import recipe_of
from tests.training.made_release import GENERATOR

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]  # torch is imported


@pytest.fixture(autouse=True)
def libraries() -> None:
    pytest.importorskip("trl")


def told(tmp_path: Path, *, validates: bool = True, **more: Any) -> dict[str, Any]:
    recipe = recipe_of("sft", **{**GENERATOR, **more})
    return common_arguments(recipe, RunFolder(tmp_path / "run"), validates=validates)


@pytest.mark.parametrize("name", ["SFT", "DPO", "KTO", "Reward", "GRPO", "Training"])
def test_every_trainer_takes_the_arguments_and_keeps_to_the_cpu(tmp_path: Path, name: str) -> None:
    import transformers
    import trl

    cls = transformers.TrainingArguments if name == "Training" else getattr(trl, f"{name}Config")
    arguments = told(tmp_path, precision="bfloat16", trackers=[])
    more = {"num_generations": 2} if name == "GRPO" else {}
    made = cls(**arguments, **more)
    assert made.device.type == "cpu" and not made.bf16 and not made.fp16
    assert not made.gradient_checkpointing and not made.dataloader_pin_memory
    assert made.report_to == [] and made.disable_tqdm and not made.push_to_hub
    assert made.seed == made.data_seed == 3
    assert made.save_total_limit is None


def test_precision_is_bfloat16_on_a_gpu_only_and_never_for_weights_that_are_trained(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    adapter = recipe_of("sft", **{**GENERATOR, "precision": "bfloat16", "device": "auto"})
    full = recipe_of("sft", **{**GENERATOR, "precision": "bfloat16", "device": "auto", "lora_r": 0})
    on_cpu = recipe_of("sft", **{**GENERATOR, "precision": "bfloat16", "device": "cpu"})
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not in_bfloat16(adapter) and weights_dtype(adapter) == torch.float32
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert in_bfloat16(adapter) and weights_dtype(adapter) == torch.bfloat16
    assert in_bfloat16(full) and weights_dtype(full) == torch.float32
    assert not in_bfloat16(on_cpu) and weights_dtype(on_cpu) == torch.float32


@pytest.mark.parametrize(("share", "steps"), [(0.0, 40), (1.0, 40), (0.25, 10), (0.01, 1)])
def test_shares_become_steps_and_none_means_at_the_end(
    tmp_path: Path, share: float, steps: int
) -> None:
    from transformers import TrainerState, TrainingArguments

    made = TrainingArguments(**told(tmp_path, evaluate_every=share, save_every=share or 1.0))
    state = TrainerState()
    state.compute_steps(made, 40)
    assert (state.eval_steps, state.save_steps) == (steps, steps)


def test_no_saves_are_asked_where_the_share_is_0_and_no_evaluation_where_nothing_is_held_out(
    tmp_path: Path,
) -> None:
    assert told(tmp_path, save_every=0.0)["save_strategy"] == "no"
    assert told(tmp_path, validates=False)["eval_strategy"] == "no"


def test_a_constant_rate_warms_up_where_it_is_told_to(tmp_path: Path) -> None:
    flat = {"schedule": "constant"}
    assert told(tmp_path, **flat)["lr_scheduler_type"] == "constant_with_warmup"
    assert told(tmp_path, **flat, warmup_share=0.0)["lr_scheduler_type"] == "constant"


def test_early_stopping_saves_whenever_it_evaluates(tmp_path: Path) -> None:
    made = told(tmp_path, early_stopping=2, evaluate_every=0.125, save_every=0.5)
    assert made["save_steps"] == made["eval_steps"] == 0.125 and made["load_best_model_at_end"]


@pytest.mark.parametrize("more", [{"evaluate_every": 0.0}, {"validates": False}])
def test_early_stopping_without_evaluations_is_refused(
    tmp_path: Path, more: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError, match="set evaluate_every, or early_stopping: 0"):
        told(tmp_path, early_stopping=2, **more)


def test_trackers_get_the_name_of_the_run_and_no_path(tmp_path: Path) -> None:
    made = told(tmp_path, trackers=["tensorboard"])
    assert made["report_to"] == ["tensorboard"] and made["run_name"] == "run"


def test_four_bits_need_a_gpu_an_adapter_and_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from redditess.corpus.errors import MissingExtra
    from redditess.training.generator import lora

    def asked(**more: Any) -> Any:
        values = {**GENERATOR, "quantization": "4bit", "device": "auto", **more}
        return lora.quantized(recipe_of("sft", **values))

    assert asked(quantization="none") == {}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(SettingsError, match="4bit without a GPU"):
        asked()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(SettingsError, match="4bit with lora_r 0"):
        asked(lora_r=0)
    monkeypatch.setattr(lora, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="pip install bitsandbytes"):
        asked()
    monkeypatch.setattr(lora, "find_spec", lambda name: object())
    config = asked()["quantization_config"]
    assert config.load_in_4bit and config.bnb_4bit_quant_type == "nf4"
