"""From lines to labels in a few steps, each with what it dropped and why: read off the manifest.

Card, Methods text and report all tell the selection through these steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..corpus.manifest import add_counts
from .columns import CONFIGS
from .splits import ORDER


class Step(NamedTuple):
    """n_in things of one kind, of which n_out went on; the others left for a reason."""

    name: str
    what_in: str
    what_out: str
    n_in: int
    n_out: int
    dropped: dict[str, int]  # largest first


_STAGES = (
    ("posts", "posts", "eligible posts"),
    ("assemble", "comments", "interactions"),
    ("full", "interactions", "released rows"),
    ("effectiveness", "released rows", "labelled rows"),
)


def steps(manifest: Mapping[str, Any]) -> list[Step]:
    """The selection of a build, in order; in every step n_in = n_out + what was dropped."""
    dropped: dict[str, int] = {}
    for record in manifest["inputs"]:
        add_counts(dropped, record["dropped"])
    n_lines = sum(r["lines"] for r in manifest["inputs"])
    n_kept = sum(r["kept"] for r in manifest["inputs"])
    read = ("ingest", "dump lines", "posts and comments of the wanted communities")
    found = [Step(*read, n_lines, n_kept, largest_first(dropped))]
    for name, what_in, what_out in _STAGES:
        stage = manifest["stages"][name]
        counts = largest_first(stage["dropped"])
        found.append(Step(name, what_in, what_out, stage["rows_in"], stage["rows_out"], counts))
    return found


def splits(manifest: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Config -> split -> its record, in the order of the card: a manifest's own is by letter."""
    found = manifest["splits"]
    return {
        c: {s: found[c][s] for s in reversed(ORDER) if s in found[c]} for c in CONFIGS if c in found
    }


def largest_first(dropped: Mapping[str, int]) -> dict[str, int]:
    """Reasons by how many they took, then by name."""
    return dict(sorted(dropped.items(), key=lambda item: (-item[1], item[0])))


def share(part: int, whole: int) -> str:
    """A share for people: "12.3 %"; nothing has no shares.

    >>> share(1, 8), share(0, 0)
    ('12.5 %', '-')
    """
    return f"{100 * part / whole:.1f} %" if whole else "-"


def plain_reason(reason: str) -> str:
    """A reason code as words.

    >>> plain_reason("post:too_short"), plain_reason("tombstone")
    ('post: too short', 'removed on request')
    """
    if reason == "tombstone":
        return "removed on request"
    return reason.replace(":", ": ").replace("_", " ")
