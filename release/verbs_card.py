"""`redditess release card`: the card of a finished build, written anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(group: typer.Typer) -> None:
    """Adds `card` to the group `release`."""
    group.command("card")(card)


def card(
    build: Annotated[Path, typer.Argument(help="A finished build folder (what --out named).")],
) -> None:
    """Write README.md and croissant.json of a build again, from its manifest.

    Worth doing after `redditess label validity`, whose tables then stand in the card. The data
    files are not touched.
    """
    from ..corpus.folder import BuildFolder
    from ..corpus.manifest import read_manifest
    from .card import write_card

    folder = BuildFolder(build)
    write_card(folder, read_manifest(folder.root))
    typer.echo(f"The card is {folder.release / 'README.md'}", err=True)
