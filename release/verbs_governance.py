"""`redditess governance init`: the agreement without which nothing is published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(app: typer.Typer) -> None:
    """Puts the group `governance` on the command line."""
    group = typer.Typer(no_args_is_help=True, help="Who agreed to what: governance.toml.")
    app.add_typer(group, name="governance")

    @group.callback()
    def governance() -> None:
        """Who agreed to what: governance.toml."""

    group.command("init")(init)


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where to put it: the build, or its parent.")
    ] = Path(),
) -> None:
    """Write governance.toml with every field explained, for you to fill in.

    Purpose, source and basis of access, ethics reference or exemption, retention, removal contact,
    who may use the data. Text, its dehydrated form and models are not published without; the card
    prints it. docs/ethics.md is the pack for a board that reviews it.
    """
    from .governance import init_governance

    path = init_governance(folder)
    typer.echo(f"Fill in {path}, then run `redditess release card BUILD`.", err=True)
    print(path)
