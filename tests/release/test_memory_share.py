"""Workers that go through buckets keep `--memory-limit` together; readers are bounded elsewhere."""

from __future__ import annotations

from typing import Any

import pytest

from redditess.corpus.errors import SettingsError
from redditess.corpus.settings import load_settings
from redditess.release.engines import choice

LIMIT = 1_200 * 10**6
Seen = list[tuple[str, int, list[dict[str, Any]]]]


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Seen:
    found: Seen = []

    def run(stage: str, tasks: list[dict[str, Any]], workers: int, *_: object) -> list[Any]:
        found.append((stage, workers, tasks))
        return []

    monkeypatch.setattr(choice, "run_stage", run)
    return found


def test_fewer_work_at_once_where_the_limit_has_no_room_for_all(seen: Seen) -> None:
    local = choice.Local(4, LIMIT)
    local.run("assemble", [{"memory_limit": LIMIT}] * 3, lambda n: None)
    local.run("vote", [{"bucket": 1}], lambda n: None)
    local.run("ingest", [{"path": "RC"}], lambda n: None)
    assert seen[0] == ("assemble", 2, [{"memory_limit": "150MB"}] * 3)
    assert seen[1] == ("vote", 2, [{"bucket": 1}])
    assert seen[2][:2] == ("ingest", 4)


def test_a_limit_with_room_for_all_leaves_them_all(seen: Seen) -> None:
    choice.Local(2, 4 * 10**9).run("assemble", [{"memory_limit": 4 * 10**9}], lambda n: None)
    assert seen == [("assemble", 2, [{"memory_limit": "1550MB"}])]


def test_a_limit_too_small_for_one_worker_stops_a_build_before_it_reads() -> None:
    with pytest.raises(SettingsError, match=r"^--memory-limit: 0.001 MB .* give 550MB or more"):
        choice.open_engine(load_settings("sample", memory_limit="1KB"))
