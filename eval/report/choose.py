"""Which five threads to read: one for each thing worth knowing, the same on every machine."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from ...corpus.artefacts import stable_hash
from ...corpus.folder import BuildFolder
from .rows import drawn, n_words, outcomes, row_groups, share_of_threads

N_THREADS = 5
READABLE = range(2, 7)  # comments of a thread that a person reads to the end; ours
LOOKED_AT = 200_000  # rows among whose threads the five are chosen; ours: seconds
READABLE_WORDS = 450  # of post and comments together; ours


class Seen(NamedTuple):
    """What a choice needs to know of one comment."""

    basis: str | None
    exhibit: str | None  # of a truth file; None where there is none
    conflict: bool
    outcome: str  # effective, not_effective, unlabelled


class Slot(NamedTuple):
    """One thing worth showing: why a reader should look, and which comment shows it."""

    name: str
    title: str
    caption: str
    shows: Callable[[Seen], bool]


THANKED = Slot(
    "thanked",
    "How it should work",
    "The poster answers a comment with thanks, and the words that were heard are marked.",
    lambda c: c.basis == "thanked" and c.exhibit is None,
)
EXHIBITS = (
    Slot(
        "grateful_but_risky",
        "Grateful, but risky",
        "The poster thanks for advice that could do harm. The label follows "
        "the thanks: effective is not the same as safe.",
        lambda c: c.exhibit == "grateful_but_risky" and c.outcome == "effective",
    ),
    Slot(
        "good_but_ignored",
        "Good, but ignored",
        "One comment here would really have helped, and the poster never "
        "reacted to it. No label can know that: silence is not a verdict on the words.",
        lambda c: c.exhibit == "good_but_ignored" and c.outcome != "effective",
    ),
)
OTHERS = (
    Slot(
        "rejected",
        "Rejected",
        "The poster answered and did not like it. Ask whether the marked words are about "
        "the comment or about the poster's life.",
        lambda c: c.basis == "rejected",
    ),
    Slot(
        "conflict",
        "Two witnesses disagree",
        "What the poster did and how the community voted point in opposite "
        "directions. The poster decides, and the conflict is recorded.",
        lambda c: c.conflict,
    ),
    Slot(
        "passed_over",
        "Passed over",
        "The poster answered others and not this one. A weak sign: the place in the "
        "thread decides much of it.",
        lambda c: c.basis == "passed_over",
    ),
    Slot(
        "positive_reply",
        "Warm, without thanks",
        "The poster says nothing of help: the tone decides.",
        lambda c: c.basis == "positive_reply",
    ),
    Slot(
        "silent",
        "No label",
        "Nothing that the poster did speaks about this comment, so it stays without one.",
        lambda c: c.outcome == "unlabelled",
    ),
    Slot("any", "By lot", "One more thread, for no other reason.", lambda c: True),
)
SLOTS = (THANKED, *EXHIBITS, *OTHERS)
"""In the order in which threads are taken and shown."""


@dataclass
class Summary:
    """What a choice needs to know of one thread."""

    thread_id: str
    n: int = 0
    n_words: int = 0
    outcomes: set[str] = field(default_factory=set)
    shows: set[str] = field(default_factory=set)  # names of slots

    def add(self, comment: Seen, n_words: int) -> None:
        self.n, self.n_words = self.n + 1, self.n_words + n_words
        self.outcomes.add(comment.outcome)
        self.shows.update(slot.name for slot in SLOTS if slot.shows(comment))

    @property
    def unreadable(self) -> int:
        """0: short, with more than one outcome to compare; the higher the later it is taken."""
        too_long = self.n_words > READABLE_WORDS
        return 4 * (self.n not in READABLE) + 2 * too_long + (len(self.outcomes) < 2)


class Chosen(NamedTuple):
    """A thread to read, and why."""

    thread_id: str
    bucket: str  # file name of its bucket
    slot: Slot


def choose(folder: BuildFolder, exhibits: Mapping[str, str]) -> list[Chosen]:
    """At most five threads, one per slot; `exhibits` maps comment ids to a truth's exhibit.

    Within a slot the threads that read well come first, then the order of a hash of their id.
    """
    best: dict[str, list[tuple[int, int, str, str]]] = {slot.name: [] for slot in SLOTS}
    for bucket, thread in _summaries(folder, exhibits):
        key = (thread.unreadable, stable_hash("read-five", thread.thread_id))
        for name in thread.shows:
            best[name].append((*key, thread.thread_id, bucket))
            best[name] = heapq.nsmallest(N_THREADS, best[name])
    chosen: list[Chosen] = []
    for slot in SLOTS:
        taken = {c.thread_id for c in chosen}
        free = [found for found in best[slot.name] if found[2] not in taken]
        if free and len(chosen) < N_THREADS:
            chosen.append(Chosen(free[0][2], free[0][3], slot))
    return chosen


def _summaries(folder: BuildFolder, exhibits: Mapping[str, str]) -> Iterator[tuple[str, Summary]]:
    """(bucket file, summary) of threads, of all where there are few; each lies in one bucket."""
    part = share_of_threads(folder, LOOKED_AT)
    columns = ["thread_id", "comment_id", "post", "comment"]
    for path in folder.buckets(folder.interactions):
        threads: dict[str, Summary] = {}
        for rows, labels in row_groups(folder, columns, list(_LABELS), only=path.name):
            keep = drawn(rows.column("thread_id"), part)
            rows, labels = rows.filter(keep), labels.filter(keep)
            ids, comment_ids = (rows.column(name).to_pylist() for name in columns[:2])
            n_post, n_comment = (n_words(rows.column(name)).to_pylist() for name in columns[2:])
            for i, comment in enumerate(_seen(comment_ids, labels, exhibits)):
                thread = threads.setdefault(ids[i], Summary(ids[i], n_words=n_post[i]))
                thread.add(comment, n_comment[i])
        yield from ((path.name, thread) for thread in threads.values())


_LABELS = ("label", "conflict", "basis")


def _seen(ids: list[str], labels: pa.Table, exhibits: Mapping[str, str]) -> Iterator[Seen]:
    bases, conflicts = (labels.column(name).to_pylist() for name in ("basis", "conflict"))
    for i, outcome in enumerate(outcomes(labels)):
        yield Seen(bases[i], exhibits.get(ids[i]), conflicts[i], outcome)
