"""`redditess.json` beside a model: all that its card says, taken from the files of the run.

The card is written from this document alone, so that a downloaded copy can be checked without the
run. What belongs to this machine stays behind: folders, the ids of rows, the command.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...corpus.artefacts import read_json, sha256_file
from ...corpus.errors import BuildError, SettingsError
from ...corpus.governance import FILE as GOVERNANCE
from ...release.governance import find_governance, read_governance, read_signoff
from ...release.safety import read_safety
from ..data.trained_on import trained_ids
from ..models.bases import MINILM
from ..models.tiny import NAMES
from ..recipes.read_recipe import read_recipe
from ..recipes.recipe import Recipe
from ..runs.folder import RunFolder
from .licences import LICENCES

FILE = "redditess.json"
RUN_AGAIN = "train the run again, or restore the file"
LOCAL = "a folder of this machine"
_TOLD = ("commit", "seed", "seeds", "python", "packages", "device", "started_utc", "wall_s",
         "steps", "resumed", "merged")  # fmt: skip
_PLACES = ("model", "data", "start", "reward_model", "evaluation_model")
_OUR_FOLDERS = ("runs", "build")  # where recipes of ours put things
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_PATH = re.compile(
    r"(?<![\w:/.])(?:~|\.\.|/[\w.+@-]+)(?:/[^\s'\"`,;)\]]*)+"
    r"|\bfile:/[^\s'\"`,;)\]]+|\b[A-Za-z]:\\\S+"
)


def model_document(run: RunFolder, *, repo_id: str = "", although: str = "") -> dict[str, Any]:
    """What may be told of a finished run. `repo_id`: the model's name on the Hub, "" before it has
    one; `although`: why it goes up although it is less safe than its base.

    Raises BuildError for a run that is not finished, and for a file that cannot be read.
    """
    require_finished(run)
    recipe = read_recipe(run.recipe)
    metrics = read_json(run.metrics, RUN_AGAIN)
    about = read_json(run.about, RUN_AGAIN)
    base = base_told(recipe, metrics)
    data = {**about.get("data", {}), **metrics.get("data", {})}
    rest = {k: v for k, v in metrics.items() if k not in ("kind", "base", "data", "safety")}
    safety = read_safety(run.root)
    document = {
        "format": 1, "kind": recipe.kind, "form": form_of(run.model), "repo_id": repo_id,
        "base": base, "data": data, "recipe": _public(recipe, base, data),
        "run": {name: about[name] for name in _TOLD if name in about},
        "metrics": rest,
        "check": read_json(run.findings, RUN_AGAIN) if run.findings.is_file() else None,
        "trained_on": _trained_on(run), "start": _start(recipe),
        "safety": safety, "generations": metrics.get("safety"),
        "although": although if safety and safety["worse_than_base"] else "",
        "governance": _agreement(run), "signoff": _signoff(run, about),
        "weights": {p.name: sha256_file(p) for p in sorted(run.model.glob("*.safetensors"))},
    }  # fmt: skip
    return dict(without_places(document))


def require_finished(run: RunFolder) -> None:
    """Raises BuildError unless the run has a recipe, a model and figures."""
    if not run.recipe.is_file():
        raise BuildError("no run of training", run.root, "name the --out of redditess train")
    if not run.metrics.is_file() or not run.about.is_file():
        raise BuildError("a run that is not finished", run.root, "go on with --resume")
    if not any(run.model.glob("*.safetensors")):
        raise BuildError("no weights", run.model, "train the run again with --fresh")


def form_of(model: Path) -> str:
    """adapter: weights beside a base that is loaded first; full: everything in one place."""
    return "adapter" if (model / "adapter_config.json").is_file() else "full"


def base_told(recipe: Recipe, metrics: Mapping[str, Any]) -> dict[str, str]:
    """{"name", "revision", "hub"} of what the training began with.

    `hub` is the id under which strangers find it, "" where they cannot: a folder, or a model made
    on the spot. A run that names its own (`base_name`) is believed.
    """
    said = metrics.get("base") or {}
    name, own = str(said.get("name") or recipe.model), str(getattr(recipe, "base_name", ""))
    revision = "" if own and own != name else str(said.get("revision") or "")
    asked = recipe.model == name and (is_id(name) or name in LICENCES) and not Path(name).exists()
    hub = name if recipe.model == MINILM or (asked and recipe.model not in NAMES) else ""
    return {
        "name": own or name,
        "revision": revision,
        "hub": hub if not own else own if is_id(own) else "",
    }


def _public(recipe: Recipe, base: Mapping[str, str], data: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe; a folder of this machine is called one."""
    known = {MINILM, *NAMES, base["hub"], data.get("name"), ""}
    return {
        key: LOCAL if key in _PLACES and value not in known and _is_folder(key, value) else value
        for key, value in asdict(recipe).items()
    }


def _is_folder(key: str, value: str) -> bool:
    """What was loaded says so of `model` and `data`; else a name that could be one of the Hub is
    taken for one where no folder of that name, or around it, is here.
    """
    first = value.partition("/")[0]
    return (
        key in ("model", "data")
        or not is_id(value)
        or first in _OUR_FOLDERS
        or Path(first).is_dir()
    )


def _trained_on(run: RunFolder) -> dict[str, Any] | None:
    """The digest of the list of rows, never the list. BuildError for a list that is not whole."""
    if not run.trained_on.is_file():
        return None
    found = read_json(run.trained_on, RUN_AGAIN)
    told = {name: found.get(name) for name in ("fingerprint", "ids_sha256")}
    return {**told, "rows": len(trained_ids(run.root))}


def _start(recipe: Recipe) -> dict[str, Any] | None:
    """The run that this one went on from, as far as it can be read; None for a fresh start."""
    place = str(getattr(recipe, "start", ""))
    if not place:
        return None
    for folder in start_folders(recipe):
        if folder.metrics.is_file() and folder.recipe.is_file():
            before = read_json(folder.metrics, RUN_AGAIN)
            told = {name: before.get(name) for name in ("kind", "n_train")}
            return {**told, "data": (before.get("data") or {}).get("fingerprint")}
    return {} if _is_folder("start", place) else {"name": place}


def start_folders(recipe: Recipe) -> list[RunFolder]:
    """Where the run of the adapter may lie that this run went on from: it, or around it."""
    place = str(getattr(recipe, "start", ""))
    if not place or not Path(place).is_dir():
        return []
    return [RunFolder(place), RunFolder(Path(place).absolute().parent)]


def _agreement(run: RunFolder) -> dict[str, str] | None:
    path = find_governance(run.root)
    try:
        return read_governance(path).told() if path else None
    except SettingsError:
        return None  # `redditess train push` says what is missing


def _signoff(run: RunFolder, about: Mapping[str, Any]) -> dict[str, str] | None:
    """Of this run's own governance.toml. A dataset's sign-off is about its screen, not about a
    model, and nobody has looked at a model before it was trained.
    """
    path = run.root / GOVERNANCE
    try:
        found = read_signoff(path) if path.is_file() else None
    except SettingsError:
        return None
    return found if found and found["date"] >= str(about.get("started_utc", ""))[:10] else None


def is_id(name: Any) -> bool:
    """Could it be a repository of the Hub, user/name? Then it may stand in a link."""
    return isinstance(name, str) and _HUB_ID.fullmatch(name) is not None


def without_places(value: Any) -> Any:
    """The same without folders of this machine in any text; what is no number is None.

    >>> without_places({"what": "no file /home/ann/x.json", "loss": float("nan")})
    {'what': 'no file (a folder of this machine)', 'loss': None}
    """
    if isinstance(value, str):
        return _PATH.sub(f"({LOCAL})", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): without_places(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_places(inner) for inner in value]
    return value
