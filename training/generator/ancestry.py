"""What a generator's weights grew out of: their rows are in the new weights, too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..recipes.recipe import GeneratorRecipe

if TYPE_CHECKING:
    from ..models.bases import Base


def came_from(recipe: GeneratorRecipe, base: Base) -> list[Path]:
    """Folders of this machine for `write_trained_on(after=...)`: the start, and a local base.

    What came from the Hub has no list of rows of ours.
    """
    places = [recipe.start, base.path if base.local else ""]
    return [Path(place) for place in places if place and Path(place).is_dir()]
