"""The `redditess` command: opens the door, collects each room's verbs, turns errors into words.

Exit status: 0 done, 1 an expected error (one sentence), 2 wrong usage, 3 finished but the input
was damaged.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from typer.core import TyperGroup

from redditess import __version__
from redditess.corpus.errors import RedditessError
from redditess.corpus.refusals import refusal

# Each module has `add_verbs(app)`. Their order is the order of `--help`: newcomers first.
ROOMS_WITH_VERBS = (
    "eval.demo",
    "corpus.cli",
    "release.cli",
    "labeling.cli",
    "training.cli",
    "eval.cli",
)

START_HERE = (
    ("redditess demo", "no dumps yet? try an invented sample"),
    ("redditess inspect DUMP...", "what can these dumps show?"),
    ("redditess build DUMP... --out DIR", "dumps to a dataset that loads"),
    ("redditess train recipes", "a dataset to a classifier, a generator"),
)


class Door(TyperGroup):
    """`redditess --help` opens with the three commands that a newcomer needs."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        table = Table.grid(padding=(0, 3))
        for command, reason in START_HERE:
            table.add_row(f"[bold cyan]{command}[/]", reason)
        Console().print(Panel(table, title="Start here", title_align="left"))
        super().format_help(ctx, formatter)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"redditess {__version__}")
        raise typer.Exit


def front_door(
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an expected error; anywhere.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """From raw Reddit dumps to a labelled dataset of effective support.

    `effective` means that the poster acknowledged this comment. It is not clinical benefit.
    """


def make_app() -> typer.Typer:
    """The command line with the verbs of every room."""
    app = typer.Typer(
        name="redditess",
        cls=Door,
        callback=front_door,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,  # an unexpected error is a bug: show Python's own words
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for room in ROOMS_WITH_VERBS:
        import_module(f"redditess.{room}").add_verbs(app)
    return app


def main() -> int:
    """Runs the command in `sys.argv`; returns the exit status, or leaves with it.

    `--debug` may stand anywhere: whoever met an error adds it to the end of the same line.
    """
    words = [word for word in sys.argv[1:] if word != "--debug"]
    try:
        make_app()(words, prog_name="redditess")
    except (RedditessError, OSError) as error:
        sentence = refusal(error) if isinstance(error, OSError) else error
        if sentence is None or "--debug" in sys.argv:
            raise
        print(sentence, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
