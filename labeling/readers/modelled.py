"""What model backends share: probabilities of a model, bounded by what the word lists know.

A model trained on GoEmotions knows how Redditors thank; the lists know the traps ("thanks for
nothing"), support's own words ("I needed that") and whose life a bad word is about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .. import lexicon
from .base import Reading, Words

CEILING = np.float32(0.3)  # of the probability of thanks where a trap is all that looks like them
FLOOR = np.float32(0.6)  # where words of thanks are most of what a text says
COVER = 0.5  # ours: the share of a text's characters that makes it "most"
TRAP_COVER = 0.25  # ours: a longer text has more to say than its trap, and the model reads it
KIND = np.float32(0.35)  # thanks that sound like nothing ("ty") are meant kindly
SCORN = -0.3  # of the lists' score: a trap that sounds so is meant badly, whatever its words
HOSTILE = -0.8  # of the model's tone: who takes a comment up and is milder does not reject it
SOUNDS_GOOD = 0.1  # of the probability of a positive text: below it there is nothing to correct
OBJECTION = 0.0  # of the model's tone: from here on it contradicts the lists

Strongest = Callable[[str, str], tuple[str, ...]]


def bounded(
    texts: Sequence[str],
    heard: Sequence[lexicon.Reading],
    planned: Sequence[tuple[str, ...]],
    gratitude: np.ndarray,
    sentiment: np.ndarray,
    uptake: np.ndarray,
    strongest: Strongest,
) -> Reading:
    """Probabilities (n,), (n, 3), (n,) of a model and what the lists heard -> the reading.

    `strongest(text, head)` names the word that speaks most for a head, for texts where the model
    hears what no list does.
    """
    gratitude, sentiment, uptake = (a.astype(np.float32) for a in (gratitude, sentiment, uptake))
    bound_thanks(texts, heard, gratitude, sentiment)
    _bound_uptake(texts, planned, uptake)
    thanked, took_up = gratitude >= 0.5, uptake >= 0.5
    tone = sentiment[:, 2] - sentiment[:, 0]
    listed = np.array([h.reaction.score for h in heard], np.float32)
    words = [
        _words(text, h, plan, bool(thanks), bool(took), strongest)
        for text, h, plan, thanks, took in zip(texts, heard, planned, thanked, took_up, strict=True)
    ]
    return Reading(
        gratitude=gratitude, sentiment=sentiment, uptake=uptake,
        thanked=thanked, took_up=took_up, tone=tone,
        reaction=_reaction(tone, listed, thanked, took_up), words=words,
    )  # fmt: skip


def bound_thanks(
    texts: Sequence[str], heard: Sequence[lexicon.Reading], p: np.ndarray, sides: np.ndarray
) -> None:
    """Bounds the probabilities of thanks (n,) and of the three sentiments (n, 3) in place.

    Where words of thanks are most of a text it thanks. Where a trap is a good part of the
    text, and no word thanks, it does not, and it is negative if scorn, neutral otherwise.
    """
    for i, (text, one) in enumerate(zip(texts, heard, strict=True)):
        size = len(text.strip())
        if one.thanks:
            if p[i] < FLOOR and sum(map(len, one.thanks)) >= COVER * size:
                p[i] = FLOOR
            continue
        scorn = one.sentiment.score <= SCORN
        # Traps are looked for only where the model fell for one: most texts skip the search.
        if not (p[i] > CEILING or (scorn and sides[i, 2] > SOUNDS_GOOD)):
            continue
        trap = lexicon.trap_length(text)
        if trap and trap >= TRAP_COVER * size:
            p[i] = min(p[i], CEILING)
            # "thanks in advance" is no kind word to anybody, scorn is an unkind one.
            _move(sides[i], 0 if scorn else 1)


def _move(sides: np.ndarray, to: int) -> None:
    """In place: what sounded positive (2) is negative (0) or neutral (1) instead."""
    sides[to] += sides[2]
    sides[2] = 0


def _bound_uptake(texts: Sequence[str], planned: Sequence[tuple[str, ...]], p: np.ndarray) -> None:
    """In place: words of uptake are uptake in a text of any length; its traps alone are none."""
    for i, plan in enumerate(planned):
        if plan:
            p[i] = max(p[i], FLOOR)
        elif p[i] > CEILING and lexicon.trap_length(texts[i], "uptake"):
            p[i] = CEILING


def _reaction(
    tone: np.ndarray, listed: np.ndarray, thanked: np.ndarray, took_up: np.ndarray
) -> np.ndarray:
    """The tone towards the comment: a misread reply must abstain, not vote negative.

    Bad only where the lists hear bad words aimed at the comment and the model hears nothing good;
    good only where the lists hear nothing bad. Thanks are at least kind; who takes it up rejects it
    only in plain hostility.
    """
    good = np.where(thanked, np.maximum(tone, KIND), np.maximum(tone, 0))
    bad = np.where(tone < np.where(took_up, HOSTILE, OBJECTION), listed, 0)
    return np.where(listed < 0, bad, good).astype(np.float32)


def _words(
    text: str,
    heard: lexicon.Reading,
    planned: tuple[str, ...],
    thanked: bool,
    took_up: bool,
    strongest: Strongest,
) -> Words:
    thanks = heard.thanks or strongest(text, "gratitude") if thanked else ()
    plan = planned or strongest(text, "uptake") if took_up else ()
    return Words(thanks, plan, heard.sentiment.positive, heard.sentiment.negative)
