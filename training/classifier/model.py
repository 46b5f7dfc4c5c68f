"""A trained classifier on disk: saved, loaded, asked. Plain transformers classes only."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...corpus.errors import InputError
from .pair_input import encode_pairs, padded, segments
from .types_head import Features, load_head, save_head

CLASSES = ("not_effective", "effective")
ID2LABEL = dict(enumerate(CLASSES))
LABEL2ID = {name: i for i, name in ID2LABEL.items()}
TOKENS_AT_ONCE = 16384  # padded tokens of one forward pass: ours, about 64 rows of 256


class Classifier(NamedTuple):
    """A model with its tokenizer; `head` is None where it knows no support types."""

    model: Any
    tokenizer: Any
    max_length: int
    types: tuple[str, ...] = ()
    head: Any = None


def load_tokenizer(path: str | os.PathLike[str], revision: str = "") -> Any:
    """The tokenizer of a model. Texts cannot write special tokens: "[SEP]" in a post is text."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(
        str(path), revision=revision or "main", split_special_tokens=True
    )


def save_classifier(folder: Path, model: Any, tokenizer: Any, max_length: int, head: Any) -> None:
    """A folder that `from_pretrained` and `pipeline("text-classification")` take; safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.id2label, model.config.label2id = dict(ID2LABEL), dict(LABEL2ID)
    model.config.problem_type = "single_label_classification"
    model.config._name_or_path = ""  # a published config names no folder of this machine
    tokenizer.model_max_length = max_length
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if head is not None:
        save_head(head, folder)


def load_classifier(
    folder: str | os.PathLike[str], *, revision: str = "", device: str = "auto"
) -> Classifier:
    """A folder or Hub id with a classifier of two classes, and its second head where there is one.

    Raises InputError for a model that has other classes than not_effective and effective.
    """
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(
        str(folder), revision=revision or "main"
    )
    if {int(k): v for k, v in model.config.id2label.items()} != ID2LABEL:
        raise InputError(
            f"its classes are {', '.join(map(str, model.config.id2label.values()))}", folder,
            "give a classifier that `redditess train` made",
        )  # fmt: skip
    tokenizer = load_tokenizer(folder, revision)
    types, head = load_head(Path(folder)) or ((), None)
    place = _place(device)
    return Classifier(
        model.to(place).eval(), tokenizer, _max_length(model, tokenizer), types,
        None if head is None else head.to(place),
    )  # fmt: skip


def predict(folder: str | os.PathLike[str] | Classifier, rows: pa.Table) -> np.ndarray:
    """Rows with title, post and comment -> P(effective) (n,) float64."""
    return _asked(folder, rows)[0]


def predict_types(folder: str | os.PathLike[str] | Classifier, rows: pa.Table) -> np.ndarray:
    """Rows -> P(type) (n, types), in the order of `Classifier.types`.

    Raises InputError where the model has no second head.
    """
    found = _asked(folder, rows)[1]
    if found is None:
        raise InputError(
            "it knows no support types", str(folder), "train it with types_weight above 0"
        )
    return found


def _asked(
    folder: str | os.PathLike[str] | Classifier, rows: pa.Table
) -> tuple[np.ndarray, np.ndarray | None]:
    """Batches of about one length, so that little is padded; the order of rows does not matter."""
    import torch

    asked = folder if isinstance(folder, Classifier) else load_classifier(folder)
    features = encode_pairs(asked.tokenizer, *segments(rows), asked.max_length).features
    logits = np.zeros((len(rows), 2))
    types = None if asked.head is None else np.zeros((len(rows), len(asked.types)))
    seen = Features(asked.model) if types is not None else None
    try:
        with torch.inference_mode():
            for index in _batches([len(f["input_ids"]) for f in features]):
                batch = padded([features[i] for i in index], asked.tokenizer.pad_token_id)
                batch = {k: v.to(asked.model.device) for k, v in batch.items()}
                logits[index] = asked.model(**batch).logits.double().cpu().numpy()
                if types is not None and seen is not None:
                    types[index] = torch.sigmoid(asked.head(seen.last.float())).cpu().numpy()
    finally:
        if seen is not None:
            seen.close()
    return p_effective(logits), types


def p_effective(logits: np.ndarray) -> np.ndarray:
    """Logits (n, 2) -> P(effective) (n,), without overflow."""
    odds = np.clip(logits[:, 1] - logits[:, 0], -500, 500)
    return 1 / (1 + np.exp(-odds))


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Row numbers, longest first, so that memory runs out at once or never."""
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    out: list[list[int]] = []
    at = 0
    while at < len(order):
        n = max(1, TOKENS_AT_ONCE // max(lengths[order[at]], 1))
        out.append(order[at : at + n])
        at += n
    return out


def _max_length(model: Any, tokenizer: Any) -> int:
    """What the tokenizer was saved with, within what the model has places for."""
    places = getattr(model.config, "max_position_embeddings", 512) or 512
    if model.config.model_type in ("roberta", "xlm-roberta", "camembert"):
        places -= 2  # RoBERTa counts places from the padding's number on
    return int(min(tokenizer.model_max_length, places))


def _place(device: str) -> str:
    import torch

    return "cuda" if device == "auto" and torch.cuda.is_available() else "cpu"
