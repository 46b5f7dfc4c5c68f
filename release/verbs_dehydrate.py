"""`redditess release dehydrate`: labels without a word of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(group: typer.Typer) -> None:
    """Adds `dehydrate` to the group `release`."""
    group.command("dehydrate")(dehydrate)


def dehydrate(
    folder: Annotated[
        Path, typer.Argument(metavar="BUILD", help="A finished build, of form text.")
    ],
    out: Annotated[Path, typer.Option(help="New folder of the release without texts.")],
    before: Annotated[
        Path | None,
        typer.Option(help="The edition before a removal: rows it had and this has not are listed."),
    ] = None,
    memory_limit: Annotated[str, typer.Option(help="Memory for joins, such as 2GB.")] = "2GB",
) -> None:
    """Write the form of a build that holds no text: labels, keys and digests.

    Who holds the dumps gets the texts back with `redditess release hydrate`; nobody else can tell
    whose rows these are. Never publish both forms of one build: docs/hydrate.md.
    """
    from .dehydrate import SHORT
    from .dehydrate import dehydrate as run

    document = run(folder, out, memory_limit=memory_limit, before=before)
    stage = document["stages"]["full"]
    left = stage["dropped"].get(SHORT, 0)
    typer.echo(f"{stage['rows_out']:,} rows without text are in {out}", err=True)
    if left:
        typer.echo(f"note: {left:,} rows stayed out: their posts are so short that they could be "
                   "guessed", err=True)  # fmt: skip
