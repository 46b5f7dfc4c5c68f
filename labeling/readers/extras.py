"""What the word lists say about a text, as the few numbers that the models get beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import lexicon

N_EXTRAS = 13


def extras(
    texts: Sequence[str],
    heard: Sequence[lexicon.Reading],
    planned: Sequence[tuple[str, ...]],
) -> np.ndarray:
    """n texts, what the lists heard in them, their words of uptake -> (n, 13) float32 in [0, 1].

    Thanks (any; more than one), how it sounds with thanks and traps weighed (good, bad, neither),
    how its bare words sound (good, bad), the kinds of words (good, bad, both), whether strongly,
    and uptake. The bare words are worth having beside the weighed ones: docs/log.md.
    """
    rows = np.zeros((len(heard), N_EXTRAS), np.float32)
    for row, text, one, plan in zip(rows, texts, heard, planned, strict=True):
        tone, bare = one.sentiment.score, lexicon.sentiment(text).score
        good, bad = bool(one.sentiment.positive), bool(one.sentiment.negative)
        row[:] = (
            bool(one.thanks), len(one.thanks) > 1, max(tone, 0), max(-tone, 0), tone == 0,
            max(bare, 0), max(-bare, 0), good, bad, good and bad, tone > 0.5, tone < -0.5,
            bool(plan),
        )  # fmt: skip
    return rows
