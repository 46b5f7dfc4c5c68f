"""Workers that are killed, cannot be started or outlive who asked them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.errors import BuildError
from redditess.release.engines import local

pytestmark = pytest.mark.slow

CHILD = """
import sys, time
from pathlib import Path
from redditess.release.engines import stages, worker

def write_later(*, path, wait):
    Path(path + ".begun").touch()
    time.sleep(wait)
    Path(path).touch()
    return {}

stages.STAGES = {"write_later": write_later}
THEN
"""
PARENT = """
from redditess.release.engines import local
local.COMMAND = [sys.executable, "-c", {child!r}]
tasks = [{{"path": "{folder}/" + name, "wait": 1.0}} for name in "ab"]
local.run_stage("write_later", tasks, 2, lambda n: None)
"""


def wait_for(*paths: Path, longest_s: float = 60) -> None:
    end = time.monotonic() + longest_s
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end, f"none of {paths}"
        time.sleep(0.01)


def test_no_worker_goes_on_writing_after_its_builder_was_killed(tmp_path: Path) -> None:
    child = CHILD.replace("THEN", "worker.main()")
    code = CHILD.replace("THEN", PARENT.format(child=child, folder=tmp_path))
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    builder = subprocess.Popen([sys.executable, "-c", code], env=env)
    wait_for(tmp_path / "a.begun", tmp_path / "b.begun")
    builder.send_signal(signal.SIGKILL)
    builder.wait()
    time.sleep(1.5)  # longer than the tasks take
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.begun", "b.begun"]


def test_a_worker_that_cannot_be_started_is_an_error_and_no_endless_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse() -> Any:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(local, "_start", refuse)
    tasks = [{"bucket": 1}, {"bucket": 2}]
    with pytest.raises(BuildError, match=r"cannot be started: Resource .* with fewer --workers"):
        local.run_stage("vote", tasks, 2, lambda n: None)


def test_what_goes_wrong_with_a_worker_is_told_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> Any:
        raise RuntimeError("unheard of")

    monkeypatch.setattr(local._Process, "ask", fail)
    with pytest.raises(BuildError, match="vote: RuntimeError: unheard of"):
        local.run_stage("vote", [{"bucket": 1}, {"bucket": 2}], 2, lambda n: None)


def test_a_worker_is_not_started_after_the_stage_was_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(local, "_start", lambda: pytest.fail("started"))
    process = local._Process()
    process.stop()
    assert "was stopped" in process.ask("vote", {"bucket": 1})["error"][1]
