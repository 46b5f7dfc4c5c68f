"""Who runs the tasks of a stage: this machine's processes, or the executors of a cluster.

An engine only schedules. What a task does, and every byte it writes, is decided by `stages`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...corpus.sizes import duckdb_share

Task = dict[str, Any]
"""JSON values only: a task travels to other processes and machines as text."""
Record = dict[str, Any]
Tick = Callable[[int], None]
"""Told how many tasks of a stage are done."""


class Engine(Protocol):
    """Runs many tasks of one stage."""

    name: str

    @property
    def workers(self) -> int:
        """Tasks at once; of a cluster as many as it had when it was first asked."""

    def run(self, stage: str, tasks: Sequence[Task], tick: Tick) -> list[Record]:
        """The records of all tasks, in their order.

        Raises the error that a task met: a RedditessError as it was, anything else as BuildError.
        """

    def rest(self) -> None:
        """No stage follows soon: what waits for one gives its memory back."""

    def close(self) -> None:
        """Ends what the engine started."""


def fit(stage: str, task: Task, at_once: int, cores: int) -> Task:
    """The task with what one of `at_once` neighbours may use: its share of memory, its `cores`.

    `memory_limit` of a task that is to be fitted is the whole limit, in bytes.

    >>> fit("assemble", {"memory_limit": 4 * 10**9}, 2, 1)
    {'memory_limit': '1550MB'}
    """
    if stage == "assemble":
        return {**task, "memory_limit": duckdb_share(task["memory_limit"], at_once)}
    # One core decompresses; with two, more processes brought nothing (docs/log.md).
    return {**task, "processes": max(1, cores - 1)} if stage == "ingest" else task
