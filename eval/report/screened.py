"""How often the poster liked what the screen flags: gratitude is no proof of safety."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...labeling.screen import RISKS
from ...pages.escape import Html, join, tag
from ...pages.shell import table
from ...stats.intervals import wilson
from .words import per_cent

WORDS = {
    "crisis": "somebody may be in danger",
    "method_detail": "particulars of a means",
    "harmful_advice": "advice that would do harm",
    "abuse": "insult, blame or threat",
    "minor_disclosed": "somebody under 18",
    "contact_offer": "contact outside the thread",
    "lived_experience": "the writer's own experience",
}


def grateful_but_flagged(manifest: Mapping[str, Any]) -> Html:
    """Rows that the poster liked and the screen flags, by category; says where nothing was done."""
    found = manifest["labels"].get("annotated")
    if found is None or not any(found["screen"][k] for k in ("no_flag", "flagged")):
        return tag("p", "No comment was screened in this build.")
    liked, flagged = found["grateful"], found["grateful_flagged"]
    n = sum(found["screen"].values())
    return join(
        tag("p", f"Of {liked:,} comments that the poster liked, {flagged['any']:,} "
            f"({_range(flagged['any'], liked)}) hold a sign of a hazard. Who trains on thanks "
            "alone learns them. The signs are found by rules and small models that nobody with "
            "clinical training has reviewed; a comment without a sign is not shown to be safe."),
        table(
            "What the screen heard",
            ("sign", "rows", "share of all rows", "liked by the poster"),
            [(WORDS.get(name, name), f"{k:,}", per_cent(k / n, 1),
              f"{flagged[name]:,}" if name in flagged else "no hazard")
             for name, k in ((name, found["risk"][name]) for name in RISKS)],
            numeric=3,
        ),
    )  # fmt: skip


def _range(part: int, whole: int) -> str:
    if not whole:
        return "no share: there is none"
    low, high = wilson(part / whole, whole)
    return f"{per_cent(part / whole, 1)} [{100 * low:.1f}, {100 * high:.1f}]"
