"""What the word lists say about a text, as the few numbers that the models get beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import lexicon

N_EXTRAS = 13


def extras(heard: Sequence[lexicon.Reading], planned: Sequence[tuple[str, ...]]) -> np.ndarray:
    """What the lists heard in n texts, their words of uptake -> (n, 13) float32 in [0, 1].

    Thanks (any; more than one), how it sounds with thanks and traps weighed (good, bad, neither),
    how its bare words sound (good, bad), the kinds of words (good, bad, both), whether strongly,
    and uptake. The bare words are worth having beside the weighed ones: docs/log.md.
    """
    n_thanks = np.array([len(one.thanks) for one in heard], int)
    tone = np.array([one.sentiment.score for one in heard], np.float64)
    bare = np.array([one.bare for one in heard], np.float64)
    good = np.array([bool(one.sentiment.positive) for one in heard], bool)
    bad = np.array([bool(one.sentiment.negative) for one in heard], bool)
    columns = (
        n_thanks > 0, n_thanks > 1, np.maximum(tone, 0), np.maximum(-tone, 0), tone == 0,
        np.maximum(bare, 0), np.maximum(-bare, 0), good, bad, good & bad, tone > 0.5, tone < -0.5,
        np.array([bool(plan) for plan in planned], bool),
    )  # fmt: skip
    return np.stack([column.astype(np.float32) for column in columns], axis=1)
