"""Lines as real dumps have them, there and back. Lent material: counted here, never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest

from redditess.corpus.settings import load_settings
from redditess.release.build import build
from redditess.release.dehydrate import dehydrate
from redditess.release.hydrate import hydrate
from redditess.release.pseudonyms import Key

KEY = Key(b"a key of these tests only, 32 by")
COLLECTIONS = ["praw_reddit_api", "pmaw_pushshift_api", "fixtures_curated"]


@pytest.mark.slow
@pytest.mark.parametrize("name", COLLECTIONS)
def test_real_rows_come_back_or_are_marked_as_deleted(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    """Without filters: also rows that a release would not hold, whose texts are gone or short."""
    files = [p for p in sorted((shared_data / name).iterdir()) if p.name.endswith(".ndjson")]
    bare = {"subreddits": (), "filters": (), "min_words": 0}
    settings = load_settings("default", n_buckets=2, workers=1, **bare)
    build(files, tmp_path / "build", settings, key=KEY)
    document = dehydrate(tmp_path / "build", tmp_path / "dry", key=KEY)
    report = hydrate(tmp_path / "dry", files, tmp_path / "wet", workers=1)
    n = document["stages"]["full"]["rows_out"]
    assert sum(report["states"].values()) == n > 0
    assert report["states"]["restored"] + report["states"]["deleted"] == n
