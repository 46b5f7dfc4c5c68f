"""Evidence of a vote as one line of text that a person reads and a report can take apart.

A line is a list of items, `<place>: <kind> "words", "words"`, separated by "; ". The place is
`reply 0` (OP's turns in the order of `op_replies`), `edit` or `general 0`; the kind is one of
`thanks`, `uptake`, `rejects`, `asks`, `positive`, `negative`. Evidence of integers is plain words
without quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

MAX_WORDS = 4  # per item: enough to see what fired
MAX_CHARS = 60  # per quotation

_ITEM = re.compile(
    r"(reply \d+|edit|general \d+): (thanks|uptake|rejects|asks|positive|negative)"
    r' ("[^"]*"(?:, "[^"]*")*)'
)


class Heard(NamedTuple):
    """Words that fired, and where."""

    place: str  # "reply 0", "edit", "general 2"
    kind: str  # one of the words above
    words: tuple[str, ...]


def line(heard: Iterable[Heard]) -> str | None:
    """Items as one line; None where nothing was heard.

    >>> line([Heard("reply 0", "thanks", ("thank you", "appreciate it"))])
    'reply 0: thanks "thank you", "appreciate it"'
    """
    items = [f"{h.place}: {h.kind} {_quoted(h.words)}" for h in heard if h.words]
    return "; ".join(items) or None


def parse(evidence: str | None) -> list[Heard]:
    """The inverse of `line`, for a report that wants to mark the words in OP's text.

    >>> parse('reply 0: thanks "thank you"; edit: negative "hate"')[1]
    Heard(place='edit', kind='negative', words=('hate',))
    """
    return [
        Heard(place, kind, tuple(re.findall('"([^"]*)"', words)))
        for place, kind, words in _ITEM.findall(evidence or "")
    ]


def _quoted(words: Sequence[str]) -> str:
    shown = (" ".join(w[:MAX_CHARS].replace('"', "'").split()) for w in words[:MAX_WORDS])
    return ", ".join(f'"{w}"' for w in shown)
