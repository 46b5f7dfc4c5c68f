"""What OP answered under the comment: thanks times sentiment (the paper's stage 3)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from .. import evidence, readers
from ..evidence import Heard
from .base import Votes, labeling_function
from .columns import flat, observable

CUT = 0.2  # D6: beyond it, in either direction, a score becomes a vote (ours: not published)
STRONG = 0.5  # D8: the strength at which stage 3 may decide alone

SILENT = 0.05  # ours: a turn without thanks that scores less says nothing
_READS = ("op_replies", "observable")


def stage_score(thanked: np.ndarray, sounds: np.ndarray, g0: float) -> np.ndarray:
    """The stage scores g * s of n texts: g is 1 where one thanks, else `g0`; s its sentiment.

    "Stage score = their product" is the paper's (section 3.2); g0 and the scale of s are ours.
    """
    return np.asarray(np.where(thanked, 1.0, g0) * sounds)


def to_votes(scores: np.ndarray) -> np.ndarray:
    """Scores (n,) -> votes (n,) int8 by the cut-offs of D6; nan abstains."""
    votes = np.full(len(scores), ABSTAIN, np.int8)
    votes[scores >= CUT] = EFFECTIVE
    votes[scores <= -CUT] = NOT_EFFECTIVE
    return votes


def heard(place: str, words: readers.Words) -> list[Heard]:
    """What one text said, as evidence."""
    return [
        Heard(place, "thanks", words.thanks),
        Heard(place, "positive", words.positive),
        Heard(place, "negative", words.negative),
    ]


def unheard(table: pa.Table, n_replies: np.ndarray) -> np.ndarray:
    """Rows (bool) where silence means nothing: no reply, and the dump could not have shown one."""
    return (n_replies == 0) & ~observable(table, "op_replies")


@labeling_function(
    reads=_READS, family="op_reply", batch=True,
    source="docs/paper_index.md D6, g0 = 0.5; turns that say nothing left out: docs/design/0005",
)  # fmt: skip
def op_response(table: pa.Table) -> Votes:
    """OP's reaction under the comment, turns that carry no signal left out of the mean.

    A reply without thanks counts half, so that hostility and warmth can count at all. Bad words
    in a sentence about OP's own life ("I feel terrible") are no reaction and not heard. Where OP
    thanked in any turn the vote is never NOT_EFFECTIVE: thanks beside bitter words is mostly a
    poster whose life is bitter, so it abstains.
    """
    return _op_response(table, g0=0.5, literal=False)


@labeling_function(
    reads=_READS, family="op_reply", batch=True, source="paper section 3.2; cut-offs D6, g0 = 0",
)  # fmt: skip
def op_response_paper(table: pa.Table) -> Votes:
    """The paper's literal product: a turn without thanks scores 0; the mean over all turns."""
    return _op_response(table, g0=0.0, literal=True)


def _op_response(table: pa.Table, g0: float, literal: bool) -> Votes:
    n = table.num_rows
    texts, rows, index = flat(table, "op_replies")
    reading = readers.current().read([str(text) for text in texts])
    turn_score = stage_score(reading.thanked, reading.tone if literal else reading.reaction, g0)
    counted = literal | (np.abs(turn_score) >= SILENT) | reading.thanked
    n_counted = np.bincount(rows[counted], minlength=n)[:n]
    total = np.bincount(rows[counted], turn_score[counted], minlength=n)[:n]
    votes = Votes.blank(n)
    scores = np.where(n_counted > 0, total / np.maximum(n_counted, 1), np.nan)
    votes.vote[:] = to_votes(scores)
    if not literal:
        thanked = np.isin(np.arange(n), rows[reading.thanked])
        votes.vote[thanked & (votes.vote == NOT_EFFECTIVE)] = ABSTAIN
    votes.vote[unheard(table, np.bincount(rows, minlength=n)[:n])] = NOT_OBSERVABLE
    votes.score[:] = np.clip(scores, -1, 1)
    words: dict[int, list[Heard]] = {}
    for said, row, turn in zip(reading.words, rows.tolist(), index.tolist(), strict=True):
        words.setdefault(row, []).extend(heard(f"reply {turn}", said))
    for row, items in words.items():
        votes.evidence[row] = evidence.line(items)
    return votes
