"""The backend `linear`: a model over hashed n-grams that ships with the package (a few MB)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .. import lexicon, linear
from .base import Reading
from .extras import extras
from .modelled import bounded

WEIGHTS = Path(__file__).parent.parent / "weights" / "linear.safetensors"


class Hashed:
    """Readings of `labeling.linear`, bounded by the word lists; numpy alone."""

    name = "linear"

    def __init__(self, path: Path = WEIGHTS):
        self.model, self.meta = linear.load(path)

    def read_distinct(self, texts: Sequence[str]) -> Reading:
        """Distinct texts -> reading; linear in their length."""
        heard, planned = lexicon.read_all(texts)
        logits = self.model.logits(texts, extras(heard, planned))
        thanks, sides, uptake = logits[:, 0], logits[:, 1:4], logits[:, 4]
        return bounded(
            texts, heard, planned,
            sigmoid(thanks), softmax(sides), sigmoid(uptake), self.model.strongest,
        )  # fmt: skip

    def logits(self, texts: Sequence[str]) -> np.ndarray:
        """The heads' logits (n, 5), before any bound."""
        return self.model.logits(texts, extras(*lexicon.read_all(texts)))


def sigmoid(x: np.ndarray) -> np.ndarray:
    """Logits -> probabilities, without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def softmax(x: np.ndarray) -> np.ndarray:
    """Logits (n, k) -> probabilities (n, k)."""
    e = np.exp(x - x.max(axis=1, keepdims=True, initial=-np.inf))
    return np.asarray(e / e.sum(axis=1, keepdims=True))
