"""One run of training from recipe to card: checked, trained, measured, drawn, described."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ..corpus.artefacts import read_json, write_json
from ..corpus.errors import MissingExtra, SettingsError
from .recipes.recipe import KINDS, Recipe
from .runs.folder import RunFolder
from .runs.life import Clock, begin, finish, held, spent
from .runs.quiet import quiet
from .runs.ranks import first, together

if TYPE_CHECKING:
    from .preflight import Finding

TRAINERS = {kind: f"train_{kind}" for kind in KINDS}
"""Kind -> its function, in the module of `classifier/` or `generator/` that is called like it."""

NEEDS = ("torch", "transformers", "trl", "peft")


def train(
    recipe: Recipe,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    fresh: bool = False,
    command: str = "",
    say: Callable[[str], None] = lambda words: None,
) -> dict[str, Any]:
    """Trains what the recipe says into the run folder `out`; returns its metrics.

    A run that is finished already is returned as it is where `resume` is asked. Raises
    MissingExtra without the extra `train`, SettingsError where a check before the first step found
    a mistake (all findings are in check.json), and what the folder or the data refuse.
    """
    require_extra()
    run = RunFolder(out)
    if not first():
        with quiet():
            return _follow(recipe, run)
    with quiet(), held(run):
        if resume and run.metrics.is_file() and not fresh:
            together(recipe)
            return read_json(run.metrics, "use --fresh to train it again")
        return _train(recipe, run, resume=resume, fresh=fresh, command=command, say=say)


def _follow(recipe: Recipe, run: RunFolder) -> dict[str, Any]:
    """What the other processes of a run do: train beside the first, which keeps the folder."""
    together(recipe)
    if run.metrics.is_file():  # the first has nothing to do
        return read_json(run.metrics, "use --fresh to train it again")
    goes_on = read_json(run.about, "use --fresh to start again")["resumed"] > 0
    return _trainer(recipe)(recipe, run, resume=goes_on)


def _trainer(recipe: Recipe) -> Callable[..., dict[str, Any]]:
    room = "classifier" if recipe.kind == "classifier" else "generator"
    return getattr(import_module(f".{room}.{recipe.kind}", __package__), TRAINERS[recipe.kind])


def _train(
    recipe: Recipe, run: RunFolder, *, resume: bool, fresh: bool, command: str,
    say: Callable[[str], None],
) -> dict[str, Any]:  # fmt: skip
    from .cards.card import write_model_card
    from .cards.data_told import data_told
    from .data.rows import open_source
    from .preflight import check
    from .runs.curves import draw_curves

    source = open_source(recipe.data, recipe.data_revision)
    data = data_told(source, recipe.kind)
    say("checking")
    findings = check(recipe, folder=run)
    _refuse(findings, recipe)
    goes_on = begin(run, recipe, data, resume=resume, fresh=fresh, command=command)
    write_json(run.findings, [finding._asdict() for finding in findings])
    say("going on" if goes_on else "training")
    together(recipe)
    clock = Clock()
    try:
        metrics = _trainer(recipe)(recipe, run, resume=goes_on)
    except BaseException:
        spent(run, clock.seconds())
        raise
    finish(run, {"kind": recipe.kind, "data": data, **metrics}, seconds=clock.seconds())
    draw_curves(run)
    write_model_card(run)
    return read_json(run.metrics, "use --fresh to train it again")


def _refuse(findings: Sequence[Finding], recipe: Recipe) -> None:
    wrong = [finding for finding in findings if finding.level == "error"]
    if wrong:
        more = f" (and {len(wrong) - 1} more: redditess train check)" if len(wrong) > 1 else ""
        raise SettingsError(f"{wrong[0].what.rstrip('.')}{more}", recipe.kind, wrong[0].fix)


def require_extra() -> None:
    """Raises MissingExtra where a library of the extra `train` is not installed."""
    missing = [name for name in NEEDS if find_spec(name) is None]
    if missing:
        raise MissingExtra(
            f"{missing[0]} is not installed", "train", "pip install 'redditess[train]'"
        )
