"""Does what is read fit: prompts, answers, the model's positions; are the sides of a pair alike?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow.compute as pc

from ...release.pair_rules import BAND
from ..recipes.recipe import GeneratorRecipe, GrpoRecipe
from .checks import Check
from .finding import GENERATORS, Finding, error, ok, warning
from .stream import Stream
from .subject import PAIRED, Subject

FEW, MANY = 0.02, 0.2  # answers that do not fit: ours; a cut of a fiftieth changes no result
MANY_PROMPTS = 0.25  # prompts over the cap: ours; they lose their middle, not their point
ROOM = 32  # tokens: less is no answer
MEANS = 0.02  # of lengths: the bound that published pairs are held to (docs/pairs.md)
COUNTED_FROM_PAD = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "roberta-prelayernorm")


def places_of(config: Any) -> int | None:
    """How many tokens a model has positions for; None where nothing says so.

    RoBERTa counts positions from the padding's number on, so two of 514 are lost.
    """
    text = config.get_text_config()
    for name in ("max_position_embeddings", "n_positions", "max_sequence_length"):
        n = getattr(text, name, None)
        if isinstance(n, int) and n > 0:
            return n - 2 if text.model_type in COUNTED_FROM_PAD else n
    return None


def positions(subject: Subject) -> Iterator[Finding]:
    """What is read is no longer than the model has positions for."""
    recipe, has = subject.recipe, places_of(subject.config)
    asked, what = recipe.max_length, f"max_length {recipe.max_length:,}"
    if isinstance(recipe, GrpoRecipe):
        asked = recipe.prompt_cap + recipe.max_completion
        what = f"prompt_cap + max_completion = {asked:,}"
    if has is None:
        yield ok("The model's config names no last position.")
    elif asked > has:
        half = f"prompt_cap and max_completion: {has // 2} each"
        fits = half if recipe.kind == "grpo" else f"max_length: {has}"
        yield error(
            f"{what} is more than the {has:,} positions of {subject.base.name}.", f"Set {fits}."
        )
    else:
        yield ok(f"{what} is within the model's {has:,} positions.")


def room_for_answers(subject: Subject) -> Iterator[Finding]:
    """The longest prompt leaves room for an answer."""
    recipe = subject.recipe
    assert isinstance(recipe, GeneratorRecipe)
    left = recipe.max_length - recipe.prompt_cap
    if recipe.kind == "grpo":
        return
    if left < ROOM:
        yield error(
            f"prompt_cap {recipe.prompt_cap} leaves {max(left, 0)} of max_length "
            f"{recipe.max_length} tokens for an answer.",
            f"Set prompt_cap: {max(recipe.max_length // 2, 1)} (half of max_length).",
        )


def answers_fit(subject: Subject) -> Iterator[Finding]:
    """Prompt and answer together are within max_length; a row whose answer is not is left out."""
    fair = [s for s in subject.streams if s.drawn]
    asked = subject.recipe.max_length
    rows = _rows(fair)
    over = sum(max(len(s.ids) for s in row) > asked for row in rows)
    wanted = _wanted([len(s.ids) for s in fair], subject)
    longest = max((len(s.ids) for s in subject.streams), default=0)
    what = (
        f"{over:,} of {len(rows):,} rows drawn ({100 * over / max(len(rows), 1):.0f} %) are longer "
        f"than max_length {asked:,} with their answer and are left out (longest seen {longest:,})."
    )
    if over > MANY * len(rows):
        yield error(what, f"Set max_length: {wanted} or a smaller prompt_cap.")
    elif over > FEW * len(rows):
        yield warning(what, f"Set max_length: {wanted} or a smaller prompt_cap.")
    else:
        yield ok(f"{len(rows) - over:,} of {len(rows):,} rows drawn fit whole into max_length "
                 f"{asked:,} (longest seen {longest:,}).")  # fmt: skip


def _rows(streams: Sequence[Stream]) -> list[list[Stream]]:
    """Both sides of a pair count as one row: they follow one another."""
    paired = len(streams) > 1 and streams[0].n_alone == streams[1].n_alone
    per = 2 if paired and len(streams) % 2 == 0 and _sided(streams) else 1
    return [list(streams[i : i + per]) for i in range(0, len(streams), per)]


def _sided(streams: Sequence[Stream]) -> bool:
    return all(a.n_alone == b.n_alone for a, b in zip(streams[::2], streams[1::2], strict=True))


def _wanted(lengths: Sequence[int], subject: Subject) -> int:
    """A max_length that 99 of 100 fit, rounded up to 64, within the model's positions."""
    most = places_of(subject.config) or 1 << 30
    return min(math.ceil(float(np.quantile(lengths or [ROOM], 0.99)) / 64) * 64, most)


def prompts_fit(subject: Subject) -> Iterator[Finding]:
    """Most prompts are within prompt_cap; a longer one loses its middle."""
    recipe = subject.recipe
    assert isinstance(recipe, GeneratorRecipe)
    fair = [s for s in subject.streams if s.drawn]
    over = sum(s.shortened for s in fair)
    part = over / max(len(fair), 1)
    what = (
        f"{100 * part:.0f} % of {len(fair):,} prompts drawn are over prompt_cap "
        f"{recipe.prompt_cap} and lose their middle"
    )
    if part > MANY_PROMPTS:
        yield warning(f"{what}.", f"Set prompt_cap and max_length {recipe.prompt_cap} higher.")
    else:
        yield ok(f"{what}.")


def comments_fit(subject: Subject) -> Iterator[Finding]:
    """A classifier reads the whole comment; a post may lose its end."""
    n, found = subject.sample.n_drawn, subject.encoded
    asked = subject.recipe.max_length
    longer = min(2 * asked, places_of(subject.config) or 2 * asked)
    what = (
        f"{found.n_comments_cut:,} of {n:,} comments drawn and {found.n_posts_cut:,} posts lose "
        f"their end at max_length {asked:,}."
    )
    fix = (
        f"Set max_length: {longer}." if longer > asked
        else "Choose an encoder with more positions (recipe `long`)."
    )  # fmt: skip
    if found.n_comments_cut > MANY * n:
        yield error(what, fix)
    elif found.n_comments_cut > FEW * n:
        yield warning(what, fix)
    else:
        yield ok(what)


def sides(subject: Subject) -> Iterator[Finding]:
    """Length alone does not tell chosen from rejected: means alike, and the longer one is no rule.

    Both count only where chance does not explain them (95 %, pairs as draws).
    """
    texts = subject.texts["train"].answers
    a, b = (pc.utf8_length(texts[side]).to_numpy() for side in ("chosen", "rejected"))
    n, gap = len(a), (a - b).astype(float)
    if n < 2:
        return
    apart = gap.mean() / max(b.mean(), 1)
    sure = abs(gap.mean()) > 1.96 * gap.std(ddof=1) / math.sqrt(n)
    longer = float((np.sign(gap).mean() + 1) / 2)
    rule = abs(longer - 0.5) > max(BAND, 0.98 / math.sqrt(n))
    said = f"Chosen has {a.mean():.0f} characters on average, rejected {b.mean():.0f}"
    wins = f"“the longer one” is chosen in {100 * longer:.0f} % of {n:,} pairs"
    fix = "Match lengths: build with pairs of level default, or do not set limit."
    if sure and abs(apart) > MEANS:
        yield warning(f"{said} ({100 * apart:+.0f} %), and {wins}: length is learned.", fix)
    elif rule:
        yield warning(f"{wins[0].upper()}{wins[1:]}: length is learned.", fix)
    else:
        yield ok(f"{said}; {wins}.")


CHECKS = (
    Check(positions), Check(room_for_answers, GENERATORS),
    Check(answers_fit, ("sft", "dpo", "kto", "reward")), Check(prompts_fit, GENERATORS),
    Check(comments_fit, ("classifier",)), Check(sides, PAIRED),
)  # fmt: skip
