"""Does the plan fit the data? Steps, warmup, learning rate, evaluation, groups of answers."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import NamedTuple

from ..recipes.recipe import (
    ClassifierRecipe,
    DpoRecipe,
    GeneratorRecipe,
    GrpoRecipe,
    KtoRecipe,
    Recipe,
)
from .checks import Check
from .finding import KINDS, Finding, error, ok, warning
from .subject import Subject

LONG_WARMUP = 0.5  # of the run; ours: papers use .03 to .1


class Plan(NamedTuple):
    """What the recipe comes to on so many rows."""

    rows_per_step: int
    steps_per_epoch: int
    steps: int  # of the whole run


class Usual(NamedTuple):
    """Learning rates that published runs of a method used, widened to the next round number."""

    low: float
    high: float
    source: str


FULL = {
    "classifier": Usual(5e-6, 2e-4, "BERT, arXiv 1810.04805 A.3: 2e-5 to 5e-5; MiniLM up to 1e-4"),
    "sft": Usual(1e-6, 1e-4, "Llama 2, arXiv 2307.09288 §3.1: 2e-5; TRL's default 2e-5"),
    "dpo": Usual(1e-7, 1e-5, "DPO, arXiv 2305.18290 B: 1e-6; Zephyr, arXiv 2310.16944: 5e-7"),
    "kto": Usual(1e-7, 1e-5, "KTO, arXiv 2402.01306 §4: 5e-7 to 5e-6"),
    "reward": Usual(1e-6, 1e-4, "InstructGPT, arXiv 2203.02155 C.2: 9e-6; Llama 2: 5e-6 to 1e-5"),
    "grpo": Usual(1e-7, 1e-5, "DeepSeekMath, arXiv 2402.03300 §4.2: 1e-6"),
}
ADAPTER = {
    "sft": Usual(1e-5, 1e-3, "LoRA, arXiv 2106.09685 D: 2e-4; QLoRA, arXiv 2305.14314 B: 1e-4"),
    "dpo": Usual(1e-7, 1e-4, "QLoRA of alignment-handbook: 5e-6; LoRA of ComPRed: 2e-7"),
    "kto": Usual(5e-7, 1e-4, "KTO's 5e-6, ten times that for adapters (TRL's documentation)"),
    "reward": Usual(5e-6, 1e-3, "TRL's default 1e-4; ten times that at most for adapters"),
    "grpo": Usual(5e-7, 1e-4, "DeepSeekMath's 1e-6, ten times that for adapters (TRL)"),
}


def plan(recipe: Recipe, n_rows: int) -> Plan:
    """Steps as transformers counts them: the last, smaller group of an epoch is a step, too.

    GRPO reads each prompt `n_generations` times, so an epoch has that many more rows.
    """
    if isinstance(recipe, GrpoRecipe):
        n_rows *= max(recipe.n_generations, 1)
    processes = _processes()
    batches = math.ceil(n_rows / max(recipe.batch_size * processes, 1))
    per_epoch = max(math.ceil(batches / max(recipe.accumulation, 1)), 1 if n_rows else 0)
    steps = recipe.max_steps or math.ceil(recipe.epochs * per_epoch)
    return Plan(recipe.batch_size * processes * recipe.accumulation, per_epoch, steps)


def _processes() -> int:
    """How many processes train together (`accelerate launch` says so); 1 without it."""
    said = os.environ.get("WORLD_SIZE", "1")
    return int(said) if said.isdigit() and int(said) > 0 else 1


def steps(subject: Subject) -> Iterator[Finding]:
    """There is at least one step, and an epoch is more than one."""
    recipe = subject.recipe
    for key in ("batch_size", "accumulation", "max_length"):
        if getattr(recipe, key) < 1:
            yield error(f"{key} is {getattr(recipe, key)}.", f"Set {key} to 1 or more.")
            return
    made = plan(recipe, subject.n_train)
    if made.steps == 0:
        yield error(
            f"epochs {recipe.epochs:g} and max_steps {recipe.max_steps} over {subject.n_train:,} "
            "rows make no optimizer step.",
            "Set epochs to 1 or more, or max_steps to how many you want.",
        )
        return
    n = subject.n_train * (recipe.n_generations if isinstance(recipe, GrpoRecipe) else 1)
    if made.rows_per_step > n:
        fits = max(n // (recipe.batch_size * 8), 1)
        yield error(
            f"batch_size {recipe.batch_size} × accumulation {recipe.accumulation} = "
            f"{made.rows_per_step:,} rows a step, train has {n:,}: no step of an epoch is full.",
            f"Set accumulation: {fits}"
            + (f" and batch_size: {max(n // 8, 1)}." if recipe.batch_size > n else "."),
        )
        return
    yield ok(
        f"{subject.n_train:,} rows, {made.rows_per_step} a step: {made.steps_per_epoch:,} steps an "
        f"epoch, {made.steps:,} in all."
    )


def warmup(subject: Subject) -> Iterator[Finding]:
    """The learning rate reaches its value long before the run ends."""
    recipe = subject.recipe
    total = plan(recipe, subject.n_train).steps
    n = math.ceil(total * recipe.warmup_share)
    fix = "Set warmup_share to 0.1 or less (0.03 to 0.1 are usual)."
    if recipe.warmup_share >= 1 or (total > 1 and n >= total):
        yield error(f"Warmup takes {n:,} of {total:,} steps: the run ends before it does.", fix)
    elif recipe.warmup_share > LONG_WARMUP:
        yield warning(f"Warmup takes {n:,} of {total:,} steps, more than half.", fix)
    else:
        yield ok(f"Warmup takes {n:,} of {total:,} steps.")


def learning_rate(subject: Subject) -> Iterator[Finding]:
    """Within what published runs of the method used."""
    recipe = subject.recipe
    rate = recipe.learning_rate
    if rate == 0:
        yield error("learning_rate is 0: nothing is learned.", f"Set {_middle(usual(recipe))}.")
        return
    if subject.base.made:
        yield ok("The model's weights are random: no learning rate is usual.")
        return
    known = usual(recipe)
    how = "an adapter" if _adapter(recipe) else "all weights"
    between = f"{known.low:g} to {known.high:g} ({known.source})"
    if rate > 10 * known.high:
        yield error(
            f"learning_rate {rate:g} is more than ten times what {recipe.kind} on {how} was ever "
            f"trained with: {between}.",
            f"Set {_middle(known)}.",
        )
    elif not known.low <= rate <= known.high:
        yield warning(
            f"learning_rate {rate:g} is outside what is usual for {recipe.kind} on {how}: "
            f"{between}.",
            f"Set {_middle(known)}, or note in the recipe why not.",
        )
    else:
        yield ok(f"learning_rate {rate:g} is within {between}.")


def usual(recipe: Recipe) -> Usual:
    """The range for a recipe. Few trained layers are a small model: they take larger steps."""
    if isinstance(recipe, ClassifierRecipe) and recipe.frozen_layers >= 6:
        return Usual(5e-6, 1e-2, "ours: a few upper layers or the head alone; 1e-3 is Adam's own")
    return (ADAPTER if _adapter(recipe) else FULL)[recipe.kind]


def _adapter(recipe: Recipe) -> bool:
    return isinstance(recipe, GeneratorRecipe) and bool(recipe.lora_r or recipe.start)


def _middle(known: Usual) -> str:
    middle = math.sqrt(known.low * known.high)
    return f"learning_rate: {middle:.0e}".replace("e-0", "e-")


def evaluation(subject: Subject) -> Iterator[Finding]:
    """What waits for an evaluation gets one."""
    recipe = subject.recipe
    total = plan(recipe, subject.n_train).steps
    every = recipe.evaluate_every
    found = []
    if every > 1:
        found.append(warning(
            f"evaluate_every {every:g} is more than the run: it is never evaluated on the way.",
            "Set evaluate_every: 0.25 (a share of all steps), or 0 for the end only.",
        ))  # fmt: skip
    if recipe.save_every > 1:
        found.append(warning(
            f"save_every {recipe.save_every:g} is more than the run: a stopped run starts anew.",
            "Set save_every: 0.25 (a share of all steps).",
        ))  # fmt: skip
    if recipe.early_stopping:
        found += _stops_early(recipe, total)
    if every and not subject.n_validation:
        found.append(error(
            "evaluate_every asks for an evaluation, and validation has no row.",
            "Set evaluate_every: 0 and early_stopping: 0, or build with more threads.",
        ))  # fmt: skip
    at = f"every {max(round(total * every), 1):,} steps" if every else "at the end"
    yield from found or [ok(f"Evaluated {at}, on {subject.n_validation:,} rows of validation.")]


def _stops_early(recipe: Recipe, total: int) -> Iterator[Finding]:
    n = min(int(1 / recipe.evaluate_every + 1e-9), total) if recipe.evaluate_every else 0
    if n <= recipe.early_stopping:
        yield error(
            f"early_stopping waits for {recipe.early_stopping} evaluations without improvement, "
            f"and the run has {n}.",
            f"Set evaluate_every: {1 / (4 * recipe.early_stopping):.2g}, or early_stopping: 0.",
        )


def groups(subject: Subject) -> Iterator[Finding]:
    """GRPO: whole groups of answers, of which one can be better than another."""
    recipe = subject.recipe
    assert isinstance(recipe, GrpoRecipe)
    n = recipe.n_generations
    batch = recipe.batch_size * recipe.accumulation * _processes()
    if n < 2:
        yield error(
            f"n_generations is {n}: an answer is compared with others to the same prompt.",
            "Set n_generations: 8.",
        )
    elif batch % n:
        yield error(
            f"batch_size × accumulation = {batch} answers a step are no whole groups of "
            f"n_generations {n}.",
            f"Set accumulation: {_next_whole(recipe)} (or another n_generations).",
        )
    else:
        yield ok(f"{batch} answers a step are {batch // n} groups of {n}.")


def _next_whole(recipe: GrpoRecipe) -> int:
    """The least accumulation, from the recipe's on, that gives whole groups."""
    per = recipe.batch_size * _processes()
    found = recipe.accumulation
    while found * per % recipe.n_generations:
        found += 1
    return found


def losses(subject: Subject) -> Iterator[Finding]:
    """Weights of the loss under which something can be learned."""
    recipe = subject.recipe
    if isinstance(recipe, DpoRecipe):
        from ..generator.dpo import refuse_unheard_smoothing

        refuse_unheard_smoothing(recipe)
        if recipe.loss == "robust" and not recipe.label_smoothing:
            yield warning("loss robust with label_smoothing 0 is loss sigmoid.",
                          "Set label_smoothing: 0.1, or loss: sigmoid.")  # fmt: skip
    if isinstance(recipe, DpoRecipe | KtoRecipe) and recipe.beta == 0:
        yield error("beta is 0: the loss is the same whatever the model says.",
                    "Set beta: 0.1 (arXiv 2305.18290 §6).")  # fmt: skip
    if isinstance(recipe, KtoRecipe):
        yield from _sides_of_kto(recipe)
    if isinstance(recipe, GrpoRecipe):
        yield from _rewarded(recipe)


def _sides_of_kto(recipe: KtoRecipe) -> Iterator[Finding]:
    if recipe.batch_size < 2:
        yield error("batch_size is 1, and kto compares the rows of a pass with each other.",
                    "Set batch_size: 4.")  # fmt: skip
    if 0 in (recipe.desirable_weight, recipe.undesirable_weight):
        yield error("One of desirable_weight and undesirable_weight is 0: one kind of row teaches "
                    "nothing.", "Set both to 1.0.")  # fmt: skip


def _rewarded(recipe: GrpoRecipe) -> Iterator[Finding]:
    if recipe.temperature == 0:
        yield error("temperature is 0: all answers to a prompt are the same one.",
                    "Set temperature: 1.0.")  # fmt: skip
    if recipe.early_stopping:
        yield error("early_stopping waits for a loss that says nothing in GRPO.",
                    "Set early_stopping: 0, and max_steps low.")  # fmt: skip
    if not _rewards(recipe):
        yield error("All four reward weights are 0.", "Set reward_effectiveness: 1.0.")


def _rewards(recipe: GrpoRecipe) -> bool:
    return any((recipe.reward_effectiveness, recipe.reward_screen, recipe.reward_length,
                recipe.reward_copy))  # fmt: skip


CHECKS = (
    Check(steps), Check(warmup), Check(learning_rate), Check(evaluation, KINDS[:-1]),
    Check(groups, ("grpo",)), Check(losses, ("dpo", "kto", "grpo")),
)  # fmt: skip
