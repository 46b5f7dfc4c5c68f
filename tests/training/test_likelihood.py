"""Log-probabilities of answers: those of the whole softmax, whatever else is in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from redditess.training.answers.conversations import Tokens
from redditess.training.answers.likelihood import answer_logprobs

pytestmark = [pytest.mark.slow, pytest.mark.needs_torch]
PAD = 0


@pytest.fixture(scope="module")
def model() -> Any:
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return LlamaForCausalLM(
            LlamaConfig(
                vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=2,
                num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=64,
            )
        )  # fmt: skip


@pytest.fixture(scope="module")
def talks() -> list[Tokens]:
    rng = np.random.default_rng(2)
    sizes = [(3, 4), (20, 1), (1, 20), (7, 7), (2, 30), (10, 3), (5, 0)]
    return [Tokens(rng.integers(1, 50, a + b).tolist(), a) for a, b in sizes]


def one_by_one(model: Any, talk: Tokens) -> float:
    import torch

    with torch.no_grad():
        said = torch.log_softmax(model(torch.tensor([talk.ids])).logits[0].double(), -1)
    return sum(float(said[i - 1, talk.ids[i]]) for i in range(talk.n_prompt, len(talk.ids)))


@pytest.mark.parametrize("batch_size", [1, 3, 16])
def test_each_answer_gets_the_sum_of_its_tokens_in_any_batch(
    model: Any, talks: list[Tokens], batch_size: int
) -> None:
    found = answer_logprobs(model, talks, batch_size=batch_size, pad_id=PAD)
    assert found.total == pytest.approx([one_by_one(model, talk) for talk in talks], abs=1e-4)
    assert found.n_tokens.tolist() == [4, 1, 20, 7, 30, 3, 0]


def test_the_token_that_pads_may_also_end_an_answer(model: Any) -> None:
    talks = [Tokens([5, 6, 7, PAD], 2), Tokens([5, 6, 7, 8, 9, 10], 2)]
    found = answer_logprobs(model, talks, batch_size=2, pad_id=PAD)
    assert found.n_tokens.tolist() == [2, 4]
    assert found.total[0] == pytest.approx(one_by_one(model, talks[0]), abs=1e-5)


def test_a_model_in_training_is_measured_without_dropout_and_goes_on_training(
    model: Any, talks: list[Tokens]
) -> None:
    model.train()
    answer_logprobs(model, talks, batch_size=4, pad_id=PAD)
    assert model.training
    model.eval()


def test_no_answers_have_no_probabilities(model: Any) -> None:
    found = answer_logprobs(model, [], batch_size=4, pad_id=PAD)
    assert len(found.total) == len(found.n_tokens) == 0
