"""What OP told everyone, in an edit of the post or in own comments (the paper's stage 1)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...corpus.records import NOT_OBSERVABLE
from .. import evidence, readers
from ..evidence import Heard
from .base import Votes, labeling_function
from .columns import flat, numbers, observable
from .op_response import heard, stage_score, to_votes

G0 = 0.0  # without thanks, an update tells of OP's life and not of the comments


@labeling_function(
    reads=(
        "op_edit", "op_edit_utc", "op_general", "op_general_utc", "created_utc", "observable",
    ),
    family="op_general", decides=False, batch=True,
    source="paper section 3.2 (stage 1); D7: credits only earlier comments, never decides alone",
)  # fmt: skip
def general_feedback(table: pa.Table) -> Votes:
    """Mean stage score of OP's edit and general comments written after this comment.

    ABSTAIN where there is none, or none after the comment; an edit without a known time credits
    nobody. Not observable where the era shows neither edits nor OP's comments.
    """
    n = table.num_rows
    created = numbers(table, "created_utc")
    total, n_heard = np.zeros(n), np.zeros(n)
    words: dict[int, list[Heard]] = {}
    later = _later_texts(table, created)
    reading = readers.current().read([text for _, text, _ in later])
    scored = stage_score(reading.thanked, reading.tone, G0)
    for i, (place, _, row) in enumerate(later):
        total[row] += scored[i]
        n_heard[row] += 1
        if reading.thanked[i]:
            words.setdefault(row, []).extend(heard(place, reading.words[i]))
    votes = Votes.blank(n)
    scores = np.full(n, np.nan)
    scores[n_heard > 0] = total[n_heard > 0] / n_heard[n_heard > 0]
    votes.vote[:] = to_votes(scores)
    shown = observable(table, "op_edit") | observable(table, "op_general") | (n_heard > 0)
    votes.vote[~shown] = NOT_OBSERVABLE
    votes.score[:] = np.clip(scores, -1, 1)
    for row, items in words.items():
        votes.evidence[row] = evidence.line(items)
    return votes


def _later_texts(table: pa.Table, created: np.ndarray) -> list[tuple[str, str, int]]:
    """(place, text, row) of each text that OP wrote after the row's comment."""
    found: list[tuple[str, str, int]] = []
    later = np.flatnonzero(numbers(table, "op_edit_utc") > created)
    edits = table.column("op_edit").take(pa.array(later)).to_pylist()
    found += [("edit", text, int(row)) for row, text in zip(later, edits, strict=True) if text]
    times, rows, index = flat(table, "op_general_utc")
    texts, _, _ = flat(table, "op_general")
    after = np.asarray(times, np.float64) > created[rows] if len(rows) else np.zeros(0, bool)
    found += [(f"general {index[i]}", str(texts[i]), int(rows[i])) for i in np.flatnonzero(after)]
    return found
