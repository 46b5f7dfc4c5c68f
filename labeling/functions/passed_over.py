"""OP answered others and never this comment: the one plentiful negative, and a weak one."""

from __future__ import annotations

import pyarrow as pa

from ...corpus.records import NOT_EFFECTIVE, NOT_OBSERVABLE
from .base import Votes, labeling_function
from .columns import lengths, numbers, observable

MIN_ANSWERED = 2  # docs/design/0005: OP answered at least two siblings
MIN_DAYS = 7.0  # ours: silence at the end of a dump is not yet silence


@labeling_function(
    reads=(
        "op_replies", "observable", "followup_days", "n_op_answered", "op_answered_later_sibling",
        "op_last_seen_utc", "created_utc",
    ),
    family="silence", exposed=True, batch=True,
    source="docs/design/0005, passed over, with skip evidence (implicit feedback)",
)  # fmt: skip
def passed_over(table: pa.Table) -> Votes:
    """NOT_EFFECTIVE where OP had the chance to answer, used it on others, and left this one out.

    All of: OP answered at least two siblings, one of them written later (so OP read on past this
    comment), was still active after it, and never answered it. Not observable where the dump
    cannot show OP's replies or ends less than seven days after the comment. Never EFFECTIVE.
    """
    n_answered = numbers(table, "n_op_answered")
    silent = lengths(table, "op_replies") == 0
    seen_after = numbers(table, "op_last_seen_utc") > numbers(table, "created_utc")
    skipped = numbers(table, "op_answered_later_sibling") == 1
    votes = Votes.blank(table.num_rows)
    over = silent & (n_answered >= MIN_ANSWERED) & seen_after & skipped
    votes.vote[over] = NOT_EFFECTIVE
    young = numbers(table, "followup_days") < MIN_DAYS
    unknown = silent & (young | ~observable(table, "op_replies"))
    votes.vote[unknown] = NOT_OBSERVABLE
    for row in (over & ~unknown).nonzero()[0]:
        votes.evidence[row] = f"OP answered {n_answered[row]:.0f} siblings, one written later"
    return votes
