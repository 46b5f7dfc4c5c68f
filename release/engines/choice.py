"""Which engine runs a build: worker processes of this machine, or the executors of a cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...corpus.errors import SettingsError
from ...corpus.prospects import default_workers
from ...corpus.settings import Settings
from ...corpus.sizes import size_of, workers_within
from .engine import Engine, Record, Task, Tick, fit
from .local import Processes, run_stage


class Local:
    """Worker processes of this machine; in this process where one is enough."""

    name = "local"

    def __init__(self, workers: int | None = None, memory_limit: int | None = None):
        """`memory_limit` (bytes) may leave fewer workers for buckets. SettingsError: for none."""
        self.workers = workers or default_workers()
        self._on_buckets = workers_within(memory_limit, self.workers) if memory_limit else None
        self._processes = Processes()

    def run(self, stage: str, tasks: Sequence[Task], tick: Tick) -> list[Record]:
        cores, at_once = os.cpu_count() or 1, self.workers
        if stage != "ingest":  # a reader holds a window of up to 2 GiB, whatever the limit
            at_once = self._on_buckets or at_once
        fitted = [fit(stage, t, at_once, cores // min(at_once, len(tasks))) for t in tasks]
        return run_stage(stage, fitted, at_once, tick, self._processes)

    def rest(self) -> None:
        self._processes.stop()

    def close(self) -> None:
        self._processes.stop()


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
