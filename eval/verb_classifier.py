"""`redditess eval classifier`: any saved or published classifier in the one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ..training.figures.table import Table


def add_verb(group: typer.Typer) -> None:
    group.command("classifier")(classifier)


def classifier(
    model: Annotated[
        str, typer.Argument(help="A run, a folder of weights, or a Hub id (user/name).")
    ],
    data: Annotated[
        str, typer.Option(help="A build, a released folder, or a dataset of the Hub (user/name).")
    ],
    gold: Annotated[
        Path | None, typer.Option(help="Labels by people (id, label, rater): docs/gold.md.")
    ] = None,
    sheet_key: Annotated[
        Path | None, typer.Option(help="Key of the sheet that the ids of --gold are from.")
    ] = None,
    split: Annotated[str, typer.Option(help="The rows to test on: test or validation.")] = "test",
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object with every figure.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Write it there: Markdown, or JSON with --json.")
    ] = None,
) -> None:
    """A classifier beside what needs no training: headline, intervals, strata.

    Tested on the dataset's own labels it shows self-consistency; only --gold shows accuracy.
    Baselines learn from the train rows of --data. Rows of the invented sample may be tested on:
    the table says so.
    """
    from ..corpus.artefacts import json_text, write_text
    from ..training.figures.table import table_json
    from ..training.figures.table_text import table_markdown, table_rich

    table = evaluated(model, data, gold=gold, sheet_key=sheet_key, split=split)
    if out:
        write_text(out, json_text(table_json(table)) if as_json else table_markdown(table))
        typer.echo(f"The table is in {out}", err=True)
    elif as_json:
        typer.echo(json_text(table_json(table)), nl=False)
    else:
        from rich.console import Console

        Console().print(table_rich(table))


def evaluated(
    model: str,
    data: str,
    *,
    gold: Path | None = None,
    sheet_key: Path | None = None,
    split: str = "test",
) -> Table:
    """What the verb shows. Raises InputError for `split` train, and as what it reads raises."""
    from ..corpus.errors import InputError
    from ..training.classifier.model import predict
    from ..training.data.gold_answers import gold_answers
    from ..training.data.rows import labelled_rows, open_source
    from ..training.data.trained_on import trained_ids
    from ..training.figures.evaluate import evaluate
    from ..training.models.found_model import find_model

    if split not in ("test", "validation"):
        raise InputError(f"{split!r} is no split to test on", "--split", "use test or validation")
    if sheet_key and not gold:
        raise InputError("a key without a sheet", "--sheet-key", "name the ratings with --gold")
    source = open_source(data, allow_invented=True)
    train = labelled_rows(source, "train")
    people = gold_answers(source, split, gold, sheet_key=sheet_key) if gold else None
    rows = people.rows if people else labelled_rows(source, split)
    found = find_model(model)
    typer.echo(f"{found.name} reads {rows.num_rows:,} rows", err=True)
    p = predict(found.path, rows)
    typer.echo("baselines learn and read them, too", err=True)
    table = evaluate(
        rows, p, train=train, source=source, gold=people.label if people else None,
        name=found.name, part=split,
    )  # fmt: skip
    seen = trained_ids(found.path) & set(rows["id"].to_pylist())
    alarms = [f"the model was trained on {len(seen):,} of the rows"] if seen else []
    left = people.left_out if people else {}
    notes = [f"gold left out, {why.replace('_', ' ')}: {n:,}" for why, n in left.items() if n]
    return table._replace(alarms=[*alarms, *table.alarms], notes=[*table.notes, *notes])
