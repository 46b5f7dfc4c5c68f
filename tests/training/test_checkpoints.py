"""Only whole checkpoints count, and the last whole one is never given up for one that is not."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from redditess.training.runs.checkpoints import (
    WholeCheckpoints,
    drop_checkpoints,
    is_whole,
    last_whole,
    mark_whole,
    train_through,
)
from redditess.training.runs.folder import RunFolder


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path)


def saved(run: RunFolder, step: int, *, stops: bool = False, best: str = "") -> Path:
    """A checkpoint as the Trainer leaves it, not marked yet."""
    folder = run.checkpoints / f"checkpoint-{step}"
    (folder / "ref").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "ref" / "adapter_model.safetensors").write_bytes(b"reference")
    control = {"TrainerControl": {"args": {"should_training_stop": stops}, "attributes": {}}}
    state = {"best_model_checkpoint": best or None, "stateful_callbacks": control}
    (folder / "trainer_state.json").write_text(json.dumps(state))
    return folder


class Trainer:
    """Notes what it is asked."""

    def __init__(self, *, best: bool = False):
        self.args = SimpleNamespace(load_best_model_at_end=best)
        self.asked: list[tuple[str, str]] = []

    def train(self, resume_from_checkpoint: str | None = None) -> None:
        self.asked.append(("train", Path(resume_from_checkpoint or "").name))

    def _load_from_checkpoint(self, folder: str) -> None:
        assert Path(folder).is_dir()
        self.asked.append(("load", Path(folder).name))


def test_a_marked_checkpoint_is_whole_until_a_file_changes_its_size(run: RunFolder) -> None:
    folder = saved(run, 2)
    assert not is_whole(folder)
    mark_whole(folder)
    assert is_whole(folder)
    (folder / "ref" / "adapter_model.safetensors").write_bytes(b"cut")
    assert not is_whole(folder)


@pytest.mark.parametrize("change", ["more", "less", "mark"])
def test_a_file_too_many_or_too_few_or_half_a_mark_is_torn(run: RunFolder, change: str) -> None:
    folder = saved(run, 2)
    mark_whole(folder)
    if change == "more":
        (folder / "optimizer.pt").write_bytes(b"")
    elif change == "less":
        (folder / "model.safetensors").unlink()
    else:
        (folder / "whole.json").write_text('{"model.safet')
    assert not is_whole(folder)


def test_the_newest_whole_one_is_found_by_its_step_and_torn_ones_go(run: RunFolder) -> None:
    for step in (9, 10):
        mark_whole(saved(run, step))
    torn = saved(run, 11)
    (run.checkpoints / "checkpoint-x").mkdir()
    assert last_whole(run) == run.checkpoints / "checkpoint-10"
    assert not torn.exists()
    assert last_whole(RunFolder(run.root / "nothing")) is None


def test_older_checkpoints_go_once_the_new_one_is_whole_and_the_best_stays(run: RunFolder) -> None:
    whole = WholeCheckpoints(run)
    for step, best in ((2, "checkpoint-2"), (4, "checkpoint-2"), (6, "checkpoint-2")):
        saved(run, step)
        state = SimpleNamespace(
            is_world_process_zero=True, global_step=step,
            best_model_checkpoint=str(run.checkpoints / best),
        )  # fmt: skip
        whole.on_save(SimpleNamespace(world_size=1), state, None)
    assert sorted(p.name for p in run.checkpoints.iterdir()) == ["checkpoint-2", "checkpoint-6"]
    assert all(map(is_whole, run.checkpoints.iterdir()))


def test_a_run_starts_where_nothing_whole_is_and_goes_on_where_something_is(
    run: RunFolder,
) -> None:
    saved(run, 2)
    train_through(trainer := Trainer(), run, resume=True)
    mark_whole(saved(run, 4))
    train_through(trainer, run, resume=True)
    train_through(trainer, run, resume=False)
    assert trainer.asked == [("train", ""), ("train", "checkpoint-4"), ("train", "")]


def test_a_checkpoint_of_the_last_step_is_loaded_and_not_trained_on(run: RunFolder) -> None:
    mark_whole(saved(run, 8, stops=True))
    train_through(trainer := Trainer(), run, resume=True)
    assert trainer.asked == [("load", "checkpoint-8")]


def test_the_best_checkpoint_is_found_after_the_run_has_moved(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "moved")
    mark_whole(saved(run, 4))
    mark_whole(saved(run, 8, stops=True, best="/elsewhere/checkpoints/checkpoint-4"))
    train_through(trainer := Trainer(best=True), run, resume=True)
    assert trainer.asked == [("load", "checkpoint-4")]
    assert last_whole(run) == run.checkpoints / "checkpoint-8"


def test_a_finished_run_keeps_no_checkpoints(run: RunFolder) -> None:
    mark_whole(saved(run, 2))
    drop_checkpoints(run)
    drop_checkpoints(run)
    assert not run.checkpoints.exists()
