"""Splits are a function of who asked."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from redditess.corpus.settings import load_settings
from redditess.release.splits import group_of, split_names, split_of

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
