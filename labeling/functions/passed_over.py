"""OP answered others and never this comment: implicit feedback, plentiful and weak."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...corpus.records import NOT_EFFECTIVE, NOT_OBSERVABLE
from .base import Votes, labeling_function
from .columns import chance, lengths, numbers, observable

MIN_ANSWERED = 2  # docs/design/0005: OP answered at least two siblings
MIN_DAYS = 7.0  # ours: silence at the end of a dump is not yet silence
FLOOR = 0.05  # ours: where OP answers one comment of twenty, silence about it says nothing
# A final score tells badly what OP saw first (docs/log.md, 2026-11-21), so that it needs more.
FLOOR_BY_SCORE = 0.2


@labeling_function(
    reads=(
        "op_replies", "observable", "followup_days", "n_op_answered", "op_answered_later_sibling",
        "op_answered_lower_sibling", "op_last_seen_utc", "created_utc", "opportunity",
    ),
    family="silence", exposed=True, batch=True, version=2,
    source="docs/design/0005, passed over, with skip evidence (implicit feedback)",
)  # fmt: skip
def passed_over(table: pa.Table) -> Votes:
    """NOT_EFFECTIVE where OP had the chance to answer, used it on others, and left this one out.

    All of: OP answered at least two siblings; one of them was written later, or has a lower score
    (Reddit shows it further down) and was answered since this comment came, so OP read past this
    one; OP was active after it and never answered it; the opportunity is not below FLOOR, or
    FLOOR_BY_SCORE where only a score says that OP read past it. The score is minus the opportunity,
    a weight for models: the likelier an answer was, the more its absence says. Not observable where
    the dump cannot show OP's replies or ends less than seven days after the comment. Never
    EFFECTIVE.
    """
    n_answered = numbers(table, "n_op_answered")
    silent = lengths(table, "op_replies") == 0
    seen_after = numbers(table, "op_last_seen_utc") > numbers(table, "created_utc")
    later = numbers(table, "op_answered_later_sibling") == 1
    lower = numbers(table, "op_answered_lower_sibling") == 1
    likely = chance(table)  # nan: no model was fitted; then nothing is ruled out
    votes = Votes.blank(table.num_rows)
    skipped = silent & (n_answered >= MIN_ANSWERED) & seen_after & (later | lower)
    floor = np.where(later, FLOOR, FLOOR_BY_SCORE)
    votes.vote[skipped & ~(likely < floor)] = NOT_EFFECTIVE
    votes.score[:] = np.where(skipped, -likely, np.nan)
    young = numbers(table, "followup_days") < MIN_DAYS
    unknown = silent & (young | ~observable(table, "op_replies"))
    votes.vote[unknown] = NOT_OBSERVABLE
    votes.score[unknown] = np.nan
    for row in (skipped & ~unknown).nonzero()[0]:
        how = "one written later" if later[row] else "one shown below it"
        line = f"OP answered {n_answered[row]:.0f} siblings, {how}"
        votes.evidence[row] = line + _chance(likely[row], floor[row])
    return votes


def _chance(opportunity: float, floor: float) -> str:
    if np.isnan(opportunity):
        return ""
    rare = ", below the floor" if opportunity < floor else ""
    return f"; opportunity {opportunity:.2f}{rare}"
