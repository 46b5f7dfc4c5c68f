"""The encoder that a classifier starts from, with a new head of two classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...corpus.errors import InputError
from ..models.bases import Base
from ..recipes.recipe import ClassifierRecipe
from ..runs.arguments import weights_dtype
from .model import ID2LABEL, LABEL2ID, load_tokenizer

HEADS = re.compile(r"(^|\.)(classifier|score|pooler|head)\.")  # new in a base without its own


def load_base(recipe: ClassifierRecipe, base: Base) -> tuple[Any, Any]:
    """The encoder with a new head of two classes, and its tokenizer.

    Raises InputError where weights below the head are missing: they would be random.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    revision = base.revision or "main"
    config = AutoConfig.from_pretrained(
        base.path, revision=revision, num_labels=2, id2label=ID2LABEL, label2id=LABEL2ID
    )
    for name in ("attention_probs_dropout_prob", "attention_dropout"):  # BERT's name, ModernBERT's
        if hasattr(config, name):
            setattr(config, name, recipe.attention_dropout)
    with errors_only():
        model, info = AutoModelForSequenceClassification.from_pretrained(
            base.path, revision=revision, config=config, attn_implementation=recipe.attention,
            dtype=weights_dtype(recipe), output_loading_info=True,
        )  # fmt: skip
    lost = [key for key in sorted(info["missing_keys"]) if not HEADS.search(key)]
    if lost:
        raise InputError(
            f"no weights for {lost[0]} and {len(lost) - 1} more", base.name,
            "use a model whose encoder is whole",
        )  # fmt: skip
    return model, load_tokenizer(base.path, base.revision)


@contextmanager
def errors_only() -> Iterator[None]:
    """transformers reports at length that the new head is new; what else is missing, we check."""
    from transformers.utils import logging

    before = logging.get_verbosity()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(before)
