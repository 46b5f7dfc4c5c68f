"""OP turns the comment down: "I already tried that", "that doesn't help", or hostility to it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...corpus.records import ABSTAIN, NOT_EFFECTIVE, NOT_OBSERVABLE
from .. import evidence, lexicon, readers
from ..evidence import Heard
from .base import Votes, labeling_function
from .columns import flat
from .op_response import unheard


@labeling_function(
    reads=("op_replies", "observable"), family="op_reply", batch=True,
    source="ours: a refusal need not sound bad (docs/design/0005), words in lexicons/rejects.toml",
)  # fmt: skip
def op_rejects(table: pa.Table) -> Votes:
    """NOT_EFFECTIVE where a turn of OP turns the comment down; else ABSTAIN. It has no positive.

    Where OP thanked, or took something up, in any turn it abstains: "I tried that, but the rest
    helps, thank you" is no rejection. The score is minus the share of turns that reject.
    """
    n = table.num_rows
    texts, rows, index = flat(table, "op_replies")
    reading = readers.current().read([str(text) for text in texts])
    votes = Votes.blank(n)
    words: dict[int, list[Heard]] = {}
    refused = lexicon.rejects_all([str(text) for text in texts])
    for found, row, turn in zip(refused, rows.tolist(), index.tolist(), strict=True):
        if found:
            words.setdefault(row, []).append(Heard(f"reply {turn}", "rejects", found))
    n_turns = np.bincount(rows, minlength=n)[:n]
    for row, items in words.items():
        votes.score[row] = -len(items) / n_turns[row]
        votes.evidence[row] = evidence.line(items)
    votes.vote[list(words)] = NOT_EFFECTIVE
    kind = rows[reading.thanked | reading.took_up]
    votes.vote[kind] = ABSTAIN
    votes.vote[unheard(table, n_turns)] = NOT_OBSERVABLE
    return votes
