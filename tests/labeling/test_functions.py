"""Every released labeling function: one case per vote, and what it must not do."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from redditess.corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from redditess.labeling import readers
from redditess.labeling.evidence import parse
from redditess.labeling.functions import RELEASED, resolve

HOUR = 3600
T0 = 1_500_000_000


@pytest.fixture(autouse=True)
def lists():
    """The rules are tried with the word lists; what models hear has tests of its own."""
    with readers.using("lexicon"):
        yield


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
    assert [f.name for f in RELEASED if not f.decides] == [
        "op_asks_more", "op_change", "general_feedback",
    ]  # fmt: skip


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
        ({"op_answered_later_sibling": False, "op_answered_lower_sibling": True}, NOT_EFFECTIVE),
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


@pytest.mark.parametrize(("opportunity", "vote"), [(0.2, NOT_EFFECTIVE), (0.19, ABSTAIN)])
def test_skip_evidence_by_score_alone_needs_more_opportunity(rows, opportunity, vote) -> None:
    given = PASSED | {"op_answered_later_sibling": False, "op_answered_lower_sibling": True}
    chance = pa.array([opportunity], pa.float64())
    answer = votes("passed_over", rows(given).append_column("opportunity", chance))
    assert answer.vote.tolist() == [vote]
    assert "one shown below it" in answer.evidence[0]


@pytest.mark.parametrize(
    ("opportunity", "vote"),
    [(0.3, NOT_EFFECTIVE), (0.05, NOT_EFFECTIVE), (0.049, ABSTAIN), (None, NOT_EFFECTIVE)],
)
def test_passed_over_weighs_the_opportunity_and_abstains_below_the_floor(
    rows, opportunity, vote
) -> None:
    chance = pa.array([opportunity], pa.float32())
    answer = votes("passed_over", rows(PASSED).append_column("opportunity", chance))
    assert answer.vote.tolist() == [vote]
    if opportunity is None:
        assert np.isnan(answer.score[0])
    else:
        assert answer.score[0] == np.float32(-opportunity)
        assert f"opportunity {opportunity:.2f}" in answer.evidence[0]
    assert ("below the floor" in answer.evidence[0]) == (vote == ABSTAIN)


REJECTIONS = [
    "I already tried that", "I've tried melatonin for weeks but nothing", "Been there, done that.",
    "That doesn't help at all", "This is terrible advice", "not what I asked", "Fuck you",
    "you are such a condescending jerk", "You don't even know me", "easier said than done",
]  # fmt: skip
NO_REJECTIONS = [
    "My brain won't shut up", "They told me to get lost", "It doesn't help that my mum shouts",
    "I tried it and it really helped", "you're not an idiot at all", "I am useless", "ok",
    "You're amazing", "I already feel better", "If that doesn't work I will call", "",
    "what if it's not working?", "I was never that unhelpful to him",
]  # fmt: skip


@pytest.mark.parametrize("text", REJECTIONS)
def test_op_rejects_hears_a_comment_turned_down(rows, text) -> None:
    answer = votes("op_rejects", rows({"op_replies": [text]}))
    assert answer.vote.tolist() == [NOT_EFFECTIVE]
    assert answer.score.tolist() == [-1.0]
    ((place, kind, words),) = parse(answer.evidence[0])
    assert (place, kind) == ("reply 0", "rejects") and words[0] in text


@pytest.mark.parametrize("text", NO_REJECTIONS)
def test_op_rejects_is_silent_about_anything_else(rows, text) -> None:
    assert votes("op_rejects", rows({"op_replies": [text]})).vote.tolist() == [ABSTAIN]


def test_op_rejects_abstains_beside_thanks_or_uptake_and_where_nothing_was_said(rows) -> None:
    table = rows(
        {"op_replies": ["I already tried that", "Thank you though, that means a lot"]},
        {"op_replies": ["I already tried that. I'll try the other thing"]},
        {},
        {"observable": ["score"]},
    )
    assert votes("op_rejects", table).vote.tolist() == [ABSTAIN, ABSTAIN, ABSTAIN, NOT_OBSERVABLE]


def test_op_asks_more_never_votes_on_effect(rows) -> None:
    table = rows(
        {"op_replies": ["How often did you do it?", "It was a Tuesday."]},
        {"op_replies": ["You wrote why, I know."]},
        {"op_replies": ["Are you kidding me, who asked you? What is it to you?"]},
        {},
        {"observable": []},
    )
    answer = votes("op_asks_more", table)
    assert answer.vote.tolist() == [ABSTAIN] * 4 + [NOT_OBSERVABLE]
    assert answer.score[0] == 0.5 and np.isnan(answer.score[1:]).all()
    assert parse(answer.evidence[0]) == [("reply 0", "asks", ("How often did you do it?",))]


LOW, HIGH, FLAT = "I hate this awful, terrible night.", "A wonderful, lovely thing.", "A Tuesday."


def test_op_change_is_what_op_gained_here_beyond_the_other_turns(rows) -> None:
    table = rows(
        {"thread_id": "t3_x", "post": LOW, "op_replies": [HIGH]},  # better than elsewhere
        {"thread_id": "t3_x", "post": LOW, "op_replies": [LOW]},  # worse, and not below the post
        {"thread_id": "t3_y", "post": LOW, "op_replies": [HIGH]},  # so OP is everywhere
        {"thread_id": "t3_y", "post": LOW, "op_replies": [HIGH]},
        {"thread_id": "t3_z", "post": LOW, "op_replies": [HIGH]},  # no other turn to compare with
        {"thread_id": "t3_w", "post": HIGH, "op_replies": [LOW], "op_general": [FLAT]},
        {"thread_id": "t3_w", "post": HIGH},
        {"thread_id": "t3_v", "post": LOW, "observable": []},
    )
    answer = votes("op_change", table)
    assert answer.vote.tolist() == [
        EFFECTIVE, ABSTAIN, ABSTAIN, ABSTAIN, ABSTAIN, NOT_EFFECTIVE, ABSTAIN, NOT_OBSERVABLE,
    ]  # fmt: skip
    assert answer.score[2] == answer.score[3] == 0
    assert answer.score[1] < -0.2 and "in the post" in answer.evidence[1]  # the post took it back
    assert np.isnan(answer.score[4])
    assert "in 1 other turn," in answer.evidence[0]


def test_op_change_sees_the_input_and_so_never_makes_a_label() -> None:
    assert [f.name for f in RELEASED if f.sees_input] == ["op_change"]


@pytest.mark.parametrize(
    "function", [f for f in RELEASED if f.name != "op_change"], ids=lambda f: f.name
)
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
