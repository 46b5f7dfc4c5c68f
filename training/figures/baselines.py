"""What a classifier must beat: answers that need no reading, no comment, or no training of weights.

Each learns from `train` only and gives probabilities, so that it stands in the same columns as the
model. Nothing here is drawn: the same rows give the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from ...corpus.errors import MissingExtra, SettingsError
from .strata import n_characters

MAJORITY, LENGTH, EXPOSURE, POST, TFIDF, MINILM = (
    "majority", "length-only", "exposure-only", "post-only", "tfidf", "frozen-minilm",
)  # fmt: skip
WHAT = {
    MAJORITY: "always the more frequent label of train",
    LENGTH: "logarithm of the comment's characters, and its square",
    EXPOSURE: "the poster's chance to answer in that place (`opportunity`), whatever the words",
    POST: "words of title and post, without the comment",
    TFIDF: "words, pairs of words and 2 to 5 characters of the comment, logistic regression",
    MINILM: "all-MiniLM-L6-v2 as it is, mean of tokens of comment and of post, logistic regression",
}
BASELINES = tuple(WHAT)
CHEAP = BASELINES[:-1]
MOST_TEXTS = 50_000  # ours: train rows that TF-IDF learns from: minutes become seconds
# Ours: rows of train and of test that the encoder reads, so that it takes minutes. One core read 45
# comments a second (48 tokens each, in the mean), or 19 to 23 texts of its full 128 tokens.
MOST_ENCODED, MOST_ENCODED_TEST = 2_000, 5_000
SEED = 0


class Guess(NamedTuple):
    """What one baseline says of each test row; `p` is None where it cannot say, and `why`."""

    name: str
    p: np.ndarray | None  # (n,) P(effective) in [0, 1]; nan for rows that it did not read
    why: str = ""
    n_train: int = 0  # rows it learnt from


Fit = Callable[[pa.Table, np.ndarray, pa.Table], np.ndarray]
"""(train, its labels (n,) booleans, test) -> P(effective) of test (m,)."""


def guesses(
    train: pa.Table, test: pa.Table, *, names: Collection[str] = BASELINES
) -> Iterator[Guess]:
    """One guess for each of BASELINES, in order; those not in `names` say that they were left out.

    Tables as of `data.rows.labelled_rows`. A baseline that needs what is not there (two classes in
    train, an encoder, `opportunity`) says so instead of a figure. Raises MissingExtra where
    scikit-learn is not installed: a table without TF-IDF would be no table.
    """
    for name in BASELINES:
        if name not in names:
            yield Guess(name, None, "left out of this run")
            continue
        yield _guess(name, train, test)


def _guess(name: str, train: pa.Table, test: pa.Table) -> Guess:
    fit, most = _FITS[name]
    some = train.slice(0, most) if most else train  # rows come in an order by hash of their ids
    label = np.asarray(some["label"].to_numpy()) == 1
    if not len(label):
        return Guess(name, None, "train has no row")
    if name != MAJORITY and len(set(label.tolist())) < 2:
        return Guess(name, None, "train has one label only")
    if not test.num_rows:
        return Guess(name, np.zeros(0), n_train=len(label))
    try:
        return Guess(name, fit(some, label, test), n_train=len(label))
    except _NotMeasured as e:
        return Guess(name, None, str(e))


class _NotMeasured(Exception):
    """Why a baseline has no figure."""


def _majority(train: pa.Table, label: np.ndarray, test: pa.Table) -> np.ndarray:
    """The share of train as probability: calibrated, and of use to nobody."""
    return np.full(test.num_rows, label.mean())


def _length(train: pa.Table, label: np.ndarray, test: pa.Table) -> np.ndarray:
    learn, there = (np.log1p(n_characters(rows)) for rows in (train, test))
    return _of_numbers(
        np.column_stack([learn, learn**2]), label, np.column_stack([there, there**2])
    )


def _exposure(train: pa.Table, label: np.ndarray, test: pa.Table) -> np.ndarray:
    learn, there = (_chances(rows) for rows in (train, test))
    if not np.isfinite(learn[:, 0]).any():
        raise _NotMeasured("no train row has an `opportunity`")
    middle = np.nanmean(learn[:, 0])
    for x in (learn, there):
        x[:, 0] = np.where(np.isfinite(x[:, 0]), x[:, 0], middle)
    x, z = (np.column_stack([m, m[:, 0] ** 2]) for m in (learn, there))
    return _of_numbers(x, label, z)


def _chances(rows: pa.Table) -> np.ndarray:
    """(n, 2): log odds of `opportunity`, nan where null; 1 where it is null."""
    chance = np.array(rows["opportunity"].to_numpy(), float)
    inside = np.clip(chance, 1e-4, 1 - 1e-4)
    return np.column_stack([np.log(inside / (1 - inside)), ~np.isfinite(chance)]).astype(float)


def _of_numbers(learn: np.ndarray, label: np.ndarray, there: np.ndarray) -> np.ndarray:
    linear = _linear()
    middle, spread = learn.mean(axis=0), learn.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    model = linear(C=1.0, max_iter=1000).fit((learn - middle) / spread, label)
    return np.asarray(model.predict_proba((there - middle) / spread)[:, 1])


def _linear() -> Any:
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as e:
        raise MissingExtra(
            "scikit-learn is not installed", "baselines", "pip install 'redditess[train]'"
        ) from e
    return LogisticRegression


def _post(train: pa.Table, label: np.ndarray, test: pa.Table) -> np.ndarray:
    return text_probabilities(posts(train), label, posts(test), characters=False)


def _tfidf(train: pa.Table, label: np.ndarray, test: pa.Table) -> np.ndarray:
    return text_probabilities(texts(train, "comment"), label, texts(test, "comment"))


def texts(rows: pa.Table, column: str) -> list[str]:
    """One column as strings; "" where null."""
    return [value or "" for value in rows[column].to_pylist()]


def posts(rows: pa.Table) -> list[str]:
    """Title and post of each row."""
    return [f"{a}\n{b}" for a, b in zip(texts(rows, "title"), texts(rows, "post"), strict=True)]


def text_probabilities(
    learn: list[str], label: np.ndarray, there: list[str], *, characters: bool = True
) -> np.ndarray:
    """TF-IDF and logistic regression: P(label) of `there` (m,); the prior where no word is known.

    At most 50,000 words and pairs (in two texts or more) and 50,000 character grams of 2 to 5
    (in three), sublinear counts. A text that many rows share (a post) counts once there: else its
    own rare words would count as common ones.
    """
    distinct, at = _distinct(learn)
    asked, place = _distinct(there)
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    plain = {"sublinear_tf": True, "max_features": 50_000, "lowercase": True}
    words = {"ngram_range": (1, 2), "min_df": 2, "token_pattern": r"(?u)\b\w+\b"}
    grams = {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 3}
    found = []
    for options in (words, grams)[: 1 + characters]:
        vectors = TfidfVectorizer(**plain, **options)
        try:
            found.append((vectors.fit_transform(distinct)[at], vectors.transform(asked)[place]))
        except ValueError:  # no word is in two texts
            continue
    if not found:
        return np.full(len(there), label.mean())
    x, z = (hstack(side).tocsr() for side in zip(*found, strict=True))
    model = _linear()(C=1.0, max_iter=300, random_state=SEED).fit(x, label)
    return np.asarray(model.predict_proba(z)[:, 1])


def _distinct(rows: list[str]) -> tuple[list[str], list[int]]:
    """The texts that there are, and which of them each row has."""
    place: dict[str, int] = {}
    at = [place.setdefault(text, len(place)) for text in rows]
    return list(place), at


def _minilm(train: pa.Table, label: np.ndarray, test: pa.Table) -> np.ndarray:
    from ...labeling.readers.minilm import Encoder, installed

    try:
        encoder = Encoder(installed())
    except (MissingExtra, SettingsError) as e:
        raise _NotMeasured(e.what) from e

    def embedded(rows: list[str]) -> np.ndarray:
        """The last layer only; a text that many rows share (a post) is read once."""
        distinct, at = _distinct(rows)
        read = encoder.embed(distinct)[:, -encoder.model.config.hidden_size :]
        return (read / np.maximum(np.linalg.norm(read, axis=1, keepdims=True), 1e-9))[at]

    learn, there = (
        np.hstack([embedded(texts(rows, "comment")), embedded(posts(rows))])
        for rows in (train, test.slice(0, MOST_ENCODED_TEST))
    )
    # Rows of length 1 have small coordinates: at C = 1 the weights would hardly leave 0.
    model = _linear()(C=10.0, max_iter=1000).fit(learn, label)
    found = np.full(test.num_rows, np.nan)
    found[: len(there)] = model.predict_proba(there)[:, 1]
    return found


_FITS: dict[str, tuple[Fit, int]] = {
    MAJORITY: (_majority, 0),
    LENGTH: (_length, 0),
    EXPOSURE: (_exposure, 0),
    POST: (_post, MOST_TEXTS),
    TFIDF: (_tfidf, MOST_TEXTS),
    MINILM: (_minilm, MOST_ENCODED),
}
