"""The text rules of a bucket: what is left of a post or a comment, and which filter drops it.

Between two joins of `thread_sql`: batches of rows come out of DuckDB with their text, the verdict
goes back in. Every rule is a function of one row, so the order of the batches does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .eras import MIN_SCORE_AGE_S, observable
from .filters import Filter, first_fired
from .segments import added_text, cut_feedback_column, cut_quotes, split_edits, split_edits_column
from .settings import Settings


def judge_posts(rows: pa.Table, rules: Sequence[Filter], settings: Settings) -> pa.Table:
    """Rows of POST_ROWS -> of `post_texts`: which filter drops a post, its text as first read."""
    body = rows["selftext"].combine_chunks()
    text, added = _original(body, rows["previous_selftext"].combine_chunks())
    may_be_edited = pc.not_equal(rows["edited"], "unedited").combine_chunks()
    text, n_cut = cut_feedback_column(text, may_be_edited)
    judged = rows.append_column("text", text).append_column("body", body)
    return pa.table(
        {
            "post": rows["post"],
            "dropped_by": first_fired(judged, rules, settings, "post"),
            "subreddit": rows["subreddit"],
            "title": rows["title"],
            "text": text,
            "op_edit": added,
            "n_feedback_cut": n_cut,
            "invented": rows["invented"],
        }
    )


def _original(body: pa.Array, before: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Texts, and where known the text before an edit -> (what stood first, what OP added)."""
    kept, added = split_edits_column(body)
    rows = np.flatnonzero(
        pc.fill_null(pc.not_equal(before, ""), False).to_numpy(zero_copy_only=False)
    )
    if len(rows):
        kept, added = kept.to_pylist(), added.to_pylist()
        for i in rows.tolist():
            kept[i], added[i] = _by_difference(before[i].as_py(), body[i].as_py())
        kept, added = pa.array(kept, pa.string()), pa.array(added, pa.string())
    words = [cut_quotes(a) or None if a is not None else None for a in added.to_pylist()]
    return kept, pa.array(words, pa.string())


def _by_difference(old: str, new: str) -> tuple[str, str | None]:
    first = split_edits(old)
    fresh = split_edits(added_text(old, new) or "")
    words = [part for part in (first.added, fresh.kept, fresh.added) if part]
    return first.kept, "\n".join(words) or None


def judge_answers(rows: pa.Table, rules: Sequence[Filter], settings: Settings) -> pa.Table:
    """Rows of ANSWER_ROWS -> of `answer_texts`: which filter drops it, its text, its score."""
    body = rows["body"].combine_chunks()
    text, _ = split_edits_column(body)
    judged = rows.append_column("text", text)
    dropped_by = first_fired(judged, rules, settings, "comment")
    is_answer = np.array([rule.is_answer for rule in rules] + [True])[dropped_by]
    return pa.table(
        {
            "n": rows["n"],
            "dropped_by": dropped_by,
            "is_answer": is_answer,
            "score": _telling_scores(rows),
            "text": text,
            "invented": rows["invented"],
        }
    )


def _telling_scores(rows: pa.Table) -> pa.ChunkedArray:
    """Scores, null where the era shows none or where they were fetched within a day."""
    utc = rows["created_utc"]
    early = pc.less(pc.subtract(rows["score_utc"], utc), MIN_SCORE_AGE_S)
    shown = pa.array(observable("comments", utc.to_numpy(), "score"))
    telling = pc.and_(shown, pc.invert(pc.fill_null(early, False)))
    return pc.if_else(telling, rows["score"], pa.scalar(None, pa.int64()))
