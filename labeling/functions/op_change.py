"""Does OP sound better under this comment than in the post, and than OP does elsewhere?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ...corpus.records import ABSTAIN, NOT_EFFECTIVE, NOT_OBSERVABLE
from .. import readers
from .base import Votes, labeling_function
from .columns import flat, lengths
from .op_response import to_votes, unheard


@labeling_function(
    reads=("op_replies", "op_general", "post", "thread_id", "observable"),
    family="op_change", decides=False, batch=True,
    source="ours: difference in differences, against regression to the mean (docs/design/0005)",
)  # fmt: skip
def op_change(table: pa.Table) -> Votes:
    """How OP's turns here sound, less how OP's other turns in the thread sound, halved.

    People post at their worst, so almost any later turn sounds better than the post: regression
    to the mean. What OP's other turns gained on the post is what would have come anyway:
    (here - post) - (elsewhere - post). The post cancels out and stays as a condition: a row votes
    only where OP also moved in that direction from the post. Without another turn it abstains.

    It reads `post` and is therefore stored and reported, and never part of `p_effective`. OP's
    other turns are those of the rows in the batch, and OP's own top-level comments; rows of one
    thread stand together (a row group cuts one thread of some thousands).
    """
    n = table.num_rows
    here, n_here = _tones(table, "op_replies")
    general, n_general = _tones(table, "op_general")
    _, thread = np.unique(np.asarray(table.column("thread_id").to_pylist()), return_inverse=True)
    thread = thread.reshape(-1)
    total = np.bincount(thread, here, minlength=n)[thread] - here + general
    n_other = np.bincount(thread, n_here, minlength=n)[thread] - n_here + n_general
    votes = Votes.blank(n)
    rows = np.flatnonzero((n_here > 0) & (n_other > 0))
    own, other = here[rows] / n_here[rows], total[rows] / n_other[rows]
    gain = (own - other) / 2
    votes.score[rows] = gain
    votes.vote[rows] = to_votes(gain)
    # The post is asked only where it can still take a vote back: reading posts costs the most.
    for i, post in _posts(table, rows, votes.vote[rows] >= NOT_EFFECTIVE):
        row = int(rows[i])
        if np.sign(own[i] - post) != np.sign(gain[i]):
            votes.vote[row] = ABSTAIN
        votes.evidence[row] = (
            f"OP sounds {own[i]:+.2f} here, {other[i]:+.2f} in {_turns(int(n_other[row]))}, "
            f"{post:+.2f} in the post"
        )
    votes.vote[unheard(table, lengths(table, "op_replies"))] = NOT_OBSERVABLE
    return votes


def _posts(table: pa.Table, rows: np.ndarray, wanted: np.ndarray) -> Iterator[tuple[int, float]]:
    """(place in `rows`, tone of the post) of the wanted ones."""
    chosen = np.flatnonzero(wanted)
    texts = table.column("post").take(pa.array(rows[chosen])).to_pylist()
    tones = readers.current().read([str(text) for text in texts]).tone
    yield from zip(chosen.tolist(), tones.tolist(), strict=True)


def _turns(n: int) -> str:
    return f"{n} other turn" if n == 1 else f"{n} other turns"


def _tones(table: pa.Table, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(n,) each: sum of the tones of a list column's texts, and how many have words."""
    n = table.num_rows
    texts, rows, _ = flat(table, name)
    tone = readers.current().read([str(text) for text in texts]).tone.astype(np.float64)
    said = np.array([bool(text) for text in texts], bool)
    total = np.bincount(rows[said], tone[said], minlength=n)[:n]
    return total, np.bincount(rows[said], minlength=n)[:n]
