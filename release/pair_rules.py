"""How strict a preference pair is: what its two comments must be, and what they must share.

Every number is ours unless a source is named; docs/pairs.md argues for each. A reason in REASONS
is why a candidate (an effective and a not-effective comment on one released post) is no pair; each
candidate has the first that applies.
"""

from __future__ import annotations

from typing import NamedTuple

from ..labeling.schema import BASES

REASONS = (
    "post_at_risk", "chosen_flagged", "own_life", "chosen_basis", "chosen_unsure",
    "rejected_flagged", "protective_rejected", "rejected_basis", "rejected_unsure",
    "same_text", "length", "margin", "exposure",
    "near_text", "per_post", "balance",
)  # fmt: skip
CHOSEN_REASONS = REASONS[:5]
REJECTED_REASONS = REASONS[5:9]
PAIR_REASONS = REASONS[9:13]

RATIO = 2.0  # of lengths, either way (docs/paper_index.md, D14)
NEAR_TEXT = 0.7  # Jaccard of three-word shingles, as between splits
PER_POST = 5  # pairs (SHP; docs/paper_index.md, D14)
KEPT_PER_POST = 4 * PER_POST  # of a post, until texts are compared: bounds work and memory
BAND = 0.02  # of .5: how far a rule that sees only length, or only place, may be off


class Level(NamedTuple):
    """One strictness; `None` where it asks for nothing."""

    margin: float  # least difference of p_effective
    caliper: float  # most difference of `opportunity`; the same stratum where that is unknown
    chosen: tuple[str, ...]  # bases
    rejected: tuple[str, ...]
    least_low: float | None  # p_low of chosen, at least
    apart: bool  # p_low of chosen is above p_high of rejected


_SAID = ("thanked", "uptake")
LEVELS: dict[str, Level] = {
    "loose": Level(
        0.2, 0.2, (*_SAID, "positive_reply", "mixed", "community"),
        ("rejected", "passed_over", "mixed", "community"), None, False,
    ),
    "default": Level(
        0.3, 0.1, (*_SAID, "positive_reply"), ("rejected", "passed_over"), 0.5, False
    ),
    "strict": Level(0.5, 0.1, _SAID, ("rejected",), 0.5, True),
}  # fmt: skip


def places(bases: tuple[str, ...]) -> list[int]:
    """Bases as they are stored."""
    return [BASES.index(name) for name in bases]
