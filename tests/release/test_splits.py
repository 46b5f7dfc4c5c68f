"""Splits are a function of who asked."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from redditess.corpus.errors import SettingsError
from redditess.corpus.settings import load_settings
from redditess.release.splits import (
    ORDER,
    ByTime,
    by_time,
    given_cuts,
    group_of,
    split_names,
    split_of,
)

DEFAULT = load_settings("default").splits
PAPER = load_settings("paper").splits


@given(st.text(min_size=1), st.text(), st.text())
def test_all_threads_of_one_op_share_a_split_whatever_the_case(op: str, a: str, b: str) -> None:
    assert group_of(op, a) == group_of(op, b)
    assert group_of(op.lower(), a) == group_of(op, b)


@given(st.text(), st.text(min_size=1))
def test_a_thread_without_op_never_meets_an_op_of_that_name(thread: str, op: str) -> None:
    assert group_of(None, thread) != group_of(op, thread)


def test_shares_are_near_what_was_asked() -> None:
    counts = Counter(split_of(f"op:{n}", DEFAULT) for n in range(20_000))
    assert abs(counts["train"] / 20_000 - 0.8) < 0.01  # 3.5 standard errors
    assert abs(counts["test"] / 20_000 - 0.1) < 0.008


def test_a_test_row_of_the_default_is_a_test_row_of_the_paper_preset() -> None:
    groups = [f"op:{n}" for n in range(2_000)]
    in_default = {g for g in groups if split_of(g, DEFAULT) == "test"}
    in_paper = {g for g in groups if split_of(g, PAPER) == "test"}
    assert in_default and in_default == in_paper


def test_a_split_is_the_same_on_every_machine() -> None:
    # Written down: another hash or order would move test rows of published datasets to train.
    found = {name: split_of(f"op:{name}", DEFAULT) for name in ("alice", "eve", "grace")}
    assert found == {"alice": "train", "eve": "validation", "grace": "test"}


def test_splits_without_a_share_do_not_exist() -> None:
    assert split_names((("train", 1.0), ("test", 0.0))) == ["train"]
    assert split_names(DEFAULT) == ["train", "validation", "test"]
    assert {split_of(f"op:{n}", (("test", 1.0),)) for n in range(50)} == {"test"}


def days(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


def timed(post: list[int], op: list[int], day: list[int] | None = None, **more: Any) -> ByTime:
    settings = load_settings("default", split_by="time", **more)
    return by_time(days(*post), days(*(day or post)), np.array(op, np.uint64), settings)


def test_by_time_train_is_the_past_and_test_came_last() -> None:
    found = timed(list(range(100)), list(range(100)))
    names = [ORDER[place] for place in found.split]
    assert names == ["train"] * 80 + ["validation"] * 10 + ["test"] * 10
    assert found.cuts == {"validation": "1970-03-22", "test": "1970-04-01"}
    assert not found.later_elsewhere.any() and not found.written_late.any()


def test_by_time_a_poster_who_came_back_is_in_the_last_split_only() -> None:
    found = timed([*range(100), 99, 3], [*range(100), 5, 2])
    assert np.flatnonzero(found.later_elsewhere).tolist() == [5]  # posted on day 5 and day 99


def test_by_time_a_comment_of_the_next_period_leaves() -> None:
    found = timed([0, 1, 2, 9], [1, 2, 3, 4], [0, 5, 2, 30], cuts=("1970-01-06", "1970-01-09"))
    assert [ORDER[place] for place in found.split] == ["train"] * 3 + ["test"]
    assert found.written_late.tolist() == [False, True, False, False]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), min_size=1, max_size=60))
def test_by_time_no_poster_stays_in_two_splits(rows: list[tuple[int, int]]) -> None:
    found = timed([day for day, _ in rows], [op for _, op in rows])
    stays = {
        (op, int(split))
        for (_, op), split, gone in zip(rows, found.split, found.later_elsewhere, strict=True)
        if not gone
    }
    assert len({op for op, _ in stays}) == len(stays)


def test_later_dumps_with_the_same_cuts_never_move_a_test_row_to_train() -> None:
    first = timed(list(range(50)), list(range(50)))
    later_posts, posters = [*range(50), *range(50, 90)], [*range(50), *range(20, 60)]
    again = timed(later_posts, posters, cuts=tuple(first.cuts.values()))
    assert again.cuts == first.cuts
    assert (again.split[:50] == first.split).all()
    own_cuts = timed(later_posts, posters)
    assert (own_cuts.split[:50] > first.split).any()  # what the cuts are for


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"cuts": ("2020-01-01", "2020-02-01")}, 'without split_by = "time"'),
        ({"cuts": ("2020-01-01",), "split_by": "time"}, "first days of validation and test"),
        ({"cuts": ("2020-02-01", "2020-01-01"), "split_by": "time"}, "first days of"),
        ({"cuts": ("soon", "later"), "split_by": "time"}, "not a day"),
    ],
)
def test_cuts_that_mean_nothing_are_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        given_cuts(load_settings("default", **settings))
