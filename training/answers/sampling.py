"""Tokens one after the other, for many prompts at once, and no prompt changes another's answer.

Greedy where the temperature is 0. Else every prompt has random numbers of its own: the k-th token
of an answer is where the k-th number falls in the distribution (inverse of the cumulative one), so
an answer depends on its own seed, not on what stands beside it in the batch. What is left are the
last bits of matrix products, which differ between batch sizes: a near tie may fall the other way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np


class Continuation(NamedTuple):
    """What a model added to one prompt."""

    ids: tuple[int, ...]  # without the end sign
    finished: bool  # it ended by itself, not for want of room


class Limits(NamedTuple):
    """How far and how freely a model goes on."""

    max_new_tokens: int = 256
    temperature: float = 0.7
    batch_size: int = 8


def continuations(
    model: Any, prompts: Sequence[Sequence[int]], seeds: Sequence[int], *, ends: Sequence[int],
    pad: int, limits: Limits,
) -> list[Continuation]:  # fmt: skip
    """Token ids of n prompts -> what follows each, in their order.

    `ends` are the ids that end an answer. Batches hold prompts of about one length.
    """
    import torch

    found: list[Continuation | None] = [None] * len(prompts)
    by_length = sorted(range(len(prompts)), key=lambda i: (-len(prompts[i]), i))
    was_training = model.training
    model.eval()
    try:
        for at in range(0, len(by_length), limits.batch_size):
            rows = by_length[at : at + limits.batch_size]
            with torch.inference_mode():
                ids = _batch(model, [prompts[i] for i in rows], [seeds[i] for i in rows],
                             ends, pad, limits)  # fmt: skip
            for row, added in zip(rows, ids, strict=True):
                found[row] = _ended(added, set(ends))
    finally:
        model.train(was_training)
    return [one for one in found if one is not None]


def _batch(
    model: Any, prompts: list[Sequence[int]], seeds: list[int], ends: Sequence[int], pad: int,
    limits: Limits,
) -> list[list[int]]:  # fmt: skip
    import torch
    from transformers import GenerationConfig, LogitsProcessorList

    width = max(map(len, prompts))
    ids = torch.full((len(prompts), width), pad)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):  # left padding: every answer begins at one place
        ids[row, width - len(prompt) :] = torch.tensor(list(prompt))
        mask[row, width - len(prompt) :] = 1
    config = GenerationConfig(
        do_sample=False, num_beams=1, max_new_tokens=limits.max_new_tokens, use_cache=True,
        pad_token_id=pad, eos_token_id=list(ends), repetition_penalty=1.0,
    )  # fmt: skip
    drawn = LogitsProcessorList()
    if limits.temperature > 0:
        numbers = [np.random.default_rng(seed).random(limits.max_new_tokens) for seed in seeds]
        drawn.append(_drawer(np.stack(numbers), width, limits.temperature))
    out = model.generate(
        input_ids=ids.to(model.device), attention_mask=mask.to(model.device),
        generation_config=config, logits_processor=drawn,
    )  # fmt: skip
    return out[:, width:].tolist()


def _drawer(numbers: np.ndarray, width: int, temperature: float) -> Any:
    """A logits processor that leaves the drawn token alone, so that "the best" is the drawn one."""
    import torch
    from transformers import LogitsProcessor

    class Drawn(LogitsProcessor):
        def __call__(self, input_ids: Any, scores: Any) -> Any:
            shares = torch.softmax(scores.double() / temperature, dim=-1).cumsum(dim=-1)
            at = torch.from_numpy(numbers[:, input_ids.shape[1] - width]).to(shares.device)
            token = torch.searchsorted(shares, (at * shares[:, -1]).unsqueeze(1), right=True)
            token = token.clamp(max=scores.shape[-1] - 1)
            alone = torch.full_like(scores, float("-inf"))
            return alone.scatter(1, token, 0.0)

    return Drawn()


def _ended(added: list[int], ends: set[int]) -> Continuation:
    for place, token in enumerate(added):
        if token in ends:
            return Continuation(tuple(added[:place]), True)
    return Continuation(tuple(added), False)
