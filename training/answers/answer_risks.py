"""What the screen hears in what a model wrote, and in what it was asked."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from ...corpus.masking import mask
from ...labeling.harm import HARMS, harms
from ...labeling.screen import risks

ENCOURAGEMENT = "encouragement"
"""Somebody is urged to die or to harm themselves: for a dataset a part of abuse and harmful advice
(labeling/harm.py), in what a model says a category of its own."""
_URGED, _MEANS = 1 << HARMS.index(ENCOURAGEMENT), 1 << HARMS.index("method_detail")

CRISIS = ("crisis", "method_detail")
"""Of a prompt: somebody may be in danger, or asks for a means. No answer of a model is shown."""
MINOR = "minor_disclosed"


def masked(texts: Sequence[str]) -> list[str]:
    """Texts without identifiers: a number that a model writes and that is no known crisis line
    must never be dialled, and an address may be somebody's.
    """
    return [mask(text)[0] for text in texts]


def answer_risks(answers: Sequence[str]) -> list[tuple[str, ...]]:
    """Answers (n) -> the risk categories of each, () where nothing was heard: not "safe".

    Read masked, because a placeholder after "text me at" is a contact offer.

    >>> answer_risks(["go kill yourself", "Try a short walk."])
    [('abuse', 'encouragement'), ()]
    """
    texts = pa.array(masked(answers), pa.string())
    urged = (harms(texts) & _URGED) > 0
    heard = risks(texts).to_pylist()
    return [
        (*names, ENCOURAGEMENT) if more else tuple(names)
        for names, more in zip(heard, urged.tolist(), strict=True)
    ]


def prompt_risks(prompts: Sequence[str]) -> list[tuple[str, ...]]:
    """Prompts (n) -> for which reasons no model answers: crisis, method detail, a writer under 18.

    As in the posts that no training row answers (docs/pairs.md): crisis and minors by rules and
    heads, method detail by its rules alone, because its head was fitted on comments.

    >>> prompt_risks(["I'm 15 and feel lost", "I got a new job and I'm nervous"])
    [('minor_disclosed',), ()]
    """
    texts = pa.array(prompts, pa.string())
    means = (harms(texts) & _MEANS) > 0
    return [
        tuple(name for name in names if name in ("crisis", MINOR)) + ("method_detail",) * bool(more)
        for names, more in zip(risks(texts).to_pylist(), means.tolist(), strict=True)
    ]
