"""A reward model: made from a causal language model, saved, loaded, asked for scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...corpus.errors import SettingsError
from ..answers.conversations import Messages, rendered
from ..answers.speaker import base_of
from ..models.found_model import Found, config_of
from ..recipes.recipe import RewardRecipe
from .lora import Start, load_model, lora_config

if TYPE_CHECKING:
    from ..models.bases import Base

HEAD = "score"  # what transformers calls the layer that makes the number


def refuse_start(recipe: RewardRecipe) -> None:
    """A generator's adapter has no head, and that of another reward model has learned already.
    Raises SettingsError.
    """
    if recipe.start:
        raise SettingsError(
            f"start {recipe.start!r} of a reward model, which gets a new head", "recipe",
            'set start: "" (a merged model goes into `model`)',
        )  # fmt: skip


def starting_reward_model(recipe: RewardRecipe, base: Base, tokenizer: Any) -> Start:
    """The base with a new head of one number, drawn from the recipe's seed, and its adapter.

    With an adapter the head is trained and saved whole beside it.
    """
    from transformers import set_seed
    from trl.trainer.reward_trainer import suppress_seqcls_warning

    set_seed(recipe.seed)  # the head is random: two runs of one recipe must begin alike
    names = {"num_labels": 1, "id2label": {0: "reward"}, "label2id": {"reward": 0}}
    with suppress_seqcls_warning():  # that the head is new is no news
        model = load_model(recipe, base, "SequenceClassification", **names)
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
    return Start(model, lora_config(recipe, base, task_type="SEQ_CLS", modules_to_save=[HEAD]))


def load_reward_model(found: Found) -> tuple[Any, Any]:
    """(model, tokenizer) of a run, folder or Hub id of a reward model, ready to be asked."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from trl.trainer.reward_trainer import suppress_seqcls_warning

    place = base_of(found) if found.is_adapter else found.path
    with suppress_seqcls_warning():  # an adapter brings the head that its base lacks
        model = AutoModelForSequenceClassification.from_pretrained(
            place, num_labels=1, local_files_only=True, use_safetensors=True
        )
    tokenizer = AutoTokenizer.from_pretrained(found.path, local_files_only=True)
    model.config.get_text_config().pad_token_id = tokenizer.pad_token_id
    if found.is_adapter:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, str(found.path), local_files_only=True)
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval(), tokenizer


def is_reward_model(found: Found) -> bool:
    """One number, or a classifier of several classes?"""
    about = config_of(found)
    if found.is_adapter:
        return about.get("task_type") == "SEQ_CLS"
    return len(about.get("id2label") or {0: "", 1: ""}) == 1


def score(
    model: Any, tokenizer: Any, prompts: Sequence[Messages], answers: Sequence[Messages],
    batch_size: int,
) -> np.ndarray:  # fmt: skip
    """The reward of each answer (n,), float64, any number; only differences mean something.

    Batches hold conversations of like length; the model is left in the mode it was in.
    """
    import torch

    said = [rendered(tokenizer, [*p, *a], False) for p, a in zip(prompts, answers, strict=True)]
    order = sorted(range(len(said)), key=lambda n: (-len(said[n]), n))
    found, was_training = np.zeros(len(said)), model.training
    model.eval()
    with torch.inference_mode():
        for at in range(0, len(order), batch_size):
            rows = order[at : at + batch_size]
            ids, mask = _padded([said[n] for n in rows], tokenizer.pad_token_id)
            made = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device),
                         use_cache=False)  # fmt: skip
            found[rows] = made.logits[:, 0].double().cpu().numpy()
    model.train(was_training)
    return found


def _padded(batch: Sequence[Sequence[int]], pad: int) -> tuple[Any, Any]:
    import torch

    longest = max(map(len, batch))
    ids = torch.tensor([[*one, *[pad] * (longest - len(one))] for one in batch])
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one in batch])
    return ids, mask
