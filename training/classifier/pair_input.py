"""One text pair for an encoder: title and post first, the comment second, within `max_length`.

The comment is what is judged, so it is never cut first: the post loses its end until a stub is
left, and only then the comment loses its own. Where the stub is not reached this is what
`truncation="only_first"` does, so a plain pipeline gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from ...corpus.errors import InputError

STUB = 32  # tokens of title and post that stay: ours, about a title and the post's first sentence
SEPARATOR = "\n\n"
CHUNK = 2000  # texts tokenised at a time: bounds memory, all cores are used within one call


class Pairs(NamedTuple):
    """Token ids of n pairs, special tokens included, and how many lost what."""

    features: list[dict[str, list[int]]]  # input_ids, and token_type_ids where the model reads them
    n_posts_cut: int
    n_comments_cut: int


def first_segment(title: str | None, post: str | None) -> str:
    """What stands before the comment; a post without words is its title alone.

    >>> first_segment("A title", "")
    'A title'
    """
    return SEPARATOR.join(text for text in (title, post) if text and text.strip())


def segments(rows: pa.Table) -> tuple[list[str], list[str]]:
    """The first and the second text of each row; a null comment is an empty one."""
    title, post = rows["title"].to_pylist(), rows["post"].to_pylist()
    first = [first_segment(t, p) for t, p in zip(title, post, strict=True)]
    return first, [text or "" for text in rows["comment"].to_pylist()]


def kept_tokens(n_first: int, n_second: int, room: int) -> tuple[int, int]:
    """How many tokens of post and comment stay in `room` tokens.

    >>> kept_tokens(300, 100, 253), kept_tokens(300, 900, 253), kept_tokens(5, 900, 253)
    ((153, 100), (32, 221), (5, 248))
    """
    stub = min(n_first, STUB, room // 4)
    second = min(n_second, room - stub)
    return min(n_first, room - second), second


def encode_pairs(
    tokenizer: Any, first: Sequence[str], second: Sequence[str], max_length: int
) -> Pairs:
    """Texts -> token ids of at most `max_length`. What looks like a special token is plain text.

    Raises InputError where the tokenizer is not a fast one or `max_length` leaves no room.
    """
    backend = _backend(tokenizer)
    room = max_length - backend.num_special_tokens_to_add(True)
    if room < 8:
        raise InputError(
            f"{max_length} tokens leave no room for a post and a comment", "max_length",
            "give 16 or more",
        )  # fmt: skip
    typed = "token_type_ids" in tokenizer.model_input_names
    features: list[dict[str, list[int]]] = []
    posts_cut = comments_cut = 0
    for at in range(0, len(first), CHUNK):
        heads = backend.encode_batch(list(first[at : at + CHUNK]), add_special_tokens=False)
        tails = backend.encode_batch(list(second[at : at + CHUNK]), add_special_tokens=False)
        for head, tail in zip(heads, tails, strict=True):
            n_head, n_tail = kept_tokens(len(head), len(tail), room)
            posts_cut += n_head < len(head)
            comments_cut += n_tail < len(tail)
            head.truncate(n_head)
            tail.truncate(n_tail)
            both = backend.post_process(head, tail, True)
            feature = {"input_ids": both.ids}
            if typed:
                feature["token_type_ids"] = both.type_ids
            features.append(feature)
    return Pairs(features, posts_cut, comments_cut)


def _backend(tokenizer: Any) -> Any:
    """A copy of the Rust tokenizer, which alone splits a pair as a pipeline would."""
    if not getattr(tokenizer, "is_fast", False):
        raise InputError(
            f"{type(tokenizer).__name__} is no fast tokenizer", "model",
            "use a model with a tokenizer.json",
        )  # fmt: skip
    from tokenizers import Tokenizer

    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = True
    return backend


def padded(
    features: Sequence[Mapping[str, Sequence[int]]], pad_token_id: int, pad_to: int = 8
) -> dict[str, Any]:
    """Features of one batch as tensors (b, longest): no longer than its longest row needs.

    Lengths are rounded up to `pad_to`: fewer distinct shapes, and what matrix units like.
    """
    import torch

    longest = max(len(feature["input_ids"]) for feature in features)
    width = -(-longest // pad_to) * pad_to
    fill = {"input_ids": pad_token_id, "token_type_ids": 0}
    batch = {
        name: torch.full((len(features), width), fill[name], dtype=torch.long)
        for name in features[0]
        if name in fill
    }
    batch["attention_mask"] = torch.zeros((len(features), width), dtype=torch.long)
    for i, feature in enumerate(features):
        n = len(feature["input_ids"])
        batch["attention_mask"][i, :n] = 1
        for name in fill.keys() & batch.keys():
            batch[name][i, :n] = torch.tensor(feature[name])
    return batch
