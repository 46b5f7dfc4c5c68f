"""What a reply says, by word lists: thanks, uptake, and how it sounds.

The lists lie in `lexicons/*.toml`, compiled by us; the families and traps of thanks follow
`docs/labeling_functions.md`. A text without a tell-tale letter sequence is never searched, every
pattern has bounded gaps, and a text is read to `MAX_CHARS`: the time is linear in its length.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

MAX_CHARS = 40_000  # the longest text Reddit takes (a post); more is not a person writing
KIND = 2.0  # the valence of "ty"; turned around, of "thanks for nothing"
_BLANK = "(?:[\\s,]{1,3})"
_STOPS = frozenset(".!?\n;")


class Sentiment(NamedTuple):
    """How a text sounds: `score` in [-1, 1] (0: no polarity word), and the words behind it."""

    score: float
    positive: tuple[str, ...]
    negative: tuple[str, ...]


class Reading(NamedTuple):
    """One reply, read once for every function that hears replies."""

    thanks: tuple[str, ...]
    sentiment: Sentiment  # of everything it says
    reaction: Sentiment  # without the bad words that OP uses of OP's own life


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
    return sounds.sum_up(sounds.tokens(_plain(text)))


def read(text: str) -> Reading:
    """Thanks and sentiment of one reply: what looks like thanks and is none sounds good to nobody.

    >>> read("Thanks for nothing.").sentiment.score < 0
    True
    >>> read("I feel terrible today").reaction.score, read("I feel terrible today").sentiment.score
    (0.0, -0.7615941559557649)
    """
    thanks, cut, scorn = _phrases("gratitude").hear(text)
    # "ty" and "needed this" hold no word of polarity, and are meant as kindly as "thank you".
    kind = [words for words in thanks if sentiment(words).score <= 0]
    extra = [(words, KIND) for words in kind] + [(words, -KIND) for words in scorn]
    sounds = _polarity()
    tokens = sounds.tokens(cut)
    whole = sounds.sum_up(tokens, extra)
    if not whole.negative:  # then there is no bad word of OP's own life to leave out
        return Reading(thanks, whole, whole)
    return Reading(thanks, whole, sounds.sum_up(tokens, extra, leave_out_own=True))


class _Phrase(NamedTuple):
    """What `_Phrases` hears in a text."""

    words: tuple[str, ...]  # of the families
    cut: str  # the text in lower case, scorn and decoys struck out
    scorn: tuple[str, ...]


class _Phrases:
    """Families to find and traps to strike out, from one TOML file."""

    def __init__(self, table: dict[str, Any]):
        self.stems: list[str] = table["stems"]
        self.families = _regex(table["families"], table.get("raw", {}))
        self.scorn = _regex(table.get("scorn", {}))
        self.decoys = _regex(table.get("decoys", {}))
        self.negated = _regex(table["negated"])

    def hear(self, text: str) -> _Phrase:
        low = _plain(text)
        if not any(stem in low for stem in self.stems):
            return _Phrase((), low, ())
        shown = text if len(text) == len(low) else low  # one capital letter lower-cases to two
        scorn = tuple(m[0].strip() for m in self.scorn.finditer(low))
        cut = self.decoys.sub(_struck, self.scorn.sub(_struck, low) if scorn else low)
        if not self.families.search(cut):
            return _Phrase((), cut, scorn)
        spans = (m.span() for m in self.families.finditer(self.negated.sub(_struck, cut)))
        return _Phrase(tuple(dict.fromkeys(shown[a:b].strip() for a, b in spans)), cut, scorn)

    def trap_length(self, text: str) -> int:
        low = _plain(text)
        if not any(stem in low for stem in self.stems):
            return 0
        kinds = (self.scorn, self.decoys, self.negated)
        return max((len(m[0]) for kind in kinds for m in kind.finditer(low)), default=0)


class _Polarity:
    """Valences of words, emoji and two-word phrases, from sentiment.toml."""

    def __init__(self, table: dict[str, Any]):
        self.valence = {
            word: group["value"]
            for group in table["valence"].values()
            for word in group["words"].split()
        }
        for mood, signs in table["emoji"].items():
            self.valence |= dict.fromkeys(signs, table["emoji_value"][mood])
        self.phrases: dict[str, float] = table["phrases"]
        self.heads = {phrase.split()[0] for phrase in self.phrases}
        words = table["modifiers"]
        self.negators = frozenset(words["negators"].split())
        self.scale = dict.fromkeys(words["stronger"].split(), 1.4)
        self.scale |= dict.fromkeys(words["weaker"].split(), 0.6)
        self.directed = frozenset(table["directed"]["words"].split())
        self.own = frozenset(table["directed"]["own"].split())
        emoji = "".join(sorted(set("".join(table["emoji"].values()))))
        self.token = re.compile(f"[a-z]+(?:'[a-z]+)?|[{emoji}]|[.!?\\n;]")

    def tokens(self, plain: str) -> list[str]:
        """Words, emoji and ends of sentences of a text in plain lower case."""
        return self.token.findall(plain)

    def sum_up(
        self,
        tokens: list[str],
        extra: Sequence[tuple[str, float]] = (),
        leave_out_own: bool = False,
    ) -> Sentiment:
        """The sentiment of a text, with `extra` (words, valence) beside its own hits."""
        found = self._found(tokens)
        if leave_out_own:
            own = self._own_sentences(tokens)
            found = [hit for hit in found if hit[2] > 0 or not own[hit[0]]]
        found += [(len(tokens), words, value) for words, value in extra]
        if not found:
            return Sentiment(0.0, (), ())
        last_but = max((i for i, t in enumerate(tokens) if t in ("but", "however")), default=-1)
        # What follows the last "but" is what the writer means (Hutto and Gilbert 2014, halved).
        total = sum(
            v * (1.25 if i > last_but else 0.75) if last_but >= 0 else v for i, _, v in found
        )
        good = dict.fromkeys(word for _, word, v in found if v > 0)
        bad = dict.fromkeys(word for _, word, v in found if v < 0)
        return Sentiment(math.tanh(total / 3), tuple(good), tuple(bad))

    def _found(self, tokens: list[str]) -> list[tuple[int, str, float]]:
        found, skip = [], -1
        for i, token in enumerate(tokens):
            if i == skip:
                continue
            word, value = token, self.valence.get(token)
            if token in self.heads and i + 1 < len(tokens):
                pair = f"{token} {tokens[i + 1]}"
                if pair in self.phrases:
                    word, value, skip = pair, self.phrases[pair], i + 1
            if value:
                found.append((i, word, self._modified(tokens, i, value)))
        return found

    def _own_sentences(self, tokens: list[str]) -> list[bool]:
        """Per token: its sentence says "I" and speaks of nobody else's words."""
        own, start = [False] * len(tokens), 0
        for end in [*(i for i, t in enumerate(tokens) if t in _STOPS), len(tokens)]:
            words = set(tokens[start:end])
            if words & self.own and not words & self.directed:
                own[start:end] = [True] * (end - start)
            start = end
        return own

    def _modified(self, tokens: list[str], i: int, value: float) -> float:
        """Looks back three words inside the sentence for negation and intensity."""
        for j in range(i - 1, max(-1, i - 4), -1):
            before = tokens[j]
            if before in _STOPS:
                break
            if before in self.negators:
                value *= -0.6  # "not great" is less bad than "bad"
            elif j == i - 1:
                value *= self.scale.get(before, 1.0)
        return value


def _plain(text: str) -> str:
    return text[:MAX_CHARS].lower().replace("’", "'")


def _struck(match: re.Match[str]) -> str:
    return "|" * len(match[0])


def _regex(
    bounded: dict[str, list[str]], raw: dict[str, list[str]] | None = None
) -> re.Pattern[str]:
    """Patterns in the notation of the TOML files -> one alternation, longest first.

    Without any pattern it matches nowhere.
    """
    patterns = sorted((p for group in bounded.values() for p in group), key=len, reverse=True)
    inner = "|".join(p.replace(" ", _BLANK).replace("'", "'?") for p in patterns)
    extra = [p for group in (raw or {}).values() for p in group]
    return re.compile("|".join([f"\\b(?:{inner})\\b" if inner else "(?!)", *extra]))


def _table(name: str) -> dict[str, Any]:
    file = resources.files(__package__) / "lexicons" / f"{name}.toml"
    return tomllib.loads(file.read_text("utf8"))


@cache
def _phrases(name: str) -> _Phrases:
    return _Phrases(_table(name))


@cache
def _polarity() -> _Polarity:
    return _Polarity(_table("sentiment"))
