"""Lines of dumps as tests write them, and the settings they are read by."""

from __future__ import annotations

import json
from typing import Any

from redditess.corpus.settings import Settings

WANTED = Settings(subreddits=("sample_sleep",), n_buckets=4)
ALL = Settings(n_buckets=4)
COMMENT: dict[str, Any] = {
    "id": "abc12", "link_id": "t3_9xyz", "parent_id": "t1_abc11", "subreddit": "Sample_Anxiety",
    "author": "invented_one", "body": "I hear you.", "created_utc": 1_400_000_000, "score": 3,
    "edited": False,
}  # fmt: skip
POST: dict[str, Any] = {
    "id": "9xyz", "subreddit": "sample_anxiety", "author": "invented_two", "title": "Hard week",
    "selftext": "It has been hard.", "created_utc": 1_400_000_000, "score": 3, "edited": False,
    "is_self": True,
}  # fmt: skip


def comment(i: int, subreddit: str = "sample_sleep", **more: Any) -> bytes:
    fields = {
        "id": f"c{i}", "link_id": f"t3_p{i % 7}", "parent_id": f"t3_p{i % 7}",
        "author": f"invented_{i}", "body": f"words {i}", "subreddit": subreddit, "score": i,
        "created_utc": 1_400_000_000 + i, "edited": False,
    }  # fmt: skip
    return json.dumps(fields | more).encode() + b"\n"
