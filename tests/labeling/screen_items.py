"""Reads the items of screen_items.toml: frames with their slots filled, in a fixed order."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import NamedTuple

from redditess.corpus.artefacts import stable_hash

FILE = Path(__file__).with_suffix(".toml")
MOST = 6  # items of one frame


class Item(NamedTuple):
    """One text, what it is an example of, and the frame it was made from."""

    category: str
    positive: bool
    frame: str
    text: str
    held: bool  # of a frame on which no rule was ever corrected


def items() -> list[Item]:
    """All items, frames in file order."""
    table = tomllib.loads(FILE.read_text("utf8"))
    slots = table.pop("slots")
    return [
        Item(category, kind == "positive", frame, text, stable_hash("held", frame) % 2 == 1)
        for category, kinds in table.items()
        for kind, frames in kinds.items()
        for frame in frames
        for text in _filled(frame, slots)
    ]


def _filled(frame: str, slots: dict[str, list[str]]) -> Iterator[str]:
    """The frame with its slots filled; a hash orders the ways, so that all slots vary."""
    named = list(dict.fromkeys(re.findall(r"\{(\w+)\}", frame)))
    ways = sorted(product(*(slots[name] for name in named)), key=lambda w: stable_hash(frame, *w))
    yield from islice((frame.format_map(dict(zip(named, w, strict=True))) for w in ways), MOST)
