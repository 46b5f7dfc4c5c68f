"""The same words in two splits: the copy farthest from training stays."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from redditess.release.splits import ORDER
from redditess.release.twins import (
    LONG_COMMENT_WORDS,
    STAYS,
    among,
    comment_key,
    normal_form,
    post_key,
    twins_ahead,
    word_bytes,
)

TEST, VALIDATION, TRAIN = (ORDER.index(name) for name in ("test", "validation", "train"))
LONG = " ".join(["word"] * LONG_COMMENT_WORDS)


def ahead(split: list[int], *keys: list[int]) -> list[int]:
    columns = [np.array(column, dtype=np.uint64) for column in keys]
    return twins_ahead(np.array(split, dtype=np.int8), *columns).tolist()


def test_case_punctuation_and_space_make_no_new_text() -> None:
    assert post_key("Help", "I can't  sleep!") == post_key("HELP!", "i can t\nsleep")
    assert post_key("Help", "I can't sleep") != post_key("Help", "I can sleep")


def test_only_long_comments_can_be_twins() -> None:
    assert comment_key("you are not alone") == 0
    assert comment_key(LONG) == comment_key(LONG.upper()) != 0
    assert comment_key(LONG.removesuffix(" word")) == 0


def test_a_text_without_words_is_nobodys_twin() -> None:
    assert post_key("!!!", "\N{PENSIVE FACE}") == comment_key("") == 0
    assert ahead([TEST, TRAIN], [0, 0]) == [STAYS, STAYS]


def test_train_leaves_before_validation_and_validation_before_test() -> None:
    assert ahead([TRAIN, VALIDATION, TEST], [7, 7, 7]) == [TEST, TEST, STAYS]
    assert ahead([TRAIN, VALIDATION], [7, 7]) == [VALIDATION, STAYS]


def test_twins_inside_one_split_stay() -> None:
    assert ahead([TRAIN, TRAIN, TEST], [7, 7, 8]) == [STAYS] * 3


def test_any_key_is_enough() -> None:
    assert ahead([TEST, TRAIN, TRAIN], [1, 2, 3], [9, 9, 8]) == [STAYS, TEST, STAYS]


def test_no_rows_no_twins() -> None:
    assert ahead([], []) == []


@given(
    st.text(st.characters(codec="utf-8"), max_size=60) | st.text(st.characters(max_codepoint=127))
)
def test_words_are_the_same_by_either_way(text: str) -> None:
    plain = re.sub(r"[\W_]+", " ", text.casefold()).strip()
    assert normal_form(text) == plain
    assert word_bytes(text).split(b" ") != [] and b" ".join(
        w for w in word_bytes(text).split(b" ") if w
    ) == plain.encode("utf8", "replace")


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)))
def test_among_is_membership(values: list[int], known: list[int]) -> None:
    held = np.unique(np.array(known, np.uint64))
    found = among(np.array(values, np.uint64), held)
    assert found.tolist() == [v in known for v in values]
