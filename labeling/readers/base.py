"""What a reader is: texts in, probabilities, decisions and the words behind them out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np

CLASSES = ("negative", "neutral", "positive")
"""The columns of `Reading.sentiment`, in this order."""


class Words(NamedTuple):
    """The words of one text that fired, by what they say; each is a substring of the text."""

    thanks: tuple[str, ...] = ()
    uptake: tuple[str, ...] = ()
    positive: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()


class Reading(NamedTuple):
    """What a reader heard in n texts; every array has one entry per text, in their order.

    Probabilities are float32 in [0, 1]; `tone` and `reaction` are scores in [-1, 1]: the
    probability of a positive text minus that of a negative one. `reaction` leaves out what is
    about OP's own life ("I feel terrible today" is no answer to anyone): below 0 only where words
    aimed at the comment stand behind it, so that a misread reply abstains and rejects nobody.
    """

    gratitude: np.ndarray  # (n,) probability that the text thanks its reader
    sentiment: np.ndarray  # (n, 3) probabilities of CLASSES; rows add up to 1
    uptake: np.ndarray  # (n,) probability that the text states an effect or a plan
    thanked: np.ndarray  # (n,) bool: past the backend's threshold, traps ruled out
    took_up: np.ndarray  # (n,) bool: the same for uptake
    tone: np.ndarray  # (n,) float32: of everything the text says
    reaction: np.ndarray  # (n,) float32: of what it says to its reader
    words: list[Words]

    def take(self, index: np.ndarray) -> Reading:
        """The reading of texts[i] for i in `index`."""
        g, s, u, thanked, took_up, tone, reaction, words = self
        return Reading(
            g[index], s[index], u[index], thanked[index], took_up[index], tone[index],
            reaction[index], [words[i] for i in index.tolist()],
        )  # fmt: skip


class Backend(Protocol):
    """What a file of this folder provides: a name, and a reading of distinct texts."""

    name: str

    def read_distinct(self, texts: Sequence[str]) -> Reading: ...


class Reader:
    """A backend that reads each text of a batch once, however many rules and rows ask for it."""

    def __init__(self, backend: Backend):
        self.name = backend.name
        self.backend = backend
        # Rules that hear the same column follow one another: the last few batches suffice.
        self._distinct = lru_cache(maxsize=4)(backend.read_distinct)

    def read(self, texts: Sequence[str]) -> Reading:
        """Texts (n) -> their reading; nothing is kept beyond the last few batches."""
        place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        reading = self._distinct(tuple(place))
        return reading.take(np.fromiter((place[t] for t in texts), np.int64, len(texts)))
