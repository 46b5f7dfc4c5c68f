"""Who runs the tasks of a stage: this machine's processes, or the executors of a cluster.

An engine only schedules. What a task does, and every byte it writes, is decided by `stages`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ...corpus.errors import SettingsError
from ...corpus.prospects import default_workers
from ...corpus.settings import Settings
from ...corpus.sizes import duckdb_share, size_of, workers_within
from .local import run_stage

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

    def close(self) -> None:
        """Ends what the engine started."""


class Local:
    """Worker processes of this machine; in this process where one is enough."""

    name = "local"

    def __init__(self, workers: int | None = None, memory_limit: int | None = None):
        """`memory_limit` (bytes) may leave fewer workers for buckets. SettingsError: for none."""
        self.workers = workers or default_workers()
        self._on_buckets = workers_within(memory_limit, self.workers) if memory_limit else None

    def run(self, stage: str, tasks: Sequence[Task], tick: Tick) -> list[Record]:
        cores, at_once = os.cpu_count() or 1, self.workers
        if stage != "ingest":  # a reader holds a window of up to 2 GiB, whatever the limit
            at_once = self._on_buckets or at_once
        fitted = [fit(stage, t, at_once, cores // min(at_once, len(tasks))) for t in tasks]
        return run_stage(stage, fitted, at_once, tick)

    def close(self) -> None:
        """Nothing: workers end with their stage."""


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name.

    Raises SettingsError for a master without `engine = "spark"` or of a form that Spark does not
    know, MissingExtra where pyspark or Java is not installed, BuildError where nobody answers.
    """
    memory_limit = size_of(settings.memory_limit)
    if settings.engine == "spark":
        from .spark import Spark

        workers_within(memory_limit, 1)
        return Spark(settings.master)
    if settings.master is not None:
        raise SettingsError(
            "is of no use to the local engine", "--master", "add --engine spark, or leave it out"
        )
    return Local(settings.workers, memory_limit)


def fit(stage: str, task: Task, at_once: int, cores: int) -> Task:
    """The task with what one of `at_once` neighbours may use: its share of memory, its `cores`.

    `memory_limit` of a task that is to be fitted is the whole limit, in bytes.

    >>> fit("assemble", {"memory_limit": 4 * 10**9}, 2, 1)
    {'memory_limit': '1550MB'}
    """
    if stage == "assemble":
        return {**task, "memory_limit": duckdb_share(task["memory_limit"], at_once)}
    return {**task, "processes": max(1, cores)} if stage == "ingest" else task
