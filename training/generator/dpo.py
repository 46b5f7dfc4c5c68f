"""Direct preference optimisation (Rafailov et al. 2023): prefer what was effective.

Pairs of config `preferences`: an effective and a not-effective comment on one post. The reference
is where the run starts: the SFT adapter (a copy of it), or the plain model. Labels are noisy: with
`loss: robust`, `label_smoothing` is the share of pairs that are taken to be the wrong way round
(Chowdhury et al. 2024). `sft_weight` adds the likelihood of `chosen`, against its displacement.
"""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...corpus.errors import SettingsError
from ...stats.intervals import Estimate, share
from ..answers.conversations import prepared, refuse_none, tokens
from ..answers.likelihood import LogProbs, answer_logprobs
from ..recipes.recipe import DpoRecipe
from ..runs.arguments import common_arguments, keeps_to_itself, listeners
from ..runs.checkpoints import train_through
from ..runs.folder import RunFolder
from .ancestry import came_from
from .held_out_safety import beside_base
from .heldout import held_out, mean, told
from .lora import load_tokenizer, reference, save_trained, starting_model

if TYPE_CHECKING:
    from datasets import Dataset

    from ..models.bases import Base

COLUMNS = ["prompt", "chosen", "rejected"]
"""All that reaches the trainer."""


class Pair(NamedTuple):
    """What one model says of both answers of each pair (n,)."""

    chosen: LogProbs
    rejected: LogProbs


def train_dpo(recipe: DpoRecipe, run: RunFolder, *, resume: bool) -> dict[str, Any]:
    """Trains into `run.model` and returns the metrics.

    `resume` goes on from the last whole checkpoint and, on a CPU, ends with the very weights of a
    run that was never stopped. Raises SettingsError where no pair of `train` fits the recipe, and
    for a `label_smoothing` that the loss would not hear.
    """
    from ..data.rows import cluster_kind, preference_rows, source_of
    from ..data.trained_on import write_trained_on
    from ..models.bases import resolve_base

    refuse_unheard_smoothing(recipe)
    source, base = source_of(recipe), resolve_base(recipe)
    tokenizer = load_tokenizer(recipe, base)
    counts: Counter[str] = Counter()
    train = prepared(
        preference_rows(source, "train", limit=recipe.limit), tokenizer, recipe, counts
    )
    refuse_none(train, counts, recipe)
    validation = prepared(preference_rows(source, "validation"), tokenizer, recipe, Counter())
    chosen_by = [train, *([validation] if recipe.early_stopping else [])]
    read = [n for part in chosen_by for name in ("chosen_id", "rejected_id") for n in part[name]]
    write_trained_on(run, source, read, after=came_from(recipe, base))
    trainer = _trainer(recipe, run, tokenizer, train, validation, base)

    train_through(trainer, run, resume=resume)
    save_trained(trainer, recipe, base, run)

    rows = held_out(partial(preference_rows, source), tokenizer, recipe, counts)
    model = trainer.accelerator.unwrap_model(trainer.model)
    after = _said(model, rows, tokenizer, recipe)
    with reference(trainer) as start:
        before = _said(start, rows, tokenizer, recipe)
    found = dpo_figures(after, before, recipe.beta, np.asarray(rows["cluster"]))
    return {
        "base": {"name": base.name, "revision": base.revision},
        "n_train": len(train), "n_eval": len(rows), "counts": dict(counts),
        "eval": told(found, cluster_kind(source)),
        "safety": beside_base(model, tokenizer, rows["prompt"], recipe, base),
    }  # fmt: skip


def _trainer(
    recipe: DpoRecipe, run: RunFolder, tokenizer: Any, train: Dataset, validation: Dataset,
    base: Base,
) -> Any:  # fmt: skip
    from trl import DPOConfig, DPOTrainer

    start, validates = starting_model(recipe, base), len(validation) > 0
    losses = [(recipe.loss, 1.0), *([("sft", recipe.sft_weight)] if recipe.sft_weight else [])]
    return keeps_to_itself(DPOTrainer)(
        model=start.model, peft_config=start.peft_config, processing_class=tokenizer,
        # with an adapter TRL takes the model without it, or a copy of the one that goes on
        ref_model=None if recipe.lora_r else starting_model(recipe, base).model,
        train_dataset=train.select_columns(COLUMNS),
        eval_dataset=validation.select_columns(COLUMNS) if validates else None,
        args=DPOConfig(
            **common_arguments(recipe, run, validates=validates),
            max_length=recipe.max_length, beta=recipe.beta,
            loss_type=[name for name, _ in losses], loss_weights=[weight for _, weight in losses],
            label_smoothing=recipe.label_smoothing,
        ),
        callbacks=listeners(recipe, run),
    )  # fmt: skip


def refuse_unheard_smoothing(recipe: DpoRecipe) -> None:
    """TRL's plain loss ignores `label_smoothing` in silence. Raises SettingsError."""
    if recipe.label_smoothing and recipe.loss != "robust":
        raise SettingsError(
            f"label_smoothing {recipe.label_smoothing}, which loss {recipe.loss} does not hear",
            "recipe", "set loss: robust, or label_smoothing: 0",
        )  # fmt: skip
    if recipe.label_smoothing >= 0.5:
        raise SettingsError(
            f"label_smoothing {recipe.label_smoothing}", "recipe", "it must be below 0.5: the "
            "share of pairs that are the wrong way round",
        )  # fmt: skip


def _said(model: Any, rows: Dataset, tokenizer: Any, recipe: DpoRecipe) -> Pair:
    def of(name: str) -> LogProbs:
        pairs = zip(rows["prompt"], rows[name], strict=True)
        said = [tokens(tokenizer, prompt, answer) for prompt, answer in pairs]
        return answer_logprobs(
            model, said, batch_size=recipe.batch_size, pad_id=tokenizer.pad_token_id
        )

    return Pair(of("chosen"), of("rejected"))


def dpo_figures(
    after: Pair, before: Pair, beta: float, clusters: np.ndarray
) -> dict[str, Estimate]:
    """What the run made of held-out pairs; all intervals by whole clusters (n,).

    reward_accuracy: share of pairs whose implicit reward, beta times the change of the answer's
    log-probability, is higher for `chosen`; a tie is none. reward_margin: mean difference.
    chosen_logprob, rejected_logprob: mean per answer, after, with the mean before beside it;
    chosen_displaced: share of pairs whose `chosen` became less likely. prefers_longer and
    chosen_longer: share of pairs of unequal length (tokens) in which the answer with the higher
    reward, and in which `chosen`, is the longer one: how much of the preference is length.
    """
    chosen = after.chosen.total - before.chosen.total
    rejected = after.rejected.total - before.rejected.total
    longer = after.chosen.n_tokens - after.rejected.n_tokens
    unequal = (longer != 0) & (chosen != rejected)
    prefers_longer = ((chosen > rejected) == (longer > 0))[unequal]
    return {
        "reward_accuracy": share(chosen > rejected, clusters),
        "reward_margin": mean(beta * (chosen - rejected), clusters),
        "chosen_logprob": mean(after.chosen.total, clusters),
        "chosen_logprob_before": mean(before.chosen.total, clusters),
        "chosen_logprob_change": mean(chosen, clusters),
        "chosen_displaced": share(chosen < 0, clusters),
        "rejected_logprob": mean(after.rejected.total, clusters),
        "rejected_logprob_before": mean(before.rejected.total, clusters),
        "rejected_logprob_change": mean(rejected, clusters),
        "prefers_longer": share(prefers_longer, clusters[unequal]),
        "chosen_longer": share((longer > 0)[longer != 0], clusters[longer != 0]),
    }
