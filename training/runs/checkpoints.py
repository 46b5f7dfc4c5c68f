"""Checkpoints that a killed run can trust: whole ones are marked, torn ones are removed.

A checkpoint is a dozen files that are not written in one step. `whole.json`, the last of them and
written atomically, names the others with their sizes: without it, or where a size differs, the
folder is what a kill left behind.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from ...corpus.artefacts import read_json, write_json
from ...corpus.errors import BuildError
from .folder import RunFolder

MARK = "whole.json"
STATE = "trainer_state.json"
PREFIX = "checkpoint-"  # what transformers' Trainer calls them


class WholeCheckpoints:
    """Marks each saved checkpoint and drops those before it (give it to `callbacks.as_callback`).

    The newest whole one and the best one (of early stopping) stay. The Trainer's own limit would
    delete the last whole checkpoint before the next one is marked.
    """

    def __init__(self, run: RunFolder):
        self.run = run

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if args.world_size > 1:  # each process has a file of its own in the checkpoint
            import torch

            torch.distributed.barrier()
        if not state.is_world_process_zero:
            return
        saved = self.run.checkpoints / f"{PREFIX}{state.global_step}"
        mark_whole(saved)
        kept = {saved.name, Path(state.best_model_checkpoint or "").name}
        for folder in _found(self.run):
            if folder.name not in kept:
                shutil.rmtree(folder)


def train_through(trainer: Any, run: RunFolder, *, resume: bool) -> None:
    """Trains to the end; `resume` goes on from the last whole checkpoint.

    A checkpoint at which training had ended is loaded and not trained on: the Trainer would make
    one more step of it.
    """
    checkpoint = last_whole(run) if resume else None
    if checkpoint is None:
        trainer.train()
        return
    state = _at_home(checkpoint)
    if not state["stateful_callbacks"]["TrainerControl"]["args"]["should_training_stop"]:
        trainer.train(resume_from_checkpoint=str(checkpoint))
        return
    best = state["best_model_checkpoint"] if trainer.args.load_best_model_at_end else None
    trainer._load_from_checkpoint(best or str(checkpoint))


def _at_home(checkpoint: Path) -> dict[str, Any]:
    """The Trainer's state, with the best checkpoint where it lies now: the run may have moved, and
    the Trainer would forget a best one that is not where it was.
    """
    state = dict(read_json(checkpoint / STATE, "use --fresh to start again"))
    if state["best_model_checkpoint"]:
        best = str(checkpoint.parent / Path(state["best_model_checkpoint"]).name)
        if best != state["best_model_checkpoint"]:
            state["best_model_checkpoint"] = best
            write_json(checkpoint / STATE, state)
            mark_whole(checkpoint)
    return state


def mark_whole(folder: Path) -> None:
    """Writes `whole.json` once every file of the checkpoint is on the disk."""
    for path in _files(folder):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
    write_json(folder / MARK, _sizes(folder))


def is_whole(folder: Path) -> bool:
    """Does every file have the size that the mark names?"""
    if not (folder / MARK).is_file():
        return False
    try:
        return bool(read_json(folder / MARK) == _sizes(folder))
    except BuildError:
        return False


def last_whole(run: RunFolder) -> Path | None:
    """The newest whole checkpoint, None where there is none. Torn ones are removed."""
    whole = []
    for folder in _found(run):
        if is_whole(folder):
            whole.append(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)  # another process of the run may do so, too
    return whole[-1] if whole else None


def drop_checkpoints(run: RunFolder) -> None:
    """Of a finished run: `model/` holds what is needed; optimizer states are three times its size
    and hold pickles.
    """
    shutil.rmtree(run.checkpoints, ignore_errors=True)


def _found(run: RunFolder) -> list[Path]:
    """Folders of checkpoints, oldest step first."""
    if not run.checkpoints.is_dir():
        return []
    steps = [(p.name.removeprefix(PREFIX), p) for p in run.checkpoints.glob(f"{PREFIX}*")]
    return [p for _, p in sorted((int(s), p) for s, p in steps if s.isdigit() and p.is_dir())]


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / MARK)


def _sizes(folder: Path) -> dict[str, int]:
    return {p.relative_to(folder).as_posix(): p.stat().st_size for p in _files(folder)}
