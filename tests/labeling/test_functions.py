"""Every released labeling function: one case per vote, and what it must not do."""

from __future__ import annotations

import numpy as np
import pytest

from redditess.corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from redditess.labeling.evidence import parse
from redditess.labeling.functions import RELEASED, resolve

HOUR = 3600
T0 = 1_500_000_000


def votes(name: str, table):
    (function,) = resolve([name])
    return function(table)


def test_op_response_one_case_per_vote(rows) -> None:
    answer = votes(
        "op_response",
        rows(
            {"op_replies": ["Thank you so much!"]},
            {"op_replies": ["That is stupid and cruel, you are awful."]},
            {"op_replies": ["It was a Tuesday."]},
            {},
            {"observable": ["score"]},
        ),
    )
    expected = [EFFECTIVE, NOT_EFFECTIVE, ABSTAIN, ABSTAIN, NOT_OBSERVABLE]
    assert answer.vote.tolist() == expected
    assert np.isnan(answer.score).tolist() == [False, False, True, True, True]
    assert parse(answer.evidence[0])[0] == ("reply 0", "thanks", ("Thank you",))
    assert {h.kind for h in parse(answer.evidence[1])} == {"negative"}


def test_op_response_hears_a_reply_even_where_silence_would_mean_nothing(rows) -> None:
    table = rows({"op_replies": ["thank you, great"], "observable": []})
    assert votes("op_response", table).vote.tolist() == [EFFECTIVE]


def test_small_talk_after_thanks_takes_nothing_back_except_in_the_paper(rows) -> None:
    table = rows({"op_replies": ["thanks", *["It was a Tuesday."] * 5]})
    assert votes("op_response", table).vote.tolist() == [EFFECTIVE]
    assert votes("op_response_paper", table).vote.tolist() == [ABSTAIN]


def test_bitter_thanks_abstain(rows) -> None:
    table = rows({"op_replies": ["thanks. this is useless, cruel, stupid garbage"]})
    assert votes("op_response", table).vote.tolist() == [ABSTAIN]
    assert votes("op_response", table).score[0] < -0.2
    assert votes("op_response_paper", table).vote.tolist() == [NOT_EFFECTIVE]


def test_the_literal_product_cannot_hear_hostility_without_thanks(rows) -> None:
    table = rows({"op_replies": ["You are awful and stupid."]})
    assert votes("op_response_paper", table).vote.tolist() == [ABSTAIN]
    assert votes("op_response", table).vote.tolist() == [NOT_EFFECTIVE]


def test_a_story_of_bad_nights_is_no_rejection_except_in_the_paper(rows) -> None:
    table = rows(
        {"op_replies": ["I slept three hours. I feel awful, my head is garbage."]},
        {"op_replies": ["ty. I slept badly, my head is awful, worthless garbage."]},
    )
    assert votes("op_response", table).vote.tolist() == [ABSTAIN, EFFECTIVE]
    assert votes("op_response_paper", table).vote.tolist() == [ABSTAIN, NOT_EFFECTIVE]


def test_scorn_votes_against(rows) -> None:
    table = rows({"op_replies": ["Thanks for nothing."]}, {"op_replies": ["thanks in advance"]})
    assert votes("op_response", table).vote.tolist() == [NOT_EFFECTIVE, ABSTAIN]


def test_evidence_names_the_reply(rows) -> None:
    table = rows({"op_replies": ["It was a Tuesday.", "ok. thank you"]}, {"op_replies": ["thx"]})
    answer = votes("op_response", table)
    assert [h.place for e in answer.evidence for h in parse(e) if h.kind == "thanks"] == [
        "reply 1",
        "reply 0",
    ]


def test_op_uptake_one_case_per_vote(rows) -> None:
    table = rows(
        {"op_replies": ["I'll try that tonight"]},
        {"op_replies": ["Thank you"]},
        {},
        {"observable": []},
    )
    answer = votes("op_uptake", table)
    assert answer.vote.tolist() == [EFFECTIVE, ABSTAIN, ABSTAIN, NOT_OBSERVABLE]
    assert parse(answer.evidence[0]) == [("reply 0", "uptake", ("I'll try",))]


def test_general_feedback_credits_earlier_comments_only(rows) -> None:
    edit = {"op_edit": "EDIT: thank you all, you are great", "op_edit_utc": T0 + 9 * HOUR}
    table = rows(
        edit,
        edit | {"created_utc": T0 + 10 * HOUR},
        edit | {"op_edit_utc": None},
        {"op_general": ["thanks everyone, lovely people"]},
        {"op_general": ["Thank you, this sub is useless, cruel, stupid garbage"]},
        {"op_general": ["Still awake, great, good, wonderful"]},
        {"observable": ["op_replies"]},
    )
    answer = votes("general_feedback", table)
    assert answer.vote.tolist() == [
        EFFECTIVE, ABSTAIN, ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, ABSTAIN, NOT_OBSERVABLE,
    ]  # fmt: skip
    assert parse(answer.evidence[3])[0] == ("general 0", "thanks", ("thanks",))


def test_general_feedback_never_decides() -> None:
    assert [f.name for f in RELEASED if not f.decides] == ["general_feedback"]


def test_community_reception_one_case_per_vote(rows) -> None:
    table = rows(
        {"score": 2}, {"score": 0}, {"score": -7}, {"score": 1}, {"score": None},
        {"score": 40, "observable": ["op_replies"]},
    )  # fmt: skip
    answer = votes("community_reception", table)
    assert answer.vote.tolist() == [
        EFFECTIVE, NOT_EFFECTIVE, NOT_EFFECTIVE, ABSTAIN, NOT_OBSERVABLE, NOT_OBSERVABLE,
    ]  # fmt: skip
    assert answer.evidence[:2] == ["score 2", "score 0"]


@pytest.mark.parametrize(
    ("score", "earlier", "later", "vote"),
    [
        (4, 2, None, EFFECTIVE),  # twice, and two more
        (3, 2, None, ABSTAIN),  # two more is not reached
        (3, 1, None, EFFECTIVE),
        (3, -9, None, EFFECTIVE),  # an earlier -9 counts as 1
        (2, -9, None, ABSTAIN),
        (9, None, None, ABSTAIN),  # nobody was there before
        (4, 2, 8, ABSTAIN),  # both: they cancel
        (2, None, 4, NOT_EFFECTIVE),
        (2, None, 3, ABSTAIN),
        (0, None, None, NOT_EFFECTIVE),
        (1, 1, 3, NOT_EFFECTIVE),
        (1, None, 2, ABSTAIN),  # twice, but not two more
    ],
)
def test_community_relative(rows, score, earlier, later, vote) -> None:
    row = {"score": score, "min_score_earlier": earlier, "max_score_later": later}
    answer = votes("community_relative", rows(row))
    assert answer.vote.tolist() == [vote]
    assert np.isnan(answer.score[0]) == (vote == ABSTAIN)
    assert (answer.evidence[0] is None) == (vote == ABSTAIN)


def test_relative_rule_of_two_integers_equals_brute_force(rows) -> None:
    """Some sibling is beaten iff the lowest is; some sibling beats iff the highest does."""
    rng = np.random.default_rng(7)
    threads = [rng.integers(-3, 12, rng.integers(1, 7)).tolist() for _ in range(200)]

    def beats(a: int, b: int) -> bool:
        a, b = max(a, 1), max(b, 1)
        return a >= 2 * b and a >= b + 2

    given, expected = [], []
    for scores in threads:
        for i, own in enumerate(scores):
            before, after = scores[:i], scores[i + 1 :]
            wins, loses = any(beats(own, s) for s in before), any(beats(s, own) for s in after)
            bad = (loses and not wins) or own <= 0
            good = wins and not loses and own > 0
            expected.append(EFFECTIVE if good else NOT_EFFECTIVE if bad else ABSTAIN)
            low, high = min(before, default=None), max(after, default=None)
            given.append({"score": own, "min_score_earlier": low, "max_score_later": high})
    assert votes("community_relative", rows(*given)).vote.tolist() == expected
    assert set(expected) == {EFFECTIVE, NOT_EFFECTIVE, ABSTAIN}


PASSED = {
    "n_op_answered": 2, "op_answered_later_sibling": True, "op_last_seen_utc": T0 + 9 * HOUR,
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "vote"),
    [
        ({}, NOT_EFFECTIVE),
        ({"n_op_answered": 1}, ABSTAIN),
        ({"op_answered_later_sibling": False}, ABSTAIN),
        ({"op_last_seen_utc": T0}, ABSTAIN),  # OP was gone when the comment came
        ({"op_last_seen_utc": None}, ABSTAIN),
        ({"op_replies": ["why?"]}, ABSTAIN),  # answered
        ({"followup_days": 6.9}, NOT_OBSERVABLE),
        ({"followup_days": 6.9, "op_replies": ["why?"]}, ABSTAIN),
        ({"observable": ["score"]}, NOT_OBSERVABLE),
    ],
)
def test_passed_over_needs_every_piece_of_skip_evidence(rows, change, vote) -> None:
    answer = votes("passed_over", rows(PASSED | change))
    assert answer.vote.tolist() == [vote]
    assert (answer.evidence[0] is not None) == (vote == NOT_EFFECTIVE)


@pytest.mark.parametrize("function", RELEASED, ids=lambda f: f.name)
def test_no_released_function_reads_what_a_model_learns_from(function) -> None:
    assert not function.sees_input


@pytest.mark.parametrize("function", RELEASED, ids=lambda f: f.name)
def test_a_vote_is_a_function_of_its_own_row(function, rows) -> None:
    table = rows(
        {"op_replies": ["thanks!"]}, {}, {"op_replies": []}, PASSED, {"score": 9, "op_edit": None},
        {"op_general": ["thank you all"], "score": 0}, {"op_replies": ["awful", "I'll try it"]},
    )  # fmt: skip
    whole = function(table)
    for order in ([6, 5, 4, 3, 2, 1, 0], [2], []):
        part = function(table.take(np.array(order, np.int64)))
        assert part.vote.tolist() == whole.vote[order].tolist()
        assert part.evidence == [whole.evidence[i] for i in order]
    chunked = function(type(table).from_batches(table.to_batches(max_chunksize=2)))
    assert chunked.vote.tolist() == whole.vote.tolist()
    assert function(table.to_batches()[0].slice(3)).vote.tolist() == whole.vote[3:].tolist()
