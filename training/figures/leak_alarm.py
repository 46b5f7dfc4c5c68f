"""Four signs that a test set tells its own answers, each in one sentence; silence is no proof.

What it looks for: rows that stand on both sides; a word of the inputs that nearly decides the
label; a post that tells the label of comments it never saw; a model far better than its own words
can explain. Of 200 clean worlds (600 and 240 rows, habits of posters, half, four fifths or a fifth
effective) one raised an alarm: .5 % [.1, 2.8] (`tests/training/test_leak_alarm.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa

from ...release.twins import comment_key, post_key
from ...stats.intervals import Estimate
from ...stats.ranking import auc
from .baselines import POST, TFIDF, posts, text_probabilities, texts
from .deciding_words import deciding_words
from .figure import tested

FEWEST = 20  # rows of either class in train and in test, below which words and AUCs are not judged
SURE = 3.29 / 1.96  # 95 % intervals become 99.9 %: a post may truly know nothing (AUC .5)
PERFECT = 0.95
"""Ours: an AUC that labels with noise cannot reach. In the known world labels rank help with .61 to
.63 (docs/validity.md); text models reach .73 to .82 on what posters do."""
FEWER_MISTAKES = 4
"""Ours: a model whose 1 - AUC is below a quarter of TF-IDF's reads something TF-IDF does not: that
is context in a good model, and a leak in one that good. Fine-tuned encoders halve it."""


def leak_alarm(
    train: pa.Table,
    test: pa.Table,
    *,
    p: np.ndarray | None = None,
    guessed: Mapping[str, np.ndarray] | None = None,
) -> list[str]:
    """Tables as of `data.rows.labelled_rows` -> sentences, none where nothing was found.

    `p`: P(effective) (n,) of the model on `test`. `guessed`: what baselines said of the same rows
    (`baselines.guesses`); post-only and TF-IDF are fitted here where they are missing. No sentence
    quotes what one person wrote: words are named only where many threads use them.
    """
    found = [*_on_both_sides(train, test)]
    if min(_rarer(train), _rarer(test)) < FEWEST:
        return found
    found += deciding_words(train, test)
    found += _told_by_post(train, test, (guessed or {}).get(POST))
    found += _too_good(train, test, p, (guessed or {}).get(TFIDF))
    return found


def _rarer(rows: pa.Table) -> int:
    yes = int((np.asarray(rows["label"].to_numpy()) == 1).sum())
    return min(yes, rows.num_rows - yes)


def _on_both_sides(train: pa.Table, test: pa.Table) -> Iterator[str]:
    """Ids, threads, and texts by the rule that splits were made with (docs/design/0016)."""
    for name, what in (("id", "rows"), ("thread_id", "threads")):
        both = set(train[name].to_pylist()) & set(test[name].to_pylist())
        if both:
            yield f"{len(both):,} {what} of test are in train too"
    pairs = {
        "post": [set(map(post_key, texts(r, "title"), texts(r, "post"))) for r in (train, test)],
        "comment": [set(map(comment_key, texts(r, "comment"))) for r in (train, test)],
    }
    for what, (learnt, there) in pairs.items():
        both_keys = (learnt & there) - {0}
        if both_keys:
            yield f"{len(both_keys):,} {what} texts of test are in train too, word for word"


def _told_by_post(train: pa.Table, test: pa.Table, p: np.ndarray | None) -> Iterator[str]:
    """Chance and clusters are in the interval: only what lies above all of it is told."""
    if p is None:
        label = np.asarray(train["label"].to_numpy()) == 1
        p = text_probabilities(posts(train), label, posts(test), characters=False)
    area = _area(p, test)
    low = _further(area.low, area.value)
    if low > 0.5:
        yield (
            f"title and post alone tell the label with AUC {area.value:.2f} (99.9 % interval from "
            f"{low:.2f}): look for the poster's thanks in the post, and trust pairs within a "
            "thread, which a post cannot help"
        )


def _too_good(
    train: pa.Table, test: pa.Table, p: np.ndarray | None, words: np.ndarray | None
) -> Iterator[str]:
    if words is None:
        label = np.asarray(train["label"].to_numpy()) == 1
        words = text_probabilities(texts(train, "comment"), label, texts(test, "comment"))
    plain = _area(words, test)
    if plain.low > PERFECT:
        yield f"TF-IDF alone reaches AUC {plain.value:.2f}: labels with noise do not allow that"
    if p is None:
        return
    mine = _area(p, test)
    if mine.low > PERFECT:
        yield f"the model reaches AUC {mine.value:.2f}: labels with noise do not allow that"
    elif (1 - mine.low) * FEWER_MISTAKES < 1 - plain.high:
        yield (
            f"the model reaches AUC {mine.value:.2f} where its own words (TF-IDF) reach "
            f"{plain.value:.2f}: it reads something that no word shows"
        )


def _area(p: np.ndarray, test: pa.Table) -> Estimate:
    rows = tested(test)
    return auc(p, rows.label, rows.cluster)


def _further(end: float, value: float) -> float:
    """The end of a 99.9 % interval from that of a 95 % one: on the logit scale it was made on."""
    if not 0 < value < 1:
        return end  # a perfect order: rows, not spread, bound it
    z = np.log(np.array([end, value]) / (1 - np.array([end, value])))
    return float(1 / (1 + np.exp(-(z[1] + SURE * (z[0] - z[1])))))
