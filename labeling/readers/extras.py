"""What the word lists say about a text, as the few numbers that the models get beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .. import lexicon

N_EXTRAS = 14
# Hardly ever said without thanking; "cheers" and "made my day" often are (docs/log.md).
_PLAIN = ("thank", "thx", "tnx", "ty", "tks", "appreciat", "grateful")


def extras(heard: Sequence[lexicon.Reading], planned: Sequence[tuple[str, ...]]) -> np.ndarray:
    """What the lists heard in n texts, their words of uptake -> (n, 14) float32 in [0, 1].

    Thanks (in plain words; in others; more than one), how it sounds with thanks and traps weighed
    (good, bad, neither),
    how its bare words sound (good, bad), the kinds of words (good, bad, both), whether strongly,
    and uptake. The bare words are worth having beside the weighed ones: docs/log.md.
    """
    n_thanks = np.array([len(one.thanks) for one in heard], int)
    plain = np.array([any(map(_is_plain, one.thanks)) for one in heard], bool)
    tone = np.array([one.sentiment.score for one in heard], np.float64)
    bare = np.array([one.bare for one in heard], np.float64)
    good = np.array([bool(one.sentiment.positive) for one in heard], bool)
    bad = np.array([bool(one.sentiment.negative) for one in heard], bool)
    columns = (
        plain, (n_thanks > 0) & ~plain, n_thanks > 1,
        np.maximum(tone, 0), np.maximum(-tone, 0), tone == 0,
        np.maximum(bare, 0), np.maximum(-bare, 0), good, bad, good & bad, tone > 0.5, tone < -0.5,
        np.array([bool(plan) for plan in planned], bool),
    )  # fmt: skip
    return np.stack([column.astype(np.float32) for column in columns], axis=1)


def _is_plain(words: str) -> bool:
    low = words.lower()
    return any(stem in low for stem in _PLAIN)
