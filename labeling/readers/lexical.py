"""The backend `lexicon`: word lists alone. No model; what it says is what its words say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import lexicon
from .base import Reading, Words

# Precision of a hit, and share of thanks among texts without one (GoEmotions train, rounded).
THANKS_IF_HIT, THANKS_IF_NONE = 0.92, 0.01
UPTAKE_IF_HIT, UPTAKE_IF_NONE = 0.9, 0.05  # ours: no public set labels uptake


class Lexicon:
    """Readings from `labeling.lexicon`: `tone` is its score, probabilities follow from it."""

    name = "lexicon"

    def read_distinct(self, texts: Sequence[str]) -> Reading:
        """Distinct texts -> reading; linear in their length."""
        heard, planned = lexicon.read_all(texts)
        thanked = np.array([bool(h.thanks) for h in heard], bool)
        took_up = np.array([bool(words) for words in planned], bool)
        tone = np.array([h.sentiment.score for h in heard], np.float32)
        return Reading(
            gratitude=np.where(thanked, THANKS_IF_HIT, THANKS_IF_NONE).astype(np.float32),
            sentiment=np.stack([np.maximum(-tone, 0), 1 - abs(tone), np.maximum(tone, 0)], 1),
            uptake=np.where(took_up, UPTAKE_IF_HIT, UPTAKE_IF_NONE).astype(np.float32),
            thanked=thanked, took_up=took_up, tone=tone,
            reaction=np.array([h.reaction.score for h in heard], np.float32),
            words=[words_of(h, p) for h, p in zip(heard, planned, strict=True)],
        )  # fmt: skip


def words_of(heard: lexicon.Reading, planned: tuple[str, ...]) -> Words:
    """The words the lists found in one text."""
    return Words(heard.thanks, planned, heard.sentiment.positive, heard.sentiment.negative)
