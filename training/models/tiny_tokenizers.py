"""Tokenizers trained on a few texts, the same ones each time.

The trainer of WordPiece numbers the pieces within words in the order of a hash map, which differs
from process to process, and breaks ties by these numbers; it is given them in order here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

VOCABULARY = 2_000
CHARACTERS = 300  # of a WordPiece vocabulary; rarer ones (emoji, other scripts) become [UNK]
SPECIAL = {"bos": "<|begin|>", "eos": "<|end|>", "pad": "<|pad|>"}
ROLES = ("<|system|>", "<|user|>", "<|assistant|>")
_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def words_tokenizer(texts: Sequence[str]) -> Any:
    """Lower case WordPiece with [CLS] first [SEP] second [SEP], as BERT's; at most 512 tokens."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import BertTokenizer

    raw = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    raw.normalizer = normalizers.BertNormalizer(lowercase=True)
    raw.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, special_tokens=[*_BERT, *_characters(raw, texts)],
        limit_alphabet=1, show_progress=False,
    )  # fmt: skip
    raw.train_from_iterator(texts, trainer)
    pieces = sorted(raw.get_vocab().items(), key=lambda item: item[1])
    return BertTokenizer(vocab=dict(pieces), do_lower_case=True, model_max_length=512)


def _characters(raw: Any, texts: Sequence[str]) -> list[str]:
    """The commonest characters, each as the start of a word and within one."""
    counts = Counter[str]()
    for text in texts:
        words = raw.pre_tokenizer.pre_tokenize_str(raw.normalizer.normalize_str(text))
        counts.update(char for word, _ in words for char in word)
    common = sorted(counts, key=lambda char: (-counts[char], char))[:CHARACTERS]
    return [*sorted(common), *(f"##{char}" for char in sorted(common))]


def bytes_tokenizer(texts: Sequence[str]) -> Any:
    """Byte-level BPE: no text is unknown. It adds no special token: the chat template does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=[*SPECIAL.values(), *ROLES], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )  # fmt: skip
    raw.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=raw, bos_token=SPECIAL["bos"], eos_token=SPECIAL["eos"],
        pad_token=SPECIAL["pad"], additional_special_tokens=list(ROLES), model_max_length=1_024,
        padding_side="left", clean_up_tokenization_spaces=False,
    )  # fmt: skip
