"""Threads to interactions: one bucket of raw posts and comments -> `interactions/b*.parquet`.

A row is a post, one top-level comment by another, and what OP and the community made of it.
DuckDB joins and ranks ids (`thread_sql`); replies find the comment they stand under (`chains`);
text rules decide what leaves (`judge`, by `filters` and `segments`); four sorted streams become
rows (`interleave`). Why so: docs/design/0003-assembling-threads.md.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from . import thread_sql as sql
from .artefacts import STATS_KEY, write_parquet
from .chains import climb
from .filters import Filter, resolve_filters
from .folder import BuildFolder
from .interleave import Stream, interleave
from .judge import judge_answers, judge_posts
from .records import COMMENT_SCHEMA, INTERACTION_SCHEMA, SUBMISSION_SCHEMA
from .refusals import spilling
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
    with (
        tempfile.TemporaryDirectory(prefix=".tmp-spill-", dir=tmp or folder.root) as spill,
        spilling(tmp or folder.root, memory_limit),
        closing(connect(memory_limit, spill)) as con,
    ):
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
    with closing(connect("1GB", "")) as con:
        _register(con, "submissions", submissions.cast(SUBMISSION_SCHEMA))
        _register(con, "comments", comments)
        covered = _own_spans(comments) if spans is None else spans
        tables, stats = _assembled(con, settings, covered)
        table = pa.concat_tables([INTERACTION_SCHEMA.empty_table(), *tables])
    return table.replace_schema_metadata({STATS_KEY: json.dumps(stats, sort_keys=True).encode()})


def connect(memory_limit: str, spill: str) -> DuckDBPyConnection:
    import duckdb

    return duckdb.connect(
        ":memory:",
        config={
            "threads": 1,  # the unit of parallel work is the bucket
            "memory_limit": memory_limit,
            "temp_directory": spill,
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,  # nothing is ever fetched
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
    """`con` holds the two raw tables -> the rows in their order, the accounting."""
    rules = resolve_filters(settings)
    con.execute(sql.resolve_copies("raw_submissions", "post_copies", comments=False))
    con.execute(sql.resolve_copies("raw_comments", "comment_copies", comments=True))
    for statement in (sql.POSTS, sql.COMMENTS, sql.PARENTS, sql.THREADS):
        con.execute(statement)
    _fill(
        con, "post_texts", sql.POST_TEXTS, sql.POST_ROWS, lambda t: judge_posts(t, rules, settings)
    )
    _fill(
        con, "answer_texts", sql.ANSWER_TEXTS, sql.ANSWER_ROWS,
        lambda t: judge_answers(t, rules, settings),
    )  # fmt: skip
    _climb(con)
    for statement in (
        sql.TURNS, sql.SIBLINGS, sql.GENERAL,
        sql.POSTS_OUT, sql.ROWS_OUT, sql.TURNS_OUT, sql.GENERAL_OUT,
    ):  # fmt: skip
        con.execute(statement)
    streams = (sql.STREAM_POSTS, sql.STREAM_ANSWERS, sql.STREAM_TURNS, sql.STREAM_GENERAL)
    posts, answers, turns, general = (Stream(_batches(con, *stream)) for stream in streams)
    return interleave(posts, answers, turns, general, spans), _accounting(con, rules)


def _batches(con: DuckDBPyConnection, table: str, query: str) -> Iterator[pa.RecordBatch]:
    """A stream of `thread_sql` in its order; an empty batch comes first, for its columns."""
    [(n,)] = con.execute(f"SELECT count(*) FROM {table}").fetchall()
    for first in range(1, max(n, 1) + 1, STRETCH):
        found = con.cursor().sql(sql.stretch(query, first, first + STRETCH - 1))
        reader = found.to_arrow_reader(BATCH)
        yield pa.RecordBatch.from_pylist([], schema=reader.schema)
        yield from reader


def _fill(
    con: DuckDBPyConnection,
    table: str,
    create: str,
    query: str,
    judge: Callable[[pa.Table], pa.Table],
) -> None:
    """Streams a query through a text rule into a table of DuckDB, which may spill it."""
    con.execute(create)
    for batch in con.cursor().sql(query).to_arrow_reader(BATCH):
        con.register("judged", judge(pa.Table.from_batches([batch])))
        con.execute(f"INSERT INTO {table} SELECT * FROM judged")
        con.unregister("judged")


def _climb(con: DuckDBPyConnection) -> None:
    """Registers `climbed`: for each reply by OP its topmost ancestor and the steps to it."""
    found = con.sql("SELECT n, parent, is_op FROM parents").to_arrow_table()
    children, parents = (found[name].to_numpy() for name in ("n", "parent"))
    [(n_comments,)] = con.execute("SELECT count(*) FROM comments").fetchall()
    up, steps = climb(children, parents, n_comments)
    replies = children[found["is_op"].to_numpy()]
    climbed = pa.table({"n": replies, "root": up[replies], "depth": steps[replies]})
    con.register("climbed", climbed)


def _accounting(con: DuckDBPyConnection, rules: list[Filter]) -> dict[str, Any]:
    names = [rule.name for rule in rules]
    [counts] = con.sql(sql.COUNTS).to_arrow_table().to_pylist()
    comments = {"duplicate": counts["raw_comments"] - counts["comments"]}
    posts = {"duplicate": counts["raw_submissions"] - counts["posts"]}
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
    informative = (
        "feedback_sentences_cut",
        "posts_with_edit",
        "answered_rows",
        "rows_without_score",
    )
    return {
        "comments": _balance(counts["raw_comments"], rows_out, comments),
        "posts": _balance(counts["raw_submissions"], n_posts, posts),
        "counts": {name: counts[name] for name in informative},
    }


def _balance(rows_in: int, rows_out: int, dropped: dict[str, int]) -> dict[str, Any]:
    kept = {reason: n for reason, n in sorted(dropped.items()) if n}
    return {"rows_in": rows_in, "rows_out": rows_out, "dropped": kept}
