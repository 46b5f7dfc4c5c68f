"""Plain words for the names that a manifest and a label use."""

from __future__ import annotations

from ...corpus.filters import FILTERS

# What leaves, in words that stand beside a count on a phone (at most 30 signs).
_REASONS = {
    "not_candidate": "of other communities",
    "other_subreddit": "of other communities",
    "blank": "blank lines",
    "bad_json": "unreadable lines",
    "too_deep": "lines nested too deep",
    "line_too_long": "lines too long",
    "not_an_object": "lines without an object",
    "not_reddit": "lines not from Reddit",
    "other_kind": "lines of the other kind",
    "bad_id": "ids that are none",
    "bad_created_utc": "impossible times",
    "same_bytes_as_another": "in a file given twice",
    "duplicate": "copies of the same item",
    "orphan": "their post is not here",
    "op_turn": "the poster's own turns",
    "nested": "replies to somebody else",
    "no_answer": "posts without an answer",
    "bot": "by bots",
    "moderator": "by moderators",
    "advertising": "advertising",
    "survey": "surveys, recruitment",
    "link_post": "links and crossposts",
    "removed": "deleted or removed",
    "too_short": "too short",
    "minor": "writer is under 18",
    "language": "in another language",
    "not_edited": "never edited",
    "no_op_reply": "poster answered nobody",
    "has_deleted_comment": "has a deleted comment",
    "unlabelled": "no label",
    "twin_in_train": "twins of a train row",
    "twin_in_validation": "twins of a validation row",
    "twin_in_test": "twins of a test row",
    "near_twin_in_train": "nearly a train row",
    "near_twin_in_validation": "nearly a validation row",
    "near_twin_in_test": "nearly a test row",
    "poster_in_later_split": "poster came back later",
    "written_after_split": "written too late",
    "commenter_in_train": "commenter is in train",
    "method_detail": "particulars of a means",
    "encouragement": "urges somebody to harm",
    "post_at_risk": "post in crisis, or by a minor",
    "own_life": "tells of the writer's life",
    "chosen_flagged": "chosen is flagged",
    "chosen_basis": "chosen: evidence too weak",
    "chosen_unsure": "chosen: label too unsure",
    "rejected_flagged": "rejected is flagged",
    "rejected_basis": "rejected: evidence too weak",
    "rejected_unsure": "rejected: no probability",
    "protective_rejected": "rejected would protect",
    "same_text": "same words, or none",
    "length": "lengths too different",
    "margin": "labels too close",
    "exposure": "seen unlike each other",
    "near_text": "nearly the same words",
    "per_post": "more than five of a post",
    "balance": "length or place would tell",
}
_MEANINGS = {
    "not_candidate": "the line names another community; it was never parsed",
    "other_subreddit": "parsed, and not of a wanted community",
    "bad_json": "not JSON, tried with two parsers",
    "too_deep": "JSON that only an attack would nest like this",
    "line_too_long": "longer than any post or comment can be",
    "not_reddit": "JSON without the fields of a post or a comment",
    "other_kind": "a comment among posts, or a post among comments",
    "duplicate": "one copy is kept, by a fixed order",
    "op_turn": "not answers: they are heard as the poster's reaction",
    "nested": "only direct answers to a post are judged",
    "method_detail": "a text tells of a means of suicide or self-harm; docs/pairs.md",
    "encouragement": "a text urges somebody to die or to harm themselves; docs/pairs.md",
    "protective_rejected": "it refers to help, sets a limit or contradicts a harmful plan",
    "own_life": "a model that learned it would claim a life that it has not had",
    "balance": "left out so that neither length nor place alone tells chosen from rejected",
    "unlabelled": "no rule could tell; they are in the config `full`",
    "twin_in_train": "a near-duplicate would leak between splits",
    "twin_in_validation": "a near-duplicate would leak between splits",
    "twin_in_test": "the same words would leak between splits",
    "near_twin_in_train": "a near-duplicate would leak between splits",
    "near_twin_in_validation": "a near-duplicate would leak between splits",
    "near_twin_in_test": "a near-duplicate would leak between splits",
    "poster_in_later_split": "its poster posted again in the period of a later split",
    "written_after_split": "the comment came when the period of its split was over",
    "commenter_in_train": "who wrote it writes in train, too",
}

SIGNALS = {
    "op_replies": "replies",
    "op_general": "own comments",
    "op_edit": "edits",
    "score": "scores",
    "removal": "removals",
}
BASES = {
    "thanked": "poster thanked",
    "uptake": "poster took it up",
    "positive_reply": "poster replied warmly",
    "rejected": "poster rejected it",
    "passed_over": "poster passed it over",
    "community": "community decided",
    "mixed": "several kinds of evidence",
}
OUTCOMES = {"effective": "effective", "not_effective": "not effective", "unlabelled": "no label"}


def reason(name: str) -> str:
    """A reason for dropping, in a few words.

    >>> reason("post:survey"), reason("unheard_of")
    ('its post: surveys, recruitment', 'unheard of')
    """
    rule = name.removeprefix("post:")
    words = _REASONS.get(rule, rule.replace("_", " "))
    return f"its post: {words}" if rule != name else words


def meaning(name: str) -> str:
    """What a reason for dropping means; empty where its words say it all."""
    rule = name.removeprefix("post:")
    return FILTERS[rule].doc if rule in FILTERS else _MEANINGS.get(rule, "")


def era(name: str) -> str:
    """An era of `corpus.eras` for people.

    >>> era("..2012-05"), era("2023-08..2023-10"), era("2023-11..")
    ('up to 2012-05', '2023-08 to 2023-10', '2023-11 on')
    """
    first, dots, last = name.partition("..")
    if not dots:
        return name
    if not first:
        return f"up to {last}"
    return f"{first} to {last}" if last else f"{first} on"
