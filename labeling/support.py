"""Which kinds of support a comment holds (several may), and which ESConv strategy a turn is.

Rules over word lists of our own: nothing here was trained, so nothing of a non-commercial set can
ship. How far they agree with people: docs/support_types.md.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from .heads import heads
from .spot import Spotter, load, plain

STRATEGIES = tuple(load("taxonomies", "esconv_strategies"))
"""ESConv's eight strategies, in the order of the taxonomy."""

SUPPORT_TYPES = tuple(load("taxonomies", "support_types"))
"""The support types, in the order in which a row lists them."""


def support_types(texts: pa.Array) -> pa.ListArray:
    """Texts (n,) -> for each the support types in it, in the order of SUPPORT_TYPES.

    >>> support_types(pa.array(["I'm so sorry. Try box breathing.", "ok"])).to_pylist()
    [['emotional', 'informational', 'coping_strategy'], []]
    """
    x = plain(texts)
    return as_lists(types_heard(x, heads().best(x)))


def types_heard(x: pa.Array, scores: np.ndarray) -> dict[str, np.ndarray]:
    """Plain texts (n,) and their `Heads.best` -> of each type where it is heard, (n,) bool."""
    found, names = types_by_rule(x), heads().names
    for name in (n for n in SUPPORT_TYPES if n in names):
        found[name] = found[name] | (scores[:, names.index(name)] > 0)
    return found


def types_by_rule(x: pa.Array) -> dict[str, np.ndarray]:
    """Plain texts (n,) -> of each type where a rule hears it, (n,) bool."""
    rules = _rules()
    return {name: rules.find(x, name).to_numpy(zero_copy_only=False) for name in SUPPORT_TYPES}


def types_of_strategy(strategy: str) -> tuple[str, ...]:
    """The support types that a turn of one ESConv strategy is taken for (the crosswalk).

    >>> types_of_strategy("Self-disclosure")
    ('network',)
    """
    return tuple(load("taxonomies", "esconv_strategies")[strategy]["types"])


def strategies(texts: pa.Array) -> list[str]:
    """Texts (n,) -> the strategy that fits each best: the head that is surest of any sentence.

    >>> strategies(pa.array(["How long has this been going on?"]))
    ['Question']
    """
    scores = heads().best(plain(texts))
    scores = scores[:, [heads().names.index(name) for name in STRATEGIES]]
    return [STRATEGIES[best] for best in scores.argmax(axis=1)]


def as_lists(found: dict[str, np.ndarray]) -> pa.ListArray:
    """Columns of yes/no (n,) by name -> a list of the names that hold for each row."""
    names = list(found)
    held = np.stack([found[n] for n in names], axis=1).astype(bool)
    offsets = np.concatenate([[0], np.cumsum(held.sum(axis=1))])
    values = pa.array(names, pa.string()).take(pa.array(np.nonzero(held)[1]))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


@cache
def _rules() -> Spotter:
    return Spotter(load("lexicons", "support"))
