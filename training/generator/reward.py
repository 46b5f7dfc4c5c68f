"""A reward model: which of two answers to a post did the poster acknowledge (Bradley-Terry).

Rows of config `preferences`: it reads prompt and answer, never what OP said to them. Measured on
held-out pairs, beside what length alone would say, and apart by which answer is the longer one.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...stats.intervals import Estimate, resampled, share
from ..answers.conversations import prepared, refuse_none
from ..recipes.recipe import RewardRecipe
from ..runs.arguments import common_arguments, keeps_to_itself, listeners
from ..runs.checkpoints import train_through
from ..runs.folder import RunFolder
from .ancestry import came_from
from .heldout import held_out, told
from .lora import load_tokenizer, save_trained
from .reward_model import refuse_start, score, starting_reward_model

if TYPE_CHECKING:
    from datasets import Dataset

    from ..models.bases import Base

COLUMNS = ["prompt", "chosen", "rejected"]
"""All that reaches the trainer. Never `margin`: TRL would take a column of that name as the margin
of the loss, and ours is a difference of probabilities that a label model gave."""
ALIKE = np.log(1.25)
"""Ours: answers whose characters differ by less than a quarter are of one length."""


def train_reward(recipe: RewardRecipe, run: RunFolder, *, resume: bool) -> dict[str, Any]:
    """Trains into `run.model` and returns the metrics; `resume` as in `sft.train_sft`.

    Raises SettingsError where no pair of `train` fits the recipe, and for a `start`.
    """
    from ..data.rows import cluster_kind, preference_rows, source_of
    from ..data.trained_on import write_trained_on
    from ..models.bases import resolve_base

    refuse_start(recipe)
    source, base = source_of(recipe), resolve_base(recipe)
    tokenizer = load_tokenizer(recipe, base)
    counts: Counter[str] = Counter()
    rows = preference_rows(source, "train", limit=recipe.limit)
    train = prepared(rows, tokenizer, recipe, counts)
    refuse_none(train, counts, recipe)
    validation = prepared(preference_rows(source, "validation"), tokenizer, recipe, Counter())
    chosen_by = [train, *([validation] if recipe.early_stopping else [])]
    write_trained_on(run, source, _ids(*chosen_by), after=came_from(recipe, base))
    trainer = _trainer(recipe, run, tokenizer, train, validation, base)

    train_through(trainer, run, resume=resume)
    save_trained(trainer, recipe, base, run)

    rows = held_out(partial(preference_rows, source), tokenizer, recipe, counts)
    model = trainer.accelerator.unwrap_model(trainer.model)
    chosen, rejected = (
        score(model, tokenizer, rows["prompt"], rows[side], recipe.batch_size)
        for side in ("chosen", "rejected")
    )
    figures = reward_figures(chosen, rejected, rows, longer_wins(train))
    return {
        "base": {"name": base.name, "revision": base.revision},
        "n_train": len(train), "n_eval": len(rows), "counts": dict(counts),
        "eval": told(figures, cluster_kind(source)),
        "safety": {"what": "not measured: a reward model says nothing"},
    }  # fmt: skip


def _trainer(
    recipe: RewardRecipe, run: RunFolder, tokenizer: Any, train: Dataset, validation: Dataset,
    base: Base,
) -> Any:  # fmt: skip
    from trl import RewardConfig, RewardTrainer

    validates = len(validation) > 0
    start = starting_reward_model(recipe, base, tokenizer)
    return keeps_to_itself(RewardTrainer)(
        model=start.model, peft_config=start.peft_config, processing_class=tokenizer,
        train_dataset=train.select_columns(COLUMNS),
        eval_dataset=validation.select_columns(COLUMNS) if validates else None,
        args=RewardConfig(
            **common_arguments(recipe, run, validates=validates),
            max_length=None,  # `prepared` left out what is too long, and counted it
            center_rewards_coefficient=recipe.center_rewards or None,
        ),
        callbacks=listeners(recipe, run),
    )  # fmt: skip


def log_lengths(rows: Dataset) -> np.ndarray:
    """(n,): logarithm of the characters of chosen over those of rejected."""
    sides = [[len(said[-1]["content"]) for said in rows[side]] for side in ("chosen", "rejected")]
    return np.log(np.maximum(sides[0], 1)) - np.log(np.maximum(sides[1], 1))


def longer_wins(train: Dataset) -> bool:
    """In most training pairs the longer answer is the chosen one: all that length can teach."""
    away = log_lengths(train)
    return bool((away > 0).sum() >= (away < 0).sum())


def reward_figures(
    chosen: np.ndarray, rejected: np.ndarray, rows: Dataset, longer: bool
) -> dict[str, Estimate]:
    """Share of pairs that are in order, ties counting half; all arrays (n,), intervals by cluster.

    `length_only_accuracy` says the longer answer (the shorter one where `longer` is False). The
    three strata tell a model that reads from one that counts: the latter is right in one of the
    outer ones and wrong in the other.
    """
    away, clusters = log_lengths(rows), np.asarray(rows["cluster"])
    hits = (np.sign(chosen - rejected) + 1) / 2
    by_length = (np.sign(away if longer else -away) + 1) / 2
    strata = {
        "chosen_shorter": away < -ALIKE, "alike": abs(away) <= ALIKE, "chosen_longer": away > ALIKE
    }  # fmt: skip
    return {
        "reward_accuracy": share(hits, clusters),
        "length_only_accuracy": share(by_length, clusters),
        **{f"reward_accuracy_{name}": share(hits[at], clusters[at]) for name, at in strata.items()},
        "reward_margin": resampled(lambda at: float((chosen - rejected)[at].mean()), clusters),
    }


def _ids(*parts: Dataset) -> list[str]:
    return [one for part in parts for side in ("chosen_id", "rejected_id") for one in part[side]]
