"""How long the dumps go on after a comment: silence at the end of a dump is not yet silence.

Built from the records that ingest leaves per file (`raw/done/*.json`): when the comments kept of
each subreddit begin and end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Spans = dict[str, list[list[int]]]
"""Subreddit in lower case -> [first, last] Unix seconds, merged, in order; plain JSON."""

MAX_GAP_S = 3 * 86_400
"""Two files of a subreddit that leave at most this between them are one coverage. Ours: longer
than the quiet end of a month in a small community, shorter than a missing file."""


def coverage(done_records: Iterable[Mapping[str, Any]]) -> Spans:
    """Ingest's records -> per subreddit, when its comments are covered.

    Only comment files count: they hold the answers. A file that lies within one calendar month
    was cut by time, so each of its subreddits is covered as long as the whole file is, however
    quiet it was. A longer file may be many subreddits' files in one: each keeps its own span.
    """
    found: dict[str, list[list[int]]] = {}
    for record in done_records:
        if record["kind"] == "comments":
            for subreddit, span in _file_spans(record["spans"]).items():
                found.setdefault(subreddit, []).append(span)
    return {subreddit: _merged(spans) for subreddit, spans in sorted(found.items())}


def _file_spans(spans: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    if not spans:
        return {}
    first = min(span[0] for span in spans.values())
    last = max(span[1] for span in spans.values())
    if _month(first) == _month(last):
        return {subreddit.lower(): [first, last] for subreddit in spans}
    return {subreddit.lower(): [span[0], span[1]] for subreddit, span in spans.items()}


def _month(utc: int) -> tuple[int, int]:
    day = datetime.fromtimestamp(utc, UTC)
    return day.year, day.month


def _merged(spans: Iterable[Sequence[int]]) -> list[list[int]]:
    merged: list[list[int]] = []
    for first, last in sorted((s[0], s[1]) for s in spans):
        if merged and first - merged[-1][1] <= MAX_GAP_S:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged


def followup_end(spans: Mapping[str, Sequence[Sequence[int]]], subreddit: str, utc: int) -> int:
    """The last second up to which answers to something written at `utc` would be in the dumps.

    `utc` itself where nothing covers it: no follow-up at all.

    >>> followup_end({"anxiety": [[100, 900]]}, "Anxiety", 300)
    900
    >>> followup_end({"anxiety": [[100, 900]]}, "Anxiety", 1000)
    1000
    """
    return int(followup_ends(spans, [subreddit], np.array([utc]))[0])


def followup_ends(
    spans: Mapping[str, Sequence[Sequence[int]]],
    subreddits: Sequence[str],
    utc: NDArray[np.int64],
) -> NDArray[np.int64]:
    """`followup_end` for many: (n,) names in any case and (n,) times -> (n,) times."""
    ends = np.array(utc, dtype=np.int64)
    if not len(ends):
        return ends
    names, which = np.unique(np.array([s.lower() for s in subreddits]), return_inverse=True)
    for i, name in enumerate(names):
        covered = np.array(spans.get(str(name), []), dtype=np.int64).reshape(-1, 2)
        if len(covered):
            rows = np.flatnonzero(which == i)
            ends[rows] = _ends(covered, ends[rows])
    return ends


def _ends(covered: NDArray[np.int64], utc: NDArray[np.int64]) -> NDArray[np.int64]:
    """(k, 2) intervals in order, (n,) times -> (n,) end of the interval each lies in, or itself."""
    at = np.searchsorted(covered[:, 0], utc, side="right") - 1
    last = covered[np.maximum(at, 0), 1]
    return np.where((at >= 0) & (utc <= last), last, utc)
