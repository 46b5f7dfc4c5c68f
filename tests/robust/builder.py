"""`redditess build` on demand, over a disk and a clock that misbehave (faults.c).

One job a line (JSON) on stdin, one answer a line. Libraries are imported once; each build is a fork
that leads a process group of its own, so it is as real a process as one that waits for imports.
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from typing import Any

import duckdb
import pyarrow.parquet

from redditess.__main__ import main as redditess
from redditess.labeling.functions import resolve
from redditess.release import build as _

LOADED = (duckdb, pyarrow.parquet, _, resolve(("op_response",)))


def jumping(clock: Callable[[], float], by: float) -> Callable[[], float]:
    """Back and forth by so many seconds at every look."""
    sides = itertools.cycle((by, -by))
    return lambda: clock() + next(sides)


def work(job: dict[str, Any]) -> int:
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    for name, value in job["patch"].items():
        module, _, attribute = name.partition(":")
        setattr(import_module(module), attribute, value)
    os.environ.update(job["env"])
    for name in ("monotonic", "perf_counter"):
        setattr(time, name, jumping(getattr(time, name), float(os.environ.get("FAULT_CLOCK", 0))))
    ctypes.CDLL(None).fault_begin()
    sys.argv = ["redditess", *job["words"]]
    try:
        return redditess()
    except SystemExit as end:
        return int(end.code or 0)


def begin(job: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    os.setsid()
    try:
        status = work(job)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
        status = 70
    os._exit(status)


def end(child: int, after_s: float | None) -> int:
    """Its exit status; its whole group is killed after so many seconds."""
    due = time.monotonic() + (after_s or 1e9)
    while True:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > due:
            os.killpg(child, signal.SIGKILL)
            due = 1e18
        time.sleep(0.005)


def main() -> None:
    for line in sys.stdin:
        job = json.loads(line)
        answer = end(job["end"], job["after_s"]) if "end" in job else begin(job)
        print(answer, flush=True)


if __name__ == "__main__":
    main()
