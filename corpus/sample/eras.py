"""Which fields a month's dump lines carry and how old they were when fetched: `fields.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from ..eras import month_of
from .dice import Dice
from .world import DAY, HOUR

MERGED_MONTH = "2024-06"
"""Written as a merged torrent writes: float times, `updated_on`, `previous_selftext`."""
API_MONTH = "2022-09"
"""Written as the API of those days: integer parent ids, null at top level."""
SECOND_LOOK_S = 36 * HOUR


@cache
def _facts() -> dict[str, Any]:
    return tomllib.loads((resources.files(__package__) / "fields.toml").read_text("utf8"))


def within(month: str, spans: Sequence[str]) -> bool:
    """Is a month in one of the spans?

    >>> within("2018-05", ["..2015-07", "2018-04..2018-07"]), within("2016-01", ["..2015-07"])
    (True, False)
    """
    return any(
        first <= month and (not last or month <= last)
        for first, last in (span.split("..") for span in spans)
    )


@cache
def absent(kind: str, month: str) -> frozenset[str]:
    """Fields that lines of that kind do not have in that month."""
    spans: Mapping[str, Sequence[str]] = _facts()[kind]
    return frozenset(name for name in spans if not within(month, spans[name]))


@cache
def typed_as(kind: str, month: str) -> frozenset[str]:
    """Names under `[types.<kind>]` of `fields.toml` that hold in the month."""
    spans: Mapping[str, Sequence[str]] = _facts()["types"][kind]
    return frozenset(name for name in spans if within(month, spans[name]))


class Fetch(NamedTuple):
    """What the archive could see of one object, and when it looked."""

    month: str
    utc: int  # of the look that fixed the text
    last_utc: int  # of the latest look: score, later removal
    score_hidden: bool
    mature: bool  # was the score worth anything at the latest look?
    frozen: bool  # the text is the one seen first (2023-11 on)


def fetch(kind: str, utc: int, dice: Dice) -> Fetch:
    """How an object written at `utc` was archived."""
    month = month_of(utc)
    span = next(s for s in _facts()["fetched"] if within(month, [s["months"]]))
    low, high = span["days"]
    first = utc + 3 + int((low + (high - low) * dice.uniform()) * DAY)
    hidden, again = dice.uniform() < span.get("hidden", {}).get(kind, 0.02), month >= "2023-11"
    if kind == "submissions" and month == "2024-03":
        again, hidden = False, True  # posts were not fetched a second time
    hidden = hidden and not again
    last = first + (SECOND_LOOK_S if again else 0)
    return Fetch(month, first, last, hidden, last - utc > DAY, month >= "2023-11")
