"""`redditess label validity`: what the labels of a build measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def add(group: typer.Typer) -> None:
    """Adds `validity` to `redditess label`."""
    group.command("validity")(validity)


def validity(
    build: Annotated[Path, typer.Argument(help="A finished build folder (what --out named).")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    html: Annotated[Path | None, typer.Option(help="Also write the tables as a web page.")] = None,
) -> None:
    """What the labels measure: which signal predicts which, without gold.

    A small text model learns each signal (votes, thanks, uptake, the label) and is tested on every
    other, split by poster, beside length, place and the post alone; and which of two comments on
    the same post comes first. Leaves validity.json in the build for the report and the card.
    """
    from ..corpus.artefacts import write_text
    from ..corpus.folder import BuildFolder
    from .validity import validity as tables
    from .validity.page import document
    from .validity.words import text

    found = tables(BuildFolder(build))
    if html:
        write_text(html, document(found))
        typer.echo(f"The page is in {html}", err=True)
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else text(found), nl=as_json)
