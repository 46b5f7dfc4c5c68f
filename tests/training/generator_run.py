"""Runs of generators as tests hold them: trained in one call, in one thread, or killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redditess.training.models.found_model import weights_digest
from redditess.training.recipes.recipe import GeneratorRecipe
from redditess.training.runs.checkpoints import last_whole
from redditess.training.runs.folder import RunFolder
from tests.training.killer import Killer


class Run:
    """A run in a folder of its own, by the trainer of its recipe's kind."""

    def __init__(self, root: Path, recipe: Any, *, resume: bool = False):
        module = import_module(f"redditess.training.generator.{recipe.kind}")
        self.folder = RunFolder(root)
        self.metrics = getattr(module, f"train_{recipe.kind}")(recipe, self.folder, resume=resume)

    @property
    def weights(self) -> dict[str, np.ndarray]:
        from safetensors.numpy import load_file

        [file] = self.folder.model.glob("*.safetensors")
        return dict(load_file(file))


@contextmanager
def in_one_thread(home: Path) -> Iterator[Path]:
    """Where runs lie that are compared to the bit; tiny models are made there, too."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(home / "home"))
        yield home
    torch.set_num_threads(before)


def a_kill_changes_nothing(
    killer: Killer, recipe: GeneratorRecipe, whole: Run, home: Path, *, step: int
) -> None:
    """Killed after `step`, of which the last save was at 2, and gone on with: the same weights,
    figures and log as of the run that was never stopped.
    """
    import torch

    folder = RunFolder(home)
    assert killer.train(recipe, folder, threads=torch.get_num_threads(), step=step) == -9
    assert last_whole(folder) == folder.checkpoints / "checkpoint-2"
    again = Run(home, recipe, resume=True)
    assert weights_digest(again.folder.model) == weights_digest(whole.folder.model)
    assert again.metrics == whole.metrics
    assert again.folder.log.read_text() == whole.folder.log.read_text()
