"""How likely a model finds given answers: the figures at the end of a run of SFT or DPO."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .conversations import Tokens


class LogProbs(NamedTuple):
    """Of each answer (n,): the log-probability of all its tokens together, and how many it has."""

    total: np.ndarray
    n_tokens: np.ndarray


def answer_logprobs(
    model: Any, conversations: Sequence[Tokens], *, batch_size: int, pad_id: int
) -> LogProbs:
    """Log-probability of each answer given its prompt, natural logarithm, in the order given.

    Batches hold conversations of like length; the model is left in the mode it was in.
    """
    import torch

    total, n_tokens = np.zeros(len(conversations)), np.zeros(len(conversations), np.int64)
    was_training = model.training
    model.eval()
    with torch.inference_mode():
        for rows in _batches(conversations, batch_size):
            found = _of_batch(model, [conversations[n] for n in rows], pad_id)
            total[rows], n_tokens[rows] = found.total, found.n_tokens
    model.train(was_training)
    return LogProbs(total, n_tokens)


def _batches(conversations: Sequence[Tokens], size: int) -> Iterator[np.ndarray]:
    """Longest first: what does not fit into memory fails at once."""
    order = np.argsort([-len(c.ids) for c in conversations], kind="stable")
    yield from (order[n : n + size] for n in range(0, len(order), size))


def _of_batch(model: Any, batch: Sequence[Tokens], pad_id: int) -> LogProbs:
    import torch

    longest = max(len(c.ids) for c in batch)
    ids = torch.tensor([c.ids + [pad_id] * (longest - len(c.ids)) for c in batch])
    places = torch.arange(longest)
    ends = torch.tensor([[c.n_prompt, len(c.ids)] for c in batch])
    answer = ((places >= ends[:, :1]) & (places < ends[:, 1:]))[:, 1:].to(model.device)
    ids = ids.to(model.device)
    attention = (places < ends[:, 1:]).long().to(model.device)
    logits = model(input_ids=ids, attention_mask=attention, use_cache=False).logits[:, :-1]
    said = torch.log_softmax(logits[answer].float(), -1)  # answers only: prompts are long
    taken = said.gather(1, ids[:, 1:][answer].unsqueeze(1)).squeeze(1)
    n_tokens = answer.sum(1)
    sums = [part.double().sum() for part in taken.split(n_tokens.tolist())]
    return LogProbs(torch.stack(sums).cpu().numpy(), n_tokens.cpu().numpy())
