"""Kahneman-Tversky optimisation: single answers, effective or not, no pairs (arXiv 2402.01306).

Rows of config `unpaired`. What is measured: how often the implicit reward of a held-out effective
answer is above that of one that is not (AUC), beside what length alone would say.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...corpus.errors import SettingsError
from ...stats.intervals import Estimate, resampled
from ...stats.ranking import auc
from ..answers.conversations import prepared, refuse_none, tokens
from ..answers.likelihood import answer_logprobs
from ..recipes.recipe import KtoRecipe
from ..runs.arguments import common_arguments, keeps_to_itself, listeners
from ..runs.checkpoints import train_through
from ..runs.folder import RunFolder
from .ancestry import came_from
from .held_out_safety import beside_base
from .heldout import held_out, told
from .lora import load_tokenizer, reference, save_trained, starting_model

if TYPE_CHECKING:
    from datasets import Dataset

    from ..models.bases import Base

COLUMNS = ["prompt", "completion", "label"]
"""All that reaches the trainer."""
ALONE = "alone_in_last_batch"


class Weights(NamedTuple):
    """Of the loss of each kind of row."""

    desirable: float
    undesirable: float


def train_kto(recipe: KtoRecipe, run: RunFolder, *, resume: bool) -> dict[str, Any]:
    """Trains into `run.model` and returns the metrics; `resume` as in `sft.train_sft`.

    Raises SettingsError where no row of `train` fits the recipe, where all of them are of one kind,
    and for a batch_size below 2: rows of one pass are each other's measure.
    """
    from ..data.rows import cluster_kind, source_of, unpaired_rows
    from ..data.trained_on import write_trained_on
    from ..models.bases import resolve_base

    if recipe.batch_size < 2:
        raise SettingsError("batch_size is 1", "recipe", "kto compares rows of a pass: set 4")
    source, base = source_of(recipe), resolve_base(recipe)
    tokenizer = load_tokenizer(recipe, base)
    counts: Counter[str] = Counter()
    rows = prepared(unpaired_rows(source, "train", limit=recipe.limit), tokenizer, recipe, counts)
    refuse_none(rows, counts, recipe)
    train = _none_alone(rows, recipe.batch_size, counts)
    validation = prepared(unpaired_rows(source, "validation"), tokenizer, recipe, Counter())
    weights = class_weights(np.asarray(train["label"], bool), recipe)
    read = [*train["id"], *(validation["id"] if recipe.early_stopping else [])]
    write_trained_on(run, source, read, after=came_from(recipe, base))
    trainer = _trainer(recipe, run, tokenizer, train, validation, base, weights)

    train_through(trainer, run, resume=resume)
    save_trained(trainer, recipe, base, run)

    rows = held_out(partial(unpaired_rows, source), tokenizer, recipe, counts)
    model = trainer.accelerator.unwrap_model(trainer.model)
    after = _said(model, tokenizer, rows, recipe)
    with reference(trainer) as start:
        rewards = recipe.beta * (after - _said(start, tokenizer, rows, recipe))
    return {
        "base": {"name": base.name, "revision": base.revision},
        "n_train": len(train), "n_eval": len(rows), "counts": dict(counts),
        "weights": weights._asdict(),
        "eval": told(kto_figures(rewards, rows), cluster_kind(source)),
        "safety": beside_base(model, tokenizer, rows["prompt"], recipe, base),
    }  # fmt: skip


def class_weights(desirable: np.ndarray, recipe: KtoRecipe) -> Weights:
    """Rows (n,) bool -> the weight of each kind: the rarer kind weighs as much as the other one.

    Times what the recipe says of each (1 and 1 as a rule). KTO's authors ask for weight x rows of
    both kinds within 1:1 and 4:3 (section 4.2, eq. 8); this is 1:1. Raises SettingsError where all
    rows are of one kind.

    >>> from types import SimpleNamespace
    >>> told = SimpleNamespace(desirable_weight=1.0, undesirable_weight=1.0)
    >>> class_weights(np.array([True, False, False, False]), told)
    Weights(desirable=3.0, undesirable=1.0)
    """
    n_yes = int(desirable.sum())
    n_no = len(desirable) - n_yes
    if not n_yes or not n_no:
        kind = "effective" if n_yes else "not effective"
        raise SettingsError(
            f"all {len(desirable)} rows of train are {kind}", "limit",
            "kto needs both kinds: raise limit, or use sft",
        )  # fmt: skip
    most = max(n_yes, n_no)
    return Weights(recipe.desirable_weight * most / n_yes, recipe.undesirable_weight * most / n_no)


def _none_alone(rows: Dataset, batch_size: int, counts: Counter[str]) -> Dataset:
    """Without a last row that would be a batch of its own: TRL takes the other answers of a batch
    as the measure of how far the model has moved, and a row alone would be measured by itself.
    """
    alone = len(rows) > 1 and len(rows) % batch_size == 1
    counts[ALONE] += alone
    return rows.select(range(len(rows) - 1)) if alone else rows


def _trainer(
    recipe: KtoRecipe, run: RunFolder, tokenizer: Any, train: Dataset, validation: Dataset,
    base: Base, weights: Weights,
) -> Any:  # fmt: skip
    from trl import KTOConfig, KTOTrainer

    start, validates = starting_model(recipe, base), len(validation) > 1
    return keeps_to_itself(KTOTrainer)(
        model=start.model, peft_config=start.peft_config, processing_class=tokenizer,
        # with an adapter TRL takes the model without it, or a copy of the one that goes on
        ref_model=None if recipe.lora_r else starting_model(recipe, base).model,
        train_dataset=train.select_columns(COLUMNS),
        eval_dataset=validation.select_columns(COLUMNS) if validates else None,
        args=KTOConfig(
            **common_arguments(recipe, run, validates=validates),
            max_length=recipe.max_length, beta=recipe.beta, loss_type="kto",
            desirable_weight=weights.desirable, undesirable_weight=weights.undesirable,
        ),
        callbacks=listeners(recipe, run),
    )  # fmt: skip


def _said(model: Any, tokenizer: Any, rows: Dataset, recipe: KtoRecipe) -> np.ndarray:
    """Log-probability of each answer (n,)."""
    pairs = zip(rows["prompt"], rows["completion"], strict=True)
    said = [tokens(tokenizer, prompt, answer) for prompt, answer in pairs]
    return answer_logprobs(
        model, said, batch_size=recipe.batch_size, pad_id=tokenizer.pad_token_id
    ).total


def kto_figures(rewards: np.ndarray, rows: Dataset) -> dict[str, Estimate]:
    """AUC of the reward and of length alone, and how far apart both kinds lie; by cluster."""
    desirable, clusters = np.asarray(rows["label"], bool), np.asarray(rows["cluster"])
    length = np.array([len(said[-1]["content"]) for said in rows["completion"]], float)

    def apart(at: np.ndarray) -> float:
        yes, no = rewards[at][desirable[at]], rewards[at][~desirable[at]]
        return float(yes.mean() - no.mean()) if len(yes) and len(no) else float("nan")

    return {
        "reward_auc": auc(rewards, desirable, clusters),
        "length_only_auc": auc(length, desirable, clusters),
        "reward_margin": resampled(apart, clusters),
    }
