"""How effective a classifier or a reward model takes an answer to be. The weakest of all judges:
it was trained on what posters acknowledged, and a policy that is paid by it finds its blind spots.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from ...classifier.model import load_classifier, predict
from ...models.found_model import Found, find_model
from ..reward_model import is_reward_model, load_reward_model, score

Scorer = Callable[[Sequence[str], Sequence[str]], np.ndarray]
"""Prompts and answers (n) -> (n,) in [0, 1]."""
BATCH = 16


def effectiveness(name: str) -> Scorer:
    """The scorer of a classifier (its P(effective)) or of a reward model (the sigmoid of its score:
    the chance that the answer beats one of score 0); 0 for an answer without words.

    Raises what `find_model` raises, InputError for a model that is neither.
    """
    found = find_model(name)
    scorer = _of_reward_model(found) if is_reward_model(found) else _of_classifier(found)

    def scored(prompts: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        says = np.array([bool(answer.strip()) for answer in answers], bool)
        return np.where(says, scorer(prompts, answers), 0.0) if len(answers) else np.zeros(0)

    return scored


def _of_reward_model(found: Found) -> Scorer:
    model, tokenizer = load_reward_model(found)

    def scored(prompts: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        asked = [[{"role": "user", "content": text}] for text in prompts]
        said = [[{"role": "assistant", "content": text}] for text in answers]
        rewards = score(model, tokenizer, asked, said, BATCH)
        return 1 / (1 + np.exp(-np.clip(rewards, -500, 500)))

    return scored


def _of_classifier(found: Found) -> Scorer:
    classifier = load_classifier(found.path)

    def scored(prompts: Sequence[str], answers: Sequence[str]) -> np.ndarray:
        # a prompt is title and post already, as the classifier would put them together
        columns = {"title": [""] * len(prompts), "post": prompts, "comment": answers}
        rows = {name: pa.array(texts, pa.string()) for name, texts in columns.items()}
        return predict(classifier, pa.table(rows))

    return scored
