"""`redditess release export`: a split as a sheet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add(group: typer.Typer) -> None:
    """Adds `export` to the group `release`."""
    group.command("export")(export)


def export(
    folder: Annotated[
        Path, typer.Argument(metavar="BUILD|FOLDER", help="A finished build, or a released folder.")
    ],
    out: Annotated[Path, typer.Option(help="File to write.")],
    config: Annotated[str, typer.Option(help="Config of the release.")] = "effectiveness",
    split: Annotated[str, typer.Option(help="Split of the config.")] = "train",
    kind: Annotated[str, typer.Option("--format", help="csv or tsv.")] = "csv",
    lossless: Annotated[
        bool,
        typer.Option(
            "--lossless",
            help="Leave cells that spreadsheets would run as formulas. Only for programs.",
        ),
    ] = False,
) -> None:
    """Write one split as a sheet that Excel, LibreOffice and Google Sheets open without harm.

    A cell that begins like a formula gets an apostrophe in front. Lists are JSON, classes are
    words. A sheet is a copy: `release delete` does not know of it.
    """
    from .export import export as run
    from .found import find_release

    found = run(find_release(folder).release, config, split, out, kind=kind, lossless=lossless)
    typer.echo(f"{found.rows:,} rows, {found.columns} columns in {out}", err=True)
    if lossless:
        typer.echo("Do not open it in a spreadsheet: cells may be formulas.", err=True)
