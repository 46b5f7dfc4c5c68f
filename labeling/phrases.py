"""Families of phrases to find in a text, and traps to strike out, from one list of patterns.

A text without a tell-tale letter sequence is never searched, and every pattern has bounded gaps:
the time is linear in its length. Batches go through `supersets` first, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from .supersets import alternation, first_places, strings

MAX_CHARS = 40_000  # the longest text Reddit takes (a post); more is not a person writing
_BLANK = "(?:[\\s,]{1,3})"
_STRETCH = 2_000  # texts that are copied for RE2 at a time
_LOOKS = 2  # ours: matches of a text after which RE2 no longer looks ahead
_Span = tuple[int, int]


class Heard(NamedTuple):
    """What `Phrases` hears in a text."""

    words: tuple[str, ...]  # of the families
    cut: str  # the text in plain lower case, scorn and decoys struck out
    scorn: tuple[str, ...]


class _Kind:
    """Patterns of one kind, as one regular expression and as its superset."""

    def __init__(self, bounded: dict[str, list[str]], raw: dict[str, list[str]] | None = None):
        patterns = sorted((p for group in bounded.values() for p in group), key=len, reverse=True)
        spelt = [p.replace(" ", _BLANK).replace("'", "'?") for p in patterns]
        extra = [p for group in (raw or {}).values() for p in group]
        inner = "|".join(spelt)
        # Longest first; without any pattern it matches nowhere.
        self.regex = re.compile("|".join([f"\\b(?:{inner})\\b" if inner else "(?!)", *extra]))
        self.superset = alternation(spelt, extra)

    def first_places(self, texts: Sequence[str], array: pa.Array) -> list[int]:
        """(n) a character at or before the first match in each text; -1: there is none.

        RE2 counts bytes, which are characters in ASCII only: elsewhere it is the first.
        """
        found = first_places(array, self.superset).tolist()
        return [at if at < 1 or t.isascii() else 0 for at, t in zip(found, texts, strict=True)]

    def find(self, text: str) -> list[_Span]:
        """All matches in one text, in order."""
        return [m.span() for m in self.regex.finditer(text)]

    def find_all(self, texts: Sequence[str], first: Sequence[int]) -> list[list[_Span]]:
        """`find` of n texts, where `first` says what `first_places` does.

        Behind a match RE2 says whether to look on, since most texts hold one or two; who holds
        more is read to the end at once, so that the time stays linear.
        """
        spans: list[list[_Span]] = [[] for _ in texts]
        left = [(k, at) for k, at in enumerate(first) if at >= 0]
        for _ in range(_LOOKS):
            found = [(k, self.regex.search(texts[k], at)) for k, at in left]
            ends = [(k, match.span()) for k, match in found if match]
            if not ends:
                return spans
            for k, span in ends:
                spans[k].append(span)
            # One character before the rest, for what looks back.
            rest = [texts[k][end - 1 :] for k, (_, end) in ends]
            following = self.first_places(rest, strings(rest))
            left = [
                (k, end + max(0, at - 1))
                for (k, (_, end)), at in zip(ends, following, strict=True)
                if at >= 0
            ]
        for k, at in left:
            spans[k] += [m.span() for m in self.regex.finditer(texts[k], at)]
        return spans


class Phrases:
    """Families to find and traps to strike out, from one TOML table."""

    def __init__(self, table: dict[str, Any]):
        self.stems: list[str] = table["stems"]
        self.families = _Kind(table["families"], table.get("raw", {}))
        self.scorn = _Kind(table.get("scorn", {}))
        self.decoys = _Kind(table.get("decoys", {}))
        self.negated = _Kind(table["negated"])

    def hear(self, text: str) -> Heard:
        """What one text says."""
        low = plain(text)
        if not self._telling(low):
            return Heard((), low, ())
        scorn = self.scorn.find(low)
        cut = struck(low, scorn)
        cut = struck(cut, self.decoys.find(cut))
        if not self.families.regex.search(cut):
            return Heard((), cut, _quoted(low, scorn))
        said = struck(cut, self.negated.find(cut))
        words = _once(_shown(text, low), self.families.find(said))
        return Heard(words, cut, _quoted(low, scorn))

    def hear_all(self, texts: Sequence[str], lows: Sequence[str]) -> list[Heard]:
        """`hear` of n texts; `lows` are the same texts, `plain`."""
        heard: list[Heard] = []
        for start in range(0, len(texts), _STRETCH):
            heard += self._stretch(texts[start:][:_STRETCH], lows[start:][:_STRETCH])
        return heard

    def _stretch(self, texts: Sequence[str], lows: Sequence[str]) -> list[Heard]:
        """Step by step as in `hear`, each for the texts in which its superset was found.

        What a strike leaves holds no match that was not there before: a superset of the whole
        text is one of what is left.
        """
        array = strings(lows)
        kinds = (self.scorn, self.decoys, self.families)
        places = list(zip(*(kind.first_places(lows, array) for kind in kinds), strict=True))
        rows = [i for i, at in enumerate(places) if max(at) >= 0 and self._telling(lows[i])]
        some = [lows[i] for i in rows]
        scorned, decoyed, spoken = ([places[i][j] for i in rows] for j in range(len(kinds)))
        scorn = self.scorn.find_all(some, scorned)
        cuts = list(map(struck, some, scorn))
        cuts = list(map(struck, cuts, self.decoys.find_all(cuts, decoyed)))
        said = self.families.find_all(self._turned(cuts, spoken), spoken)
        heard = [Heard((), low, ()) for low in lows]
        for i, low, cut, bad, good in zip(rows, some, cuts, scorn, said, strict=True):
            heard[i] = Heard(_once(_shown(texts[i], low), good), cut, _quoted(low, bad))
        return heard

    def _turned(self, cuts: Sequence[str], spoken: Sequence[int]) -> list[str]:
        """Texts with their negated phrases struck out, where a family stands in them."""
        rows = [i for i, at in enumerate(spoken) if at >= 0]
        some = [cuts[i] for i in rows]
        negated = self.negated.first_places(some, strings(some))
        for k, i in enumerate(rows):
            if negated[k] >= 0 and not self.families.regex.search(cuts[i], spoken[i]):
                negated[k] = -1  # nothing is said that could be negated
        found = self.negated.find_all(some, negated)
        said = list(cuts)
        for i, spans in zip(rows, found, strict=True):
            said[i] = struck(cuts[i], spans)
        return said

    def _telling(self, low: str) -> bool:
        return any(stem in low for stem in self.stems)

    def trap_length(self, text: str) -> int:
        """Characters of the longest trap; 0 without one."""
        low = plain(text)
        if not self._telling(low):
            return 0
        kinds = (self.scorn.regex, self.decoys.regex, self.negated.regex)
        return max((len(m[0]) for kind in kinds for m in kind.finditer(low)), default=0)


def plain(text: str) -> str:
    """What the patterns look at: lower case, one kind of apostrophe, read to `MAX_CHARS`."""
    return text[:MAX_CHARS].lower().replace("’", "'")


def struck(text: str, spans: Sequence[_Span]) -> str:
    """A text with bars in place of some of its stretches.

    >>> struck("no thanks at all", [(0, 9)])
    '||||||||| at all'
    """
    if not spans:
        return text
    parts, last = [], 0
    for start, end in spans:
        parts += [text[last:start], "|" * (end - start)]
        last = end
    return "".join([*parts, text[last:]])


def _quoted(text: str, spans: Sequence[_Span]) -> tuple[str, ...]:
    return tuple(text[start:end].strip() for start, end in spans)


def _once(text: str, spans: Sequence[_Span]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_quoted(text, spans)))


def _shown(text: str, low: str) -> str:
    """The writer's own spelling; one capital letter in a thousand lower-cases to two."""
    return text if len(text) == len(low) else low
