"""Supervised fine-tuning: the model learns to answer as effective comments do.

Rows of config `sft`, loss on the answer only. What is measured: the loss per answer token on
held-out rows, beside that of the untrained base on the same rows.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...stats.intervals import Estimate, resampled
from ..answers.conversations import prepared, refuse_none, tokens
from ..answers.likelihood import LogProbs, answer_logprobs
from ..recipes.recipe import SftRecipe
from ..runs.arguments import common_arguments, keeps_to_itself, listeners
from ..runs.checkpoints import train_through
from ..runs.folder import RunFolder
from .ancestry import came_from
from .held_out_safety import beside_base
from .heldout import held_out, told
from .lora import Start, load_tokenizer, save_trained, starting_model, untrained

if TYPE_CHECKING:
    from datasets import Dataset


COLUMNS = ["prompt", "completion"]
"""All that reaches the trainer."""


def train_sft(recipe: SftRecipe, run: RunFolder, *, resume: bool) -> dict[str, Any]:
    """Trains into `run.model` and returns the metrics.

    `resume` goes on from the last whole checkpoint and, on a CPU, ends with the very weights of a
    run that was never stopped. Raises SettingsError where no row of `train` fits the recipe.
    """
    from ..data.rows import cluster_kind, sft_rows, source_of
    from ..data.trained_on import write_trained_on
    from ..models.bases import resolve_base

    source, base = source_of(recipe), resolve_base(recipe)
    tokenizer = load_tokenizer(recipe, base)
    counts: Counter[str] = Counter()
    train = prepared(sft_rows(source, "train", limit=recipe.limit), tokenizer, recipe, counts)
    refuse_none(train, counts, recipe)
    validation = prepared(sft_rows(source, "validation"), tokenizer, recipe, Counter())
    read = [*train["id"], *(validation["id"] if recipe.early_stopping else [])]
    write_trained_on(run, source, read, after=came_from(recipe, base))
    trainer = _trainer(recipe, run, tokenizer, train, validation, starting_model(recipe, base))

    train_through(trainer, run, resume=resume)
    save_trained(trainer, recipe, base, run)

    rows = held_out(partial(sft_rows, source), tokenizer, recipe, counts)
    pairs = zip(rows["prompt"], rows["completion"], strict=True)
    said = [tokens(tokenizer, prompt, answer) for prompt, answer in pairs]
    logprobs = partial(
        answer_logprobs, conversations=said, batch_size=recipe.batch_size,
        pad_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = trainer.accelerator.unwrap_model(trainer.model)
    tuned = logprobs(model)
    with untrained(model, recipe, base) as plain:
        before = logprobs(plain)
    clusters = np.asarray(rows["cluster"])
    return {
        "base": {"name": base.name, "revision": base.revision},
        "n_train": len(train), "n_eval": len(rows), "counts": dict(counts),
        "eval": told(sft_figures(tuned, before, clusters), cluster_kind(source)),
        "safety": beside_base(model, tokenizer, rows["prompt"], recipe, base),
    }  # fmt: skip


def _trainer(
    recipe: SftRecipe, run: RunFolder, tokenizer: Any, train: Dataset, validation: Dataset,
    start: Start,
) -> Any:  # fmt: skip
    from trl import SFTConfig, SFTTrainer

    validates = len(validation) > 0
    return keeps_to_itself(SFTTrainer)(
        model=start.model, peft_config=start.peft_config, processing_class=tokenizer,
        train_dataset=train.select_columns(COLUMNS),
        eval_dataset=validation.select_columns(COLUMNS) if validates else None,
        args=SFTConfig(
            **common_arguments(recipe, run, validates=validates),
            max_length=recipe.max_length, completion_only_loss=True,
            packing=recipe.packing, eval_packing=False,
        ),
        callbacks=listeners(recipe, run),
    )  # fmt: skip


def sft_figures(tuned: LogProbs, untrained: LogProbs, clusters: np.ndarray) -> dict[str, Estimate]:
    """Loss (nats) and perplexity per answer token, of both models; the difference on equal rows.

    A token counts alike whatever the length of its answer; intervals by whole clusters (n,).
    """

    def loss(found: LogProbs, rows: np.ndarray) -> float:
        return float(-found.total[rows].sum() / found.n_tokens[rows].sum())

    after = resampled(partial(loss, tuned), clusters)
    before = resampled(partial(loss, untrained), clusters)
    change = resampled(lambda rows: loss(tuned, rows) - loss(untrained, rows), clusters)
    return {
        "loss": after, "perplexity": _exp(after), "base_loss": before,
        "base_perplexity": _exp(before), "loss_change": change,
    }  # fmt: skip


def _exp(e: Estimate) -> Estimate:
    value, low, high = (float(np.exp(end)) for end in e[:3])
    return Estimate(value, low, high, e.n, e.n_clusters)
