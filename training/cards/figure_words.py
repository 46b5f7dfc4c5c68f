"""What the figures of generators and reward models are called on a card, the telling ones first.

`DOES_IT` are those that the Hub shows apart from the page; the others say how a run went.
"""

from __future__ import annotations

from collections.abc import Iterable

DOES_IT = {
    "reward_accuracy": "pairs in which it prefers the acknowledged answer (chance: 0.5)",
    "reward_auc": "AUC of its preference for acknowledged answers (chance: 0.5)",
    "length_only_accuracy": "the same pairs, told by length alone",
    "length_only_auc": "the same, told by length alone",
    "loss": "loss per token of the answer (nats; lower is better)",
    "base_loss": "the same of the model it was made from",
    "loss_change": "difference of both",
    "reward": "mean reward of its answers",
    "reward_before": "the same before training",
    "reward_gain": "difference of both",
}
HOW = {
    "reward_margin": "mean difference of rewards, acknowledged minus other",
    "reward_accuracy_chosen_shorter": "pairs in order where the acknowledged answer is the shorter",
    "reward_accuracy_alike": "pairs in order where both are of about one length",
    "reward_accuracy_chosen_longer": "pairs in order where the acknowledged answer is the longer",
    "prefers_longer": "pairs in which it prefers the longer answer",
    "chosen_longer": "pairs in which the acknowledged answer is the longer",
    "chosen_displaced": "pairs whose acknowledged answer became less likely",
    "chosen_logprob": "mean log-probability of the acknowledged answer",
    "chosen_logprob_before": "the same before training",
    "chosen_logprob_change": "difference of both",
    "rejected_logprob": "mean log-probability of the other answer",
    "rejected_logprob_before": "the same before training",
    "rejected_logprob_change": "difference of both",
    "perplexity": "perplexity per token of the answer",
    "base_perplexity": "the same of the model it was made from",
}
_ALL = {**DOES_IT, **HOW}


def in_order(names: Iterable[str]) -> list[str]:
    """The telling figures first, in the order above; what has no words here last, as it came."""
    order = {name: n for n, name in enumerate(_ALL)}
    return sorted(names, key=lambda name: order.get(name, len(order)))


def words_of(name: str) -> str:
    """
    >>> words_of("loss_change"), words_of("reward_copy_gain")
    ('difference of both', 'reward copy gain')
    """
    return _ALL.get(name, name.replace("_", " ").replace("/", ": ")).strip()
