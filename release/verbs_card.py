"""`redditess release card`: the card of a release, written anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(group: typer.Typer) -> None:
    """Adds `card` to the group `release`."""
    group.command("card")(card)


def card(
    folder: Annotated[
        Path, typer.Argument(metavar="BUILD", help="A finished build, or a released folder.")
    ],
    signed_by: Annotated[
        Path | None,
        typer.Option(help="TOML file with [signoff]: who judged the safety screen, when, on what."),
    ] = None,
) -> None:
    """Write README.md, croissant.json and the picture of a release again, from its figures.

    Worth doing after governance.toml is filled in, and after `redditess label validity`, whose
    tables then stand in the card. The data files are not touched. Of a downloaded copy the card is
    written from its release.json.
    """
    from ..corpus.manifest import read_manifest
    from .card import write_card, write_pages
    from .found import find_release
    from .governance import find_governance, read_governance, read_signoff
    from .public import read_public, write_document

    found = find_release(folder)
    if found.build is None:
        document = read_public(found.release)
        if signed_by:
            document = write_document(found.release, document, signoff=read_signoff(signed_by))
        write_pages(found.release, document)
    else:
        if agreement := find_governance(found.build.root):
            read_governance(agreement)  # one that is not complete is an error here, not silence
        write_card(found.build, read_manifest(found.build.root), signed_by)
    typer.echo(f"The card is {found.release / 'README.md'}", err=True)
