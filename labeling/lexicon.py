"""What a reply says, by word lists: thanks, uptake, and how it sounds.

The lists lie in `lexicons/*.toml`, compiled by us; the families and traps of thanks follow
`docs/labeling_functions.md`. Many texts at once (`read_all`) cost a fraction of one by one, and say
the same.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Any, NamedTuple

from .phrases import MAX_CHARS, Heard, Phrases, plain
from .polarity import Polarity, Sentiment

__all__ = [
    "MAX_CHARS",
    "Reading",
    "Sentiment",
    "gratitude",
    "read",
    "read_all",
    "rejects",
    "rejects_all",
    "sentiment",
    "trap_length",
    "uptake",
]

KIND = 2.0  # the valence of "ty"; turned around, of "thanks for nothing"


class Reading(NamedTuple):
    """One reply, read once for every function that hears replies."""

    thanks: tuple[str, ...]
    sentiment: Sentiment  # of everything it says
    reaction: Sentiment  # without the bad words that OP uses of OP's own life
    bare: float  # score of its bare words, traps and thanks not weighed


def gratitude(text: str) -> tuple[str, ...]:
    """The words of a text that thank its reader; () where none do.

    Negated, sarcastic and requesting thanks are cut first (traps), then the families are sought.

    >>> gratitude("Thank you so much! That actually helped")
    ('Thank you', 'That actually helped')
    >>> gratitude("thanks for nothing"), gratitude("Any advice? Thanks in advance")
    ((), ())
    """
    return _phrases("gratitude").hear(text).words


def uptake(text: str) -> tuple[str, ...]:
    """The words by which OP says that the comment had an effect or will be acted on.

    >>> uptake("makes sense, I'll try the breathing tonight"), uptake("I tried that, no luck")
    (('makes sense', "I'll try"), ())
    """
    return _phrases("uptake").hear(text).words


def trap_length(text: str, of: str = "gratitude") -> int:
    """Characters of the longest phrase that looks like thanks and is none; 0 without one.

    With `of="uptake"`, of what looks like uptake.

    >>> [trap_length(t) for t in ("Happy Thanksgiving", "No thanks to that", "Thank you")]
    [18, 14, 0]
    """
    return _phrases(of).trap_length(text)


def rejects(text: str) -> tuple[str, ...]:
    """The words by which OP turns a comment down.

    >>> rejects("I already tried that"), rejects("my brain won't shut up")
    (('I already tried',), ())
    """
    return _phrases("rejects").hear(text).words


def sentiment(text: str) -> Sentiment:
    """Sum of word valences with negation, intensifiers and "but", squashed to [-1, 1].

    Ours: tanh(sum / 3), so that one plainly good word ("great", 2) gives 0.58. Words of distress
    weigh little: a poster who tells how bad it is has not rejected the comment.

    >>> sentiment("not helpful at all").score < 0 < sentiment("really helpful").score
    True
    >>> sentiment("").score
    0.0
    """
    sounds = _polarity()
    tokens = sounds.tokens(plain(text))
    return sounds.sum_up(tokens, sounds.hits(tokens))


def read(text: str) -> Reading:
    """Thanks and sentiment of one reply: what looks like thanks and is none sounds good to nobody.

    >>> read("Thanks for nothing.").sentiment.score < 0
    True
    >>> read("I feel terrible today").reaction.score, read("I feel terrible today").sentiment.score
    (0.0, -0.7615941559557649)
    """
    return _weighed(plain(text), _phrases("gratitude").hear(text))


def read_all(texts: Sequence[str]) -> tuple[list[Reading], list[tuple[str, ...]]]:
    """`read` and `uptake` of n texts, at a fraction of their time one by one.

    >>> readings, planned = read_all(["Thank you, I'll try that"])
    >>> readings[0].thanks, planned[0]
    (('Thank you',), ("I'll try",))
    """
    lows = [plain(text) for text in texts]
    heard = _phrases("gratitude").hear_all(texts, lows)
    planned = [said.words for said in _phrases("uptake").hear_all(texts, lows)]
    return [_weighed(low, one) for low, one in zip(lows, heard, strict=True)], planned


def rejects_all(texts: Sequence[str]) -> list[tuple[str, ...]]:
    """`rejects` of n texts."""
    lows = [plain(text) for text in texts]
    return [said.words for said in _phrases("rejects").hear_all(texts, lows)]


def _weighed(low: str, heard: Heard) -> Reading:
    """What a text in plain lower case says, by what was heard in it."""
    thanks, cut, scorn = heard
    sounds = _polarity()
    tokens = sounds.tokens(cut)
    found = sounds.hits(tokens)
    extra = [(words, KIND) for words in thanks if _sounds_like_nothing(words)]
    extra += [(words, -KIND) for words in scorn]
    whole = sounds.sum_up(tokens, found, extra)
    if cut != low:
        bare = sentiment(low).score
    else:
        bare = sounds.sum_up(tokens, found).score if extra else whole.score
    if not whole.negative:  # then there is no bad word of OP's own life to leave out
        return Reading(thanks, whole, whole, bare)
    others = sounds.of_others(tokens, found)
    return Reading(thanks, whole, sounds.sum_up(tokens, others, extra), bare)


@lru_cache(maxsize=4096)
def _sounds_like_nothing(words: str) -> bool:
    """Words like "ty" hold no word of polarity, and are meant as kindly as "thank you"."""
    return sentiment(words).score <= 0


def _table(name: str) -> dict[str, Any]:
    file = resources.files(__package__) / "lexicons" / f"{name}.toml"
    return tomllib.loads(file.read_text("utf8"))


@cache
def _phrases(name: str) -> Phrases:
    return Phrases(_table(name))


@cache
def _polarity() -> Polarity:
    return Polarity(_table("sentiment"))
