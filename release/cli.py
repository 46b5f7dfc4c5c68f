"""The verbs of this room: build, columns, methods, release …, governance …."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options, verbs_governance, verbs_release

if TYPE_CHECKING:
    from rich.table import Table

DAMAGED = 3  # exit status: finished, but the input was damaged (docs/house.md)


def add_verbs(app: typer.Typer) -> None:
    """Puts this room's verbs on the command line."""
    app.command("build")(build)
    app.command("columns")(columns)
    app.command("methods")(methods)
    verbs_release.add(app)
    verbs_governance.add(app)


def build(
    dumps: options.Dumps,
    out: options.Out,
    preset: options.Preset = None,
    subreddits: options.Subreddits = None,
    config: options.Config = None,
    functions: options.Functions = None,
    label_model: options.LabelModel = None,
    workers: options.Workers = None,
    memory_limit: options.MemoryLimit = None,
    tmp: options.Tmp = None,
    engine: options.Engine = None,
    master: options.Master = None,
    tolerate: options.Tolerate = None,
    limit: options.Limit = None,
    gold: options.Gold = None,
    sheet_key: options.SheetKey = None,
    cuts: options.Cuts = None,
    fresh: options.Fresh = False,
) -> None:
    """Dump files to a labelled, split, loadable dataset in OUT/redditess.

    Stops and goes on where it stopped when started again. Exit status 3: the dataset is there, but
    a dump file was damaged (`manifest.json` names file and byte).
    """
    from rich.console import Console

    from ..corpus.fetching import how_to_fetch
    from ..corpus.manifest import is_damaged
    from ..corpus.places import Url, place_of
    from ..corpus.settings import load_settings
    from .build import build as run
    from .progress import shown
    from .splits import cuts_of

    flags = {
        "subreddits": () if subreddits == "all" else _names(subreddits),
        "functions": _names(functions), "label_model": label_model, "workers": workers,
        "memory_limit": memory_limit, "limit": limit, "tolerate": tolerate,
        "engine": engine, "master": master, "tmp": tmp,
        **({"split_by": "time", "cuts": cuts_of(cuts)} if cuts else {}),
    }  # fmt: skip
    settings = load_settings(preset or "default", config, **flags)
    console = Console(stderr=True)
    with shown(console) as progress:
        manifest = run(
            dumps, out, settings, gold=gold, sheet_key=sheet_key, fresh=fresh, progress=progress
        )
    console.print(_summary(manifest))
    for warning in manifest["warnings"]:
        console.print(f"note: {warning}", markup=False, highlight=False)
    release = place_of(out) / "redditess"
    how = how_to_fetch(release) if isinstance(release, Url) else f'load_dataset("{release}")'
    console.print(how, markup=False, highlight=False)
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
        str,
        typer.Option(
            help="effectiveness (labelled rows), full (every row, with votes), or what models"
            " are trained on: preferences, unpaired, sft."
        ),
    ] = "effectiveness",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """What every column of a dataset means, in order."""
    import json

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ..corpus.errors import SettingsError
    from .columns import COLUMNS, CONFIGS

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
