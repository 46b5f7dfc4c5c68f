"""Readers: what a reply says (thanks, uptake, how it sounds), by interchangeable backends.

    reading = reader("linear").read(["Thank you, I'll try that tonight"])
    reading.gratitude, reading.sentiment, reading.uptake, reading.words

Labeling functions ask `current()`, which a stage sets by `with using(settings.reader):`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

from ...corpus.errors import SettingsError
from .base import CLASSES, Backend, Reader, Reading, Words

__all__ = [
    "BACKENDS",
    "CLASSES",
    "DEFAULT",
    "Reader",
    "Reading",
    "Words",
    "current",
    "reader",
    "using",
]

BACKENDS = ("linear", "lexicon", "minilm", "transformers")
DEFAULT = "linear"
CHECKPOINT = "cardiffnlp/twitter-roberta-base-sentiment-latest"
"""The default of `transformers` (Loureiro et al. 2022), read as TweetNLP reads it."""


_in_use: ContextVar[str] = ContextVar("reader", default=DEFAULT)


@lru_cache(maxsize=4)
def reader(name: str = DEFAULT) -> Reader:
    """The reader of a name: "linear", "lexicon", "minilm[:folder]", "transformers[:checkpoint]".

    Raises SettingsError for another name, MissingExtra where the backend needs an extra.

    >>> reader("lexicon").read(["Thank you!", "no thanks"]).thanked.tolist()
    [True, False]
    """
    return Reader(_backend(name))


def _backend(name: str) -> Backend:
    kind, _, where = name.partition(":")
    if kind == "lexicon" and not where:
        from .lexical import Lexicon

        return Lexicon()
    if kind == "linear" and not where:
        from .hashed import Hashed

        return Hashed()
    if kind == "minilm":
        from .minilm import MiniLM

        return MiniLM(where)
    if kind == "transformers":
        from .transformer import Transformer

        return Transformer(where or CHECKPOINT)
    near = difflib.get_close_matches(kind, BACKENDS, 1)
    hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(BACKENDS)}"
    raise SettingsError(f"no reader {name!r}", "reader", hint)


def current() -> Reader:
    """The reader that the running stage chose; outside any, the default."""
    return reader(_in_use.get())


@contextmanager
def using(name: str) -> Iterator[Reader]:
    """Within the block, `current()` is this reader (per thread and task)."""
    chosen = reader(name)
    token = _in_use.set(name)
    try:
        yield chosen
    finally:
        _in_use.reset(token)
