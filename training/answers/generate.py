"""Answers of a language model to posts, screened before anything is shown.

Nobody with clinical training has looked at a model of ours, and the screen hears about half of
what is there (docs/screen.md). So what it flags is withheld, and somebody who may be in danger, or
who is under 18, gets no answer at all but the numbers of people to talk to: *instead* of an answer,
because no row that a model was tuned on answers such a post (docs/pairs.md), and an answer beside
the numbers would be read first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Literal, NamedTuple

from ...corpus.artefacts import stable_hash
from ...corpus.first_help import FirstHelp, first_help
from .answer_risks import CRISIS, MINOR, answer_risks, masked, prompt_risks
from .conversations import rendered, shortened
from .sampling import Limits, continuations
from .speaker import Message, Speaker, ends_of_answer, room, said

BATCHES_AHEAD = 16  # batches that are sorted by length together; answers wait for so many at most
Withheld = Literal["", "prompt", "answer"]


class Answer(NamedTuple):
    """What a model made of one prompt. `text` is None where it is withheld."""

    text: str | None  # identifiers masked
    screen: str  # not_screened (there is no answer), no_flag (not "safe"), flagged
    risk: tuple[str, ...]  # what was heard in the answer
    prompt_risk: tuple[str, ...]  # what was heard in the prompt: then it was not answered
    withheld: Withheld  # what was flagged
    help: tuple[FirstHelp, ...]  # whom to call, where the prompt was flagged
    shortened: bool  # the prompt lost its middle
    finished: bool  # the answer ended by itself
    n_tokens: int


class Spoken(NamedTuple):
    """An answer as the model gave it, before it is screened; identifiers are masked."""

    text: str
    shortened: bool
    finished: bool
    n_tokens: int


def generate(
    model: Speaker | tuple[Any, Any],
    prompts: Iterable[Sequence[Message]],
    *,
    seed: int = 0,
    batch_size: int = 8,
    max_new_tokens: int = 256,
    temperature: float = 0.7,
    show_withheld: bool = False,
) -> Iterator[Answer]:
    """Prompts (conversations that end with the poster's turn) -> answers, in their order.

    An answer depends on model, prompt and seed; what stands beside it in a batch changes the last
    bits of its logits only. `temperature` 0 is greedy. `show_withheld` answers everything and
    hides nothing: for people who study what a model would say. Raises InputError where the answers
    leave no room for a prompt, SettingsError where a template does not fit.
    """
    speaker = Speaker(*model)
    limits = Limits(max_new_tokens, temperature, batch_size)
    waiting = iter(prompts)
    while window := list(islice(waiting, batch_size * BATCHES_AHEAD)):
        dangers = prompt_risks([said(prompt) for prompt in window])
        asked = [n for n, risk in enumerate(dangers) if show_withheld or not risk]
        found = speak(speaker, [window[n] for n in asked], seed=seed, limits=limits)
        risks = answer_risks([one.text for one in found])
        answered = dict(zip(asked, zip(found, risks, strict=True), strict=True))
        for n, danger in enumerate(dangers):
            if n in answered:
                yield _screened(*answered[n], danger, show_withheld)
            else:
                yield Answer(None, "not_screened", (), danger, "prompt", _help(danger), False,
                             False, 0)  # fmt: skip


def speak(
    speaker: Speaker, prompts: Sequence[Sequence[Message]], *, seed: int, limits: Limits
) -> list[Spoken]:
    """What a model says to n prompts, nothing withheld: for measuring, never for showing."""
    if not prompts:
        return []
    cap = room(speaker, limits.max_new_tokens)
    fitting = [shortened(speaker.tokenizer, list(prompt), cap) for prompt in prompts]
    ids = [rendered(speaker.tokenizer, prompt, True) for prompt in fitting]
    ends = ends_of_answer(speaker)
    pad = speaker.tokenizer.pad_token_id
    made = continuations(
        speaker.model, ids, [_seed_of(prompt, seed) for prompt in prompts], ends=ends,
        pad=next(iter(ends), 0) if pad is None else pad, limits=limits,
    )  # fmt: skip
    texts = masked([speaker.tokenizer.decode(m.ids, skip_special_tokens=True) for m in made])
    return [
        Spoken(text.strip(), short != list(prompt), m.finished, len(m.ids))
        for text, short, prompt, m in zip(texts, fitting, prompts, made, strict=True)
    ]


def _seed_of(prompt: Sequence[Message], seed: int) -> int:
    """One stream of random numbers a prompt: the same words with the same seed, the same answer."""
    return stable_hash("redditess generate", str(seed), json.dumps(list(prompt), sort_keys=True))


def _screened(spoken: Spoken, risk: tuple[str, ...], danger: tuple[str, ...], show: bool) -> Answer:
    withheld: Withheld = "prompt" if danger else "answer" if risk else ""
    text = spoken.text if show or not withheld else None
    return Answer(
        text, "flagged" if risk else "no_flag", risk, danger, withheld, _help(danger),
        spoken.shortened, spoken.finished, spoken.n_tokens,
    )  # fmt: skip


def _help(danger: Sequence[str]) -> tuple[FirstHelp, ...]:
    """A child in danger gets both lists, those for children first."""
    minor = first_help("minor") if MINOR in danger else ()
    crisis = first_help("crisis") if any(name in CRISIS for name in danger) else ()
    return minor + crisis
