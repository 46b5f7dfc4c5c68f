"""How a text sounds: valences of words, emoji and two-word phrases, summed with their modifiers."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

_STOPS = frozenset(".!?\n;")
_TURNS = ("but", "however")
_WORDS = "abcdefghijklmnopqrstuvwxyz'"
_TO_BLANKS = str.maketrans(
    dict.fromkeys(map(chr, range(128)), " ") | {c: c for c in _WORDS} | dict.fromkeys(_STOPS, ".")
)


class Sentiment(NamedTuple):
    """How a text sounds: `score` in [-1, 1] (0: no polarity word), and the words behind it."""

    score: float
    positive: tuple[str, ...]
    negative: tuple[str, ...]


SILENT = Sentiment(0.0, (), ())
_Hit = tuple[int, str, float]  # place among the tokens, words, valence with its modifiers


class Polarity:
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
        self.heard = self.heads | self.valence.keys()
        words = table["modifiers"]
        self.negators = frozenset(words["negators"].split())
        self.scale = dict.fromkeys(words["stronger"].split(), 1.4)
        self.scale |= dict.fromkeys(words["weaker"].split(), 0.6)
        self.modifiers = self.negators | self.scale.keys()
        self.directed = frozenset(table["directed"]["words"].split())
        self.own = frozenset(table["directed"]["own"].split())
        emoji = "".join(sorted(set("".join(table["emoji"].values()))))
        self.token = re.compile(f"[a-z]+(?:'[a-z]+)?|[{emoji}]|[.!?\\n;]")

    def tokens(self, plain: str) -> list[str]:
        """Words, emoji and ends of sentences ("." for any of them) of a text in plain lower case.

        ASCII holds no emoji and is divided at blanks, three times as fast; only an apostrophe may
        stand where no word has one.
        """
        if not plain.isascii():
            return self.token.findall(plain)
        pieces = plain.translate(_TO_BLANKS).replace(".", " . ").split()
        if "'" not in plain:
            return pieces
        find = self.token.findall
        return [t for piece in pieces for t in (find(piece) if "'" in piece else (piece,))]

    def hits(self, tokens: Sequence[str]) -> list[_Hit]:
        """The words and phrases of polarity; most tokens are neither, and cost one look."""
        heard = self.heard
        places = [i for i, token in enumerate(tokens) if token in heard]
        found, skip = [], -1
        for i in places:
            if i == skip:
                continue
            token = tokens[i]
            word, value = token, self.valence.get(token)
            if token in self.heads and i + 1 < len(tokens):
                pair = f"{token} {tokens[i + 1]}"
                if pair in self.phrases:
                    word, value, skip = pair, self.phrases[pair], i + 1
            if value:
                if not self.modifiers.isdisjoint(tokens[max(0, i - 3) : i]):
                    value = self._modified(tokens, i, value)
                found.append((i, word, value))
        return found

    def sum_up(
        self, tokens: Sequence[str], found: list[_Hit], extra: Sequence[tuple[str, float]] = ()
    ) -> Sentiment:
        """The sentiment of a text by its hits, with `extra` (words, valence) beside them."""
        if extra:
            found = found + [(len(tokens), words, value) for words, value in extra]
        if not found:
            return SILENT
        if any(turn in tokens for turn in _TURNS):
            last = max(i for i, token in enumerate(tokens) if token in _TURNS)
            # What follows the last "but" is what the writer means (Hutto and Gilbert 2014, halved).
            total = sum([v * (1.25 if i > last else 0.75) for i, _, v in found])
        else:
            total = sum([v for _, _, v in found])
        good = dict.fromkeys([word for _, word, v in found if v > 0])
        bad = dict.fromkeys([word for _, word, v in found if v < 0])
        return Sentiment(math.tanh(total / 3), tuple(good), tuple(bad))

    def of_others(self, tokens: Sequence[str], found: list[_Hit]) -> list[_Hit]:
        """Without the bad words of sentences that say "I" and speak of nobody else's words."""
        if all(value > 0 for _, _, value in found):
            return found
        stops = [i for i, token in enumerate(tokens) if token in _STOPS]
        return [h for h in found if h[2] > 0 or not self._is_own(tokens, stops, h[0])]

    def _is_own(self, tokens: Sequence[str], stops: Sequence[int], i: int) -> bool:
        """Is token i, no stop itself, in such a sentence?"""
        after = bisect_left(stops, i)
        start = stops[after - 1] if after else 0
        end = stops[after] if after < len(stops) else len(tokens)
        words = tokens[start:end]
        return not self.own.isdisjoint(words) and self.directed.isdisjoint(words)

    def _modified(self, tokens: Sequence[str], i: int, value: float) -> float:
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
