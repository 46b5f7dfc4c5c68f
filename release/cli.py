"""The verbs of this room: build, columns, methods."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import verbs_card

if TYPE_CHECKING:
    from rich.table import Table

DAMAGED = 3  # exit status: finished, but the input was damaged (docs/house.md)


def add_verbs(app: typer.Typer) -> None:
    """Puts this room's verbs on the command line."""
    app.command("build")(build)
    app.command("columns")(columns)
    app.command("methods")(methods)
    verbs_card.add(app)


def build(
    dumps: Annotated[list[Path], typer.Argument(help="Dump files, or folders that hold some.")],
    out: Annotated[Path, typer.Option(help="Folder of the build; new, or one to continue.")],
    preset: Annotated[
        str | None, typer.Option(help="Ready-made settings: `redditess presets list`.")
    ] = None,
    subreddits: Annotated[
        str | None, typer.Option(help="Communities, with commas; `all` for every one.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="TOML file with settings, over those of the preset.")
    ] = None,
    functions: Annotated[
        str | None, typer.Option(help="Labeling functions, with commas; your own as module:name.")
    ] = None,
    label_model: Annotated[
        str | None,
        typer.Option(help="How votes become a label: ensemble, recipient, majority, paper, …"),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes; as many as cores and memory allow.")
    ] = None,
    memory_limit: Annotated[
        str | None, typer.Option(help="Memory for joins of all workers together, such as 4GB.")
    ] = None,
    tolerate: Annotated[
        bool | None,
        typer.Option("--tolerate", help="Count rows a labeling function fails on, and go on."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Take only so many wanted lines of each dump file.")
    ] = None,
    gold: Annotated[
        Path | None, typer.Option(help="Labels by people (id, label, rater): docs/gold.md.")
    ] = None,
    sheet_key: Annotated[
        Path | None, typer.Option(help="Key of the sheet that the ids of --gold are from.")
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh/--resume", help="Replace another build in --out, or continue this one."
        ),
    ] = False,
) -> None:
    """Dump files to a labelled, split, loadable dataset in OUT/redditess.

    Stops and goes on where it stopped when started again. Exit status 3: the dataset is there, but
    a dump file was damaged (`manifest.json` names file and byte).
    """
    from rich.console import Console

    from ..corpus.manifest import is_damaged
    from ..corpus.settings import load_settings
    from .build import build as run
    from .progress import shown

    flags = {
        "subreddits": () if subreddits == "all" else _names(subreddits),
        "functions": _names(functions),
        "label_model": label_model,
        "workers": workers,
        "memory_limit": memory_limit,
        "limit": limit,
        "tolerate": tolerate,
    }
    settings = load_settings(preset or "default", config, **flags)
    console = Console(stderr=True)
    with shown(console) as progress:
        manifest = run(
            dumps, out, settings, gold=gold, sheet_key=sheet_key, fresh=fresh, progress=progress
        )
    console.print(_summary(manifest))
    for warning in manifest["warnings"]:
        console.print(f"note: {warning}", markup=False, highlight=False)
    console.print(f'load_dataset("{out / "redditess"}")', markup=False, highlight=False)
    if is_damaged(manifest):
        raise typer.Exit(DAMAGED)


def _names(text: str | None) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] if text else None


def _summary(manifest: dict[str, Any]) -> Table:
    from rich.table import Table

    from .funnel import plain_reason, steps

    table = Table(title="from lines to labels", title_justify="left")
    for heading, justify in (("", "left"), ("read", "right"), ("went on", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]
    table.add_column("left, by reason (the largest)")
    for step in steps(manifest):
        reasons = [f"{plain_reason(why)} {n:,}" for why, n in list(step.dropped.items())[:4]]
        table.add_row(step.what_out, f"{step.n_in:,}", f"{step.n_out:,}", ", ".join(reasons))
    return table


def columns(
    config: Annotated[
        str, typer.Option(help="effectiveness (labelled rows) or full (every row, with votes).")
    ] = "effectiveness",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """What every column of a dataset means, in order."""
    import json

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..corpus.errors import SettingsError
    from .features import COLUMNS, CONFIGS

    if config not in COLUMNS:
        raise SettingsError(f"no config {config!r}", "--config", f"use {' or '.join(CONFIGS)}")
    if as_json:
        for c in COLUMNS[config]:
            row = {"name": c.name, "type": c.type_name, "role": c.role, "names": list(c.names)}
            print(json.dumps({**row, "description": c.description}))
        return
    table = Table(show_lines=False)
    for heading in ("column", "type", "role", "meaning"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "column")
    for c in COLUMNS[config]:
        names = f" {', '.join(c.names)}." if c.names else ""
        cells = (c.name, c.type_name, c.role, c.description + names)
        table.add_row(*(Text(cell) for cell in cells))  # [-1, 1] is no markup
    Console().print(table)


def methods(
    folder: Annotated[Path, typer.Argument(metavar="BUILD", help="The folder of a build.")],
) -> None:
    """A Methods paragraph, the flow with n per exclusion and a LaTeX table, ready to paste."""
    from ..corpus.manifest import read_manifest
    from . import methods as text

    print(text.methods(read_manifest(folder)))
