"""Weighted vote: one accuracy for each function, learned from agreement."""

from __future__ import annotations

from .em import Prior
from .learned import Learned

COINS = (Prior(one_coin=True), Prior(one_coin=True, strength=4.0))
"""The crowd's own strength, and the prior of four votes: labellers may differ widely."""


class WeightedVote(Learned):
    """Each family's vote weighs the log odds of its accuracy ("one-coin" Dawid-Skene).

    An accuracy is the same for every class, and every mistake is as likely: right for few votes a
    row, wrong where labellers prefer one class (majority is then often better).
    """

    name = "weighted"
    PRIORS = COINS
