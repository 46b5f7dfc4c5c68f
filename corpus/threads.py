"""Threads to interactions: one bucket of raw posts and comments -> `interactions/b*.parquet`.

A row is a post, one top-level comment by another, and what OP and the community made of it.
DuckDB joins and ranks ids (`thread_sql`); replies find the comment they stand under (`chains`);
text rules decide what leaves (`filters`, `segments`); four sorted streams become rows
(`interleave`). Why so: docs/design/0003-assembling-threads.md.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import thread_sql as sql
from .artefacts import STATS_KEY, write_parquet
from .chains import climb
from .eras import MIN_SCORE_AGE_S, observable
from .filters import Filter, first_fired, resolve_filters
from .folder import BuildFolder
from .interleave import Stream, interleave
from .records import COMMENT_SCHEMA, INTERACTION_SCHEMA, SUBMISSION_SCHEMA
from .segments import added_text, cut_feedback_column, cut_quotes, split_edits, split_edits_column
from .settings import Settings

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

BATCH = 4_096  # rows of text in Python at once
STRETCH = 20_000  # rows whose text DuckDB sorts at once: a few stretches for a bucket of usual size
Spans = Mapping[str, list[list[int]]]
_KINDS = {"submissions": SUBMISSION_SCHEMA, "comments": COMMENT_SCHEMA}


def assemble_bucket(
    folder: BuildFolder,
    bucket: int,
    settings: Settings,
    spans: dict[str, list[list[int]]],
    *,
    memory_limit: str,
    tmp: str | None,
) -> dict[str, Any]:
    """Writes one bucket's interactions and returns their accounting (it is in the footer too).

    `spans`: see `corpus.coverage`. `memory_limit` bounds DuckDB, which spills to `tmp` (None: the
    build folder). {"comments": {"rows_in", "rows_out", "dropped"}, "posts": the same,
    "counts": informative}; rows_in == rows_out + the sum of dropped, for both.
    """
    with tempfile.TemporaryDirectory(prefix=".tmp-spill-", dir=tmp or folder.root) as spill:
        with closing(_connect(memory_limit, spill)) as con:
            for kind, schema in _KINDS.items():
                paths = folder.raw_files(kind, bucket)
                if paths:
                    digests = [path.stem.partition("-")[2] for path in paths]
                    con.execute(sql.read_parquet_view(f"raw_{kind}", [*map(str, paths)], digests))
                else:
                    _register(con, kind, schema.empty_table())
            tables, stats = _assembled(con, settings, spans)
            path = folder.bucket_file(folder.interactions, bucket)
            write_parquet(path, tables, INTERACTION_SCHEMA, stats=stats)
    return stats


def assemble(
    submissions: pa.Table,
    comments: pa.Table,
    settings: Settings,
    spans: Spans | None = None,
) -> pa.Table:
    """Tables of SUBMISSION_SCHEMA and COMMENT_SCHEMA -> interactions, in memory.

    What `assemble_bucket` does, for a notebook with five rows. `spans=None`: each subreddit is
    covered from its first comment here to its last. The accounting is in the table's metadata,
    as it is in a file's footer: `json.loads(table.schema.metadata[STATS_KEY])`.
    """
    comments = comments.cast(COMMENT_SCHEMA)
    with closing(_connect("1GB", "")) as con:
        _register(con, "submissions", submissions.cast(SUBMISSION_SCHEMA))
        _register(con, "comments", comments)
        covered = _own_spans(comments) if spans is None else spans
        tables, stats = _assembled(con, settings, covered)
        table = pa.concat_tables([INTERACTION_SCHEMA.empty_table(), *tables])
    return table.replace_schema_metadata({STATS_KEY: json.dumps(stats, sort_keys=True).encode()})


def _connect(memory_limit: str, spill: str) -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "threads": 1,  # the unit of parallel work is the bucket
            "memory_limit": memory_limit,
            "temp_directory": spill,
            "preserve_insertion_order": False,
        },
    )


def _register(con: DuckDBPyConnection, kind: str, table: pa.Table) -> None:
    rows = pa.array(np.arange(len(table)))
    source = pa.array(np.zeros(len(table), dtype=np.int64))
    con.register("rows_here", table.append_column("rid", rows).append_column("src", source))
    con.execute(f"CREATE TABLE raw_{kind} AS SELECT * FROM rows_here")  # every cursor sees a table
    con.unregister("rows_here")


def _own_spans(comments: pa.Table) -> Spans:
    names = pc.utf8_lower(comments["subreddit"])
    utc = pa.table({"name": names, "utc": comments["created_utc"]})
    found = utc.group_by("name").aggregate([("utc", "min"), ("utc", "max")]).to_pylist()
    return {row["name"]: [[row["utc_min"], row["utc_max"]]] for row in found}


def _assembled(
    con: DuckDBPyConnection, settings: Settings, spans: Spans
) -> tuple[Iterator[pa.Table], dict[str, Any]]:
    """`con` holds `raw_submissions` and `raw_comments` -> the rows in their order, the accounting."""
    rules = resolve_filters(settings)
    con.execute(sql.resolve_copies("raw_submissions", "post_copies", comments=False))
    con.execute(sql.resolve_copies("raw_comments", "comment_copies", comments=True))
    for statement in (sql.POSTS, sql.COMMENTS, sql.PARENTS, sql.THREADS):
        con.execute(statement)
    _fill(con, "post_texts", sql.POST_TEXTS, sql.POST_ROWS, lambda t: _judge_posts(t, rules, settings))
    _fill(
        con, "answer_texts", sql.ANSWER_TEXTS, sql.ANSWER_ROWS,
        lambda t: _judge_answers(t, rules, settings),
    )  # fmt: skip
    _climb(con)
    for statement in (
        sql.TURNS, sql.SIBLINGS, sql.GENERAL,
        sql.POSTS_OUT, sql.ROWS_OUT, sql.TURNS_OUT, sql.GENERAL_OUT,
    ):  # fmt: skip
        con.execute(statement)
    streams = (sql.STREAM_POSTS, sql.STREAM_ANSWERS, sql.STREAM_TURNS, sql.STREAM_GENERAL)
    readers = [Stream(_batches(con, table, query)) for table, query in streams]
    return interleave(*readers, spans), _accounting(con, rules)


def _batches(con: DuckDBPyConnection, table: str, query: str) -> Iterator[pa.RecordBatch]:
    """A stream of `thread_sql` in its order; an empty batch comes first, for its columns."""
    [(n,)] = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    for first in range(1, max(n, 1) + 1, STRETCH):
        found = con.cursor().sql(sql.stretch(query, first, first + STRETCH - 1))
        reader = found.to_arrow_reader(BATCH)
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader


def _fill(con: DuckDBPyConnection, table: str, create: str, query: str, judge: Any) -> None:
    """Streams a query through a text rule into a table of DuckDB, which may spill it."""
    con.execute(create)
    for batch in con.cursor().sql(query).to_arrow_reader(BATCH):
        con.register("judged", judge(pa.Table.from_batches([batch])))
        con.execute(f"INSERT INTO {table} SELECT * FROM judged")
        con.unregister("judged")


def _judge_posts(rows: pa.Table, rules: list[Filter], settings: Settings) -> pa.Table:
    """-> post_texts: which filter drops the post, and its text without what came later."""
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
    rows = np.flatnonzero(pc.fill_null(pc.not_equal(before, ""), False).to_numpy(zero_copy_only=False))
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


def _judge_answers(rows: pa.Table, rules: list[Filter], settings: Settings) -> pa.Table:
    """-> answer_texts: which filter drops the comment, its text, its score where that tells."""
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


def _climb(con: DuckDBPyConnection) -> None:
    """Registers `climbed`: for each reply by OP its topmost ancestor and the steps to it."""
    found = con.execute("SELECT n, parent, is_op FROM parents").fetchnumpy()
    [(n_comments,)] = con.execute("SELECT count(*) FROM comments").fetchall()
    up, steps = climb(found["n"].astype(np.int64), found["parent"].astype(np.int64), n_comments)
    replies = found["n"][found["is_op"].astype(bool)].astype(np.int64)
    climbed = pa.table({"n": replies, "root": up[replies], "depth": steps[replies]})
    con.register("climbed", climbed)


def _accounting(con: DuckDBPyConnection, rules: list[Filter]) -> dict[str, Any]:
    names = [rule.name for rule in rules]
    [counts] = con.sql(sql.COUNTS).to_arrow_table().to_pylist()
    comments, posts = ({"duplicate": counts[f"raw_{kind}"] - counts[name]}
                       for kind, name in (("comments", "comments"), ("submissions", "posts")))  # fmt: skip
    rows_out = n_posts = 0
    for reason, rule, n in con.execute(sql.COMMENT_COUNTS).fetchall():
        if not reason:
            rows_out += n
            continue
        if reason in ("post", "own"):
            reason = f"post:{names[rule]}" if reason == "post" else names[rule]
        comments[reason] = comments.get(reason, 0) + n
    for rule, has_rows, n in con.execute(sql.POST_COUNTS).fetchall():
        if has_rows:
            n_posts += n
            continue
        word = names[rule] if rule >= 0 else "no_answer"
        posts[word] = posts.get(word, 0) + n
    informative = ("feedback_sentences_cut", "posts_with_edit", "answered_rows", "rows_without_score")
    return {
        "comments": _balance(counts["raw_comments"], rows_out, comments),
        "posts": _balance(counts["raw_submissions"], n_posts, posts),
        "counts": {name: counts[name] for name in informative},
    }


def _balance(rows_in: int, rows_out: int, dropped: dict[str, int]) -> dict[str, Any]:
    kept = {reason: n for reason, n in sorted(dropped.items()) if n}
    return {"rows_in": rows_in, "rows_out": rows_out, "dropped": kept}
