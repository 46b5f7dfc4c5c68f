"""A language model in this process: a `transformers` text-generation pipeline, loaded when asked.

Nothing is downloaded: the model must be a folder, or already in the local cache of the Hub.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Sequence
from typing import Any

from ..corpus.errors import MissingExtra, SettingsError
from .endpoint import Answer, NoAnswer, Sampling


class LocalLlm:
    """One pipeline, one call at a time (threads wait for each other)."""

    server = "local"

    def __init__(self, model: str, *, sampling: Sampling | None = None, device: str | None = None):
        self.model, self.sampling = model, sampling or Sampling()
        self._guard = threading.Lock()
        self._pipeline = _load(model, device)

    def ask(self, messages: Sequence[dict[str, str]]) -> Answer:
        """One answer. Raises NoAnswer("out_of_memory") where the request does not fit."""
        s = self.sampling
        options: dict[str, Any] = {"max_new_tokens": s.max_tokens, "return_full_text": False}
        sample = bool(s.temperature)
        options |= {"do_sample": True, "temperature": s.temperature} if sample else {}
        with self._guard:
            if sample and s.seed is not None:
                importlib.import_module("transformers").set_seed(s.seed)
            try:
                made = self._pipeline(list(messages), **({"do_sample": False} | options))
            except (MemoryError, RuntimeError) as e:
                if isinstance(e, MemoryError) or "out of memory" in str(e).lower():
                    raise NoAnswer("out_of_memory") from e
                raise
        text = made[0]["generated_text"]
        return Answer(text if isinstance(text, str) else str(text[-1]["content"]))


def _load(model: str, device: str | None) -> Any:
    try:
        transformers = importlib.import_module("transformers")
        importlib.import_module("torch")
    except ImportError as e:
        raise MissingExtra(
            "a local model needs transformers and torch", "--local",
            'pip install transformers torch, or serve the model and give --endpoint',
        ) from e  # fmt: skip
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(model, local_files_only=True)
        weights = transformers.AutoModelForCausalLM.from_pretrained(
            model, local_files_only=True, use_safetensors=True
        )
    except (OSError, ValueError) as e:
        raise SettingsError(
            f"no model {model!r} on this machine", "--model",
            "give its folder, or fetch it first with `hf download`",
        ) from e  # fmt: skip
    if tokenizer.chat_template is None:
        raise SettingsError("a model without a chat template", model, "take an instruct model")
    return transformers.pipeline(
        "text-generation", model=weights, tokenizer=tokenizer, device=device
    )
