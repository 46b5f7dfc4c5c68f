"""The life of a run folder: begun, gone on with, finished; never mixed with another run."""

from __future__ import annotations

import platform
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...corpus.artefacts import read_json, sweep, write_json, write_text
from ...corpus.errors import BuildError, SettingsError
from ..recipes.read_recipe import read_recipe, recipe_text
from ..recipes.recipe import Recipe
from .checkpoints import drop_checkpoints
from .folder import RunFolder

LIBRARIES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "tokenizers",
             "huggingface_hub", "numpy", "pyarrow", "scikit-learn", "safetensors")  # fmt: skip
"""What can change a result; their versions stand in run.json."""

EXECUTION = {"device", "trackers", "model", "data"}
"""Recipe keys that may differ when a run goes on. Folders may have moved: what they hold is
compared by fingerprint instead."""


@contextmanager
def held(run: RunFolder) -> Iterator[None]:
    """One process at a time; raises BuildError where another trains in the folder."""
    run.root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(run.root / ".lock", timeout=0):
            yield
    except Timeout as e:
        raise BuildError(
            "another run trains here", run.root, "wait for it, or name another --out"
        ) from e


def begin(
    run: RunFolder,
    recipe: Recipe,
    data: Mapping[str, Any],
    *,
    resume: bool,
    fresh: bool,
    command: str = "",
) -> bool:
    """Prepares the folder; True where a run that was stopped goes on.

    `data` is that of `cards.data_told`. Raises BuildError for a foreign folder, for a
    run that is there already (finished, or stopped without --resume) and for a stopped run of
    another recipe or other data.
    """
    if fresh:
        _clear(run)
    if run.recipe.is_file():
        _refuse_other(run, recipe, data)
        if run.metrics.is_file():
            raise BuildError("a finished run", run.root, "use --fresh to train it again")
        if not resume:
            raise BuildError(
                "a run that was stopped", run.root, "use --resume to go on, --fresh to start again"
            )
        sweep(run.root)
        about = read_json(run.about, "use --fresh to start again")
        write_json(run.about, {**about, "resumed": about["resumed"] + 1})
        return True
    _refuse_foreign(run)
    write_json(run.about, _about(recipe, data, command))
    write_text(run.recipe, recipe_text(recipe))  # last: a folder with a recipe is a run
    return False


def finish(run: RunFolder, metrics: Mapping[str, Any], *, seconds: float) -> None:
    """Says what came out. `metrics.json` is written last: its presence means finished, and only
    then checkpoints are not needed any more.
    """
    about = read_json(run.about, "use --fresh to start again")
    wall = round(about["wall_s"] + seconds, 1)
    write_json(run.about, {**about, "wall_s": wall, "device": _device()})
    write_json(run.metrics, metrics)
    drop_checkpoints(run)


def spent(run: RunFolder, seconds: float) -> None:
    """Adds the time of a run that stopped, so that `wall_s` covers all its parts."""
    about = read_json(run.about, "use --fresh to start again")
    write_json(run.about, {**about, "wall_s": round(about["wall_s"] + seconds, 1)})


def _about(recipe: Recipe, data: Mapping[str, Any], command: str) -> dict[str, Any]:
    """No host, no user, no absolute path: the file may be shown."""
    n_seeds = getattr(recipe, "n_seeds", 1)
    return {
        "format": 1, "kind": recipe.kind, "command": command, "commit": _commit(),
        "seed": recipe.seed, "seeds": [recipe.seed + n for n in range(n_seeds)],
        "data": dict(data), "python": platform.python_version(), "packages": _packages(),
        "device": "", "started_utc": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "wall_s": 0.0, "resumed": 0,
    }  # fmt: skip


def _packages() -> dict[str, str]:
    from ... import __version__

    found = {"redditess": __version__}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """Of the checkout that this code lies in, with a + where it was changed; "" elsewhere."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    try:
        said = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--dirty=+"],
            capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return said.stdout.strip()


def _device() -> str:
    import torch

    if not torch.cuda.is_available():
        return "cpu"
    return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name(0)}"


def _clear(run: RunFolder) -> None:
    if not run.root.is_dir():
        return
    if not run.recipe.is_file():
        return _refuse_foreign(run)
    for path in run.root.iterdir():
        if path.name == ".lock":
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _refuse_foreign(run: RunFolder) -> None:
    found = [p.name for p in run.root.iterdir() if p.name not in (".lock", run.about.name)]
    if found:
        raise BuildError(
            f"holds {found[0]!r} and is no run of training", run.root, "name a new folder"
        )


def _refuse_other(run: RunFolder, recipe: Recipe, data: Mapping[str, Any]) -> None:
    before = read_recipe(run.recipe)
    was, now = asdict(before), asdict(recipe)
    other = [k for k in now if k not in EXECUTION and was.get(k) != now[k]]
    if before.kind != recipe.kind or other:
        key = other[0] if other else "kind"
        raise BuildError(
            f"a run with {key} {was.get(key)!r}, not {now[key]!r}", run.root,
            "name another --out, or use --fresh",
        )  # fmt: skip
    trained = read_json(run.about, "use --fresh to start again")["data"]
    if trained["fingerprint"] != data["fingerprint"]:
        raise BuildError(
            f"a run on data {trained['fingerprint']}, not {data['fingerprint']}", run.root,
            "name another --out, or use --fresh",
        )  # fmt: skip


def with_limit(recipe: Recipe, limit: int | None) -> Recipe:
    """The recipe with at most `limit` rows; raises SettingsError where that says nothing."""
    if limit is None:
        return recipe
    if limit < 1:
        raise SettingsError(f"{limit} rows", "--limit", "give 1 or more")
    return replace(recipe, limit=limit)


class Clock:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.start
