"""What OP answered under the comment: thanks times sentiment (the paper's stage 3)."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyarrow as pa

from ...corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from .. import evidence, lexicon
from ..evidence import Heard
from .base import Votes, labeling_function
from .columns import flat, observable

CUT = 0.2  # D6: beyond it, in either direction, a score becomes a vote (ours: not published)
STRONG = 0.5  # D8: the strength at which stage 3 may decide alone

_READS = ("op_replies", "observable")
# Rules that hear the same reply, and rows of the same thread, share one reading.
read_once = lru_cache(maxsize=4096)(lexicon.read)


def stage_score(thanks: tuple[str, ...], sounds: lexicon.Sentiment, g0: float) -> float:
    """The stage score g * s of one text: g is 1 where it thanks, else `g0`; s its sentiment.

    "Stage score = their product" is the paper's (section 3.2); g0 and the scale of s are ours.
    """
    return (1.0 if thanks else g0) * sounds.score


def to_votes(scores: np.ndarray) -> np.ndarray:
    """Scores (n,) -> votes (n,) int8 by the cut-offs of D6; nan abstains."""
    votes = np.full(len(scores), ABSTAIN, np.int8)
    votes[scores >= CUT] = EFFECTIVE
    votes[scores <= -CUT] = NOT_EFFECTIVE
    return votes


def heard(place: str, thanks: tuple[str, ...], sounds: lexicon.Sentiment) -> list[Heard]:
    """What one text said, as evidence."""
    return [
        Heard(place, "thanks", thanks),
        Heard(place, "positive", sounds.positive),
        Heard(place, "negative", sounds.negative),
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
    total, n_counted = np.zeros(n), np.zeros(n)
    thanked = np.zeros(n, bool)
    words: dict[int, list[Heard]] = {}
    for text, row, turn in zip(texts, rows.tolist(), index.tolist(), strict=True):
        thanks, sentiment, reaction = read_once(str(text))
        sounds = sentiment if literal else reaction
        score = stage_score(thanks, sounds, g0)
        total[row] += score
        n_counted[row] += literal or score != 0 or bool(thanks)
        thanked[row] |= bool(thanks)
        words.setdefault(row, []).extend(heard(f"reply {turn}", thanks, sounds))
    votes = Votes.blank(n)
    answered = n_counted > 0
    scores = np.full(n, np.nan)
    scores[answered] = total[answered] / n_counted[answered]
    votes.vote[:] = to_votes(scores)
    if not literal:
        votes.vote[thanked & (votes.vote == NOT_EFFECTIVE)] = ABSTAIN
    n_replies = np.bincount(rows, minlength=n)[:n]
    votes.vote[unheard(table, n_replies)] = NOT_OBSERVABLE
    votes.score[:] = scores
    for row, items in words.items():
        votes.evidence[row] = evidence.line(items)
    return votes
