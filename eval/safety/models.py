"""A run's model and its base, ready to answer the battery. Only here torch is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...corpus.errors import InputError
from ...training.recipes.read_recipe import read_recipe
from ...training.recipes.recipe import GeneratorRecipe
from ...training.runs.folder import RunFolder
from .answers import Messages, Speak

if TYPE_CHECKING:
    from ...training.answers.speaker import Speaker

LONGEST = 256  # new tokens; as `redditess generate` draws
TEMPERATURE = 0.7
BATCH = 8


def generator_recipe(run: RunFolder) -> GeneratorRecipe:
    """Raises InputError for a folder that is no run, or a run whose model does not write."""
    if not run.recipe.is_file():
        raise InputError("no run of training", run.root, "name the --out of redditess train")
    recipe = read_recipe(run.recipe)
    if not isinstance(recipe, GeneratorRecipe) or recipe.kind == "reward":
        raise InputError(f"a {recipe.kind}, which does not answer", run.root,
                         "give a run of sft, dpo, kto or grpo")  # fmt: skip
    return recipe


@contextmanager
def tuned_and_base(run: RunFolder, base: str = "") -> Iterator[dict[str, tuple[str, Speak]]]:
    """{"tuned": (name, speak), "base": (name, speak)} of a finished run.

    The base is what the training began with, spoken to through the run's tokenizer and template:
    an adapter switched off, or the recipe's model loaded once more. `base` names another one.
    """
    from ...training.answers.speaker import load_speaker
    from ...training.generator.lora import untrained
    from ...training.models.bases import resolve_base
    from ...training.train import require_extra

    require_extra()
    recipe = generator_recipe(run)
    speaker = load_speaker(str(run.root))
    tuned = (speaker.name, _speak(speaker))
    if base:
        other = load_speaker(base)
        yield {"tuned": tuned, "base": (other.name, _speak(other))}
    else:
        origin = resolve_base(recipe)

        def plain(prompts: Sequence[Messages], seed: int) -> list[str]:
            with untrained(speaker.model, recipe, origin) as model:
                return _speak(speaker._replace(model=model.eval()))(prompts, seed)

        yield {"tuned": tuned, "base": (origin.name, plain)}


@contextmanager
def beside(name: str) -> Iterator[tuple[str, Speak]]:
    """Any other model that answers: a run, a folder of weights, a Hub id."""
    from ...training.answers.speaker import load_speaker

    speaker = load_speaker(name)
    yield speaker.name, _speak(speaker)


def _speak(speaker: Speaker) -> Speak:
    from ...training.answers.generate import speak
    from ...training.answers.sampling import Limits

    limits = Limits(LONGEST, TEMPERATURE, BATCH)

    def said(prompts: Sequence[Messages], seed: int) -> list[str]:
        return [one.text for one in speak(speaker, prompts, seed=seed, limits=limits)]

    return said
