"""The real lines at hand: every comment has one fate, and each thread that can be put together is.

The material is lent (tests/conftest.py `shared_data`) and only counted here, never quoted.
"""

from collections import Counter

import pyarrow.parquet as pq
import pytest

from redditess.corpus.coverage import coverage
from redditess.corpus.dumps.ingest import ingest_file
from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import Interaction
from redditess.corpus.settings import Settings, load_settings
from redditess.corpus.threads import assemble_bucket

COLLECTIONS = [
    "praw_reddit_api",
    "pmaw_pushshift_api",
    "fixtures_curated",
    "pushshift_importer_fixtures",
]


def built(shared_data, name, tmp_path, settings):
    """-> (raw tables by kind, interactions, accounting) of one collection."""
    folder = BuildFolder(tmp_path).create()
    files = sorted(p for p in (shared_data / name).iterdir() if ".ndjson" in p.name)
    records = [ingest_file(path, settings, folder) for path in files]
    stats = assemble_bucket(folder, 0, settings, coverage(records), memory_limit="500MB", tmp=None)
    raw = {
        kind: [row for path in folder.raw_files(kind, 0) for row in pq.read_table(path).to_pylist()]
        for kind in ("submissions", "comments")
    }
    table = pq.read_table(folder.bucket_file(folder.interactions, 0))
    return raw, [Interaction.from_row(row) for row in table.to_pylist()], stats


def every_line(**changed):
    return Settings(n_buckets=1, **changed)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_real_line_has_one_fate(shared_data, tmp_path, name):
    filters = load_settings("default").filters
    raw, rows, stats = built(shared_data, name, tmp_path, every_line(filters=filters))
    for kind, found in (("comments", stats["comments"]), ("submissions", stats["posts"])):
        assert found["rows_in"] == len(raw[kind]) > 0
        assert found["rows_in"] == found["rows_out"] + sum(found["dropped"].values())
    assert stats["comments"]["rows_out"] == len(rows)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_real_thread_that_can_be_assembled_is(shared_data, tmp_path, name):
    raw, rows, _ = built(shared_data, name, tmp_path, every_line())
    posts = {row["id"]: row for row in raw["submissions"]}
    comments = {row["id"]: row for row in raw["comments"] if row["thread_id"] in posts}

    def by_op(c):
        author = posts[c["thread_id"]]["author"]
        return bool(c["is_submitter"]) or (author is not None and author == c["author"])

    answers = {key for key, c in comments.items() if c["parent_id"][:3] == "t3_" and not by_op(c)}
    direct = Counter(
        c["parent_id"] for c in comments.values() if by_op(c) and c["parent_id"] in answers
    )
    assert {row.comment_id for row in rows} == answers
    assert Counter({r.comment_id: sum(d == 1 for d in r.op_reply_depths) for r in rows}) == direct
    for row in rows:
        assert row.post_created_utc == posts[row.thread_id]["created_utc"]
        assert row.n_siblings + 1 == sum(other.thread_id == row.thread_id for other in rows)


def test_the_answers_of_op_in_the_api_objects_are_found(shared_data, tmp_path):
    _, rows, _ = built(shared_data, "praw_reddit_api", tmp_path, every_line())
    assert sum(1 in row.op_reply_depths for row in rows) >= 10
    assert all(
        not line.lstrip().startswith("> ")
        for r in rows
        for line in "\n".join(r.op_replies).split("\n")
    )
