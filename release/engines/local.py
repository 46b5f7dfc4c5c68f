"""Runs many tasks of one stage on worker processes, or in this process where one is enough."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Any, NamedTuple, cast

from ...corpus import errors
from ...corpus.errors import BuildError
from ...corpus.places import shown
from . import worker

Task = dict[str, Any]
COMMAND = [sys.executable, "-m", "redditess.release.engines.worker"]
ATTEMPTS = 2  # ours: a worker that the system killed gets its task once more


class _Answer(NamedTuple):
    task: int  # its place among the tasks
    answer: dict[str, Any]


class Processes:
    """Worker processes that live from stage to stage: each takes a second to start."""

    def __init__(self) -> None:
        self._all: list[_Process] = []

    def first(self, n: int) -> list[_Process]:
        """`n` of them, old and new; those beyond end, for memory was shared out among `n`."""
        for process in self._all[n:]:
            process.stop()
        self._all = self._all[:n] + [_Process() for _ in range(n - len(self._all))]
        return self._all

    def stop(self) -> None:
        """Ends them, whatever they do; others can follow."""
        for process in self._all:
            process.stop()
        self._all = []


def run_stage(
    stage: str,
    tasks: Sequence[Task],
    workers: int,
    tick: Callable[[int], None],
    processes: Processes | None = None,
) -> list[dict[str, Any]]:
    """The records of all tasks, in their order. `tick(n)` is told how many are done.

    `processes` go on living, for the next stage; by default they end with this one. Raises the
    error a task met (RedditessError as it was; anything else as BuildError), after the workers have
    stopped. Results never depend on `workers`.
    """
    results: list[dict[str, Any]] = [{} for _ in tasks]
    used = processes or Processes()
    try:
        answers = _answers(stage, tasks, used.first(min(workers, len(tasks))))
        for n_done, (task, answer) in enumerate(answers, start=1):
            results[task] = result_of(answer)
            tick(n_done)
    except BaseException:  # some may be in the middle of a task that nobody waits for
        used.stop()
        raise
    if processes is None:
        used.stop()
    return results


def result_of(answer: dict[str, Any]) -> dict[str, Any]:
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


def _answers(stage: str, tasks: Sequence[Task], processes: Sequence[_Process]) -> Iterator[_Answer]:
    if len(processes) <= 1:
        for index, task in enumerate(tasks):
            yield _Answer(index, worker.run_task(stage, task))
        return
    todo: queue.SimpleQueue[int] = queue.SimpleQueue()
    for index in range(len(tasks)):
        todo.put(index)
    done: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
    for process in processes:
        args = (process, stage, tasks, todo, done)
        threading.Thread(target=_serve, args=args, daemon=True).start()
    for _ in tasks:
        yield done.get()


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
        try:
            answer = process.ask(stage, tasks[index])
        except Exception as e:  # an answer must come, whatever happened: somebody waits for it
            answer = {"fault": f"{stage}: {type(e).__name__}: {e}"}
        done.put(_Answer(index, answer))


class _Process:
    """One `python -m redditess.release.engines.worker`, started at its first task."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None
        self._stopped = False
        self._changing = threading.Lock()  # `stop` comes from another thread than `ask`

    def ask(self, stage: str, task: Task) -> dict[str, Any]:
        """The worker's answer, or why there is none; a worker that died is replaced once."""
        line, how = json.dumps({"stage": stage, "arguments": task}) + "\n", ""
        for _ in range(ATTEMPTS):
            try:
                child = self._running()
            except OSError as e:
                how = f"cannot be started: {e.strerror or e}"
                continue
            if child is None:
                how = "was stopped"
                break
            answer = _talk(child, line)
            if answer.endswith("\n"):
                return cast("dict[str, Any]", json.loads(answer))
            how = f"died {ATTEMPTS} times, last with exit status {child.wait()}"
            self._child = None
        return {"error": ["BuildError", *_lost(stage, task, how)]}

    def stop(self) -> None:
        with self._changing:
            self._stopped = True
            child = self._child
        if child is not None:
            child.kill()
            child.wait()

    def _running(self) -> subprocess.Popen[str] | None:
        """The worker, a new one where there is none; None after `stop`."""
        with self._changing:
            if not self._stopped and self._child is None:
                self._child = _start()
            return None if self._stopped else self._child


def _talk(child: subprocess.Popen[str], line: str) -> str:
    """Its answer, a whole line; anything else where it died before it was heard to the end."""
    try:
        cast("IO[str]", child.stdin).write(line)
        cast("IO[str]", child.stdin).flush()
        return cast("IO[str]", child.stdout).readline()
    except (OSError, ValueError):  # a broken pipe, half a character
        child.kill()
        return ""


def _lost(stage: str, task: Task, how: str) -> tuple[str, str, str]:
    """What, where and the next step when no worker could do a task."""
    short = how.endswith("-9") or how.startswith("cannot")  # killed, or no process to be had
    why = ", as when memory runs out" if short else ""
    step = "with fewer --workers" if short else "with --workers 1, which shows what happens"
    name = shown(str(task.get("path", task.get("bucket", ""))))
    what = f"the worker of {stage} {name} {how}{why}"
    return what, "the build stopped", f"run the same command again {step}; finished work is kept"


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
