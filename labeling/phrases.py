"""Families of phrases to find in a text, and traps to strike out, from one list of patterns.

A text without a tell-tale letter sequence is never searched, and every pattern has bounded gaps:
the time is linear in its length. Batches go through `supersets` first, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from .supersets import alternation, first_places, strings

MAX_CHARS = 40_000  # the longest text Reddit takes (a post); more is not a person writing
_BLANK = "(?:[\\s,]{1,3})"
_STRETCH = 2_000  # texts that are copied for RE2 at a time


class Heard(NamedTuple):
    """What `Phrases` hears in a text."""

    words: tuple[str, ...]  # of the families
    cut: str  # the text in plain lower case, scorn and decoys struck out
    scorn: tuple[str, ...]


class _May(NamedTuple):
    """Where in a text each kind of pattern may match first: a place before its first match."""

    scorn: int = 0  # -1: nowhere
    decoys: int = 0
    families: int = 0
    negated: int = 0


_ANYWHERE = _May()


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

    def first_places(self, texts: pa.Array) -> np.ndarray:
        return first_places(texts, self.superset)


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
        return self._hear(text, plain(text), _ANYWHERE)

    def hear_all(self, texts: Sequence[str], lows: Sequence[str]) -> list[Heard]:
        """`hear` of n texts; `lows` are the same texts, `plain`."""
        heard: list[Heard] = []
        for start in range(0, len(texts), _STRETCH):
            heard += self._stretch(texts[start:][:_STRETCH], lows[start:][:_STRETCH])
        return heard

    def _stretch(self, texts: Sequence[str], lows: Sequence[str]) -> list[Heard]:
        array = strings(lows)
        places = np.full((len(texts), len(_May._fields)), -1, np.int64)
        for j, kind in enumerate((self.scorn, self.decoys, self.families)):
            places[:, j] = kind.first_places(array)
        said = np.flatnonzero(places[:, 2] >= 0)  # what a family says is all there is to negate
        places[said, 3] = self.negated.first_places(array.take(pa.array(said)))
        heard = [Heard((), low, ()) for low in lows]
        rows = np.flatnonzero((places >= 0).any(axis=1))
        for i, where in zip(rows.tolist(), places[rows].tolist(), strict=True):
            heard[i] = self._hear(texts[i], lows[i], _May(*where))
        return heard

    def _hear(self, text: str, low: str, may: _May) -> Heard:
        """Nothing is struck out or found where the superset says that nothing can be."""
        if not any(stem in low for stem in self.stems):
            return Heard((), low, ())
        shown = text if len(text) == len(low) else low  # one capital letter lower-cases to two
        scorn: tuple[str, ...] = ()
        cut = low
        if may.scorn >= 0:
            scorn = tuple(m[0].strip() for m in self.scorn.regex.finditer(low))
            cut = self.scorn.regex.sub(_struck, low) if scorn else low
        if may.decoys >= 0:
            cut = self.decoys.regex.sub(_struck, cut)
        first = may.families if low.isascii() else min(may.families, 0)  # bytes are characters
        find = self.families.regex
        if first < 0 or (may.negated >= 0 and not find.search(cut, first)):
            return Heard((), cut, scorn)
        said = self.negated.regex.sub(_struck, cut) if may.negated >= 0 else cut
        spans = (m.span() for m in find.finditer(said, first))
        return Heard(tuple(dict.fromkeys(shown[a:b].strip() for a, b in spans)), cut, scorn)

    def trap_length(self, text: str) -> int:
        """Characters of the longest trap; 0 without one."""
        low = plain(text)
        if not any(stem in low for stem in self.stems):
            return 0
        kinds = (self.scorn.regex, self.decoys.regex, self.negated.regex)
        return max((len(m[0]) for kind in kinds for m in kind.finditer(low)), default=0)


def plain(text: str) -> str:
    """What the patterns look at: lower case, one kind of apostrophe, read to `MAX_CHARS`."""
    return text[:MAX_CHARS].lower().replace("’", "'")


def _struck(match: re.Match[str]) -> str:
    return "|" * len(match[0])
