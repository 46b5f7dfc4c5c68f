"""Every real dump line of the shared material is kept, or dropped for a stated reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from redditess.corpus.dumps.ingest import ingest_file
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings

FILES = {  # lines; all of them are kept: these files hold no broken line
    "fixtures_curated/RC_edge.ndjson": 59,
    "fixtures_curated/RS_edge.ndjson": 54,
    "pmaw_pushshift_api/pushshift_api_2022_comments.ndjson": 344,
    "pmaw_pushshift_api/pushshift_api_2022_submissions.ndjson": 302,
    "pmaw_pushshift_api/reddit_api_via_praw_comments.ndjson": 315,
    "pmaw_pushshift_api/reddit_api_via_praw_submissions.ndjson": 219,
    "praw_reddit_api/comments.ndjson": 1814,
    "praw_reddit_api/submissions.ndjson": 162,
    "pushshift_importer_fixtures/RC_mixed_years.ndjson": 27,
    "pushshift_importer_fixtures/RC_mixed_years.ndjson.zst": 27,
    "pushshift_importer_fixtures/RC_mixed_years.long31.ndjson.zst": 27,
    "pushshift_importer_fixtures/RS_mixed_years.ndjson": 25,
    "pushshift_importer_fixtures/RS_mixed_years.ndjson.zst": 25,
    "pushshift_importer_fixtures/RS_mixed_years.long31.ndjson.zst": 25,
}


def ingest(path: Path, out: Path, **settings: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    folder = BuildFolder(out).create()
    record = ingest_file(path, Settings(n_buckets=1, **settings), folder)
    files = folder.raw_files(record["kind"], 0)
    return record, [row for file in files for row in pq.read_table(file).to_pylist()]


@pytest.mark.parametrize("name", FILES)
def test_every_real_line_is_kept(shared_data: Path, tmp_path: Path, name: str) -> None:
    record, rows = ingest(shared_data / name, tmp_path)
    stem = Path(name).name
    kind = "submissions" if "submissions" in stem or stem.startswith("RS") else "comments"
    assert (record["kind"], record["lines"], record["kept"]) == (kind, FILES[name], FILES[name])
    assert (record["dropped"], record["damage"], record["repaired"]) == ({}, [], {})
    assert len({row["id"] for row in rows}) > 0.9 * len(rows)


@pytest.mark.parametrize("kind", ["RC", "RS"])
def test_compression_and_window_change_nothing(
    shared_data: Path, tmp_path: Path, kind: str
) -> None:
    folder = shared_data / "pushshift_importer_fixtures"
    names = [f"{kind}_mixed_years.{s}" for s in ("ndjson", "ndjson.zst", "long31.ndjson.zst")]
    plain, *packed = [ingest(folder / name, tmp_path / name)[1] for name in names]
    assert plain and packed == [plain, plain]


def test_integer_parents_point_at_real_comments(shared_data: Path, tmp_path: Path) -> None:
    _, rows = ingest(
        shared_data / "pmaw_pushshift_api/pushshift_api_2022_comments.ndjson", tmp_path
    )
    parents = [row["parent_id"] for row in rows]
    assert sum(p.startswith("t1_") for p in parents) == 240
    assert [row["thread_id"] for row in rows if row["parent_id"].startswith("t3_")] == [
        p for p in parents if p.startswith("t3_")
    ]
    lengths = {len(p) for p in parents if p.startswith("t1_")}
    assert lengths <= {len(row["id"]) for row in rows}  # ids of the same time are as long


def test_the_words_for_gone_text_never_reach_a_row(shared_data: Path, tmp_path: Path) -> None:
    for name in FILES:
        record, rows = ingest(shared_data / name, tmp_path / name)
        field = "body" if record["kind"] == "comments" else "selftext"
        for row in rows:
            assert row[field].strip() not in ("[deleted]", "[removed]")
            assert row["author"] not in ("[deleted]", "[removed]", "")
            assert "&gt;" not in row[field] and "&#x200B;" not in row[field]


@pytest.mark.parametrize("wanted", ["science", "REDDITDEV"])
def test_a_subreddit_picked_by_the_prefilter_is_the_one_picked_by_parsing(
    shared_data: Path, tmp_path: Path, wanted: str
) -> None:
    for name in FILES:
        _, everything = ingest(shared_data / name, tmp_path / "all" / name)
        record, rows = ingest(shared_data / name, tmp_path / name, subreddits=(wanted,))
        assert rows == [r for r in everything if r["subreddit"].lower() == wanted.lower()]
        assert record["kept"] + sum(record["dropped"].values()) == FILES[name]
