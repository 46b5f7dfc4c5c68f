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

    def __init__(self, workers: int | None = None):
        self.workers = workers or default_workers()

    def run(self, stage: str, tasks: Sequence[Task], tick: Tick) -> list[Record]:
        cores = os.cpu_count() or 1
        fitted = [fit(stage, t, self.workers, cores // min(self.workers, len(tasks)))
                  for t in tasks]  # fmt: skip
        return run_stage(stage, fitted, self.workers, tick)

    def close(self) -> None:
        """Nothing: workers end with their stage."""


def open_engine(settings: Settings) -> Engine:
    """The engine that the settings name.

    Raises SettingsError for a master without `engine = "spark"` or of a form that Spark does not
    know, MissingExtra where pyspark or Java is not installed, BuildError where nobody answers.
    """
    if settings.engine == "spark":
        from .spark import Spark

        return Spark(settings.master)
    if settings.master is not None:
        raise SettingsError(
            "is of no use to the local engine", "--master", "add --engine spark, or leave it out"
        )
    return Local(settings.workers)


def fit(stage: str, task: Task, at_once: int, cores: int) -> Task:
    """The task with what one of `at_once` neighbours may use: its share of the memory.

    `memory_limit` of a task that is to be fitted is the whole limit, in bytes.

    >>> fit("assemble", {"memory_limit": 4 << 30}, 4, 1)
    {'memory_limit': '1024MB'}
    """
    if stage == "assemble":
        return {**task, "memory_limit": f"{task['memory_limit'] // at_once // 2**20}MB"}
    return task
