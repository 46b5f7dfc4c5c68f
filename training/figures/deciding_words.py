"""Words of the inputs that nearly decide the label: a mark of the answer left in the question.

A word is judged by clusters (posters), not rows: who is told it forty times is one case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pyarrow as pa

from ...stats.intervals import wilson
from .baselines import texts

FIELDS = ("title", "post", "comment")
MOST_ROWS = 20_000  # ours: of train, and of test; rows come in an order by hash
FEWEST = 20  # ours: clusters; with fewer, purity is luck among ten thousand words
PURE = 0.95  # ours: "thank" in a comment does not decide to that degree, "[solved]" in a post does
ODDS = 3.0
"""Ours: how many times the base rate's odds the lower end (95 %) must have. It keeps corpora quiet
where nine of ten labels are of one class and most words are pure by that alone."""
NAMED_FROM = 50  # clusters: a word that so many people met tells on nobody
MOST = 5  # sentences a field: one mark has many n-grams
_PIECE = re.compile(r"\w+|[^\w\s]+")
_Z = 4.9  # two-sided 1e-6: 1e5 n-grams, and a tenth of a false alarm in all


def deciding_words(train: pa.Table, test: pa.Table) -> Iterator[str]:
    """Sentences on words, signs and pairs of them, in title, post or comment, of both splits.

    A word is named where 50 clusters or more have it and it is made of letters; else its length and
    a digest are told, by which its finder can look for it without our quoting anyone.
    """
    train, test = train.slice(0, MOST_ROWS), test.slice(0, MOST_ROWS)
    label = np.concatenate([np.asarray(rows["label"].to_numpy()) == 1 for rows in (train, test)])
    own = [np.unique(rows["cluster"].to_numpy(), return_inverse=True)[1] for rows in (train, test)]
    cluster = np.concatenate([2 * own[0], 2 * own[1] + 1])  # a split numbers its own
    for field in FIELDS:
        found = _deciding(texts(train, field) + texts(test, field), label, cluster)
        for word, n, share in _widest(found):
            side = "effective" if share > 0.5 else "not effective"
            yield (
                f"{safe_name(word, n)} in the {field} nearly decides the label: "
                f"of {n:,} posters or threads that have it "
                f"{100 * max(share, 1 - share):.0f} % are {side}"
            )


def safe_name(word: str, n_clusters: int) -> str:
    """How a sentence may call a word.

    >>> safe_name("solved", 80), safe_name("mary 1984", 300)
    ("the word 'solved'", 'a text of 9 characters (digest 0d4d96)')
    """
    if n_clusters >= NAMED_FROM and len(word) <= 20 and all(p.isalpha() for p in word.split()):
        return f"the word {word!r}"
    digest = blake2b(word.encode(), digest_size=3).hexdigest()
    return f"a text of {len(word)} characters (digest {digest})"


def _deciding(
    rows: list[str], label: np.ndarray, cluster: np.ndarray
) -> list[tuple[str, int, float]]:
    """(word, clusters with it, share of those that are effective) of each that decides.

    A cluster counts as far as its rows with the word are effective.
    """
    place: dict[str, int] = {}
    owner, gram = [], []
    for i, text in enumerate(rows):
        for piece in _grams(text):
            owner.append(i)
            gram.append(place.setdefault(piece, len(place)))
    if not place:
        return []
    at, word = np.array(owner), np.array(gram)
    key, first = np.unique(word * (int(cluster.max()) + 1) + cluster[at], return_inverse=True)
    effective = np.bincount(first, label[at]) / np.bincount(first)  # of each word in each cluster
    of = key // (int(cluster.max()) + 1)
    n = np.bincount(of, minlength=len(place))
    yes = np.bincount(of, effective, minlength=len(place)) / np.maximum(n, 1)
    base = float(label.mean())
    names = list(place)
    return [
        (names[w], int(n[w]), float(yes[w]))
        for w in np.flatnonzero((n >= FEWEST) & ((yes >= PURE) | (yes <= 1 - PURE)))
        if _beyond_chance(float(yes[w]), int(n[w]), base)
    ]


def _grams(text: str) -> set[str]:
    pieces = _PIECE.findall(text.casefold())
    return {*pieces, *(f"{a} {b}" for a, b in pairwise(pieces))}


def _beyond_chance(share: float, n: int, base: float) -> bool:
    """Is the share above the base rate for sure (1e-6), and far above it, in odds (95 %)?"""
    if share < 0.5:
        share, base = 1 - share, 1 - base
    for_sure = wilson(share, n * (1.96 / _Z) ** 2)[0]  # fewer rows: a wider interval
    low = wilson(share, n)[0]
    return for_sure > base and low * (1 - base) > ODDS * base * (1 - low)


def _widest(found: list[tuple[str, int, float]]) -> list[tuple[str, int, float]]:
    """The few that most clusters have; a pair says nothing beside one of its own words."""
    single = {word for word, *_ in found if " " not in word}
    own = [item for item in found if " " not in item[0] or not single & set(item[0].split())]
    return sorted(own, key=lambda item: (-item[1], item[0]))[:MOST]
