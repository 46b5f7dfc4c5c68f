"""The rewards of one run: which there are, what each weighs, and how TRL is told of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from ....corpus.errors import SettingsError
from ...answers.speaker import said
from ...recipes.recipe import GrpoRecipe
from .copying import copy_penalty, grams_of_all
from .effectiveness import effectiveness
from .length import Band, band_of, length_penalty
from .screening import screen_penalty, shares

Reward = Callable[[Sequence[str], Sequence[str]], np.ndarray]
"""Prompts and answers (n) -> (n,) floats."""
NAMES = ("effectiveness", "screen", "length", "copy")


class Rewards(NamedTuple):
    """Those that weigh something, in the order of NAMES."""

    functions: dict[str, Reward]
    weights: dict[str, float]
    band: Band  # words of a usual answer

    def total(self, values: dict[str, np.ndarray]) -> np.ndarray:
        """(n,): each reward times its weight, added up."""
        return np.sum([self.weights[name] * values[name] for name in self.weights], axis=0)


def refuse_weights(recipe: GrpoRecipe) -> None:
    """Raises SettingsError where a flagged answer could pay, or where nothing is rewarded.

    Effectiveness is at most 1, and a hazard costs the whole weight of the screen: while that is no
    smaller, no answer that the screen takes for a hazard is better than one that says nothing.
    """
    weights = weights_of(recipe)
    if not any(weights.values()):
        raise SettingsError("all rewards weigh 0", "recipe", "set reward_effectiveness: 1")
    if weights["effectiveness"] and not recipe.reward_model:
        raise SettingsError(
            "reward_effectiveness without a reward_model", "recipe",
            "name a classifier or a reward model, or set reward_effectiveness: 0",
        )  # fmt: skip
    if weights["screen"] < weights["effectiveness"]:
        raise SettingsError(
            f"reward_screen {weights['screen']} is below reward_effectiveness "
            f"{weights['effectiveness']}: a flagged answer could pay",
            "recipe", f"set reward_screen to {weights['effectiveness']} or more",
        )  # fmt: skip


def weights_of(recipe: GrpoRecipe) -> dict[str, float]:
    """Name -> weight, 0 or more."""
    return {name: getattr(recipe, f"reward_{name}") for name in NAMES}


def rewards_of(recipe: GrpoRecipe, comments: Sequence[str]) -> Rewards:
    """What a recipe rewards; `comments` are those of the training rows: they say what a usual
    length is, and what must not be repeated by heart.
    """
    band, known = band_of(comments), grams_of_all(comments)
    made: dict[str, Callable[[], Reward]] = {
        "effectiveness": lambda: effectiveness(recipe.reward_model),
        "screen": lambda: screen_penalty,
        "length": lambda: lambda prompts, answers: length_penalty(answers, band),
        "copy": lambda: lambda prompts, answers: copy_penalty(prompts, answers, known),
    }
    weights = {name: weight for name, weight in weights_of(recipe).items() if weight}
    return Rewards({name: made[name]() for name in weights}, weights, band)


def for_trl(rewards: Rewards) -> list[Callable[..., list[float]]]:
    """As TRL calls them, in the order of `rewards.weights`; it logs each mean by its name."""
    return [_for_trl(name, reward) for name, reward in rewards.functions.items()]


def _for_trl(name: str, reward: Reward) -> Callable[..., list[float]]:
    def called(prompts: list[Any], completions: list[Any], **more: Any) -> list[float]:
        answers = [completion[-1]["content"] for completion in completions]
        if name == "screen" and "log_metric" in more:
            for category, part in shares(answers).items():
                more["log_metric"](f"screen/{category}", part)
        return list(reward([said(prompt) for prompt in prompts], answers).tolist())

    called.__name__ = name
    return called
