"""OP states an effect or a plan: "that helped", "I'll try". Politeness is not needed for it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...corpus.records import EFFECTIVE, NOT_OBSERVABLE
from .. import evidence, readers
from ..evidence import Heard
from .base import Votes, labeling_function
from .columns import flat
from .op_response import unheard


@labeling_function(
    reads=("op_replies", "observable"), family="op_reply", batch=True,
    source="ours: uptake is not gratitude (docs/design/0005), words in lexicons/uptake.toml",
)  # fmt: skip
def op_uptake(table: pa.Table) -> Votes:
    """EFFECTIVE where a turn of OP states an effect or a plan; else ABSTAIN. It has no negative."""
    n = table.num_rows
    texts, rows, index = flat(table, "op_replies")
    votes = Votes.blank(n)
    words: dict[int, list[Heard]] = {}
    reading = readers.current().read([str(text) for text in texts])
    for i in np.flatnonzero(reading.took_up).tolist():
        found = Heard(f"reply {index[i]}", "uptake", reading.words[i].uptake)
        words.setdefault(int(rows[i]), []).append(found)
    votes.vote[rows[reading.took_up]] = EFFECTIVE
    votes.vote[unheard(table, np.bincount(rows, minlength=n)[:n])] = NOT_OBSERVABLE
    for row, items in words.items():
        votes.evidence[row] = evidence.line(items)
    return votes
