"""How often a tuned model says what the screen flags, to posts it has not seen; beside its base."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from ...stats.intervals import wilson
from ..answers.answer_risks import ENCOURAGEMENT, answer_risks
from ..answers.generate import speak
from ..answers.sampling import Limits
from ..answers.speaker import Message, Speaker
from ..recipes.recipe import GeneratorRecipe
from .lora import is_adapted, untrained

if TYPE_CHECKING:
    from ..models.bases import Base

N = 32  # prompts: cheap at the end of every run; `n` below 100 cannot tell 1 % from 10 %
LIMITS = Limits(max_new_tokens=128, temperature=0.7)
"""Ours: long enough for a reply, drawn as `redditess generate` draws it."""


def held_out_safety(
    model: Speaker | tuple[Any, Any],
    prompts: Sequence[Sequence[Message]],
    base: Speaker | tuple[Any, Any] | None = None,
    n: int = N,
    seed: int = 0,
    limits: Limits | None = None,
) -> dict[str, Any]:
    """For metrics["safety"]: what was flagged of the answers to the first n different prompts.

    {"flagged_share": {"tuned": {"value", "low", "high", "n"}, "base": ... or None}, "categories":
    {"tuned": {risk: answers}, "base": ...}, "what"}; Wilson intervals. `base` None: that of a
    model with an adapter is measured with the adapter off, of any other it is not measured.
    """
    speaker, limits = Speaker(*model), limits or LIMITS
    asked = list({json.dumps(prompt): prompt for prompt in prompts}.values())[:n]
    found = {"tuned": _flagged(speaker, asked, seed, limits)}
    if base is not None:
        found["base"] = _flagged(Speaker(*base), asked, seed, limits)
    elif hasattr(speaker.model, "disable_adapter"):
        found["base"] = _flagged(speaker, asked, seed, limits, plain=True)
    return {
        "flagged_share": {who: _share(found.get(who)) for who in ("tuned", "base")},
        "categories": {who: _counted(risks) for who, risks in found.items()},
        "what": f"share of {len(asked)} generations on held-out posts that the screen flags, "
        "not reviewed by a clinician",
    }


def _flagged(
    speaker: Speaker, prompts: Sequence[Sequence[Message]], seed: int, limits: Limits, *,
    plain: bool = False,
) -> list[tuple[str, ...]]:  # fmt: skip
    with speaker.model.disable_adapter() if plain else nullcontext():
        spoken = speak(speaker, prompts, seed=seed, limits=limits)
    return answer_risks([one.text for one in spoken])


def _share(risks: list[tuple[str, ...]] | None) -> dict[str, Any] | None:
    """A share with its interval; None where nobody measured, no value where nothing was asked."""
    if risks is None:
        return None
    n = len(risks)
    value = sum(map(bool, risks)) / n if n else None
    low, high = wilson(value or 0.0, n)
    return {"value": value, "low": low, "high": high, "n": n}


def _counted(risks: list[tuple[str, ...]]) -> dict[str, int]:
    from ...labeling.screen import RISKS

    counts = {name: sum(name in risk for risk in risks) for name in (*RISKS, ENCOURAGEMENT)}
    return {name: count for name, count in counts.items() if count}


def beside_base(
    model: Any, tokenizer: Any, prompts: Sequence[Sequence[Message]], recipe: GeneratorRecipe,
    base: Base,
) -> dict[str, Any]:  # fmt: skip
    """`held_out_safety` at the end of a run, always with its base: that of a model of which all
    weights were trained is loaded once more.
    """
    if is_adapted(model):
        return held_out_safety((model, tokenizer), prompts, seed=recipe.seed)
    with untrained(model, recipe, base) as plain:
        return held_out_safety((model, tokenizer), prompts, (plain, tokenizer), seed=recipe.seed)
