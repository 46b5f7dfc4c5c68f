"""Which split a row goes to: a function of who asked (or of when), never a shuffle.

By poster, all threads of one OP lie in one split, whatever else is in the build, so adding dumps
never moves a row. By time, a thread lies where its post's day lies between the cuts; the cuts are
in the manifest, and a later build that is given them moves no row from test to train either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..corpus.artefacts import stable_hash
from ..corpus.errors import SettingsError
from ..corpus.settings import Settings
from .found import find_release
from .public import read_public

ORDER = ("test", "validation", "train")
"""Test takes the low end of the hash in every preset: 90/10 and 80/10/10 share their test rows."""
_EPOCH = date(1970, 1, 1)


def group_of(op: str | None, thread_id: str) -> str:
    """What must stay together: OP (names ignore case on Reddit), or the thread where OP is gone.

    >>> group_of("Alice", "t3_1"), group_of(None, "t3_1")
    ('op:alice', 'thread:t3_1')
    """
    return f"op:{op.lower()}" if op else f"thread:{thread_id}"


def commenter_key(name: str | None) -> int:
    """64 bits for who wrote a comment; 0 where the account is gone."""
    return stable_hash("redditess commenter", name.lower()) or 1 if name else 0


def split_of(group: str, splits: Sequence[tuple[str, float]]) -> str:
    """The split of a group, by shares that add up to 1 (`Settings.splits`).

    >>> split_of("op:alice", (("train", 1.0),))
    'train'
    """
    place = stable_hash("redditess split v1", group) / 2**64
    shares = dict(splits)
    edge = 0.0
    for name in ORDER:
        edge += shares.get(name, 0.0)
        if place < edge:
            return name
    return "train" if "train" in shares else max(shares, key=lambda name: shares[name])


def split_names(splits: Sequence[tuple[str, float]]) -> list[str]:
    """The splits a build has, train first: the order of files, card and manifest."""
    return [name for name in reversed(ORDER) if dict(splits).get(name, 0.0) > 0]


class ByTime(NamedTuple):
    """What the clock says about each row."""

    split: NDArray[np.int8]  # a place in ORDER: where the day of its post lies
    later_elsewhere: NDArray[np.bool_]  # its OP posted again in the period of a later split
    written_late: NDArray[np.bool_]  # the comment came when the period of its split was over
    cuts: dict[str, str]  # split -> its first day, of all but the first split


def by_time(
    post_day: NDArray[np.int32],
    day: NDArray[np.int32],
    group: NDArray[np.uint64],
    settings: Settings,
) -> ByTime:
    """Splits by the day of the post: train first, test last. All arrays (n,), days since 1970.

    Without `Settings.cuts` the cuts are the days at which the shares of rows are reached. An OP
    belongs to the split of the last post; earlier threads in the period of another split must
    leave, or one person would be in two. So must comments that came after their split's end.
    """
    names = split_names(settings.splits)
    cuts = _cuts(post_day, names, settings)
    period = np.searchsorted(cuts, post_day, "right")
    people, who = np.unique(group, return_inverse=True)
    last = np.zeros(len(people), np.int64)
    np.maximum.at(last, who, period)
    ends = np.append(cuts, np.iinfo(np.int32).max)
    places = np.array([ORDER.index(name) for name in names], np.int8)
    return ByTime(
        places[period],
        period < last[who],
        day >= ends[period],
        {name: _date(cut) for name, cut in zip(names[1:], cuts.tolist(), strict=True)},
    )


def _cuts(post_day: NDArray[np.int32], names: list[str], settings: Settings) -> NDArray[np.int64]:
    if settings.cuts:
        return given_cuts(settings)
    days = np.sort(post_day)
    shares = np.cumsum([dict(settings.splits)[name] for name in names])[:-1]
    at = np.minimum((shares * len(days)).round().astype(np.int64), max(len(days) - 1, 0))
    return days[at].astype(np.int64) if len(days) else np.zeros(len(at), np.int64)


def given_cuts(settings: Settings) -> NDArray[np.int64]:
    """`Settings.cuts` as days since 1970.

    Raises SettingsError unless they are rising days, one for each split after the first, of a
    build that is split by time.
    """
    wanted = split_names(settings.splits)[1:]
    how = f"give the first days of {' and '.join(wanted)}, as in 2021-05-31"
    if settings.cuts and settings.split_by != "time":
        raise SettingsError('cuts without split_by = "time"', "cuts", "leave one of them out")
    try:
        days = [(date.fromisoformat(cut) - _EPOCH).days for cut in settings.cuts]
    except ValueError as e:
        raise SettingsError(f"not a day ({e})", "cuts", how) from e
    if days and (len(days) != len(wanted) or days != sorted(days)):
        raise SettingsError(f"cuts = {list(settings.cuts)}", "cuts", how)
    return np.array(days, np.int64)


def cuts_of(build: str | Path) -> tuple[str, ...]:
    """The cuts of an earlier build (or released folder) that was split by time, train's end first.

    Raises SettingsError where it was split otherwise.
    """
    cuts = read_public(find_release(build).release).get("cuts") or {}
    if not cuts:
        raise SettingsError("was not split by time", build, "leave --cuts out")
    return tuple(cuts[name] for name in reversed(ORDER) if name in cuts)


def _date(day: int) -> str:
    return (_EPOCH + timedelta(days=day)).isoformat()
