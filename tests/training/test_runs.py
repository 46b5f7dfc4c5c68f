"""A run folder is one run: never a mixture, never overwritten unasked, and it tells no paths."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from filelock import FileLock

from redditess.corpus.errors import BuildError, SettingsError
from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.recipes.recipe import Recipe, SftRecipe
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.life import begin, finish, held, spent, with_limit
from redditess.training.runs.progress import RunLog, read_log

DATA = {"name": "a local build", "fingerprint": "0123456789abcdef", "revision": ""}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.root.mkdir()
    return folder


@pytest.fixture
def recipe() -> Recipe:
    return SftRecipe(
        kind="sft", model="tiny-causal", model_revision="", data="build/demo", data_revision="",
        allow_invented=True, limit=0, seed=3, max_length=64, epochs=1.0, max_steps=2,
        learning_rate=1e-4, schedule="linear", warmup_share=0.1, weight_decay=0.0,
        max_grad_norm=1.0, batch_size=2, accumulation=1, precision="float32",
        activation_checkpointing=False, attention="sdpa", device="cpu", evaluate_every=0.5,
        save_every=0.5, early_stopping=0, trackers=(), start="", base_name="",
        quantization="none", lora_r=4, lora_alpha=8, lora_dropout=0.0, lora_targets=("q_proj",),
        prompt_cap=32, packing=False,
    )  # fmt: skip


def test_a_run_begins_once_and_goes_on_only_when_asked(run: RunFolder, recipe: Recipe) -> None:
    assert begin(run, recipe, DATA, resume=False, fresh=False) is False
    with pytest.raises(BuildError, match="use --resume to go on, --fresh to start again"):
        begin(run, recipe, DATA, resume=False, fresh=False)
    assert begin(run, recipe, DATA, resume=True, fresh=False) is True
    assert json.loads(run.about.read_text())["resumed"] == 1


def test_the_recipe_in_the_folder_is_the_one_that_was_run(run: RunFolder, recipe: Recipe) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False)
    assert read_recipe(run.recipe) == recipe


def test_a_run_of_a_checkout_names_its_commit(run: RunFolder, recipe: Recipe) -> None:
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        pytest.skip("no checkout")
    begin(run, recipe, DATA, resume=False, fresh=False)
    asked = ["git", "-C", str(root), "rev-parse", "HEAD"]
    head = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    assert json.loads(run.about.read_text())["commit"].rstrip("+") == head


def test_a_run_with_another_recipe_is_refused_naming_the_key(
    run: RunFolder, recipe: Recipe
) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False)
    with pytest.raises(BuildError, match=r"a run with learning_rate 0\.0001, not 0\.001"):
        begin(run, replace(recipe, learning_rate=1e-3), DATA, resume=True, fresh=False)


def test_a_run_on_other_data_is_refused_and_moved_data_is_not(
    run: RunFolder, recipe: Recipe
) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False)
    with pytest.raises(BuildError, match="a run on data 0123456789abcdef, not ffff"):
        begin(run, recipe, {**DATA, "fingerprint": "ffff"}, resume=True, fresh=False)
    moved = replace(recipe, data="elsewhere/demo")
    assert begin(run, moved, DATA, resume=True, fresh=False)


def test_a_finished_run_is_not_trained_over(run: RunFolder, recipe: Recipe) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False)
    write = run.metrics.write_text
    write("{}")
    with pytest.raises(BuildError, match="a finished run; use --fresh"):
        begin(run, recipe, DATA, resume=True, fresh=False)
    (run.root / "model").mkdir()
    assert begin(run, recipe, DATA, resume=False, fresh=True) is False
    assert not run.metrics.exists() and not run.model.exists()


def test_a_foreign_folder_is_never_cleared(run: RunFolder, recipe: Recipe) -> None:
    (run.root / "thesis.tex").write_text("mine")
    for fresh in (False, True):
        with pytest.raises(BuildError, match=r"holds 'thesis\.tex' and is no run of training"):
            begin(run, recipe, DATA, resume=False, fresh=fresh)
    assert (run.root / "thesis.tex").read_text() == "mine"


def test_a_link_in_a_run_is_unlinked_and_not_followed(
    run: RunFolder, recipe: Recipe, tmp_path: Path
) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False)
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept.txt").write_text("kept")
    (run.root / "model").symlink_to(other)
    begin(run, recipe, DATA, resume=False, fresh=True)
    assert (other / "kept.txt").is_file()


def test_two_runs_never_share_a_folder(run: RunFolder) -> None:
    with (
        FileLock(run.root / ".lock"),
        pytest.raises(BuildError, match="another run trains here"),
        held(run),
    ):
        pass


def test_time_of_all_parts_of_a_run_is_added_up(run: RunFolder, recipe: Recipe) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False)
    spent(run, 10.0)
    spent(run, 2.5)
    assert json.loads(run.about.read_text())["wall_s"] == 12.5


@pytest.mark.needs_torch
@pytest.mark.slow
def test_a_finished_run_names_its_device_and_no_path(
    run: RunFolder, recipe: Recipe, tmp_path: Path
) -> None:
    begin(run, recipe, DATA, resume=False, fresh=False, command="redditess train demo-sft")
    finish(run, {"kind": "sft"}, seconds=1.0)
    about = run.about.read_text()
    assert json.loads(about)["device"]
    assert str(tmp_path) not in about and str(Path.home()) not in about


def test_a_limit_of_no_rows_is_refused(recipe: Recipe) -> None:
    assert with_limit(recipe, None) == recipe
    assert with_limit(recipe, 5).limit == 5
    with pytest.raises(SettingsError, match="--limit: 0 rows; give 1 or more"):
        with_limit(recipe, 0)


class State:
    """What transformers' Trainer shows a callback."""

    is_world_process_zero = True

    def __init__(self, step: int):
        self.global_step, self.max_steps = step, 10


def test_a_resumed_log_forgets_what_came_after_the_checkpoint(run: RunFolder) -> None:
    log = RunLog(run)
    log.on_train_begin(None, State(0), None)
    for step in (1, 2, 3):
        log.on_log(None, State(step), None, logs={"loss": float(step), "train_runtime": 1.0})
    log.on_train_begin(None, State(2), None)
    log.on_log(None, State(3), None, logs={"loss": 3.5})
    assert read_log(run) == [
        {"step": 1, "loss": 1.0}, {"step": 2, "loss": 2.0}, {"step": 3, "loss": 3.5},
    ]  # fmt: skip


def test_a_loss_that_is_no_number_is_null_and_a_torn_line_does_not_count(run: RunFolder) -> None:
    log = RunLog(run)
    log.on_log(None, State(1), None, logs={"loss": float("nan")})
    with open(run.log, "a") as file:
        file.write('{"step": 2, "lo')
    assert read_log(run) == [{"step": 1, "loss": None}]


def test_listeners_of_a_run_are_written_without_transformers() -> None:
    code = "import sys, redditess.training.runs.progress as p; print('transformers' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
