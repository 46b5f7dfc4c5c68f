"""Rows for tables and alarms: an invented world whose labels follow words, posters and noise."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from redditess.training.data.rows import LABELLED_SCHEMA

N_WORDS = 300
WORDS = np.array(
    ["".join(chr(97 + int(digit)) for digit in f"{i:03d}") for i in range(N_WORDS)], dtype=object
)
ZIPF = 1 / np.arange(1, N_WORDS + 1)
ZIPF /= ZIPF.sum()
FIRST_DAY = datetime.date(2020, 1, 1)


def world(
    seed: int, n_train: int = 600, n_test: int = 240, *, share: float = 0.5, words: float = 0.6
) -> tuple[pa.Table, pa.Table]:
    """(train, test) as of `data.rows.labelled_rows`: about 4 comments a thread, 2 threads a poster.

    The log odds of a label: those of `share`, the poster's habit (sd .8), and `words` times what
    the comment's words say. Words are Zipf's; lengths, days and places are of no consequence.
    """
    rng = np.random.default_rng(seed)
    says = rng.normal(size=N_WORDS)
    return _rows(rng, n_train, 0, share, words * says), _rows(
        rng, n_test, 1_000_000, share, words * says
    )


def _rows(rng: np.random.Generator, n: int, first: int, share: float, says: np.ndarray) -> pa.Table:
    thread = rng.integers(0, n // 4, n)
    poster = thread // 2
    drawn, length = rng.choice(N_WORDS, (n, 25), p=ZIPF), rng.integers(5, 26, n)
    meant = [says[w[:k]].sum() / np.sqrt(k) for w, k in zip(drawn, length, strict=True)]
    odds = np.log(share / (1 - share)) + np.array(meant) + rng.normal(0, 0.8, n)[poster]
    label = (odds + rng.logistic(size=n) > 0).astype(int)
    asked = rng.choice(N_WORDS, (n, 36), p=ZIPF)
    negative = np.where(rng.random(n) < 0.5, "passed_over", "rejected")
    days = rng.integers(0, 400, n)
    columns: dict[str, Any] = {
        "id": [f"{first + i:016x}" for i in range(n)],
        "thread_id": [f"{first + t:016x}" for t in thread],
        "title": [" ".join(WORDS[asked[t][:6]]) for t in thread],
        "post": [" ".join(WORDS[asked[t][6:]]) for t in thread],
        "comment": [" ".join(WORDS[w[:k]]) for w, k in zip(drawn, length, strict=True)],
        "label": label,
        "p_effective": 0.1 + 0.8 * label,
        "opportunity": rng.random(n).round(2),
        "basis": np.where(label == 1, "thanked", negative),
        "era": np.where(days < 200, "2020", "2021"),
        "screen": ["no_flag"] * n,
        "subreddit": rng.choice(["sample_sleep", "sample_anxiety"], n),
        "day": [FIRST_DAY + datetime.timedelta(int(day)) for day in days],
        "support_types": [[]] * n,
        "invented": [True] * n,
        "cluster": poster + first,
    }
    return pa.table({f.name: pa.array(columns[f.name], f.type) for f in LABELLED_SCHEMA})


def labels(rows: pa.Table) -> np.ndarray:
    """(n,) booleans."""
    return np.asarray(rows["label"].to_numpy()) == 1


def answers(rows: pa.Table, strength: float, seed: int = 0) -> np.ndarray:
    """P(effective) of a model that knows the label through noise."""
    z = strength * (labels(rows) - 0.5) + np.random.default_rng(seed).normal(size=rows.num_rows)
    return np.asarray(1 / (1 + np.exp(-z)))


def changed(rows: pa.Table, column: str, change: Callable[[int, Any], Any]) -> pa.Table:
    """The same rows with `change(place, value)` in one column."""
    values = [change(i, value) for i, value in enumerate(rows[column].to_pylist())]
    field = rows.schema.field(column)
    return rows.set_column(rows.schema.get_field_index(column), field, pa.array(values, field.type))
