"""Rows that would leak leave the release, each for a reason that is counted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count, islice
from typing import Any

import pyarrow.parquet as pq

from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym
from redditess.release.splits import group_of, split_of
from redditess.release.write import write_release

Made = Callable[..., BuildFolder]
DAY = 86_400
WORDS = " ".join(f"word{n}" for n in range(40))


def settings(**more: Any) -> Any:
    return load_settings("sample", n_buckets=2, **more)


def op_in(split: str, nth: int = 0) -> str:
    names = (f"sleeper_{n}" for n in count())
    found = (n for n in names if split_of(group_of(n, ""), settings().splits) == split)
    return next(islice(found, nth, None))


def places(folder: BuildFolder) -> dict[int, str]:
    """Number of the interaction -> its split in the released `full`."""
    number = {pseudonym(SAMPLE_KEY, f"t1_{n:x}"): n for n in range(500)}
    return {
        number[i]: path.name.split("-")[0]
        for path in (folder.release / "data" / "full").iterdir()
        for i in pq.read_table(path, columns=["id"])["id"].to_pylist()
    }


def test_a_post_and_a_comment_that_nearly_repeat_a_test_row_leave_train(made: Made) -> None:
    rows = [
        {"op": op_in("test"), "post": WORDS, "comment": f"{WORDS} once"},
        {"op": op_in("train"), "post": f"{WORDS} edited"},
        {"op": op_in("train", 1), "comment": f"so {WORDS}"},
        {"op": op_in("train", 2)},
    ]
    folder = made(rows)
    found = write_release(folder, settings(), SAMPLE_KEY)
    assert found["stages"]["full"]["dropped"] == {"near_twin_in_test": 2}
    assert places(folder) == {0: "test", 3: "train"}
    off = write_release(folder, settings(near=0), SAMPLE_KEY)
    assert off["stages"]["full"]["dropped"] == {}
    assert list(folder.root.glob(".tmp-*")) == []


def timed_rows(days: list[int], ops: list[int]) -> list[dict[str, Any]]:
    times = [{"post_created_utc": d * DAY + 9, "created_utc": d * DAY + 99} for d in days]
    return [{"op": f"op_{op}", **t} for t, op in zip(times, ops, strict=True)]


def test_by_time_rows_that_would_leak_are_counted(made: Made) -> None:
    rows = timed_rows([*range(20)], [*range(20)])
    rows[19]["op"] = "op_3"  # who asks on day 3 asks again in the test period
    rows[5]["created_utc"] = 19 * DAY
    folder = made(rows)
    found = write_release(folder, settings(split_by="time"), SAMPLE_KEY)
    assert found["cuts"] == {"validation": "1970-01-17", "test": "1970-01-19"}
    assert found["stages"]["full"]["dropped"] == {
        "poster_in_later_split": 1, "written_after_split": 1,
    }  # fmt: skip
    placed = places(folder)
    assert 3 not in placed and 5 not in placed
    assert {placed[n] for n in range(16) if n in placed} == {"train"}
    assert [placed[n] for n in range(16, 20)] == ["validation"] * 2 + ["test"] * 2


def test_commenters_seen_in_train_are_counted_and_leave_on_request(made: Made) -> None:
    who = [
        ("train", "owl"),
        ("test", "OWL"),
        ("test", "fox"),
        ("validation", None),
        ("train", None),
    ]
    rows = [{"op": op_in(s, n), "commenter": name} for n, (s, name) in enumerate(who)]
    folder = made(rows)
    found = write_release(folder, settings(), SAMPLE_KEY)
    assert found["seen_commenters"] == {
        "validation": {"rows": 1, "seen": 0}, "test": {"rows": 2, "seen": 1},
    }  # fmt: skip
    assert found["stages"]["full"]["dropped"] == {}
    found = write_release(folder, settings(drop_seen_commenters=True), SAMPLE_KEY)
    assert found["stages"]["full"]["dropped"] == {"commenter_in_train": 1}
    assert sorted(places(folder)) == [0, 2, 3, 4]
