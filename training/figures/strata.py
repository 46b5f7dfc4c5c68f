"""Parts of a test set that one figure would hide: by length, community, time, kind of evidence."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

N_LENGTHS = 5
EARLY_SHARE = 0.8  # of the train rows, by day
MOST_COMMUNITIES = 12  # ours: the largest have a stratum each, the others one together
OTHERS = "(others)"
FEWEST = 20  # ours: rows of either class below which a stratum has no figure, as in label validity


class Stratum(NamedTuple):
    """Some rows of the test set, and why they are looked at apart."""

    by: str  # length, subreddit, era, day, basis
    name: str
    rows: np.ndarray  # (n,) booleans


def strata(train: pa.Table, test: pa.Table) -> Iterator[Stratum]:
    """All strata of `test`; cuts of length and day are those of `train`.

    Needs the columns comment, subreddit, era, day, basis, label. Strata of one kind share no row,
    but for `basis`: most kinds of evidence make one label only, so each is held against all rows
    of the other label.
    """
    yield from _lengths(train, test)
    yield from _values(test, "subreddit", MOST_COMMUNITIES)
    yield from _values(test, "era", None)
    yield from _days(train, test)
    yield from _bases(test)


def n_characters(rows: pa.Table) -> np.ndarray:
    """(n,) characters of each comment; 0 where there is none."""
    return np.asarray(pc.fill_null(pc.utf8_length(rows["comment"]), 0).to_numpy(), np.int64)


def cut_day(train: pa.Table, share: float = EARLY_SHARE) -> datetime.date | None:
    """The day up to which `share` of the train rows were written; None where no row has a day."""
    days = train["day"].drop_null().cast(pa.int32()).to_numpy()
    if not len(days):
        return None
    cut = int(np.quantile(days, share, method="inverted_cdf"))
    return datetime.date(1970, 1, 1) + datetime.timedelta(cut)


def is_early(rows: pa.Table, cut: datetime.date) -> np.ndarray:
    """(n,) booleans: written on the day of the cut or before. A row without a day is neither."""
    return _told(pc.less_equal(rows["day"], pa.scalar(cut, pa.date32())))


def is_late(rows: pa.Table, cut: datetime.date) -> np.ndarray:
    """(n,) booleans: written after the day of the cut."""
    return _told(pc.greater(rows["day"], pa.scalar(cut, pa.date32())))


def _told(answers: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.fill_null(answers, False).to_numpy(), bool)


def _lengths(train: pa.Table, test: pa.Table) -> Iterator[Stratum]:
    known = n_characters(train)
    if not len(known):
        return
    cuts = np.unique(np.quantile(known, np.arange(1, N_LENGTHS) / N_LENGTHS).astype(np.int64))
    n = n_characters(test)
    place = np.searchsorted(cuts, n, side="left")
    ends = [0, *(int(cut) + 1 for cut in cuts)]
    for i, start in enumerate(ends):
        last = f"–{cuts[i]:,}" if i < len(cuts) else " and more"
        yield Stratum("length", f"{start:,}{last} characters", place == i)


def _values(test: pa.Table, column: str, most: int | None) -> Iterator[Stratum]:
    values = np.array([value or "(none)" for value in test[column].to_pylist()], dtype=object)
    names, counts = np.unique(values.astype(str), return_counts=True)
    order = sorted(zip(-counts, names, strict=True)) if most else [(0, name) for name in names]
    shown = [name for _, name in order][:most]
    for name in shown:
        yield Stratum(column, str(name), values == name)
    rest = ~np.isin(values.astype(str), shown)
    if rest.any():
        yield Stratum(column, OTHERS, rest)


def _days(train: pa.Table, test: pa.Table) -> Iterator[Stratum]:
    cut = cut_day(train)
    if cut is not None:
        yield Stratum("day", f"to {cut}", is_early(test, cut))
        yield Stratum("day", f"after {cut}", is_late(test, cut))


def _bases(test: pa.Table) -> Iterator[Stratum]:
    basis = np.array([value or "(none)" for value in test["basis"].to_pylist()], dtype=object)
    label = np.asarray(test["label"].to_numpy()) == 1
    for name in sorted(set(basis.tolist())):
        here = basis == name
        classes = set(label[here].tolist())
        if len(classes) == 2:
            yield Stratum("basis", name, here)
        else:
            other = "not effective" if classes == {True} else "effective"
            yield Stratum("basis", f"{name} against all {other}", here | (label != classes.pop()))
