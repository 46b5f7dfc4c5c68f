"""The figures of a file of answers: what they are like, beside references and a base model."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..corpus.errors import InputError, MissingExtra
from ..stats.generation import distinct
from ..stats.intervals import Estimate, share
from . import embedding
from .answers import Answered, Answers, References, read_answers
from .generation import (
    TOKENS,
    Measure,
    bleu,
    figure,
    gain,
    mean_of,
    perplexity_of,
    rouge,
    words,
)
from .strategies import distribution
from .support_metrics import HOW as SUPPORT
from .support_metrics import support_metrics

DISTINCT = "different n-grams / all n-grams of all answers; falls as answers are added; tokens: "
KINDS = ("strategies", "support_types")


class Options(NamedTuple):
    """What is measured besides. `perplexity_model`: a causal model that reads the answers."""

    references: References | None = None
    perplexity_model: str = ""
    embeddings: bool = True


def generator(
    answers: str | Path, options: Options, base: str | Path | None = None
) -> dict[str, Any]:
    """Every figure of a file of answers, JSON-able, ends at 95 %.

    `base`: answers of another model; differences are on the prompts that both answered. Raises
    InputError as `read_answers` does, and for a base that answered none of the prompts.
    """
    mine = read_answers(answers)
    found, measures = _described(mine, options)
    if base is not None:
        found["base"] = _beside(mine, measures, read_answers(base), options)
    return found


def _described(mine: Answers, options: Options) -> tuple[dict[str, Any], dict[str, Measure]]:
    rows, posts = mine.scored, np.array([row.key for row in mine.scored])
    references = [options.references.of(row) if options.references else [] for row in rows]
    measures, not_measured = _measures(rows, references, options)
    told = {name: _told(figure(m, posts), m.how) for name, m in measures.items()}
    tokens = [words(row.text) for row in rows]
    for n in (1, 2):
        told[f"distinct_{n}"] = _told(distinct(tokens, n, posts), DISTINCT + TOKENS)
    # A share near 0 or 1 has no symmetric interval.
    proactive = measures["proactivity"].columns[:, 0] > 0
    told["proactivity"] = _told(share(proactive, posts), SUPPORT["proactivity"])
    not_measured["relaxation"] = "the poster never saw these answers"
    return {
        "file": mine.name, "model": ", ".join(mine.models), "n_records": mine.n_records,
        "n_scored": len(rows), "n_prompts": len(np.unique(posts)), "unscored": mine.unscored,
        "n_empty": sum(not row.text.strip() for row in rows),
        "n_with_reference": sum(map(bool, references)),
        "metrics": told, "not_measured": not_measured,
        **{kind: _distribution(rows, posts, references, kind) for kind in KINDS},
    }, measures  # fmt: skip


def _measures(
    rows: Sequence[Answered], references: Sequence[Sequence[str]], options: Options
) -> tuple[dict[str, Measure], dict[str, str]]:
    """Figures of sums by name, and why others are not there."""
    texts = [row.text for row in rows]
    missing: dict[str, str] = {}
    support = support_metrics([row.post for row in rows], texts)
    found = {
        "words": mean_of(np.array([len(words(t)) for t in texts], float), f"mean; {TOKENS}"),
        "proactivity": mean_of(support.proactive.astype(float), SUPPORT["proactivity"], (0, 1)),
        "information": mean_of(support.information, SUPPORT["information"]),
        "repetition": mean_of(support.repetition, SUPPORT["repetition"]),
    }
    if any(references):
        found["bleu"] = bleu(texts, references)
        found |= rouge(texts, references)
        found |= _similarity(texts, references, options, missing)
    else:
        why = "no reference" if options.references is None else "no prompt has a reference"
        missing |= dict.fromkeys(("bleu", "rouge", "similarity"), why)
    if options.perplexity_model:
        found |= _perplexity(rows, options.perplexity_model)
    else:
        missing["perplexity"] = "no model was named (--perplexity)"
    return found, missing


def _similarity(
    texts: Sequence[str],
    references: Sequence[Sequence[str]],
    options: Options,
    missing: dict[str, str],
) -> dict[str, Measure]:
    if not options.embeddings:
        missing["similarity"] = "not asked for"
        return {}
    try:
        return {
            "similarity": mean_of(embedding.similarity(texts, references), embedding.HOW, (-1, 1))
        }
    except MissingExtra as e:
        missing["similarity"] = str(e)
        return {}


def _perplexity(rows: Sequence[Answered], model: str) -> dict[str, Measure]:
    """Of each answer given its prompt; a prompt over the model's room loses its middle."""
    from ..training.answers.conversations import shortened, tokens
    from ..training.answers.likelihood import answer_logprobs
    from ..training.answers.speaker import load_speaker, room
    from ..training.runs.quiet import quiet
    from ..training.train import require_extra

    require_extra()
    with quiet():
        speaker = load_speaker(model)
    asked = []
    for row in rows:
        answer = [{"role": "assistant", "content": row.text}]
        length = len(speaker.tokenizer(row.text, add_special_tokens=False)["input_ids"])
        prompt = shortened(speaker.tokenizer, row.prompt, room(speaker, length + 16))
        asked.append(tokens(speaker.tokenizer, prompt, answer))
    pad = speaker.tokenizer.pad_token_id
    said = answer_logprobs(speaker.model, asked, batch_size=8, pad_id=0 if pad is None else pad)
    return perplexity_of(said.total, said.n_tokens, speaker.name)


def _beside(
    mine: Answers, measures: dict[str, Measure], other: Answers, options: Options
) -> dict[str, Any]:
    pairs = _common(mine.scored, other.scored)
    if not pairs:
        raise InputError("answers none of the same prompts", other.name, "ask both the same posts")
    found, theirs = _described(other, options)
    left, right = (np.array(side) for side in zip(*pairs, strict=True))
    posts = np.array([mine.scored[n].key for n in left])
    differences = {
        name: _told(gain(_taken(m, left), _taken(theirs[name], right), posts), m.how)
        for name, m in measures.items()
        if name in theirs
    }
    return {**found, "n_common": len(pairs), "differences": differences}


def _common(mine: Sequence[Answered], other: Sequence[Answered]) -> list[tuple[int, int]]:
    """Places of answers to one prompt, the first to the first, the second to the second."""
    waiting: dict[str, list[int]] = {}
    for n, row in enumerate(other):
        waiting.setdefault(row.key, []).append(n)
    seen: Counter[str] = Counter()
    pairs = []
    for n, row in enumerate(mine):
        there = waiting.get(row.key, [])
        if seen[row.key] < len(there):
            pairs.append((n, there[seen[row.key]]))
        seen[row.key] += 1
    return pairs


def _taken(measure: Measure, rows: np.ndarray) -> Measure:
    return measure._replace(columns=measure.columns[rows], counts=measure.counts[rows])


def _distribution(
    rows: Sequence[Answered],
    posts: np.ndarray,
    references: Sequence[Sequence[str]],
    kind: Any,
) -> dict[str, Any]:
    """Shares, and their distance to the references' (each reference of each post once)."""
    once = {row.key: each for row, each in zip(rows, references, strict=True)}
    texts = [text for each in once.values() for text in each]
    names = np.array([key for key, each in once.items() for _ in each])
    found = distribution([row.text for row in rows], posts, kind, texts, names)
    away = found["distance"]
    return {
        "shares": {name: _told(value) for name, value in found["shares"].items()},
        "distance_to_references": None if away is None else {
            **_told(away.distance, "total variation of what is mentioned, 0-1"),
            "by_chance": _plain(away.by_chance), "n_references": len(texts),
        },
    }  # fmt: skip


def _told(estimate: Estimate, how: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {name: _plain(value) for name, value in estimate._asdict().items()}
    return {**found, "how": how} if how else found


def _plain(value: float) -> float | None:
    """JSON has no nan and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
