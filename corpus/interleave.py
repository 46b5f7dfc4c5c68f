"""Four sorted streams of one bucket -> interactions: posts, answers, OP's turns, OP's comments.

The streams share one order, so a list column is a run of the next rows and never an aggregate:
memory holds a few thousand rows, whatever the bucket.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .coverage import followup_ends
from .eras import eras, observable
from .records import INTERACTION_SCHEMA, SIGNALS
from .segments import cut_quotes_column
from .thread_sql import N_GENERAL

POSTS_AT_ONCE = 1_024
ROWS_AT_ONCE = 4_096  # a post's text is repeated on each of its rows: 40,000 characters at worst
_DAY_S = 86_400
_NAMES = INTERACTION_SCHEMA.names


class Stream:
    """Record batches, at least one, from which exactly the next n rows can be taken."""

    def __init__(self, batches: Iterable[pa.RecordBatch]):
        self._batches = iter(batches)
        self._held = pa.Table.from_batches([next(self._batches)])

    def take(self, n: int) -> pa.Table:
        """The next n rows, fewer only at the end."""
        held, n_held = [self._held], self._held.num_rows
        while n_held < n:
            batch = next(self._batches, None)
            if batch is None:
                break
            held.append(pa.Table.from_batches([batch]))
            n_held += batch.num_rows
        table = pa.concat_tables(held)
        self._held = table.slice(n)
        return table.slice(0, n).combine_chunks()


def interleave(
    posts: Stream, answers: Stream, turns: Stream, general: Stream,
    spans: Mapping[str, list[list[int]]],
) -> Iterator[pa.Table]:  # fmt: skip
    """Tables of INTERACTION_SCHEMA in the order post_created_utc, thread_id, position."""
    while (some := posts.take(POSTS_AT_ONCE)).num_rows:
        some = _with_general(some, general)
        of_post = np.repeat(np.arange(some.num_rows), some["n_rows"].to_numpy())
        for start in range(0, len(of_post), ROWS_AT_ONCE):
            which = of_post[start : start + ROWS_AT_ONCE]
            mine = answers.take(len(which))
            yield _rows(some.take(pa.array(which)), mine, turns, spans)


def _with_general(posts: pa.Table, general: Stream) -> pa.Table:
    n_texts = np.minimum(posts["n_op_general"].to_numpy(), N_GENERAL)
    own = general.take(int(n_texts.sum()))
    columns = {
        "op_general": _lists(cut_quotes_column(_flat(own["body"])), n_texts),
        "op_general_utc": _lists(_flat(own["created_utc"]), n_texts),
    }
    for name, column in columns.items():
        posts = posts.append_column(name, column)
    return posts


def _rows(
    posts: pa.Table, answers: pa.Table, turns: Stream, spans: Mapping[str, list[list[int]]]
) -> pa.Table:
    n_turns = answers["n_turns"].to_numpy()
    mine = turns.take(int(n_turns.sum()))
    utc = answers["created_utc"].to_numpy()
    columns: dict[str, Any] = {
        **{name: posts[name] for name in posts.column_names if name in _NAMES},
        "post": posts["post_text"],
        **{name: answers[name] for name in answers.column_names if name in _NAMES},
        "op_replies": _lists(cut_quotes_column(_flat(mine["body"])), n_turns),
        "op_reply_depths": _lists(_flat(mine["depth"]).cast(pa.int32()), n_turns),
        "op_reply_utc": _lists(_flat(mine["created_utc"]), n_turns),
        "op_edit_utc": pc.if_else(posts["op_edit"].is_valid(), posts["edited_utc"], None),
        "followup_days": _followup_days(posts, utc, spans),
        "era": pa.array(eras(utc), pa.string()),
        "observable": _observable(posts, answers, utc),
        "exposure_stratum": _stratum(answers),
        "invented": pc.or_(posts["invented"], answers["invented"]),
    }
    return pa.table([columns[name] for name in _NAMES], names=_NAMES).cast(INTERACTION_SCHEMA)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _lists(values: pa.Array, lengths: NDArray[Any]) -> pa.Array:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values)


def _followup_days(
    posts: pa.Table, utc: NDArray[np.int64], spans: Mapping[str, list[list[int]]]
) -> pa.Array:
    ends = followup_ends(spans, posts["subreddit"].to_pylist(), utc)
    return pa.array(((ends - utc) / _DAY_S).astype(np.float32))


def _observable(posts: pa.Table, answers: pa.Table, utc: NDArray[np.int64]) -> pa.Array:
    """Per row the signals that its dump could show, in the order of SIGNALS."""
    op_known = posts["op_known"].to_numpy()
    has_text = pc.invert(
        pc.is_in(posts["post_removal"], value_set=pa.array(["author", "moderator"]))
    )
    shown = {
        "op_replies": op_known & observable("comments", utc, "op_replies"),
        "op_general": op_known & observable("comments", utc, "op_general"),
        "op_edit": has_text.to_numpy()
        & observable("submissions", posts["post_created_utc"].to_numpy(), "op_edit"),
        "score": answers["score"].is_valid().to_numpy(),
        "removal": observable("comments", utc, "removal"),
    }
    flags = np.column_stack([shown[signal] for signal in SIGNALS])
    names = np.tile(np.array(SIGNALS, dtype=object), len(flags))[flags.ravel()]
    return _lists(pa.array(names, pa.string()), flags.sum(axis=1))


def _stratum(answers: pa.Table) -> pa.Array:
    """0..8 = 3 * size class + position tercile: how likely OP was to see the comment.

    Size classes: 1-3, 4-10, more answers; terciles of the place among them. Ours: OP reads the
    early ones, and all of them only where they are few.
    """
    size = answers["n_siblings"].to_numpy() + 1
    tercile = 3 * answers["position"].to_numpy() // size
    return pa.array((3 * np.digitize(size, (4, 11)) + tercile).astype(np.int32))
