"""The rows a validity table stands on: whole posters, drawn by hash, and their signals.

One row group is in memory at a time; of the drawn posters only rows with a signal stay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...corpus.artefacts import stable_hash
from ...corpus.folder import BuildFolder
from ...corpus.records import EFFECTIVE, NOT_EFFECTIVE
from .. import lexicon
from ..functions.columns import flat, numbers, observable

MAX_ROWS = 200_000  # ours: rows of the drawn posters; about one in five has a signal
MAX_CHARS = 4_000  # ours: of a text, beyond it a comment says nothing new to a bag of words
SETTLED_DAYS = 7.0  # before that a poster may still come back


class Task(NamedTuple):
    """One signal as a yes/no question about a comment."""

    name: str
    yes: str
    no: str

    @property
    def title(self) -> str:
        return f"{self.yes} vs {self.no}"


TASKS = (
    Task("community", "above its siblings in votes", "below"),
    Task("thanked_or_passed", "thanked", "passed over"),
    Task("thanked_or_rejected", "thanked", "negative reply"),
    Task("uptake_or_passed", "effect or plan stated", "passed over"),
    Task("label", "labelled effective", "not effective"),
)
"""Four signals by the build's own votes, and its label; a signal nobody voted on has no rows."""

_VOTED = {
    "reply": ("op_response", "op_response_paper"),
    "rejects": ("op_rejects",),
    "uptake": ("op_uptake",),
    "passed": ("passed_over",),
    "community": ("community_relative", "community_reception"),
}
"""Which function's vote stands for what: the first that the build has."""
_OWN = (
    "comment_id", "thread_id", "op", "title", "post", "comment", "op_replies", "observable", "era",
    "position", "n_siblings", "created_utc", "post_created_utc", "op_last_seen_utc",
    "followup_days",
)  # fmt: skip


@dataclass
class Rows:
    """Columns (n,) of rows with a signal, and one entry per drawn thread."""

    op: np.ndarray  # str; the thread where the account is gone
    thread: np.ndarray  # str
    era: np.ndarray  # str
    comment: list[str]
    at: np.ndarray  # int: which entry of `threads` the row belongs to
    n_words: np.ndarray  # float, of the comment
    exposure: np.ndarray  # (n, 4): place, siblings, relative place, delay
    y: dict[str, np.ndarray]  # per task 1.0, 0.0 or nan
    threads: Threads
    n_rows: int  # of the drawn posters, with or without a signal
    n_all: int  # of the build


@dataclass
class Threads:
    """Columns (t,) of the drawn threads."""

    op: np.ndarray
    post: list[str]
    n_comments: np.ndarray
    returned: np.ndarray  # 1.0: the poster wrote a comment there; nan: the dump cannot know


def read(folder: BuildFolder) -> Rows:
    """Rows of about `MAX_ROWS` interactions: whole posters, the same ones on every machine."""
    files = folder.buckets(folder.interactions)
    n_all = sum(pq.read_metadata(path).num_rows for path in files)
    share = min(1.0, MAX_ROWS / max(1, n_all))
    parts, seen, n_rows = [], _Threads(), 0
    for rows, votes, labels in _groups(folder):
        keep = _drawn(rows, share)
        rows, votes, labels = rows.filter(keep), votes.filter(keep), labels.filter(keep)
        if rows.num_rows:
            n_rows += rows.num_rows
            parts.append(_part(rows, votes, labels, seen.add(rows)))
    return _joined(parts, seen.done(), n_rows, n_all)


def _groups(folder: BuildFolder) -> Iterator[tuple[pa.Table, pa.Table, pa.Table]]:
    """(interactions, votes, labels), row by row the same comments."""
    for path in folder.buckets(folder.interactions):
        rows, votes, labels = (
            pq.ParquetFile(stage / path.name)
            for stage in (folder.interactions, folder.votes, folder.labels)
        )
        cast = [name for name in votes.schema_arrow.names if name.endswith(":vote")]
        for group in range(rows.num_row_groups):  # all were cut at artefacts.ROWS_PER_GROUP
            yield (
                rows.read_row_group(group, columns=list(_OWN)),
                votes.read_row_group(group, columns=["comment_id", *cast]),
                labels.read_row_group(group, columns=["label"]),
            )


def _posters(rows: pa.Table) -> pa.ChunkedArray:
    return pc.coalesce(rows.column("op"), rows.column("thread_id"))


def _drawn(rows: pa.Table, share: float) -> pa.Array:
    posters = _posters(rows)
    names = [n for n in posters.unique().to_pylist() if stable_hash("validity", n) < share * 2**64]
    return pc.is_in(posters, value_set=pa.array(names, pa.string()))


class _Threads:
    """Threads as they come by; a thread may go on in the next row group."""

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.op: list[str] = []
        self.post: list[str] = []
        self.n_comments: list[int] = []
        self.returned: list[float] = []

    def add(self, rows: pa.Table) -> np.ndarray:
        """The thread number (n,) of each row."""
        back = numbers(rows, "op_last_seen_utc")
        known = observable(rows, "op_replies") & (numbers(rows, "followup_days") >= SETTLED_DAYS)
        returned = np.where(np.isfinite(back), 1.0, np.where(known, 0.0, np.nan))
        ids, posters = rows.column("thread_id").to_pylist(), _posters(rows).to_pylist()
        titles, posts = rows.column("title"), rows.column("post")
        at = np.empty(len(ids), np.int64)
        for i, thread in enumerate(ids):
            if thread not in self.number:
                self.number[thread] = len(self.op)
                self.op.append(posters[i])
                self.post.append(f"{titles[i]}\n{posts[i]}"[:MAX_CHARS])
                self.n_comments.append(0)
                self.returned.append(returned[i])
            at[i] = self.number[thread]
            self.n_comments[at[i]] += 1
            # The last comments may be too young to know; one settled row tells for the thread.
            self.returned[at[i]] = np.nanmax([self.returned[at[i]], returned[i], -1.0])
        return at

    def done(self) -> Threads:
        returned = np.array(self.returned, float)
        return Threads(
            np.array(self.op, object), self.post, np.array(self.n_comments, float),
            np.where(returned < 0, np.nan, returned),
        )  # fmt: skip


def _part(
    rows: pa.Table, votes: pa.Table, labels: pa.Table, at: np.ndarray
) -> dict[str, np.ndarray]:
    y = signals(rows, votes) | {"label": numbers(labels, "label")}
    kept = np.flatnonzero(np.isfinite(np.stack(list(y.values()))).any(axis=0))
    rows = rows.take(kept)
    position, siblings = numbers(rows, "position"), numbers(rows, "n_siblings")
    delay = np.maximum(numbers(rows, "created_utc") - numbers(rows, "post_created_utc"), 0)
    comments = [text[:MAX_CHARS] for text in rows.column("comment").to_pylist()]
    return {
        "op": np.array(_posters(rows).to_pylist(), object),
        "thread": np.array(rows.column("thread_id").to_pylist(), object),
        "era": np.array(rows.column("era").to_pylist(), object),
        "comment": np.array(comments, object),
        "at": at[kept],
        "n_words": np.array([float(len(text.split())) for text in comments]),
        "exposure": np.column_stack(
            [np.log1p(position), np.log1p(siblings), position / (siblings + 1), np.log1p(delay)]
        ),
        **{name: values[kept] for name, values in y.items()},
    }


def signals(rows: pa.Table, votes: pa.Table) -> dict[str, np.ndarray]:
    """The build's signals as (n,) floats: 1.0 yes, 0.0 no, nan where neither is known."""

    def said(what: str, vote: int) -> np.ndarray:
        for name in _VOTED[what]:
            if f"{name}:vote" in votes.column_names:
                return np.asarray(numbers(votes, f"{name}:vote") == vote)
        return np.zeros(votes.num_rows, bool)

    replies, of_row, _ = flat(rows, "op_replies")
    thanked = np.zeros(rows.num_rows, bool)
    heard = [bool(lexicon.gratitude(str(reply))) for reply in replies]
    thanked[of_row[np.array(heard, bool)]] = True
    rejected = said("reply", NOT_EFFECTIVE) | said("rejects", NOT_EFFECTIVE)
    thanked &= ~rejected
    passed = said("passed", NOT_EFFECTIVE)
    return {
        "community": _yes_no(said("community", EFFECTIVE), said("community", NOT_EFFECTIVE)),
        "thanked_or_passed": _yes_no(thanked, passed),
        "thanked_or_rejected": _yes_no(thanked, rejected),
        "uptake_or_passed": _yes_no(said("uptake", EFFECTIVE), passed),
    }


def _yes_no(yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    return np.where(yes, 1.0, np.where(no, 0.0, np.nan))


def _joined(parts: list[dict[str, np.ndarray]], threads: Threads, n_rows: int, n_all: int) -> Rows:
    def whole(name: str, width: int = 0) -> np.ndarray:
        if not parts:
            return np.zeros((0, width) if width else 0)
        return np.concatenate([np.asarray(part[name]) for part in parts])

    return Rows(
        op=whole("op"), thread=whole("thread"), era=whole("era"), comment=list(whole("comment")),
        at=whole("at").astype(np.int64), n_words=whole("n_words"), exposure=whole("exposure", 4),
        y={task.name: whole(task.name) for task in TASKS},
        threads=threads, n_rows=n_rows, n_all=n_all,
    )  # fmt: skip
