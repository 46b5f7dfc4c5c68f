"""Runs of training that are killed on purpose, each in a process of its own.

`python killed.py` reads one job a line (JSON: recipe, run, resume, kill, threads) and answers with
its exit status, -9 for SIGKILL. Libraries are imported once; each job is a fork, made before any
tensor was, so it is as real a process as one that has waited six seconds for its imports.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import transformers
import trl

from redditess.training.recipes.read_recipe import read_recipe
from redditess.training.runs import checkpoints
from redditess.training.runs.callbacks import as_callback
from redditess.training.runs.folder import RunFolder

KINDS = ("sft", "dpo", "kto", "reward", "grpo")
MODULES: dict[str, Any] = {k: import_module(f"redditess.training.generator.{k}") for k in KINDS}
LOADED = [getattr(trl, f"{name}Trainer") for name in ("SFT", "DPO", "KTO", "Reward", "GRPO")]
# trl imports on demand


def die(*_: Any, **__: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_step(module: Any, step: int) -> None:
    """After the optimizer's step, before anything is logged or saved."""

    class AtStep:
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == step:
                die()

    made = module.listeners
    module.listeners = lambda *given: [as_callback(AtStep()), *made(*given)]


def die_saving(module: Any, step: int) -> None:
    """In the middle of a checkpoint: weights are written, the optimizer's state is cut off."""
    whole = transformers.Trainer._save_optimizer_and_scheduler

    def torn(trainer: Any, folder: str) -> None:
        whole(trainer, folder)
        if trainer.state.global_step == step:
            file = Path(folder) / "optimizer.pt"
            os.truncate(file, file.stat().st_size // 2)
            die()

    transformers.Trainer._save_optimizer_and_scheduler = torn


def die_marking(module: Any, step: int) -> None:
    """All is written but the mark."""
    mark: Callable[[Path], None] = checkpoints.mark_whole
    checkpoints.mark_whole = lambda at: die() if at.name.endswith(f"-{step}") else mark(at)


def die_measuring(module: Any, step: int) -> None:
    """After the last step and the last save."""
    module.held_out = die


KILLS = {"step": die_at_step, "saving": die_saving, "marking": die_marking,
         "measuring": die_measuring}  # fmt: skip


def work(job: dict[str, Any]) -> None:
    torch.set_num_threads(job["threads"])
    recipe, run = read_recipe(job["recipe"]), RunFolder(job["run"])
    module = MODULES[recipe.kind]
    if hasattr(module, "beside_base"):
        module.beside_base = lambda *_, **__: {}  # generates: not what is asked here
    for how, step in job["kill"].items():
        KILLS[how](module, step)
    getattr(module, f"train_{recipe.kind}")(recipe, run, resume=job["resume"])


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                work(json.loads(line))
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
