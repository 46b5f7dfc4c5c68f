"""`redditess label text FILE`: what a reader hears in lines of text."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from .readers import Reading

LINES = 1_000  # read at once: memory stays constant


def add(group: typer.Typer) -> None:
    """Adds `text` to the group `label`."""
    group.command("text")(text)


def text(
    file: Annotated[Path, typer.Argument(metavar="FILE", help='One text a line; "-" is stdin.')],
    reader: Annotated[str, typer.Option(help="linear, lexicon, minilm or transformers[:x].")] = (
        "linear"
    ),
) -> None:
    """Thanks, uptake and sentiment of each line, one JSON object a line: signals, not labels."""
    from .readers import reader as named

    chosen = named(reader)
    lines = _lines(file)
    while batch := list(islice(lines, LINES)):
        for line in as_json(chosen.read(batch)):
            typer.echo(line)


def as_json(reading: Reading) -> Iterator[str]:
    """A reading -> one JSON object per text, probabilities with four decimals."""
    from .readers import CLASSES

    rows = zip(reading.gratitude, reading.uptake, reading.sentiment, strict=True)
    for gratitude, uptake, sides in rows:
        sentiment = {c: round(float(p), 4) for c, p in zip(CLASSES, sides, strict=True)}
        yield json.dumps(
            {
                "gratitude": round(float(gratitude), 4),
                "uptake": round(float(uptake), 4),
                "sentiment": sentiment,
            }
        )


def _lines(file: Path) -> Iterator[str]:
    """Lines without their end; an empty line is a text that says nothing."""
    from ..corpus.errors import InputError

    if str(file) == "-":
        yield from (_text(line) for line in sys.stdin.buffer)
        return
    try:
        with file.open("rb") as opened:
            yield from (_text(line) for line in opened)
    except OSError as e:
        raise InputError(e.strerror or str(e), file, 'give a readable file, or "-"') from e


def _text(line: bytes) -> str:
    return line.decode("utf8", "replace").rstrip("\r\n")
