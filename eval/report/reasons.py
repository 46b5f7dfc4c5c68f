"""Plain words for the names that a manifest and a label use."""

from __future__ import annotations

from ...corpus.filters import FILTERS

_REASONS = {
    "not_candidate": ("not of the wanted communities", "never parsed: the line names another one"),
    "other_subreddit": ("of another community", "parsed, and not one of the wanted ones"),
    "blank": ("blank lines", "nothing but white space"),
    "bad_json": ("unreadable lines", "not JSON, tried with two parsers"),
    "too_deep": ("lines nested too deep", "JSON that only an attack would nest like this"),
    "line_too_long": ("lines too long", "longer than any post or comment can be"),
    "not_an_object": ("lines that are no object", "JSON, but neither a post nor a comment"),
    "not_reddit": ("lines that are not from Reddit", "JSON without the fields of either kind"),
    "other_kind": ("lines of the other kind", "a comment among posts, or a post among comments"),
    "bad_id": ("ids that are none", "the id is not a number in base 36"),
    "bad_created_utc": ("impossible times", "the time of writing cannot be read"),
    "same_bytes_as_another": ("in a file given twice", "a second file with the same bytes"),
    "duplicate": ("copies of the same item", "one copy is kept, by a fixed order"),
    "orphan": ("without their post", "the post is not in these dumps"),
    "op_turn": ("the poster's own", "not answers: they are heard as the poster's reaction"),
    "unlabelled": ("no label", "no rule could tell; they are in the config `full`"),
    "twin_in_train": ("twins of a train row", "near-duplicates would leak between splits"),
    "twin_in_validation": ("twins of a validation row", "near-duplicates would leak"),
    "twin_in_test": ("twins of a test row", "near-duplicates would leak between splits"),
    "nested": ("replies to somebody else", "only direct answers to the post are judged"),
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
    """A reason for dropping, in a few words: fits a phone beside its count.

    >>> reason("post:survey")
    'post dropped: survey'
    """
    if name.startswith("post:"):
        return f"post dropped: {name.removeprefix('post:').replace('_', ' ')}"
    return _REASONS.get(name, (name.replace("_", " "), ""))[0]


def meaning(name: str) -> str:
    """What a reason for dropping means; empty where its name says it all."""
    rule = name.removeprefix("post:")
    if rule in FILTERS:
        whose = "their post: " if name.startswith("post:") else ""
        return f"{whose}{FILTERS[rule].doc}"
    return _REASONS.get(name, ("", ""))[1]
