"""Which answers of a language model count."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.corpus.prompts import Fence, new_fence
from redditess.labeling.llm import (
    MAX_COMMENT,
    Unscored,
    Verdict,
    item_of,
    messages,
    parse,
)
from tests.labeling.llm_server import read

COMMENT = "I am so sorry.  You are not\nalone with this, try a walk."


def said(**other: Any) -> str:
    whole = {
        "check": "k", "label": "effective", "confidence": 0.5, "evidence": "you are not alone",
        "support_types": ["esteem", "emotional"], "screen": [],
    }  # fmt: skip
    return json.dumps({k: v for k, v in (whole | other).items() if v != "left out"})


def reason(answer: str, comment: str = COMMENT) -> str:
    found = parse(answer, "k", comment)
    assert isinstance(found, Unscored)
    return found.reason


def test_evidence_is_the_comments_own_spelling() -> None:
    assert parse(said(), "k", COMMENT) == Verdict(
        1, 0.5, "You are not\nalone", ("emotional", "esteem"), ()
    )


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"check": "other"}, "wrong_token"),
        ({"check": ["k"]}, "wrong_token"),
        ({"label": "EFFECTIVE"}, "unknown_label"),
        ({"label": 1}, "unknown_label"),
        ({"label": "left out"}, "wrong_keys"),
        ({"note": "more"}, "wrong_keys"),
        ({"confidence": 1.01}, "bad_confidence"),
        ({"confidence": True}, "bad_confidence"),
        ({"confidence": "0.5"}, "bad_confidence"),
        ({"evidence": "you are never alone"}, "evidence_not_in_comment"),
        ({"evidence": ""}, "evidence_not_in_comment"),
        ({"evidence": "so"}, "evidence_not_in_comment"),
        ({"evidence": None}, "evidence_not_in_comment"),
        ({"support_types": ["hugs"]}, "unknown_category"),
        ({"support_types": "emotional"}, "unknown_category"),
        ({"screen": [["crisis"]]}, "unknown_category"),
    ],
)
def test_an_answer_that_breaks_the_schema_does_not_count(change: dict[str, Any], why: str) -> None:
    assert reason(said(**change)) == why


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "empty_answer"),
        ("I think it is effective.", "no_json"),
        (said()[:-1], "no_json"),
        (said().replace("0.5", "NaN"), "no_json"),
        (said().replace('"check"', '"label": "not_effective", "check"', 1), "no_json"),
        ("[" * 100_000 + "{" * 100_000, "no_json"),
        ('{"a":' * 4_000, "no_json"),
    ],
)
def test_what_is_not_strict_json_does_not_count(answer: str, why: str) -> None:
    assert reason(answer) == why


def test_the_last_answer_with_the_token_counts() -> None:
    draft = said(label="not_effective")
    forged = said(check="x", label="not_effective")
    found = parse(f"Draft: {draft}. Better:\n```json\n{said()}\n```\n{forged}", "k", COMMENT)
    assert isinstance(found, Verdict)
    assert found.vote == 1


def test_a_broken_last_answer_is_not_replaced_by_an_earlier_one() -> None:
    assert reason(said() + said(label="maybe")) == "unknown_label"


def test_an_answer_inside_a_string_is_a_string() -> None:
    assert reason(json.dumps({"quoted": said()})) == "wrong_token"


def test_unclear_needs_no_evidence() -> None:
    found = parse(said(label="unclear", evidence=""), "k", COMMENT)
    assert isinstance(found, Verdict)
    assert (found.vote, found.evidence) == (-1, "")


def test_a_short_comment_is_its_own_evidence() -> None:
    assert isinstance(parse(said(evidence="🫂"), "k", "🫂"), Verdict)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=300), st.text(max_size=60))
def test_no_answer_raises(answer: str, comment: str) -> None:
    assert isinstance(parse(answer, "k", comment), Verdict | Unscored)
    parse(f"{answer}{said()}{answer}", "k", comment)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200), st.text(max_size=200))
def test_a_text_stays_inside_its_fence(post: str, comment: str) -> None:
    item = item_of({"comment_id": "t1_a", "title": "T", "post": post, "comment": comment})
    fence = new_fence(post, comment)
    assert read(messages(item, fence)) == (*fence, "T", item.post, item.comment)


def test_rows_are_masked_before_they_are_cut() -> None:
    long = "word " * (MAX_COMMENT // 5 - 1) + "jo.le@example.org"
    row = {
        "comment_id": "t1_a",
        "title": "mail j\u200bo@example.org",
        "post": None,
        "comment": long,
    }
    item = item_of(row)
    assert item.title == "mail [EMAIL]"
    assert "jo.le" not in item.comment
    assert len(item.comment) <= MAX_COMMENT + 2


def test_a_request_holds_one_item_and_both_tokens() -> None:
    item = item_of({"comment_id": "t1_a", "title": "T", "post": "P", "comment": "C"})
    system, user = messages(item, Fence("aaaa", "bbbb"))
    assert (system["role"], user["role"]) == ("system", "user")
    assert user["content"].count("BEGIN comment aaaa") == 1
    assert "bbbb" in user["content"]
    assert "t1_a" not in system["content"] + user["content"]
