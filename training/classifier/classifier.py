"""The effectiveness classifier: an encoder that reads (title + post, comment) and says how likely
the poster acknowledged the comment. Reads from top to bottom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...stats.ranking import auc
from ...stats.within import pair_accuracy
from ..data.source import source_of
from ..data.trained_on import write_trained_on
from ..models.bases import Base, resolve_base
from ..recipes.recipe import ClassifierRecipe
from ..runs.arguments import common_arguments, keeps_to_itself
from ..runs.callbacks import as_callback
from ..runs.checkpoints import WholeCheckpoints, drop_checkpoints, train_through
from ..runs.folder import RunFolder
from ..runs.progress import RunLog
from .base import load_base
from .layer_rates import freeze, parameter_groups
from .model import p_effective, predict, save_classifier
from .pair_input import Pairs, encode_pairs, padded, segments
from .row_order import row_order
from .rows import Splits, read_splits
from .seeds import each_seed, published, spread
from .soft_loss import Targets, pair_loss, soft_loss, targets
from .types_head import Features, add_head, take_head, type_targets, types_loss

STOPPED_BY = "order"  # log loss ends runs that still learn to put rows in order (docs/log.md)
FEWEST_PAIRS = 200  # ours: with fewer, a share of pairs is known to no better than .07


def train_classifier(
    recipe: ClassifierRecipe, run: RunFolder, *, resume: bool = False
) -> dict[str, Any]:
    """Trains `n_seeds` models, publishes the first one's in `run.model`, predicts `test`.

    Returns the metrics (docs/training.md). What a killed run had finished is not done again.
    """
    from ..figures.evaluate import evaluate
    from ..figures.table import table_json

    source = source_of(recipe)
    splits = read_splits(recipe, source)
    base = resolve_base(recipe)
    write_trained_on(
        run, source, [*_ids(splits.train), *_ids(splits.validation)],
        after=[Path(base.path)] if base.local else [],
    )  # fmt: skip
    results = each_seed(
        recipe, run, resume=resume,
        train=lambda own, folder: train_one(own, folder, splits, base, resume=resume),
    )  # fmt: skip
    p = published(run, results, splits.test)
    found: dict[str, Any] = {
        "base": {"name": base.name, "revision": base.revision},
        "n_train": len(splits.train), "n_eval": len(splits.test),
        "counts": {**splits.counts, **results[0].metrics["counts"]},
        "eval": results[0].metrics["eval"],
        "seeds": {str(result.seed): result.metrics["eval"] for result in results},
        "spread": spread(results),
    }  # fmt: skip
    if len(splits.test):
        table = evaluate(
            splits.test, p, train=splits.train, source=source, split=recipe.split
        )  # fmt: skip
        found["table"] = table_json(table)
    return found


def train_one(
    recipe: ClassifierRecipe, run: RunFolder, splits: Splits, base: Base, *, resume: bool = False
) -> tuple[dict[str, Any], np.ndarray]:
    """One seed: the model in `run.model`; its metrics and P(effective) of the test rows."""
    from transformers import set_seed

    set_seed(recipe.seed)
    model, tokenizer = load_base(recipe, base)
    features = add_head(model) if recipe.types_weight else None
    freeze(model, recipe.frozen_layers)
    shown = prepared(recipe, splits.train, tokenizer)
    stopper = prepared(recipe, splits.validation, tokenizer) if len(splits.validation) else None
    trainer = _trainer(recipe, run, model, tokenizer, shown, stopper, features)
    train_through(trainer, run, resume=resume)
    head = take_head(model)
    if features:
        features.close()
    save_classifier(run.model, model, tokenizer, recipe.max_length, head)
    p, metrics = measured(run, splits.test)
    drop_checkpoints(run)
    counts = {
        "posts_cut": shown.pairs.n_posts_cut, "comments_cut": shown.pairs.n_comments_cut,
        "rows_without_posterior": shown.targets.n_hard,
    }  # fmt: skip
    return {"counts": counts, "eval": metrics}, p


class Prepared(NamedTuple):
    """Rows as the model sees them; `wanted` (n, 4 + types) float32: p, both weights, thread, types.

    One array, because the Trainer passes on one thing that the model does not read: `labels`.
    """

    pairs: Pairs
    targets: Targets
    wanted: np.ndarray
    thread: np.ndarray

    def lengths(self) -> np.ndarray:
        return np.array([len(feature["input_ids"]) for feature in self.pairs.features])


def prepared(recipe: ClassifierRecipe, rows: pa.Table, tokenizer: Any) -> Prepared:
    """Rows -> token ids, targets and weights."""
    aim = targets(
        rows, target=recipe.target, row_weight=recipe.row_weight, class_weight=recipe.class_weight
    )
    thread = np.unique(rows["thread_id"].to_numpy(zero_copy_only=False), return_inverse=True)[1]
    columns = [aim.p, *aim.weight.T, thread]
    if recipe.types_weight:
        columns += list(type_targets(rows).T)
    pairs = encode_pairs(tokenizer, *segments(rows), recipe.max_length)
    return Prepared(pairs, aim, np.column_stack(columns).astype(np.float32), thread)


class Shown:
    """Prepared rows in the order in which they are shown; what torch calls a dataset."""

    def __init__(self, rows: Prepared, order: np.ndarray):
        self.rows, self.order = rows, order

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, at: int) -> dict[str, Any]:
        row = self.order[at]
        return {**self.rows.pairs.features[row], "labels": self.rows.wanted[row]}


def _trainer(
    recipe: ClassifierRecipe, run: RunFolder, model: Any, tokenizer: Any, rows: Prepared,
    validation: Prepared | None, features: Features | None,
) -> Any:  # fmt: skip
    """transformers' Trainer over the whole course of the run: its one epoch is all of ours."""
    import torch
    from transformers import EarlyStoppingCallback, Trainer, TrainingArguments

    told = common_arguments(recipe, run, validates=validation is not None)
    if recipe.early_stopping:
        told |= {"metric_for_best_model": f"eval_{STOPPED_BY}", "greater_is_better": True}
    told |= {"num_train_epochs": 1, "max_steps": -1, "train_sampling_strategy": "sequential",
             "remove_unused_columns": False, "per_device_eval_batch_size": 64}  # fmt: skip
    groups = parameter_groups(model, recipe.learning_rate, recipe.weight_decay, recipe.layer_decay)
    listeners: list[Any] = [as_callback(RunLog(run)), as_callback(WholeCheckpoints(run))]
    if recipe.early_stopping:
        listeners.append(EarlyStoppingCallback(recipe.early_stopping))
    trainer = keeps_to_itself(Trainer)(
        model=model, args=TrainingArguments(**told), processing_class=tokenizer,
        train_dataset=Shown(rows, course(recipe, rows)),
        eval_dataset=Shown(validation, np.argsort(-validation.lengths())) if validation else None,
        data_collator=lambda batch: collated(batch, tokenizer.pad_token_id),
        compute_loss_func=loss_of(recipe, model, features), compute_metrics=_validated,
        optimizer_cls_and_kwargs=(
            torch.optim.AdamW, {"params": groups, "lr": recipe.learning_rate, "fused": True},
        ),
        callbacks=listeners,
    )  # fmt: skip
    trainer.loss_is_scaled_for_ga = False  # our loss is a mean of the rows of one forward pass
    trainer.model_accepts_loss_kwargs = False
    return trainer


def course(recipe: ClassifierRecipe, rows: Prepared) -> np.ndarray:
    """Row numbers of the whole run: all epochs, or as many rows as `max_steps` need."""
    n = round(recipe.epochs * len(rows.thread))
    if recipe.max_steps:
        n = recipe.max_steps * recipe.batch_size * recipe.accumulation
    together = rows.thread.tolist() if recipe.pair_weight else None
    return row_order(rows.lengths(), n, recipe.batch_size, recipe.seed, together=together)


def collated(batch: Sequence[Mapping[str, Any]], pad_token_id: int) -> dict[str, Any]:
    """Rows of one forward pass as tensors."""
    import torch

    wanted = torch.from_numpy(np.stack([row["labels"] for row in batch]))
    return {**padded(batch, pad_token_id), "labels": wanted}


def loss_of(recipe: ClassifierRecipe, model: Any, features: Features | None) -> Any:
    """Cost of one forward pass, as the Trainer calls it: all three parts, each with its weight."""

    def loss(outputs: Any, wanted: Any, num_items_in_batch: Any = None) -> Any:
        logits = outputs["logits"]
        total = soft_loss(logits, wanted[:, 0], wanted[:, 1:3])
        if recipe.pair_weight:
            total = total + recipe.pair_weight * pair_loss(logits, wanted[:, 0], wanted[:, 3])
        if features:
            said = model.support_types(features.last)
            total = total + recipe.types_weight * types_loss(said, wanted[:, 4:])
        return total

    return loss


def _validated(seen: Any) -> dict[str, float]:
    """What decides when to stop, and what else validation shows.

    `order` is the share of pairs in order, as the headline of the table; where validation has few
    pairs, that of all rows of either label (AUC). 0.5, a coin's, where it has neither.
    """
    logits, wanted = np.asarray(seen.predictions, float), np.asarray(seen.label_ids)
    said = np.clip(p_effective(logits), 1e-7, 1 - 1e-7)
    p, thread = wanted[:, 0], wanted[:, 3]
    pairs = pair_accuracy(said, p > 0.5, thread, thread)
    order = pairs.value if pairs.n >= FEWEST_PAIRS else auc(said, p > 0.5, thread).value
    cost = -(p * np.log(said) + (1 - p) * np.log(1 - said))
    return {
        "log_loss": float(cost.mean()),
        "pair_accuracy": pairs.value,
        "order": 0.5 if np.isnan(order) else order,
    }


def measured(run: RunFolder, test: pa.Table) -> tuple[np.ndarray, dict[str, Any]]:
    """The saved model, loaded as a user loads it, on the test rows; figures with intervals."""
    if not len(test):
        return np.zeros(0), {}
    p = predict(run.model, test)
    label = test["label"].to_numpy().astype(bool)
    thread, cluster = (test[name].to_numpy() for name in ("thread_id", "cluster"))
    found = {
        "auc": auc(p, label, cluster), "pair_accuracy": pair_accuracy(p, label, thread, cluster),
    }  # fmt: skip
    return p, {
        name: {**figure._asdict(), "interval": "95 %, clustered"} for name, figure in found.items()
    }


def _ids(rows: pa.Table) -> list[str]:
    return rows["id"].to_pylist()
