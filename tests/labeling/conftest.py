"""Interactions made by hand: a full row of defaults; a test names only what it is about."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from redditess.corpus.artefacts import write_parquet
from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import INTERACTION_SCHEMA, SIGNALS

HOUR, DAY = 3600, 86_400
T0 = 1_500_000_000  # when the post of every made-up row was written

Rows = Callable[..., pa.Table]


def interaction(**given: Any) -> dict[str, Any]:
    """One row of INTERACTION_SCHEMA; the lists that go with op_replies and op_general are made."""
    replies, general = given.get("op_replies", ()), given.get("op_general", ())
    row: dict[str, Any] = {
        "thread_id": "t3_a", "comment_id": "t1_a", "subreddit": "sample_sleep", "op": "op",
        "commenter": "someone", "title": "Awake again", "post": "I cannot sleep.",
        "comment": "Try to get up for a while.", "op_replies": list(replies),
        "op_reply_depths": [1] * len(replies), "op_reply_utc": [T0 + 2 * HOUR] * len(replies),
        "op_edit": None, "op_edit_utc": None, "op_general": list(general),
        "op_general_utc": [T0 + 5 * HOUR] * len(general), "n_op_general": len(general),
        "score": 1, "created_utc": T0 + HOUR, "post_created_utc": T0, "followup_days": 60.0,
        "era": "2017-07..2022-12", "observable": list(SIGNALS), "edited": "unedited",
        "post_edited": "unedited", "removal": "none", "post_removal": "none", "n_feedback_cut": 0,
        "position": 0, "n_siblings": 3, "n_earlier": 0, "min_score_earlier": None,
        "max_score_later": None, "n_op_answered": 0, "op_answered_later_sibling": False,
        "op_answered_lower_sibling": False, "op_last_seen_utc": None, "op_next_seen_utc": None,
        "exposure_stratum": 0, "invented": True,
    }  # fmt: skip
    assert not given.keys() - row.keys()
    return row | given


def make_rows(*given: dict[str, Any]) -> pa.Table:
    """Rows as a table; rows without an id of their own get t1_0, t1_1, ..."""
    numbered = [interaction(**{"comment_id": f"t1_{i}", **row}) for i, row in enumerate(given)]
    return pa.Table.from_pylist(numbered, INTERACTION_SCHEMA)


@pytest.fixture
def rows() -> Rows:
    """`rows({...}, {...})`: a table of interactions, one per dict of what is special about it."""
    return make_rows


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., BuildFolder]:
    """`build(table, table, ...)`: a build folder whose buckets hold these interactions."""

    def make(*tables: pa.Table) -> BuildFolder:
        folder = BuildFolder(tmp_path / "build").create()
        for bucket, table in enumerate(tables):
            path = folder.bucket_file(folder.interactions, bucket)
            write_parquet(path, table, INTERACTION_SCHEMA)
        return folder

    return make
