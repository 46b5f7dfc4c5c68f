"""`redditess label analyze`: what the functions of a build do together."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer


def add(group: typer.Typer) -> None:
    """Adds `analyze` to `redditess label`."""
    group.command("analyze")(analyze)


def analyze(
    build: Annotated[Path, typer.Argument(help="A finished build folder (what --out named).")],
    gold: Annotated[
        Path | None,
        typer.Option(help="Human labels (id, label, rater); none: those the build was made with."),
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
    from .gold_rows import kept_gold
    from .sampling import read_key

    folder, names = BuildFolder(build), read_key(key) if key else None
    kept = kept_gold(folder)
    said = kept[0].consensus() if kept else None
    if gold:
        said = read_gold(gold, names=names).consensus()
    found = figures(folder, said)
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
    judged = any(f["accuracy"] for f in found["functions"])
    shown = len(FUNCTION_HEAD) - (not judged)  # without human labels that column is all dashes
    rows = [row[:shown] for row in function_rows(found)]
    console.print(_table(f"{found['rows']:,} rows", FUNCTION_HEAD[:shown], rows, shown - 2))
    pairs = [
        (p["a"], p["b"], f"{p['n']:,}", percent(p["agreement"]), number(p["correlation"]))
        for p in found["pairs"]
        if p["n"]
    ]
    head = ("function", "and", "rows", "agreement", "correlation")
    console.print(_table("where both vote", head, pairs, 3))
    console.print(_table("where a reliability comes from", SOURCE_HEAD, sources(found), 3))
    for group in ("era", "subreddit"):
        left = max(len(found[group]) - MOST_GROUPS, 0)
        title = f"coverage by {group}" + (f" (largest; {left} more with --json)" if left else "")
        for part in _groups(found[group][:MOST_GROUPS], found["functions"], console.width):
            console.print(_table(title, part[0], part[1:], len(part[0]) - 1))


def _groups(
    entries: Sequence[dict[str, Any]], functions: Sequence[dict[str, Any]], width: int
) -> Iterator[list[list[str]]]:
    """Tables of a group's coverage, a function a row, as many groups as stand side by side."""
    from .analyze_page import percent

    names = [f["name"] for f in functions]
    room = width - max(map(len, names), default=0) - 1
    wide = max((len(e["name"]) for e in entries), default=0) + 1
    at_once = max(1, room // max(wide, 8))
    for start in range(0, len(entries), at_once):
        some = entries[start : start + at_once]
        yield [
            ["function", *(e["name"] for e in some)],
            ["(rows)", *(f"{e['rows']:,}" for e in some)],
            *([n, *(percent(e["functions"][n]["coverage"]) for e in some)] for n in names),
        ]


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], numeric: int) -> Any:
    from rich.table import Table
    from rich.text import Text

    # Without borders nine columns fit a terminal of 80, and names stay whole.
    table = Table(title=f"\n{title}", title_justify="left", box=None, padding=(0, 1, 0, 0))
    for i, word in enumerate(head):
        right = i >= len(head) - numeric
        justify: Any = "right" if right else "left"
        table.add_column(word, justify=justify, overflow="fold", no_wrap=not i)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table
