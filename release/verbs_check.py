"""`redditess release check`: proof on the finished files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .check.report import Report, Verdict

_COLOURS: dict[Verdict, str] = {
    "pass": "green", "fail": "bold red", "warn": "yellow", "not checkable here": "dim",
}  # fmt: skip


def add(group: typer.Typer) -> None:
    """Adds `check` to the group `release`."""
    group.command("check")(check)


def check(
    folder: Annotated[
        Path, typer.Argument(metavar="BUILD|FOLDER", help="A finished build, or a released folder.")
    ],
    against: Annotated[
        Path | None,
        typer.Option(help="An earlier release: none of its test rows may be in train now."),
    ] = None,
    attack: Annotated[
        Path | None,
        typer.Option(help="The other form of the same build: try to join the two."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One object on stdout, no table.")
    ] = False,
) -> None:
    """Prove on the finished files that nothing leaks between splits, names nobody and loads.

    Exit status 1 where a check fails. A copy without its build is checked as far as it goes: what
    needs the private part of a build is "not checkable here". docs/check.md says what each check
    means and what to do.
    """
    from .check import check_release

    report = check_release(folder, against=against, attack=attack)
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False, sort_keys=True))
    else:
        _show(report)
    if report.of("fail"):
        raise typer.Exit(1)


def _show(report: Report) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="release check", title_justify="left", show_lines=False)
    for heading in ("check", "result", "what was found"):
        table.add_column(heading, overflow="fold")
    for result in report.results:
        verdict = Text(result.verdict, style=_COLOURS[result.verdict])
        table.add_row(Text(result.name), verdict, Text(result.sentence))
    console = Console(stderr=True)
    console.print(table)
    counts = ", ".join(f"{len(report.of(v))} {v}" for v in _COLOURS)
    console.print(counts, markup=False, highlight=False)
