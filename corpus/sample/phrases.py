"""Phrases with slots, read from `phrases/*.toml`, and how one of their many forms is said.

In a phrase, `[a|b|]` is one of its choices, `{3-6}` a number, `{name}` a phrase of the list of
that name. Choices may hold numbers and names; brackets do not nest.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from .dice import Dice

Lists = Mapping[str, Sequence[str]]
_CHOICE = re.compile(r"\[([^\[\]|]*(?:\|[^\[\]|]*)+)\]")
_CAPITAL = {
    "I",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Sundays",
}
_SLOT = re.compile(r"\{(?:(\d+)-(\d+)|(\w+))\}")


@cache
def bank(name: str) -> dict[str, Any]:
    """One file of phrases, by its name without `.toml`."""
    text = (resources.files(__package__) / "phrases" / f"{name}.toml").read_text("utf8")
    return tomllib.loads(text)


class Teller:
    """Says phrases for one thread, and no phrase twice while its list has others."""

    def __init__(self, dice: Dice, common: Lists):
        self.dice = dice
        self.common = common
        self._told: set[str] = set()

    def tell(self, phrases: Sequence[str], lists: Lists | None = None) -> str:
        """One of `phrases`; its slots come from `lists`, else from the common ones."""
        fresh = [p for p in phrases if p not in self._told] or phrases
        phrase = self.dice.pick(fresh)
        self._told.add(phrase)
        return self.fill(phrase, lists or {})

    def fill(self, phrase: str, lists: Lists) -> str:
        """The phrase with every choice made. KeyError where a slot names no list."""

        def slot(m: re.Match[str]) -> str:
            if m[3] is None:
                return str(self.dice.integer(int(m[1]), int(m[2])))
            told = self.tell(lists.get(m[3]) or self.common[m[3]], lists)
            return _continued(told) if m.string[max(m.start() - 2, 0)] in ",;" else told

        chosen = _CHOICE.sub(lambda m: self.dice.pick(m[1].split("|")), phrase)
        filled = _SLOT.sub(slot, chosen)
        return re.sub(r" +(?=[.,!?](?: |$))", "", re.sub(r"  +", " ", filled)).strip(" ")


def _continued(text: str) -> str:
    """After a comma: a small letter, but for names, "I" and abbreviations."""
    word = text.split(" ")[0].split("'")[0]
    return text if word in _CAPITAL or not word[1:].islower() else text[:1].lower() + text[1:]


def sentence(text: str) -> str:
    """With a capital letter in front and a full stop behind, where it has neither.

    >>> sentence("i wake at 4"), sentence("does it pass?")
    ('I wake at 4.', 'Does it pass?')
    """
    text = text.strip()
    ended = text.endswith((".", "!", "?", ")", ":", "…")) or not text[-1:].isalnum()
    return text[:1].upper() + text[1:] + ("" if ended or not text else ".")
