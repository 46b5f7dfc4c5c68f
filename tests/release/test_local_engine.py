from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.errors import BuildError, InputError
from redditess.release.engines import local, stages, worker

pytestmark = pytest.mark.slow
OWN = ("echo", "refuse", "crash", "die", "die_once", "whoami")  # the stages below


def echo(**arguments: Any) -> dict[str, Any]:
    return arguments


def refuse(**arguments: Any) -> dict[str, Any]:
    raise InputError("is empty", arguments["path"], "give another")


def crash(**arguments: Any) -> dict[str, Any]:
    raise ZeroDivisionError("oh")


def die_once(*, path: str) -> dict[str, Any]:
    """Kills its own process the first time, as a system short of memory would."""
    if not Path(path).exists():
        Path(path).write_text("died")
        os.kill(os.getpid(), signal.SIGKILL)
    return {"survived": True}


def whoami(**_: Any) -> dict[str, Any]:
    time.sleep(0.2)  # so that one worker cannot do all the tasks
    return {"pid": os.getpid()}


def die(**arguments: Any) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@pytest.fixture(params=[1, 2])
def workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """The test's own stages, in this process and in worker processes."""
    own = {f.__name__: f for f in (echo, refuse, crash)}
    monkeypatch.setattr(stages, "STAGES", own)
    _teach_children(monkeypatch)
    return int(request.param)


def _teach_children(monkeypatch: pytest.MonkeyPatch) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r});"
        "import test_local_engine as t; from redditess.release.engines import stages, worker;"
        f"stages.STAGES = {{name: getattr(t, name) for name in {OWN}}};"
        "worker.main()"
    )
    monkeypatch.setattr(local, "COMMAND", [sys.executable, "-c", code])


@pytest.mark.slow
def test_records_come_in_the_order_of_the_tasks(workers: int) -> None:
    ticks: list[int] = []
    tasks = [{"bucket": i, "text": "naïve \u2028"} for i in range(7)]
    assert local.run_stage("echo", tasks, workers, ticks.append) == tasks
    assert ticks == [1, 2, 3, 4, 5, 6, 7]


def test_no_task_is_no_work(workers: int) -> None:
    assert local.run_stage("echo", [], workers, lambda n: None) == []


def test_a_users_error_arrives_as_it_was(workers: int) -> None:
    with pytest.raises(InputError) as caught:
        local.run_stage("refuse", [{"path": "a.zst"}] * 3, workers, lambda n: None)
    assert str(caught.value) == "a.zst: is empty; give another."


@pytest.mark.slow
def test_a_fault_names_stage_and_task(workers: int) -> None:
    with pytest.raises(BuildError, match=r"the build stopped: crash 5: ZeroDivisionError: oh"):
        local.run_stage("crash", [{"bucket": 5}] * 2, workers, lambda n: None)


@pytest.mark.slow
def test_a_killed_worker_gets_its_task_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _teach_children(monkeypatch)
    tasks = [{"path": str(tmp_path / str(i))} for i in range(3)]
    records = local.run_stage("die_once", tasks, 2, lambda n: None)
    assert records == [{"survived": True}] * 3


def test_workers_live_on_until_they_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    _teach_children(monkeypatch)
    kept = local.Processes()

    def pids(workers: int) -> set[int]:
        tasks = [{"bucket": i} for i in range(6)]
        answers = local.run_stage("whoami", tasks, workers, lambda n: None, kept)
        return {answer["pid"] for answer in answers}

    first = pids(3)
    assert len(first) == 3 and pids(3) == first
    fewer = pids(2)
    assert fewer < first and not _alive(first - fewer)  # others would hold memory of these two
    kept.stop()
    assert not _alive(first)
    assert not pids(2) & first
    with pytest.raises(BuildError):
        local.run_stage("crash", [{"bucket": 5}] * 2, 2, lambda n: None, kept)
    assert not pids(2) & first
    kept.stop()


def _alive(pids: set[int]) -> list[int]:
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.slow
def test_a_task_that_always_kills_its_worker_ends_the_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _teach_children(monkeypatch)
    with pytest.raises(
        BuildError, match=r"the worker of die [78] died 2 times, .*-9, as when memory"
    ):
        local.run_stage("die", [{"bucket": 7}, {"bucket": 8}], 2, lambda n: None)


def test_a_task_is_plain_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "STAGES", {"echo": echo})
    answer = worker.run_task("echo", json.loads('{"bucket": 1}'))
    assert answer == {"result": {"bucket": 1}}
