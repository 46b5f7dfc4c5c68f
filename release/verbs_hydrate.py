"""`redditess release hydrate`: the texts back, from one's own dumps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

DAMAGED = 3  # exit status: finished, but a dump was damaged (docs/house.md)
SAID = {
    "restored": "every field verified",
    "in_part": "texts verified, some other field is told otherwise and left null",
    "edited": "the dumps hold another text",
    "missing": "the dumps do not hold all of it",
    "deleted": "a dump says that it was deleted or removed",
    "differs": "the text is there, but these dumps (or rules) make another row of it",
    "tombstone": "taken out on request",
}
"""What each state of a row means, in words."""


def add(group: typer.Typer) -> None:
    """Adds `hydrate` to the group `release`."""
    group.command("hydrate")(hydrate)


def hydrate(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A release of the dehydrated form.")
    ],
    dumps: Annotated[
        list[str], typer.Argument(help="Your dump files, or folders that hold some; also s3://….")
    ],
    out: Annotated[Path, typer.Option(help="New folder of the release with its texts.")],
    workers: Annotated[int | None, typer.Option(help="Processes that read dumps.")] = None,
    memory_limit: Annotated[str, typer.Option(help="Memory for joins, such as 2GB.")] = "2GB",
    any_version: Annotated[
        bool,
        typer.Option("--any-version", help="Go on although other rules made the release."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as one object.")] = False,
) -> None:
    """Put the texts of a dehydrated release back, from your own dumps, and verify every field.

    What a dump marks as deleted stays away, also where another dump still holds it. Rows that
    cannot be restored are counted by reason and listed by key in OUT.hydrated.json. Exit status 0
    however many those are; 3 where a dump file was damaged.
    """
    from .hydrate import hydrate as run
    from .hydrate import report_of

    report = run(
        folder, dumps, out, workers=workers, memory_limit=memory_limit, any_version=any_version
    )
    if as_json:
        told = {name: report[name] for name in ("fingerprint", "states", "unverified")}
        print(json.dumps(told, sort_keys=True))
    else:
        _show(report)
    typer.echo(f"Keys of rows that are not here: {report_of(out)}", err=True)
    if any(record["damage"] for record in report["inputs"]):
        raise typer.Exit(DAMAGED)


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="hydrated", title_justify="left")
    table.add_column("rows", justify="right")
    table.add_column("state")
    table.add_column("meaning")
    for state, n in report["states"].items():
        if n:
            table.add_row(f"{n:,}", Text(state.replace("_", " ")), Text(SAID[state]))
    console = Console(stderr=True)
    console.print(table)
    for field, n in report["unverified"].items():
        console.print(f"note: {field} is null in {n:,} rows", markup=False, highlight=False)
