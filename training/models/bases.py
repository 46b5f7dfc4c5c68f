"""What a recipe calls `model`, found: installed, made on the spot, a folder, or a Hub id."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import NamedTuple

from ...corpus.artefacts import read_json
from ...corpus.errors import InputError, SettingsError
from ...labeling.readers.minilm import installed
from ..data.source import source_of
from ..data.trained_on import refuse_stale
from ..recipes.named import folder_named
from ..recipes.recipe import Recipe
from ..runs.folder import RunFolder
from .tiny import NAMES, tiny

MINILM = "minilm"
MINILM_NAME = "sentence-transformers/all-MiniLM-L6-v2"
_WHAT = f"name a folder of save_pretrained, a Hub id, {MINILM}, {' or '.join(NAMES)}"
_HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*")


class Base(NamedTuple):
    """The model that a run starts from."""

    path: str  # what from_pretrained takes
    name: str  # what a card says: a Hub id, "redditess/tiny-causal", or a folder's own name
    revision: str  # of a Hub id; "": its main branch, or a folder
    local: bool  # no network is needed
    made: bool  # random weights: a trial, never a result


def resolve_base(recipe: Recipe) -> Base:
    """The base of a recipe; tiny ones are made where they are not there yet.

    Nothing is loaded or downloaded. Raises InputError for a folder that is missing or holds no
    model, SettingsError for a name that is nearly one of ours and for a revision of what has none,
    MissingExtra where `minilm` is not installed, BuildError for a run that is stale.
    """
    own = getattr(recipe, "base_name", "")
    if recipe.model in (MINILM, *NAMES):
        _refuse_revision(recipe)
        if recipe.model == MINILM:
            return Base(str(installed()), own or MINILM_NAME, "", True, False)
        place = tiny(recipe.model, source_of(recipe))
        return Base(str(place), own or f"redditess/{recipe.model}", "", True, True)
    _refuse_slip(recipe.model)
    folder = folder_named(recipe.model, "model", _WHAT, single=True)
    if folder is None:
        return Base(recipe.model, own or recipe.model, recipe.model_revision, False, False)
    _refuse_revision(recipe)
    place = _model_in(folder)
    refuse_stale(place)
    return Base(str(place.absolute()), own or _known_as(place), "", True, False)


def _model_in(folder: Path) -> Path:
    """The folder itself, or `model/` of a run of ours."""
    for place in (folder, RunFolder(folder).model):
        if (place / "config.json").is_file():
            return place
        if (place / "adapter_config.json").is_file():
            raise InputError(
                f"{folder} is an adapter, no model", "model",
                "write it under start, and under model what it was trained on",
            )  # fmt: skip
    raise InputError(f"{folder} holds no config.json", "model", _WHAT)


def _known_as(place: Path) -> str:
    """Where the files say which model of the Hub they are, that; else the folder's own name."""
    said = read_json(place / "config.json", "save the model again").get("_name_or_path") or ""
    if isinstance(said, str) and _HUB_ID.fullmatch(said) and not Path(said).exists():
        return said
    root = place.parent if place.name == "model" else place
    return root.resolve().name


def _refuse_revision(recipe: Recipe) -> None:
    if recipe.model_revision:
        raise SettingsError(
            f"model_revision is {recipe.model_revision!r}, and {recipe.model} is not of the Hub",
            "model_revision", 'write ""',
        )  # fmt: skip


def _refuse_slip(name: str) -> None:
    """`tiny-casual` must not be asked for on the Hub."""
    near = difflib.get_close_matches(name.lower(), [MINILM, *NAMES], 1, 0.8)
    if near and not Path(name).exists():
        raise SettingsError(f"no model {name!r}", "model", f"did you mean {near[0]}")
