"""Names of people leave a text where the words around them introduce one; words stay words."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.names import (
    PERSONAL_KINDS,
    clear_names,
    mask_names,
    mask_names_column,
    unclear_names,
)

Benchmark = Callable[[str], ModuleType]


def test_planted_names_are_found(load_benchmark: Benchmark) -> None:
    found = list(load_benchmark("names_items").names(1_200))
    missed = [text for text, secrets in found if any(s in mask_names(text)[0] for s in secrets)]
    assert len(missed) <= 0.05 * len(found), missed[:5]


def test_words_that_are_also_names_stay(load_benchmark: Benchmark) -> None:
    texts = load_benchmark("names_items").CLEAN
    assert sum(mask_names(text)[0] != text for text in texts) <= 1


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("My name is Tamsin Haverbrook.", "My name is [NAME]."),
        ("my name is jordan and im sarah", "my name is jordan and im [NAME]"),
        ("Will told me to go", "[NAME] told me to go"),
        ("I told Will Smith", "I told [NAME]"),
        ("Grace's mother knows", "[NAME]'s mother knows"),
        ("Dr. Okafor and Mrs Lee", "Dr. [NAME] and Mrs [NAME]"),
        ("I live at 12 Oak Street, Apt 4B", "I live at [ADDRESS]"),
        ("London SW1A 1AA", "London [ADDRESS]"),
        ("dob: 03/04/1998", "dob: [BORN]"),
        ("I was born on March 3rd, 1998.", "I was born on [BORN]."),
        ("I go to Haverbrook High School", "I go to [ORG]"),
        ("at the University of Haverbrook", "at the [ORG]"),
    ],
)
def test_one_of_each(text: str, masked: str) -> None:
    assert mask_names(text)[0] == masked


def test_titles_and_shouting_are_no_names() -> None:
    for text in ("How To Live With Hope And Grace", "WILL I EVER GET BETTER FRANK SAID"):
        assert mask_names(text) == (text, {})


def test_lists_do_not_overlap_and_hold_no_month() -> None:
    assert not clear_names() & unclear_names()
    assert not clear_names() & {"september", "sunday", "paris", "will", "hope", "may"}
    assert len(clear_names()) > 4_000


PIECES = ("My name is ", "Sarah", "Will", " ", "Smith", "'s", ", ", "[NAME]", "said ", "Dr. ", "- ",
          "12 Oak Street", "born on ", "03/04/1998", "High School", "José", "I ",
          "I'm ", "\n")  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=12).map("".join)))
def test_masking_names_twice_changes_nothing(text: str) -> None:
    masked, counts = mask_names(text)
    assert mask_names(masked) == (masked, {})
    assert set(counts) <= set(PERSONAL_KINDS)


def test_a_column_keeps_none() -> None:
    assert mask_names_column([None, "hi Sarah", ""]) == ([None, "hi [NAME]", ""], {"NAME": 1})


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["Sarah ", "My name is ", "1 ", "A", "Oak ", "born on ", "'s ", "- "]
)
def test_a_long_text_made_to_hurt_takes_seconds(piece: str) -> None:
    start = time.process_time()
    mask_names(piece * (200_000 // len(piece)))
    assert time.process_time() - start < 10
