"""A trained model on the Hub: what goes up is laid out anew, looked through, then published.

The model stays as it is in its run. What goes up is a folder of links beside it, in which configs
name the base as the Hub knows it; `release.publish_model` takes the road from there.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..corpus.artefacts import read_json, write_json
from ..corpus.errors import BuildError
from ..release.publish_model import publish_model
from ..release.publish_plan import check_names
from ..release.safety import refuse_unsafe
from ..release.traces import NAMES_OF_MODELS, PATH
from .cards.card import read_document, write_model_card
from .cards.model_card_check import check_model_card
from .cards.model_facts import require_finished, start_folders
from .data.trained_on import refuse_stale
from .recipes.read_recipe import read_recipe
from .runs.folder import RunFolder

LAID_OUT = "upload"  # in the run folder, while a publish goes on
ADAPTER = "adapter_config.json"
# Where a run was loaded from, which transformers writes into configs and nobody else can use.
_LEFT_OUT = {"is_local", "local_files_only", "tokenizer_file", "special_tokens_map_file"}


def push(
    run: RunFolder,
    repo_id: str,
    *,
    private: bool = False,
    tag: str | None = None,
    although: str = "",
    token: str | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Publishes the model of a finished run as `repo_id`; returns {"repo", "commit", "tag"}.

    Writes the card again with that name. `although`: why a model goes up that is less safe than
    its base; the card prints it. Raises BuildError for a run that is not finished or is stale, for
    an adapter whose base nobody else can find, and for what must not go up; SettingsError without
    governance.toml; RemoteError where the Hub does not take it.
    """
    check_names(repo_id, tag)
    refuse_unready(run, although)
    write_model_card(run, repo_id=repo_id, although=although)
    if wrong := check_model_card(run):
        raise BuildError(f"the card is not true: {wrong[0]}", run.model, "train the run again")
    with laid_out(run) as folder:
        done = publish_model(
            folder, repo_id, private=private, tag=tag, although=although, token=token, pause=pause
        )
    return {"repo": repo_id, **done}


def refuse_unready(run: RunFolder, although: str = "") -> None:
    """What can be said against publishing without the Hub; raises as `push` does."""
    require_finished(run)
    recipe = read_recipe(run.recipe)
    for folder in (run, *start_folders(recipe)):
        refuse_stale(folder.root)
    refuse_unsafe(run.root, although)


@contextmanager
def laid_out(run: RunFolder) -> Iterator[Path]:
    """The files of the model as they go up, in a folder that lasts as long as the block."""
    folder = run.root / LAID_OUT
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for path in sorted(run.model.rglob("*")):
            target = folder / path.relative_to(run.model)
            if path.is_dir() and not path.is_symlink():
                target.mkdir(parents=True, exist_ok=True)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                _linked(path, target)
        _renamed(folder, read_document(run.model)["base"], run)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _linked(path: Path, target: Path) -> None:
    """Weights are large: a second name for the same bytes, or a copy where there can be none."""
    try:
        os.link(path, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(path, target, follow_symlinks=False)


def _renamed(folder: Path, base: Mapping[str, str], run: RunFolder) -> None:
    """Configs name the base by its id on the Hub, or, where it has none, not at all."""
    adapter = folder / ADAPTER
    if adapter.is_file():
        if not base["hub"]:
            raise BuildError(
                f"an adapter of {base['name']}, which nobody else can load", run.root,
                "merge it first (redditess train merge), or publish that base and write its name"
                " as base_name into recipe.yaml",
            )  # fmt: skip
        told = {"base_model_name_or_path": base["hub"], "revision": base["revision"] or None}
        _written(adapter, {**read_json(adapter, "train the run again"), **told})
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        place = folder / name
        if place.is_file():
            found = read_json(place, "train the run again")
            kept = {k: v for k, v in found.items() if not _of_this_machine(k, v)}
            if kept != found:
                _written(place, kept)


def _of_this_machine(key: str, value: Any) -> bool:
    if key in _LEFT_OUT:
        return True
    named = key in (*NAMES_OF_MODELS, "name_or_path")
    return named and isinstance(value, str) and bool(PATH.fullmatch(value) or Path(value).exists())


def _written(place: Path, value: Mapping[str, Any]) -> None:
    """A new file: the link beside it keeps the old bytes."""
    place.unlink()
    write_json(place, value)
