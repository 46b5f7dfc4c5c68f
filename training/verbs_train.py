"""`redditess train RECIPE`, `train check`, `train recipes`."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .recipes.read_recipe import SHIPPED, read_recipe, shipped
from .recipes.recipe import Recipe
from .runs.ranks import first

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file, or the name of a shipped one.")
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one line of the recipe; repeatable."),
]
Limit = Annotated[int | None, typer.Option(help="Train on at most so many rows.")]


class RecipeFirst(TyperGroup):
    """`train RECIPE` beside `train check RECIPE`: a first word that is no verb is a recipe."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


def add_verbs(group: typer.Typer) -> None:
    @group.callback()
    def training() -> None:
        """A dataset to a classifier or an aligned generator: redditess train RECIPE.

        Start with `redditess train recipes`; `redditess train check RECIPE` finds mistakes before
        anything is loaded.
        """

    group.command("run")(run)
    group.command("check")(check)
    group.command("recipes")(recipes)


def run(
    recipe: RecipeName,
    set_: Changes = None,
    out: Annotated[
        Path | None, typer.Option(help="The run folder to make [runs/<name of the recipe>].")
    ] = None,
    limit: Limit = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a stopped run.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Replace the run in OUT.")] = False,
    push: Annotated[
        str | None, typer.Option(metavar="NS/NAME", help="Publish the model when it is trained.")
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="With --push.")] = False,
) -> None:
    """Train what a recipe says; the word `run` may be left out.

    Checks first, then trains, measures on held-out rows, and writes a model with its card into
    OUT/model. Stopped? The same command with --resume goes on and ends in the same weights.
    """
    from .train import train

    told = _recipe(recipe, set_, limit)
    where = out or Path("runs") / Path(recipe).stem
    command = _command(recipe, set_, limit)
    metrics = train(told, where, resume=resume, fresh=fresh, command=command, say=_say)
    if not first():
        return
    _summary(where, metrics)
    if push:
        from .push import push as publish
        from .runs.folder import RunFolder

        done = publish(RunFolder(where), push, private=private)
        _say(f"published {push}, commit {done['commit']}")


def check(
    recipe: RecipeName,
    set_: Changes = None,
    limit: Limit = None,
    json_: Annotated[bool, typer.Option("--json", help="Findings as JSON on stdout.")] = False,
) -> None:
    """Find what would go wrong, in seconds and before any weights are loaded.

    Exit status 1 where something must be changed first; warnings alone are 0.
    """
    from .preflight import check as findings_of
    from .preflight import show
    from .runs.quiet import quiet
    from .train import require_extra

    require_extra()
    with quiet():
        findings = findings_of(_recipe(recipe, set_, limit))
    if json_:
        typer.echo(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        show(findings)
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(1)


def recipes(
    name: Annotated[
        str | None, typer.Argument(help="Print this one: a start for your own.")
    ] = None,
) -> None:
    """List the recipes that come with redditess, or print one."""
    from ..corpus.errors import SettingsError

    if name is None:
        for each in shipped():
            typer.echo(f"{each:<28}{_first_words(SHIPPED / f'{each}.yaml')}")
        return
    if name not in shipped():
        raise SettingsError(f"no recipe {name!r}", "NAME", f"shipped are {', '.join(shipped())}")
    typer.echo((SHIPPED / f"{name}.yaml").read_text("utf8"), nl=False)


def _recipe(name: str, changes: list[str] | None, limit: int | None) -> Recipe:
    from .runs.life import with_limit

    return with_limit(read_recipe(name, changes or ()), limit)


def _first_words(path: Path) -> str:
    """The first sentence of the comment that a recipe opens with."""
    said = []
    for line in path.read_text("utf8").splitlines():
        if not line.startswith("#"):
            break
        said.append(line.lstrip("# "))
    return " ".join(said).partition(". ")[0].removesuffix(".")


def _command(recipe: str, changes: list[str] | None, limit: int | None) -> str:
    """What was asked, without folders of this machine: run.json may be shown."""
    named = [f"--set {key}=…" if "/" in value else f"--set {key}={value}"
             for key, _, value in (change.partition("=") for change in changes or ())]  # fmt: skip
    rest = [f"--limit {limit}"] if limit is not None else []
    return " ".join(["redditess train", Path(recipe).name, *named, *rest])


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _summary(where: Path, metrics: dict[str, Any]) -> None:
    """The held-out figures, and where the model lies."""
    for name, figure in metrics.get("eval", {}).items():
        if isinstance(figure, dict) and figure.get("value") is not None:
            _say(f"{name:<28}{_figure(figure)}")
    _say(f"model and card: {where / 'model'}")


def _figure(figure: dict[str, Any]) -> str:
    text = f"{figure['value']:.3f}"
    if figure.get("low") is not None:
        text += f" [{figure['low']:.3f}, {figure['high']:.3f}]"
    return f"{text}  n = {figure['n']}" if figure.get("n") is not None else text
