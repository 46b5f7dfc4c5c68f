"""Several processes of one run, as `accelerate launch` starts them: the first keeps the folder."""

from __future__ import annotations

import os

from ...corpus.errors import SettingsError
from ..recipes.recipe import ClassifierRecipe, Recipe
from .arguments import uses_gpu


def first() -> bool:
    """Whether this process writes the run folder and talks; True where there is only one."""
    return os.environ.get("RANK", "0") == "0"


def together(recipe: Recipe) -> None:
    """Waits until all processes of the run are here; nothing where there is only one.

    Raises SettingsError for a classifier: its order of rows is made for one process.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) < 2:
        return
    if isinstance(recipe, ClassifierRecipe):
        raise SettingsError(
            "a classifier in several processes", "accelerate launch", "use --num_processes 1"
        )
    from accelerate import PartialState

    PartialState(cpu=not uses_gpu(recipe)).wait_for_everyone()
