"""`redditess label analyze`: what the functions of a build do together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer


def add(group: typer.Typer) -> None:
    """Adds `analyze` to `redditess label`."""
    group.command("analyze")(analyze)


def analyze(
    build: Annotated[Path, typer.Argument(help="A finished build folder (what --out named).")],
    gold: Annotated[
        Path | None, typer.Option(help="Human labels (id, label, rater): adds accuracy.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Key of the sheet that the ids of --gold are from.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Also write a web page with plots.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Coverage, overlap, conflict, polarity and correlation of the labeling functions.

    Also by era and subreddit, accuracy where human labels are given, and which reliabilities
    come from data, from human labels, or only from a declared prior.
    """
    from ..corpus.artefacts import write_text
    from ..corpus.folder import BuildFolder
    from .analyze import analyze as figures
    from .analyze_page import document
    from .gold import read_gold
    from .sampling import read_key

    names = read_key(key) if key else None
    said = read_gold(gold, names=names).consensus() if gold else None
    found = figures(BuildFolder(build), said)
    if html:
        write_text(html, document(found))
        typer.echo(f"The page is in {html}", err=True)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console

    from .analyze_page import (
        FUNCTION_HEAD,
        MOST_GROUPS,
        SOURCE_HEAD,
        function_rows,
        number,
        percent,
    )
    from .analyze_page import source_rows as sources

    console = Console()
    console.print(_table(f"{found['rows']:,} rows", FUNCTION_HEAD, function_rows(found), 6))
    pairs = [
        (p["a"], p["b"], f"{p['n']:,}", percent(p["agreement"]), number(p["correlation"]))
        for p in found["pairs"]
        if p["n"]
    ]
    head = ("function", "and", "rows", "agreement", "correlation")
    console.print(_table("where both vote", head, pairs, 3))
    console.print(_table("where a reliability comes from", SOURCE_HEAD, sources(found), 3))
    for group in ("era", "subreddit"):
        names = [f["name"] for f in found["functions"]]
        rows = [
            (e["name"], f"{e['rows']:,}", *(percent(e["functions"][n]["coverage"]) for n in names))
            for e in found[group][:MOST_GROUPS]
        ]
        left = max(len(found[group]) - MOST_GROUPS, 0)
        title = f"coverage by {group}" + (f" (largest; {left} more with --json)" if left else "")
        console.print(_table(title, (group, "rows", *names), rows, len(names) + 1))


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], numeric: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left")
    for i, word in enumerate(head):
        right = i >= len(head) - numeric
        table.add_column(word, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
