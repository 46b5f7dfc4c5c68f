"""OP asks back: the comment was taken seriously, and nothing is said yet of its effect."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa

from ...corpus.records import NOT_OBSERVABLE
from .. import evidence, lexicon
from ..evidence import Heard
from .base import Votes, labeling_function
from .columns import flat
from .op_response import unheard

_ASKS = re.compile(
    r"\b(?:how|what|which|where|when|who|why|do you|did you|does it|have you|can you|could you|"
    r"would you|is it|is there|are there|should i|can i|any (?:tips|idea|advice))"
    r"\b[^.!?\n]{1,120}\?",
    re.IGNORECASE,
)


@labeling_function(
    reads=("op_replies", "observable"), family="op_reply", decides=False, batch=True,
    source="ours: engagement is not effect, a question back may be interest or doubt",
)  # fmt: skip
def op_asks_more(table: pa.Table) -> Votes:
    """Never votes on effect: ABSTAIN, with the share of turns that ask as score, and the question.

    A question inside a turn that rejects ("are you kidding me?") is none.
    """
    n = table.num_rows
    texts, rows, index = flat(table, "op_replies")
    votes = Votes.blank(n)
    words: dict[int, list[Heard]] = {}
    for text, row, turn in zip(texts, rows.tolist(), index.tolist(), strict=True):
        found = _ASKS.search(str(text)[: lexicon.MAX_CHARS]) if "?" in str(text) else None
        if found and not lexicon.rejects(str(text)):
            words.setdefault(row, []).append(Heard(f"reply {turn}", "asks", (found[0],)))
    n_turns = np.bincount(rows, minlength=n)[:n]
    for row, items in words.items():
        votes.score[row] = len(items) / n_turns[row]
        votes.evidence[row] = evidence.line(items)
    votes.vote[unheard(table, n_turns)] = NOT_OBSERVABLE
    return votes
