"""Answers that repeat the prompt or a comment of the training set are punished: no parroting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from ....corpus.artefacts import stable_hash
from ....release.twins import normal_form

PROMPT_WORDS = 4
"""Ours: of three words in a row many are stock phrases; of four a quotation is meant."""
COMMENT_WORDS = 8
"""As the GPT-2 report (Radford et al. 2019, section 4) counts what a model has by heart."""
_FACTOR = 0x9E3779B97F4A7C15  # odd, so that no power of it vanishes modulo 2**64


def grams(text: str, n: int) -> np.ndarray:
    """The distinct runs of n words as 64-bit numbers, rising; case and punctuation do not count.

    A text of fewer words is one run, one without words has none.

    >>> len(grams("a b c d", 3)), len(grams("A, b", 3)), len(grams("!", 3))
    (2, 1, 0)
    """
    words = np.array([_number(word) for word in normal_form(text).split()], np.uint64)
    if not len(words):
        return words
    n = min(n, len(words))
    powers = np.cumprod(np.full(n, _FACTOR, np.uint64), dtype=np.uint64)
    runs = np.lib.stride_tricks.sliding_window_view(words, n)
    return np.unique((runs * powers).sum(axis=1, dtype=np.uint64))


def grams_of_all(texts: Iterable[str], n: int = COMMENT_WORDS) -> np.ndarray:
    """Every run of n words of many texts, distinct and rising: eight bytes a run."""
    found = [grams(text, n) for text in texts]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)


def copy_penalty(prompts: Sequence[str], answers: Sequence[str], known: np.ndarray) -> np.ndarray:
    """(n,) in [-1, 0]: minus the share of an answer's runs of words that are not its own.

    Runs of 4 words that stand in its prompt, or runs of 8 that stand in a training comment
    (`known`, of `grams_of_all`), whichever share is the larger. 0 for an answer without words.

    >>> nothing = grams_of_all([])
    >>> copy_penalty(["my cat ran away again"], ["Your cat: my cat ran away!"], nothing).tolist()
    [-0.333...]
    """
    pairs = zip(prompts, answers, strict=True)
    return np.array([-_copied(prompt, answer, known) for prompt, answer in pairs]) + 0.0


def _copied(prompt: str, answer: str, known: np.ndarray) -> float:
    return max(
        _share(grams(answer, PROMPT_WORDS), grams(prompt, PROMPT_WORDS)),
        _share(grams(answer, COMMENT_WORDS), known),
    )


def _share(own: np.ndarray, others: np.ndarray) -> float:
    """Share of `own` that stands in `others`; both rising and distinct."""
    if not len(own) or not len(others):
        return 0.0
    place = np.minimum(np.searchsorted(others, own), len(others) - 1)
    return float(np.mean(others[place] == own))


@lru_cache(maxsize=1 << 18)
def _number(word: str) -> int:
    return stable_hash("redditess copied words", word)
