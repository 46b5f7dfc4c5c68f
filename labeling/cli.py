"""`redditess label …`: looking at labels."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import get_terminal_size
from typing import Annotated

import typer

from . import verbs_analyze, verbs_gold, verbs_llm, verbs_text, verbs_validity


def add_verbs(app: typer.Typer) -> None:
    """Adds `label` and what belongs to it."""
    label = typer.Typer(no_args_is_help=True, help="Look at labels: who voted what, and why.")
    label.command("explain")(explain)
    verbs_analyze.add(label)
    verbs_gold.add(label)
    verbs_llm.add(label)
    verbs_text.add(label)
    verbs_validity.add(label)
    app.add_typer(label, name="label")


def explain(
    build: Annotated[Path, typer.Argument(help="A build folder (what --out named).")],
    comment: Annotated[str, typer.Argument(metavar="ID", help='A comment: "t1_..." or bare id.')],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """One row of a build: votes and evidence, how they make p, and what would flip the label."""
    from ..corpus.folder import BuildFolder
    from .explain import explain as taken_apart

    found = taken_apart(BuildFolder(build), comment)
    if as_json:
        typer.echo(json.dumps(found._asdict(), ensure_ascii=False, default=str))
    else:
        typer.echo(found.text(min(max(get_terminal_size().columns, 60), 100)))
