"""How many preference pairs each strictness gives, and why the others are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...pages.escape import Html, join, tag
from ...pages.shell import fold, table
from .reasons import meaning, reason
from .words import per_cent


def pairs_part(manifest: Mapping[str, Any]) -> Html:
    """Table by strictness, what length and place alone would tell, and the funnel behind it."""
    pairs = manifest.get("pairs")
    if not pairs or not any(level["candidates"] for level in pairs["levels"].values()):
        return tag("p", "No post has an effective and a not effective comment: there are no pairs.")
    levels, own = pairs["levels"], pairs["level"]
    rows = [
        (name, _first(level["dropped"]), f"{level['candidates']:,}", f"{level['pairs']:,}")
        for name, level in levels.items()
    ]
    return join(
        tag("p", f"A pair is two comments on one post, one effective and one not. This build has "
            f"those of strictness {own}. A comment that refers to help, sets a limit or "
            "contradicts a harmful plan is never the worse one, as far as rules hear it."),
        table("Pairs by strictness", ("strictness", "most left for", "candidates", "pairs"), rows,
              numeric=2),
        table("What would tell the better comment without reading it",
              ("split", "pairs", "the longer one", "the earlier one"), _biases(levels[own]),
              numeric=3),
        fold("Why candidates are no pairs",
             table("Candidates left out, by the first reason", ("reason", "meaning", *levels),
                   _reasons(levels), numeric=len(levels))),
    )  # fmt: skip


def _first(dropped: Mapping[str, int]) -> str:
    most = max(dropped, key=lambda name: dropped[name], default="")
    return f"{reason(most)} ({dropped[most]:,})" if most else "nothing"


def _biases(level: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (split, f"{found['pairs']:,}", _share(found["length_only"]), _share(found["position_only"]))
        for split, found in level["splits"].items()
    ]


def _share(value: float | None) -> str:
    return "no pairs" if value is None else per_cent(value, 1)


def _reasons(levels: Mapping[str, Any]) -> list[tuple[str, ...]]:
    names = dict.fromkeys(name for level in levels.values() for name in level["dropped"])
    return [
        (
            reason(name),
            meaning(name),
            *(f"{lv['dropped'].get(name, 0):,}" for lv in levels.values()),
        )
        for name in names
    ]
