"""Spark as the scheduler: executors call the same stage functions, one task a Spark job.

A job of its own for every task works alike with all masters and with Spark Connect, tells of every
end and every error at once, and names the task in Spark's page. Retries and speculative copies do
no harm: every artefact is committed by one rename (docs/design/0024-scale.md).
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...corpus.errors import BuildError
from ...corpus.places import Url, place_of
from . import executor
from .engine import Record, Task, Tick, fit
from .likeness import differences, likeness
from .local import result_of
from .spark_errors import explained
from .spark_session import Session, address, check

logger = logging.getLogger("redditess")
AT_ONCE = 256  # jobs that wait in Spark at the same time: ours, for a cluster of some 250 slots
PATIENCE_S = 20.0
TAG = "redditess"


class Spark:
    """Executors of a cluster, asked through pyspark. The session begins with the first task."""

    name = "spark"

    def __init__(self, master: str | None):
        check(master)
        self._master, self._session = master, Session(master)
        self._slots, self._cores, self._tag = 0, 1, f"{TAG}-{secrets.token_hex(4)}"

    @property
    def workers(self) -> int:
        return self._slots

    def run(self, stage: str, tasks: Sequence[Task], tick: Tick) -> list[Record]:
        if not self._slots:
            self._meet(tasks[0])
        fitted = [fit(stage, task, self._cores, self._session.cores_of_task()) for task in tasks]
        return self._run(stage, fitted, tick)

    def rest(self) -> None:
        """Nothing: executors are the cluster's."""

    def close(self) -> None:
        self._session.close()

    def _meet(self, task: Task) -> None:
        """Asks some executors what they are, before anything is read.

        Raises BuildError where redditess differs there, or where a folder that all should share
        cannot be seen or written.
        """
        slots = self._session.slots()
        out = place_of(task["out"])
        shared = None if isinstance(out, Url) else out
        functions = list(task["settings"]["functions"])
        with _token(shared) as token, self._patience():
            asked = {"out": str(shared) if shared else None, "token": token, "functions": functions}
            found = self._run("probe", [asked] * min(2 * slots, 64), lambda n: None)
        self._slots = slots
        self._cores = self._session.cores_of_executor() or max(r["cores"] for r in found)
        for record in found:
            if not (record["sees"] and record["writes"]):
                how = "written" if record["sees"] else "seen"
                raise BuildError(
                    f"cannot be {how} on {record['host']}, where an executor runs", shared,
                    "give a folder that every machine mounts, or a store such as s3://",
                )  # fmt: skip

    def _run(self, stage: str, tasks: Sequence[Task], tick: Tick) -> list[Record]:
        records: list[Record] = [{} for _ in tasks]
        with ThreadPoolExecutor(min(len(tasks), AT_ONCE), "redditess-spark") as pool:
            asked = {pool.submit(self._ask, stage, t): i for i, t in enumerate(tasks)}
            try:
                for n_done, future in enumerate(as_completed(asked), start=1):
                    records[asked[future]] = result_of(future.result())
                    tick(n_done)
            except BaseException:
                self._stop(asked)
                raise
        return records

    def _ask(self, stage: str, task: Task) -> dict[str, Any]:
        name = f"{stage} {_name(task)}".strip()
        text = json.dumps({"stage": stage, "arguments": task, "likeness": likeness()})
        try:
            [row] = self._session.job(_task(text), name, self._tag)
        except Exception as e:  # of py4j, gRPC, pyspark and Java: one sentence
            told = explained(e, name, self._session.log)
            self._session.failed |= str(self._session.log) in told.next_step
            raise told from e
        answer: dict[str, Any] = json.loads(row)
        if "unlike" in answer:
            theirs = answer["unlike"]
            what = f"have another redditess: {differences(theirs)}" if theirs else "have none"
            raise BuildError(
                f"the executors {what}", address(self._master or "spark"),
                "install the same redditess there (docs/cluster.md)",
            )  # fmt: skip
        return answer

    def _stop(self, asked: dict[Future[dict[str, Any]], int]) -> None:
        for future in asked:
            future.cancel()
        self._session.interrupt(self._tag)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Says why nothing happens, where no executor takes the first job."""
        said = threading.Timer(PATIENCE_S, logger.warning, [
            "still waiting for a first executor of %s: is the cluster busy, or are spark.executor"
            ".memory and cores more than a worker has? Its page tells", self._master or "Spark",
        ])  # fmt: skip
        said.daemon = True
        said.start()
        try:
            yield
        finally:
            said.cancel()


def _task(text: str) -> Callable[[Any], Any]:
    """The function that travels, by value: it must say so where redditess is not installed."""
    module, unlike = executor.__name__, json.dumps({"unlike": {}})

    def run(batches: Any) -> Any:
        import importlib

        import pyarrow

        for _ in batches:  # one row: it only makes Spark call
            pass
        try:
            answer = importlib.import_module(module).run_in_executor(text)
        except ModuleNotFoundError as e:
            if (e.name or "").partition(".")[0] != "redditess":
                raise
            answer = unlike
        yield pyarrow.RecordBatch.from_pydict({"answer": [answer]})

    return run


def _name(task: Task) -> str:
    """Of a task, for Spark's page: a bucket, or the last part of a dump's name; nothing else."""
    if "path" in task:
        return place_of(task["path"]).name
    return str(task.get("bucket", ""))


@contextmanager
def _token(shared: Path | None) -> Iterator[str]:
    """A file in the build folder for a moment: who sees it has the same folder mounted."""
    token = f".tmp-seen-{secrets.token_hex(6)}"
    if shared is None:
        yield token
        return
    (shared / token).touch()
    try:
        yield token
    finally:
        (shared / token).unlink(missing_ok=True)
