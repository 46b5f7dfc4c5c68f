"""Which split a row goes to: a function of who asked, never a shuffle.

All threads of one OP lie in one split, whatever else is in the build, so adding dumps never moves
a row, and a test row stays a test row.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..corpus.artefacts import stable_hash

ORDER = ("test", "validation", "train")
"""Test takes the low end of the hash in every preset: 90/10 and 80/10/10 share their test rows."""


def group_of(op: str | None, thread_id: str) -> str:
    """What must stay together: OP (names ignore case on Reddit), or the thread where OP is gone.

    >>> group_of("Alice", "t3_1"), group_of(None, "t3_1")
    ('op:alice', 'thread:t3_1')
    """
    return f"op:{op.lower()}" if op else f"thread:{thread_id}"


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
