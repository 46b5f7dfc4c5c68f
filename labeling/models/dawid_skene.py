"""Dawid and Skene (1979): a confusion matrix for each function, with priors, for any classes."""

from __future__ import annotations

from .em import Prior
from .learned import Learned

CONFUSIONS = (Prior(), Prior(strength=4.0), Prior(strength=20.0))
"""The crowd's own strength, one that lets labellers differ widely, one that holds them together."""


class DawidSkene(Learned):
    """P(vote | class) for each function, leaning on the crowd's; families count once.

    Needs about three families a row: with two, confusions and class shares make up for each other.
    A function that votes for one class only gets one number (see `em`): taken literally, its vote
    would be certain under every class and say nothing.
    """

    name = "dawid_skene"
    PRIORS = CONFUSIONS
