"""Group-relative policy optimisation: several answers to one post, the better ones made likelier.

Prompts of config `sft`; rewards from `rewards/`. What pays here is what a model of acknowledged
comments takes for effective: it is neither help nor safety, and a run that is pushed long enough
finds what its judges do not see. So penalties stand beside it, each is reported apart, and the
judge of the result must be another model.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ...corpus.errors import SettingsError
from ...stats.intervals import Estimate
from ..answers.conversations import capped_prompts, refuse_none
from ..answers.generate import speak
from ..answers.sampling import Limits
from ..answers.speaker import Message, Speaker, said
from ..recipes.recipe import GrpoRecipe
from ..runs.arguments import common_arguments, keeps_to_itself, listeners
from ..runs.checkpoints import train_through
from ..runs.folder import RunFolder
from .ancestry import came_from
from .held_out_safety import beside_base
from .heldout import mean, told
from .lora import load_tokenizer, save_trained, starting_model
from .rewards.identity import refuse_same
from .rewards.weighed import Rewards, for_trl, refuse_weights, rewards_of

if TYPE_CHECKING:
    from datasets import Dataset

    from ..data.source import Source
    from ..models.bases import Base

N_MEASURED = 64  # held-out posts that are answered before and after the run: ours, its cost


class Posts(NamedTuple):
    """Different posts of one or two splits."""

    prompts: list[list[Message]]
    clusters: np.ndarray  # (n,)


def train_grpo(recipe: GrpoRecipe, run: RunFolder, *, resume: bool) -> dict[str, Any]:
    """Trains into `run.model` and returns the metrics; `resume` as in `sft.train_sft`: checkpoints
    lie between two generations, so the same answers are drawn again.

    Raises SettingsError for weights under which a flagged answer could pay, for a reward model that
    is the evaluation model, for groups that do not fill a step, for early stopping.
    """
    from ..data.rows import cluster_kind, sft_rows, source_of
    from ..data.trained_on import write_trained_on
    from ..models.bases import resolve_base

    refuse_weights(recipe)
    _refuse_shape(recipe)
    judges = refuse_same(recipe.reward_model, recipe.evaluation_model)
    source, base = source_of(recipe), resolve_base(recipe)
    tokenizer = load_tokenizer(recipe, base)
    counts: Counter[str] = Counter()
    rows = sft_rows(source, "train", limit=recipe.limit)
    refuse_none(rows, counts, recipe)
    comments = [messages[-1]["content"] for messages in rows["messages"]]
    rewards = rewards_of(recipe, comments)
    judge = [Path(recipe.reward_model)] if Path(recipe.reward_model).is_dir() else []
    write_trained_on(run, source, rows["id"], after=[*came_from(recipe, base), *judge])
    train = _different(capped_prompts(rows, tokenizer, recipe, counts))
    trainer = _trainer(recipe, run, tokenizer, train, rewards, base)

    posts = held_out_posts(source, tokenizer, recipe, counts)
    measure = partial(_rewarded, posts=posts, rewards=rewards, recipe=recipe, tokenizer=tokenizer)
    before = measure(trainer.model)
    train_through(trainer, run, resume=resume)
    save_trained(trainer, recipe, base, run)

    model = trainer.accelerator.unwrap_model(trainer.model)
    figures = grpo_figures(before, measure(model), rewards, posts.clusters)
    return {
        "base": {"name": base.name, "revision": base.revision},
        "n_train": len(train), "n_eval": len(posts.prompts), "counts": dict(counts),
        "rewards": {**judges, "weights": rewards.weights, "words": rewards.band._asdict()},
        "eval": told(figures, cluster_kind(source)),
        "safety": beside_base(model, tokenizer, posts.prompts, recipe, base),
    }  # fmt: skip


def _refuse_shape(recipe: GrpoRecipe) -> None:
    step = recipe.batch_size * recipe.accumulation
    if recipe.n_generations < 2:
        raise SettingsError(
            f"n_generations is {recipe.n_generations}", "recipe", "answers are compared: set 8"
        )
    if step % recipe.n_generations:
        raise SettingsError(
            f"{step} answers a step (batch_size x accumulation) and groups of "
            f"{recipe.n_generations}", "recipe", "make the first a multiple of n_generations",
        )  # fmt: skip
    if not recipe.temperature:
        raise SettingsError("temperature 0", "recipe", "the answers of a group must differ: set 1")
    if recipe.early_stopping:
        raise SettingsError(
            "early_stopping of a run whose loss says nothing", "recipe",
            "set early_stopping: 0, and max_steps low",
        )  # fmt: skip


def _different(rows: Dataset) -> Dataset:
    """Each post once: config `sft` has a row for every effective comment on it."""
    seen: dict[str, int] = {}
    for place, prompt in enumerate(rows["prompt"]):
        seen.setdefault(json.dumps(prompt), place)
    return rows.select(list(seen.values()))


def held_out_posts(
    source: Source, tokenizer: Any, recipe: GrpoRecipe, counts: Counter[str]
) -> Posts:
    """The first N_MEASURED different posts of `validation` and `test`."""
    from datasets import concatenate_datasets

    from ..data.rows import sft_rows

    parts = [sft_rows(source, split) for split in ("validation", "test")]
    full = [part for part in parts if len(part)]
    if not full:
        return Posts([], np.zeros(0, np.int64))
    found: Counter[str] = Counter()
    rows = _different(capped_prompts(concatenate_datasets(full), tokenizer, recipe, found))
    rows = rows.select(range(min(len(rows), N_MEASURED)))
    counts.update({f"held_out/{name}": n for name, n in found.items()})
    return Posts(list(rows["prompt"]), np.asarray(rows["cluster"]))


def _trainer(
    recipe: GrpoRecipe, run: RunFolder, tokenizer: Any, train: Dataset, rewards: Rewards, base: Base
) -> Any:
    from trl import GRPOConfig, GRPOTrainer

    start = starting_model(recipe, base)
    return keeps_to_itself(GRPOTrainer)(
        model=start.model, peft_config=start.peft_config, processing_class=tokenizer,
        reward_funcs=for_trl(rewards), train_dataset=train.select_columns(["prompt"]),
        args=GRPOConfig(
            **common_arguments(recipe, run, validates=False),
            beta=recipe.beta, num_generations=recipe.n_generations,
            max_completion_length=recipe.max_completion, temperature=recipe.temperature,
            reward_weights=list(rewards.weights.values()),
            shuffle_dataset=False,  # rows come in a hashed order, and TRL's sampler forgets its own
            disable_dropout=True,  # else an answer is less likely when it is read than when drawn
        ),
        callbacks=listeners(recipe, run),
    )  # fmt: skip


def _rewarded(
    model: Any, posts: Posts, rewards: Rewards, recipe: GrpoRecipe, tokenizer: Any
) -> dict[str, np.ndarray]:
    """Each reward of one answer to each post, (n,)."""
    limits = Limits(recipe.max_completion, recipe.temperature, recipe.batch_size)
    spoken = speak(Speaker(model, tokenizer), posts.prompts, seed=recipe.seed, limits=limits)
    asked: Sequence[str] = [said(prompt) for prompt in posts.prompts]
    answers = [one.text for one in spoken]
    return {name: reward(asked, answers) for name, reward in rewards.functions.items()}


def grpo_figures(
    before: dict[str, np.ndarray], after: dict[str, np.ndarray], rewards: Rewards,
    clusters: np.ndarray,
) -> dict[str, Estimate]:  # fmt: skip
    """Mean of the whole reward and of each apart, after the run, before it, and what it gained.

    Of one drawn answer to each held-out post; intervals by whole clusters (n,).
    """
    found: dict[str, Estimate] = {}
    for name in ("", *rewards.weights):
        values = {
            when: rewards.total(part) if not name else part[name]
            for when, part in (("", after), ("_before", before))
        }
        values["_gain"] = values[""] - values["_before"]
        key = f"reward_{name}" if name else "reward"
        found |= {f"{key}{when}": mean(value, clusters) for when, value in values.items()}
    return found
