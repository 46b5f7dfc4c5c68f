"""The backend `transformers:<checkpoint>`: a sentiment classifier; lists hear thanks and uptake."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...corpus.errors import MissingExtra, SettingsError
from .. import lexicon
from .base import CLASSES, Reading
from .hashed import softmax
from .lexical import THANKS_IF_HIT, THANKS_IF_NONE, UPTAKE_IF_HIT, UPTAKE_IF_NONE
from .modelled import bounded

MAX_LENGTH = 128  # tokens; what TweetNLP reads
BATCH = 32
_USER, _LINK = re.compile(r"@\S+"), re.compile(r"http\S*")
# TweetNLP's older checkpoints name their classes by number, in this order.
_NUMBERED = {"label_0": "negative", "label_1": "neutral", "label_2": "positive"}


def preprocess(text: str) -> str:
    """TweetNLP's: a mention becomes @user, a link becomes http, token by token.

    >>> preprocess("thanks @someone see https://example.org/a")
    'thanks @user see http'
    """
    words = text.split(" ")
    words = ["@user" if _USER.fullmatch(w) else w for w in words]
    return " ".join("http" if _LINK.fullmatch(w) else w for w in words)


class Transformer:
    """Sentiment by a sequence classifier whose labels are negative, neutral, positive.

    Raises MissingExtra without torch and transformers, SettingsError for a checkpoint that cannot
    be loaded or has other classes.
    """

    def __init__(self, checkpoint: str):
        self.name = f"transformers:{checkpoint}"
        self.torch, hub = torch_and_transformers("transformers")
        try:
            self.tokenizer = hub.AutoTokenizer.from_pretrained(checkpoint)
            self.model = hub.AutoModelForSequenceClassification.from_pretrained(checkpoint).eval()
        except (OSError, ValueError) as e:
            first = str(e).split("\n")[0]
            hint = "give a folder or a cached checkpoint, or use reader = linear"
            raise SettingsError(f"cannot load {checkpoint!r} ({first})", "reader", hint) from e
        self.order = class_order(self.model.config.id2label, checkpoint)

    def read_distinct(self, texts: Sequence[str]) -> Reading:
        """Distinct texts -> reading; batches of 32 by length, at most 128 tokens each."""
        heard, planned = lexicon.read_all(texts)
        thanked = np.array([bool(h.thanks) for h in heard], bool)
        took_up = np.array([bool(plan) for plan in planned], bool)
        return bounded(
            texts, heard, planned,
            np.where(thanked, THANKS_IF_HIT, THANKS_IF_NONE),
            softmax(self._logits(texts)[:, self.order]),
            np.where(took_up, UPTAKE_IF_HIT, UPTAKE_IF_NONE),
            lambda text, head: (),
        )  # fmt: skip

    def _logits(self, texts: Sequence[str]) -> np.ndarray:
        out = np.zeros((len(texts), len(self.order)), np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for begin in range(0, len(texts), BATCH):
            index = by_length[begin : begin + BATCH]
            tokens = self.tokenizer(
                [preprocess(texts[i]) for i in index], padding=True, truncation=True,
                max_length=MAX_LENGTH, return_tensors="pt",
            )  # fmt: skip
            with self.torch.inference_mode():
                out[index] = self.model(**tokens).logits.float().numpy()
        return out


def class_order(id2label: dict[int, str], checkpoint: str) -> list[int]:
    """Where CLASSES stand among a checkpoint's outputs, whatever the case of its labels.

    >>> class_order({0: "Positive", 1: "NEUTRAL", 2: "negative"}, "x")
    [2, 1, 0]
    """
    named = {_NUMBERED.get(str(v).lower(), str(v).lower()): int(k) for k, v in id2label.items()}
    if set(named) != set(CLASSES):
        raise SettingsError(
            f"{checkpoint!r} has the classes {', '.join(sorted(named))}",
            "reader",
            f"a checkpoint with {', '.join(CLASSES)} is needed",
        )
    return [named[c] for c in CLASSES]


def torch_and_transformers(reader: str) -> tuple[Any, Any]:
    """Both modules, or MissingExtra that names the reader and the install line."""
    try:
        import torch
        import transformers
    except ImportError as e:
        raise MissingExtra(
            f"{e.name or 'torch'} is not installed", f"reader {reader}",
            "pip install 'redditess[minilm]'",
        ) from e  # fmt: skip
    return torch, transformers
