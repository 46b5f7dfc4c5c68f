"""Two models made on the spot: whatever a trainer does, tests and trial runs can do in seconds.

`tiny-encoder` is a BERT and `tiny-causal` a Llama, both of standard classes, with random weights
and a tokenizer trained on the build's own train rows. The same rows and libraries give the same
bytes. They know nothing: what they score is a floor, never a result.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from ...corpus.artefacts import stable_hash
from ...release.delete.caches import MADE
from ...release.local import home
from ...release.public import digest
from ..data.inputs import INPUTS
from ..data.rows import labelled_rows
from ..data.source import Source
from ..data.trained_on import write_trained_on
from ..runs.folder import RunFolder
from .tiny_tokenizers import SPECIAL, bytes_tokenizer, words_tokenizer

NAMES = ("tiny-encoder", "tiny-causal")
FORMAT = "1"  # another one makes other models
ROWS = 2_000  # of train, for the tokenizer: it is made in under a second
_SEED = 20250328  # the day of arXiv 2503.21888
_LIBRARIES = ("torch", "transformers", "tokenizers")

CHAT_TEMPLATE = """\
{{ bos_token }}{% for message in messages %}\
{% if message['role'] == 'assistant' %}\
<|assistant|>{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}\
{% elif message['role'] in ('system', 'user') %}\
{{ '<|' + message['role'] + '|>' + message['content'] }}\
{% else %}{{ raise_exception('no role ' + message['role']) }}{% endif %}\
{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}"""
"""BOS once, EOS after each answer. Roles are single tokens, so no answer, whatever it begins with,
changes how the prompt before it is split: the prompt's tokens are the beginning of the whole."""


def tiny(name: str, source: Source) -> Path:
    """The folder of a tiny model for the rows of this source; made once, under REDDITESS_HOME.

    It depends on the release and not on the recipe, so that a run that goes on from another finds
    the same base. Raises InputError for invented rows that are not allowed.
    """
    target = home() / MADE / f"{name}-{_digest(name, source)}"
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(f"{target}.lock"):
        if not target.is_dir():
            _make(name, source, target)
    return target


def _digest(name: str, source: Source) -> str:
    versions = [version(library) for library in _LIBRARIES]
    return f"{stable_hash('redditess tiny', FORMAT, name, digest(source.document), *versions):016x}"


def _make(name: str, source: Source, target: Path) -> None:
    """Whole or not at all: made beside its place, then renamed."""
    made = target.parent / f".tmp-{target.name}-{secrets.token_hex(4)}"
    try:
        rows = labelled_rows(source, "train", limit=ROWS)
        write_trained_on(RunFolder(made), source, rows["id"].to_pylist())
        _MAKERS[name]([text for column in INPUTS for text in rows[column].to_pylist()], made)
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _encoder(texts: Sequence[str], folder: Path) -> None:
    from transformers import BertConfig, BertModel

    tokenizer = words_tokenizer(texts)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=128, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=256, max_position_embeddings=512, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    _save(BertModel, config, tokenizer, folder)


def _causal(texts: Sequence[str], folder: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = bytes_tokenizer(texts)
    tokenizer.chat_template = CHAT_TEMPLATE
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=1_024,
        **{f"{name}_token_id": tokenizer.convert_tokens_to_ids(SPECIAL[name]) for name in SPECIAL},
    )  # fmt: skip
    _save(LlamaForCausalLM, config, tokenizer, folder)


def _save(cls: Any, config: Any, tokenizer: Any, folder: Path) -> None:
    """Weights drawn from a seed of their own; the caller's random numbers stay as they are."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_SEED)
        model = cls(config)
    model.float().save_pretrained(folder)
    tokenizer.save_pretrained(folder)


_MAKERS = {"tiny-encoder": _encoder, "tiny-causal": _causal}
