"""The whole road of training on the invented sample: build, classifier, SFT, DPO, cards."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..corpus.artefacts import read_json
from ..corpus.errors import BuildError, MissingExtra
from .recipes.read_recipe import read_recipe
from .recipes.recipe import GeneratorRecipe, Recipe
from .runs.folder import RunFolder
from .runs.life import EXECUTION

if TYPE_CHECKING:
    from ..release.build import Progress

N_THREADS = 12_000
"""Ours: so many invented threads hold out about 100 pairs, enough for an interval of ± .1."""

SEED = 7
"""Of the sample. The recipes were tried on seed 0, so nothing was chosen on these rows."""

STEPS = ("classifier", "sft", "dpo")
"""Each is the recipe `demo-<step>` and the run folder `<out>/<step>`; dpo goes on from sft."""

AGAIN = "use --fresh to make all of it again"


class Done(NamedTuple):
    """What a demo left. A step is in `metrics` or, with the reason, in `left_out`."""

    out: Path
    n_threads: int
    manifest: dict[str, Any]
    metrics: dict[str, dict[str, Any]]
    left_out: dict[str, str]
    seconds: float


def run_demo(
    out: Path,
    *,
    fresh: bool = False,
    n_threads: int = N_THREADS,
    changes: Mapping[str, Sequence[str]] | None = None,
    say: Callable[[str], None] = lambda words: None,
    progress: Progress | None = None,
) -> Done:
    """Makes everything in `out`, or what is missing there: a demo that was stopped goes on.

    `changes` is {step: ["key=value", ...]} on top of the shipped recipes. Raises BuildError where
    `out` holds a demo made from other threads or another recipe, MissingExtra without the extra
    `train`; without the extra `minilm` the classifier is left out, and `left_out` says so.
    """
    from .train import require_extra, train

    require_extra()
    start = time.monotonic()
    manifest = _build(out, n_threads, fresh, say, progress)
    metrics: dict[str, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    for step in STEPS:
        if reason := _cannot(step):
            left_out[step] = reason
            say(f"{step}: left out, {reason}")
            continue
        say(f"{step}:")
        recipe, run = _recipe(step, out, (changes or {}).get(step, ())), RunFolder(out / step)
        if not fresh:
            _refuse_other(run, recipe, manifest["fingerprint"])
        metrics[step] = train(
            recipe, run.root, resume=True, fresh=fresh, command="redditess train demo", say=say
        )
    return Done(out, n_threads, manifest, metrics, left_out, time.monotonic() - start)


def _build(
    out: Path, n_threads: int, fresh: bool, say: Callable[[str], None], progress: Progress | None
) -> dict[str, Any]:
    """The sample, larger than that of `redditess demo`; dumps lie beside the build."""
    from ..corpus.sample import write_sample
    from ..corpus.settings import load_settings
    from ..release.build import build
    from ..release.pseudonyms import SAMPLE_KEY

    dumps = out / f"dumps-{n_threads}"
    if not (dumps / "RC_sample.zst").is_file():  # written last
        say(f"inventing {n_threads:,} threads")
        write_sample(dumps, seed=SEED, n_threads=n_threads)
    return build(
        [dumps], out / "build", load_settings("sample"), key=SAMPLE_KEY, fresh=fresh,
        progress=progress,
    )  # fmt: skip


def _cannot(step: str) -> str:
    """Why this step cannot be taken here; "" where it can."""
    if step != "classifier":
        return ""
    from ..labeling.readers.minilm import installed

    try:
        installed()
    except MissingExtra as missing:
        return f"{missing.what} ({missing.next_step.partition(',')[0]})"
    return ""


def _recipe(step: str, out: Path, changes: Sequence[str]) -> Recipe:
    recipe = replace(read_recipe(f"demo-{step}", changes), data=str(out / "build"))
    if step == "dpo" and isinstance(recipe, GeneratorRecipe):
        recipe = replace(recipe, start=str(out / "sft"))
    return recipe


def _refuse_other(run: RunFolder, recipe: Recipe, fingerprint: str) -> None:
    """A finished run is taken as it is, so it must be one of this build and recipe."""
    if not run.metrics.is_file():
        return
    if read_json(run.about, AGAIN)["data"]["fingerprint"] != fingerprint:
        raise BuildError("a run on another build", run.root, AGAIN)
    was, now = asdict(read_recipe(run.recipe)), asdict(recipe)
    moved = {*EXECUTION, "start"}  # the folder may have been moved as a whole
    other = [key for key in now if key not in moved and was.get(key) != now[key]]
    if other:
        raise BuildError(f"a run with another {other[0]}", run.root, AGAIN)
