"""What the community's votes say of a comment: absolutely (the paper) and against its siblings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from ...corpus.records import EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from .base import Votes, labeling_function
from .columns import numbers, observable


def beats(score: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(n,) bool: at least twice the other score and 2 more, both counted as at least 1.

    docs/design/0005; False where either is nan.
    """
    score, other = np.maximum(score, 1), np.maximum(other, 1)
    return np.asarray(score >= np.maximum(2 * other, other + 2))


@labeling_function(
    reads=("score", "observable"), axis="community", family="score", exposed=True, batch=True,
    source="paper section 3.2 (stage 2); D5: a comment starts at 1, so 2 is one net approval",
)  # fmt: skip
def community_reception(table: pa.Table) -> Votes:
    """Score >= 2 EFFECTIVE, <= 0 NOT_EFFECTIVE, 1 ABSTAIN; hidden or immature: not observable."""
    score, hidden = _scores(table)
    votes = Votes.blank(table.num_rows)
    votes.vote[score >= 2] = EFFECTIVE
    votes.vote[score <= 0] = NOT_EFFECTIVE
    votes.vote[hidden] = NOT_OBSERVABLE
    votes.score[:] = np.where(votes.vote == EFFECTIVE, 1.0, np.where(votes.vote == 0, -1.0, 0.0))
    votes.score[hidden] = np.nan
    for row in np.flatnonzero(votes.vote >= NOT_EFFECTIVE):
        votes.evidence[row] = f"score {score[row]:.0f}"
    return votes


@labeling_function(
    reads=("score", "observable", "min_score_earlier", "max_score_later"),
    axis="community", family="score", exposed=True, batch=True,
    source="docs/design/0005, relative evidence; time control after SHP (later and at least twice)",
)  # fmt: skip
def community_relative(table: pa.Table) -> Votes:
    """Against siblings that had more time, or less.

    EFFECTIVE: written later than a sibling and still at least twice its score and 2 more, and no
    later sibling does that to it. NOT_EFFECTIVE: the reverse, or a score <= 0. Scores count as at
    least 1 in the comparison. The score is 1 - 1/ratio, signed.
    """
    score, hidden = _scores(table)
    own = np.maximum(score, 1)
    earlier = np.maximum(numbers(table, "min_score_earlier"), 1)  # nan: no such sibling
    later = np.maximum(numbers(table, "max_score_later"), 1)
    dominates, dominated = beats(own, earlier), beats(later, own)
    votes = Votes.blank(table.num_rows)
    good = dominates & ~dominated & (score > 0)
    bad = (dominated & ~dominates) | (score <= 0)
    votes.vote[good], votes.vote[bad] = EFFECTIVE, NOT_EFFECTIVE
    votes.vote[hidden] = NOT_OBSERVABLE
    votes.score[good] = (1 - earlier / own)[good]
    votes.score[bad] = np.where(dominated, own / later - 1, -0.5)[bad]  # -0.5, ours: no ratio
    votes.score[hidden] = np.nan
    for row in np.flatnonzero(good & ~hidden):
        votes.evidence[row] = f"score {score[row]:.0f}, an earlier sibling has {earlier[row]:.0f}"
    for row in np.flatnonzero(bad & ~hidden):
        rival = f", a later sibling has {later[row]:.0f}" if dominated[row] else ""
        votes.evidence[row] = f"score {score[row]:.0f}{rival}"
    return votes


def _scores(table: pa.Table) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n,) float64, and where they cannot be known (then nan)."""
    score = numbers(table, "score")
    hidden = np.isnan(score) | ~observable(table, "score")
    return np.where(hidden, np.nan, score), hidden
