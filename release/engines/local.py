"""Runs many tasks of one stage on worker processes, or in this process where one is enough."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import IO, Any, NamedTuple, cast

from ...corpus import errors
from ...corpus.errors import BuildError
from . import worker

Task = dict[str, Any]
COMMAND = [sys.executable, "-m", "redditess.release.engines.worker"]
ATTEMPTS = 2  # ours: a worker that the system killed gets its task once more


class _Answer(NamedTuple):
    task: int  # its place among the tasks
    answer: dict[str, Any]


def run_stage(
    stage: str, tasks: Sequence[Task], workers: int, tick: Callable[[int], None]
) -> list[dict[str, Any]]:
    """The records of all tasks, in their order. `tick(n)` is told how many are done.

    Raises the error a task met (RedditessError as it was; anything else as BuildError), after
    the other workers have stopped. Results never depend on `workers`.
    """
    results: list[dict[str, Any]] = [{} for _ in tasks]
    answers = _answers(stage, tasks, min(workers, len(tasks)))
    for n_done, (task, answer) in enumerate(answers, start=1):
        results[task] = _result(answer)
        tick(n_done)
    return results


def _result(answer: dict[str, Any]) -> dict[str, Any]:
    if "error" in answer:
        name, what, where, next_step = answer["error"]
        raise getattr(errors, name, BuildError)(what, where, next_step)
    if "fault" in answer:
        raise BuildError(
            answer["fault"],
            "the build stopped",
            "run the same command again; finished work is kept",
        )
    return cast("dict[str, Any]", answer["result"])


def _answers(stage: str, tasks: Sequence[Task], workers: int) -> Any:
    if workers <= 1:
        for index, task in enumerate(tasks):
            yield _Answer(index, worker.run_task(stage, task))
        return
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(tasks)):
        todo.put(index)
    done: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
    processes = [_Process() for _ in range(workers)]
    threads = [
        threading.Thread(target=_serve, args=(p, stage, tasks, todo, done), daemon=True)
        for p in processes
    ]
    for thread in threads:
        thread.start()
    try:
        for _ in tasks:
            yield done.get()
    finally:
        for process in processes:
            process.stop()


def _serve(
    process: _Process,
    stage: str,
    tasks: Sequence[Task],
    todo: queue.SimpleQueue[int],
    done: queue.SimpleQueue[_Answer],
) -> None:
    while True:
        try:
            index = todo.get_nowait()
        except queue.Empty:
            return
        done.put(_Answer(index, process.ask(stage, tasks[index])))


class _Process:
    """One `python -m redditess.release.engines.worker`, started at its first task."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False

    def ask(self, stage: str, task: Task) -> dict[str, Any]:
        line, code = json.dumps({"stage": stage, "arguments": task}) + "\n", None
        for _ in range(ATTEMPTS):
            if self._stopped:
                break
            child = self._child = self._child or _start()
            try:
                cast("IO[str]", child.stdin).write(line)
                cast("IO[str]", child.stdin).flush()
                answer = cast("IO[str]", child.stdout).readline()
            except (BrokenPipeError, ValueError):
                answer = ""
            if answer.endswith("\n"):
                return cast("dict[str, Any]", json.loads(answer))
            code = child.wait()
            self._child = None
        name = task.get("path", task.get("bucket", ""))
        return {
            "fault": f"{stage} {name}: its worker died {ATTEMPTS} times (last exit status {code})"
        }

    def stop(self) -> None:
        self._stopped = True
        if self._child is not None:
            self._child.kill()
            self._child.wait()


def _start() -> subprocess.Popen[str]:
    # The child must find the same redditess and the same user modules as this process.
    path = os.pathsep.join(p or os.getcwd() for p in sys.path)
    return subprocess.Popen(
        COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf8",
        env={**os.environ, "PYTHONPATH": path},
    )
