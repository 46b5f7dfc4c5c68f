"""SFT learns answers and nothing else, says how much better than the base, and repeats itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redditess.corpus.artefacts import read_json
from redditess.corpus.errors import SettingsError
from redditess.training.answers.likelihood import LogProbs
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import read_log
from tests.training.generator_run import Run, in_one_thread
from tests.training.made_release import N_POSTS, make_release, sft_recipe

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]
ADAPTER_FILES = {
    "adapter_config.json", "adapter_model.safetensors", "chat_template.jinja", "tokenizer.json",
    "tokenizer_config.json",
}  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, quick_safety: None) -> Iterator[Path]:
    """Where this module's runs lie; one thread, as in the runs that are compared to the bit."""
    with in_one_thread(tmp_path_factory.mktemp("sft")) as home:
        yield home


@pytest.fixture(scope="module")
def release(place: Path) -> Path:
    return make_release(place / "release")


@pytest.fixture(scope="module")
def run(place: Path, release: Path) -> Run:
    return Run(place / "run", sft_recipe(release))


def test_held_out_answers_are_likelier_than_to_the_untrained_base(run: Run) -> None:
    found = run.metrics["eval"]
    assert found["loss_change"]["high"] < 0
    assert found["loss"]["value"] < found["base_loss"]["value"]
    assert found["perplexity"]["value"] == pytest.approx(np.exp(found["loss"]["value"]), rel=1e-4)
    assert found["loss"]["n"] == found["loss"]["n_clusters"] == 20
    assert found["loss"]["interval"] == "thread"


def test_what_was_cut_is_told_for_what_was_trained_on_and_for_what_was_measured(run: Run) -> None:
    assert run.metrics["counts"] == {
        "prompt_shortened": 6, "answer_too_long": 0,
        "held_out/prompt_shortened": 2, "held_out/answer_too_long": 0,
    }  # fmt: skip
    assert run.metrics["n_train"] == N_POSTS["train"]


def test_only_what_is_published_is_saved_and_nothing_names_this_machine(
    run: Run, place: Path
) -> None:
    files = [p for p in run.folder.model.rglob("*") if p.is_file()]
    assert {p.relative_to(run.folder.model).as_posix() for p in files} == ADAPTER_FILES
    for path in files:
        assert str(place).encode() not in path.read_bytes(), path
    about = read_json(run.folder.model / "adapter_config.json")
    assert about["base_model_name_or_path"] == "redditess/tiny-causal"
    assert about["target_modules"] == sorted(about["target_modules"])


def test_no_file_of_a_run_is_a_pickle_but_for_checkpoints(run: Run) -> None:
    kept = [p for p in run.folder.root.rglob("*") if run.folder.checkpoints not in p.parents]
    assert not [p for p in kept if p.suffix in (".bin", ".pt", ".pth", ".pkl")]
    assert not list(run.folder.checkpoints.rglob("training_args.bin"))


def test_the_run_says_which_rows_it_has_read(run: Run, release: Path) -> None:
    ids = run.folder.trained_ids.read_text().split()
    assert len(ids) > N_POSTS["train"]  # and those that the tiny base's tokenizer was made of
    assert "tr0g" in ids and not [name for name in ids if name.startswith(("te", "va"))]


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not(
    run: Run, place: Path, release: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    again = Run(place / "again", sft_recipe(release))
    other = Run(place / "other", sft_recipe(release, seed=4))
    for name, value in run.weights.items():
        assert np.array_equal(value, again.weights[name]), name
    assert any(not np.array_equal(v, other.weights[n]) for n, v in run.weights.items())
    assert again.metrics == run.metrics != other.metrics
    assert read_log(again.folder) == read_log(run.folder)
    assert capfd.readouterr().out == ""


def test_one_row_at_a_time_follows_the_curve_of_four_at_once(place: Path, release: Path) -> None:
    plain: dict[str, Any] = {"lora_dropout": 0.0, "evaluate_every": 0.0}
    many = Run(place / "many", sft_recipe(release, batch_size=4, accumulation=1, **plain))
    single = Run(place / "single", sft_recipe(release, batch_size=1, accumulation=4, **plain))
    curves = [
        [(line["loss"], line["grad_norm"]) for line in read_log(r.folder) if "loss" in line]
        for r in (many, single)
    ]
    assert len(curves[0]) == 4
    # float32 sums of some 100 terms in another order: 100 x 2^-24 is 6e-6
    assert np.allclose(*curves, rtol=2e-5)
    assert many.metrics["eval"]["loss"]["value"] == pytest.approx(
        single.metrics["eval"]["loss"]["value"], abs=1e-4
    )


def test_the_loss_is_on_the_answer_and_its_end_only(place: Path, release: Path) -> None:
    trainer, tokenizer = made_trainer(place, sft_recipe(release))
    row = trainer.train_dataset[0]
    taught = [i for i, label in zip(row["input_ids"], row["labels"], strict=True) if label != -100]
    text = tokenizer.decode(taught)
    assert text.endswith(".<|end|>") and "About my" not in text and "<|assistant|>" not in text
    assert "About my" in tokenizer.decode(row["input_ids"])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_rows_that_are_packed_together_do_not_see_each_other(
    place: Path, release: Path, attention: str
) -> None:
    import torch

    packed, _ = made_trainer(place, sft_recipe(release, packing=True, attention=attention))
    plain, _ = made_trainer(place, sft_recipe(release, attention=attention))
    assert len(packed.train_dataset) < len(plain.train_dataset) / 2
    losses = []
    for trainer in (packed, plain):
        rows = [dict(row) for row in trainer.train_dataset]
        batches = [rows[n : n + 1] for n in range(len(rows))]
        with torch.no_grad():
            losses.append(
                sum(
                    float(trainer.compute_loss(trainer.model.eval(), trainer.data_collator(b),
                                               num_items_in_batch=torch.tensor(1.0)))
                    for b in batches
                )
            )  # fmt: skip
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def made_trainer(place: Path, recipe: Any) -> tuple[Any, Any]:
    """The trainer as `train_sft` makes it, before its first step."""
    from redditess.training.answers.conversations import prepared
    from redditess.training.data.rows import sft_rows, source_of
    from redditess.training.generator import sft
    from redditess.training.generator.lora import load_tokenizer, starting_model
    from redditess.training.models.bases import resolve_base

    base = resolve_base(recipe)
    tokenizer = load_tokenizer(recipe, base)
    rows = prepared(sft_rows(source_of(recipe), "train"), tokenizer, recipe, Counter())
    run, start = RunFolder(place / "made"), starting_model(recipe, base)
    return sft._trainer(recipe, run, tokenizer, rows, rows, start), tokenizer


def test_all_weights_can_be_trained_and_load_without_peft(place: Path, release: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    full = Run(place / "full", sft_recipe(release, lora_r=0, learning_rate=1e-3))
    assert full.metrics["eval"]["loss_change"]["high"] < 0
    model = AutoModelForCausalLM.from_pretrained(full.folder.model)
    assert AutoTokenizer.from_pretrained(full.folder.model).chat_template
    assert (
        sorted(model.state_dict())
        and str(place) not in (full.folder.model / "config.json").read_text()
    )
    onward = sft_recipe(release, lora_r=0, learning_rate=1e-3, start=str(full.folder.root))
    more = Run(place / "more", onward)
    assert more.metrics["eval"]["loss"]["value"] < full.metrics["eval"]["loss"]["value"]
    assert more.metrics["eval"]["base_loss"] == full.metrics["eval"]["base_loss"]


def test_a_run_that_stops_early_is_measured_on_rows_that_did_not_stop_it(
    place: Path, release: Path
) -> None:
    from safetensors.numpy import load_file

    worse = {"lora_r": 0, "learning_rate": 0.1, "schedule": "constant", "max_steps": 12}
    recipe = sft_recipe(release, early_stopping=1, evaluate_every=0.25, **worse)
    stopped = Run(place / "early", recipe)
    assert stopped.metrics["n_eval"] == N_POSTS["test"]
    log = read_log(stopped.folder)
    losses = {line["step"]: line["eval_loss"] for line in log if "eval_loss" in line}
    assert list(losses) == [3, 6] and losses[3] < losses[6]
    best = load_file(stopped.folder.checkpoints / "checkpoint-3" / "model.safetensors")
    assert all(np.array_equal(value, best[name]) for name, value in stopped.weights.items())
    assert [name for name in stopped.folder.trained_ids.read_text().split() if name[:2] == "va"]


def test_nothing_is_sent_to_anybody(
    place: Path, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import trl.trainer.base_trainer

    def sent(*_: Any, **__: Any) -> None:
        raise AssertionError("telemetry")

    monkeypatch.setattr(trl.trainer.base_trainer, "send_telemetry", sent)
    made_trainer(place, sft_recipe(release))


def test_a_recipe_that_no_row_fits_is_refused_before_anything_is_trained(
    place: Path, release: Path
) -> None:
    from redditess.training.generator.sft import train_sft

    with pytest.raises(SettingsError, match="no row of train fits into max_length 12"):
        train_sft(sft_recipe(release, max_length=12), RunFolder(place / "none"), resume=False)
    assert not (place / "none").exists()


def test_one_row_and_nothing_held_out_train_and_say_that_nothing_was_measured(
    place: Path,
) -> None:
    lone = make_release(place / "lone", {"train": 1, "validation": 0, "test": 0})
    run = Run(place / "of-one", sft_recipe(lone, max_steps=1))
    assert (run.metrics["n_train"], run.metrics["n_eval"]) == (1, 0)
    assert run.metrics["eval"]["loss"]["value"] is None
    assert (run.folder.model / "adapter_model.safetensors").is_file()


def test_a_token_counts_alike_in_a_short_and_in_a_long_answer() -> None:
    from redditess.training.generator.sft import sft_figures

    tuned = LogProbs(np.array([-1.0, -9.0, -2.0]), np.array([1, 9, 2]))
    plain = LogProbs(np.array([-3.0, -18.0, -3.0]), np.array([1, 9, 2]))
    found = sft_figures(tuned, plain, np.array([1, 2, 3]))
    assert found["loss"].value == 1 and found["perplexity"].value == pytest.approx(np.e)
    assert found["base_loss"].value == 2 and found["loss_change"].value == -1
    assert found["loss_change"].high < 0 < found["base_loss"].low
    assert json.dumps(found["loss"].n_clusters) == "3"
