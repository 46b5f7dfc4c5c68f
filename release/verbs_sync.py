"""`redditess release sync`: a copy follows the removals that its publisher made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .verbs_delete import LEFT, Also, AsJson, Runs, tell


def add(group: typer.Typer) -> None:
    """Adds `sync` to the group `release`."""
    group.command("sync")(sync)


def sync(
    folder: Annotated[
        Path, typer.Argument(metavar="COPY", help="A downloaded release, or a build of your own.")
    ],
    tombstones: Annotated[
        str,
        typer.Option(help="The published list: a file, an https address or ns/name on the Hub."),
    ],
    also: Also = None,
    runs: Runs = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="The list may be fetched from the network.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take rows that were removed at the source out of a copy, and mark models that saw them.

    Only files that hold a removed row are written. Exports and copies go with --also, runs of
    models with --runs. Exit status 1: something is still there.
    """
    from .delete.sync import sync as run

    report = run(folder, tombstones, also or (), runs or (), remote=allow_remote)
    tell(report, as_json)
    if report["unclean"] or report["scan"]["left"]:
        raise typer.Exit(LEFT)
