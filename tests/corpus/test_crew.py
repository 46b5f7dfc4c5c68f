"""However many processes parse a file, and whichever of them dies: the same rows and record."""

from __future__ import annotations

import json
import os
import queue
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from redditess.corpus.dumps import crew, ingest, spool
from redditess.corpus.dumps.crew import HandLost
from redditess.corpus.dumps.hand import Hand, Job, Order
from redditess.corpus.dumps.ring import Ring
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings
from tests.corpus.invented_lines import ALL, WANTED, comment

RING_MEMORY: dict[int, Any] = {}  # of the rings of this process, by their file descriptor


def outcome(folder: BuildFolder, record: dict[str, Any]) -> tuple[Any, ...]:
    """The record, and every file with its bytes."""
    assert record["kept"] + sum(record["dropped"].values()) == record["lines"]
    assert not list(folder.root.rglob(".tmp-*"))
    files = {p.name: p.read_bytes() for p in folder.raw.rglob("*") if p.is_file()}
    return record, files


def run(folder: Path, dump: Path, settings_: Settings, processes: int) -> tuple[Any, ...]:
    build = BuildFolder(folder / f"build{time.monotonic_ns()}").create()
    return outcome(build, ingest.ingest_file(dump, settings_, build, processes))


class HandInThread:
    """A hand as a crew knows it, in a thread: its answers come when they like."""

    dies_after = 1 << 30  # jobs, of all hands

    def __init__(self, order: Order, answers: queue.SimpleQueue[Any]):
        self.ready, self.used, self.n_jobs, self._answers = False, False, 0, answers
        self._hand = Hand(order, memoryview(RING_MEMORY[order.fd]))
        self._jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._random = random.Random(order.fd)
        threading.Thread(target=self._work, daemon=True).start()

    def give(self, job: Job | None) -> None:
        self.used = True
        self.n_jobs += job is not None
        self._jobs.put(json.dumps(None if job is None else asdict(job)))

    def _work(self) -> None:
        self._say({"ready": 1})
        while (job := json.loads(self._jobs.get())) != "stop":
            HandInThread.dies_after -= 1
            if HandInThread.dies_after < 0:
                self._answers.put((self, None))
                return
            time.sleep(self._random.choice([0, 0, 0.0005]))
            self._say(self._hand.leave() if job is None else self._hand.take(Job(**job)))

    def _say(self, what: dict[str, Any]) -> None:
        self._answers.put((self, json.loads(json.dumps(what))))

    def wait(self) -> int:
        return -9

    def stop(self) -> None:
        self._jobs.put(json.dumps("stop"))


class WatchedRing(Ring):
    """A ring of small slots that the threads can find by its number."""

    def __init__(self, n: int, *, shared: bool = False):
        super().__init__(n, 300, shared=shared)
        RING_MEMORY[self.fd] = self.memory


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hands help from the second block on, small parts are spilled, and blocks are small."""
    monkeypatch.setattr(crew, "WORTH", 0.0)
    monkeypatch.setattr(crew, "PATIENCE", 1)
    monkeypatch.setattr(crew, "HELD_BYTES", 4000)
    monkeypatch.setattr(spool, "ROWS_AT_ONCE", 2)
    monkeypatch.setattr(ingest, "Ring", WatchedRing)
    monkeypatch.setattr(HandInThread, "dies_after", 1 << 30)
    yield
    RING_MEMORY.clear()


LINES = st.sampled_from(
    [
        comment(1), comment(2, "other"), comment(3, "SAMPLE_SLEEP", score=None), b"\n", b"\r\n",
        b"   \n", b"junk\n", b'{"subreddit": "sample_sleep"}\n', b"[]\n", b"\xff\n",
        b'{"id": "p", "title": "T", "subreddit": "sample_sleep", "created_utc": 1400000000}\n',
        comment(4, "other").replace(b"words", b"\xff"), comment(5).replace(b"words", b"\xff"),
        comment(6, "other", x={"subreddit": "sample_sleep"}), b'{"subreddit": "sample_sleep\n',
        comment(7, "other", score="?"), comment(8, "other", x="\ud800"), comment(9, body="\ud83d"),
        comment(10, body="long " * 300), comment(11)[:-1] + comment(12), b'{"a":\n1}\n',
    ]
)  # fmt: skip


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.lists(LINES, max_size=40), min_size=1, max_size=3),
    st.integers(0, 60),
    st.sampled_from([ALL, WANTED]),
    st.integers(2, 3),
    st.one_of(st.just(1 << 30), st.integers(0, 12)),
)
@pytest.mark.usefixtures("eager")
def test_hands_in_any_order_and_dying_ones_change_nothing(
    tmp_path: Path, frames: list[list[bytes]], bend: int, wanted: Settings, n: int, dies: int
) -> None:
    packed = bytearray(b"".join(zstandard.compress(b"".join(lines)) for lines in frames))
    if bend:
        packed[-min(bend, len(packed))] ^= 0x55  # the last frame is broken somewhere
    dump = tmp_path / "RC_2014-05.zst"
    dump.write_bytes(packed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew, "_Process", HandInThread)
        alone = run(tmp_path, dump, wanted, 1)
        HandInThread.dies_after = dies
        assert run(tmp_path, dump, wanted, n) == alone


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """6 MB of lines, every third of another subreddit, some of them bent."""
    names = ("sample_sleep", "sample_Sleep", "other")
    lines = [comment(i, names[i % 3], body="words " * 60) for i in range(12_000)]
    lines[4000:4000] = [b'{"subreddit": "sample_sleep"\n'] * 300
    path = tmp_path / "RC_2014-05"
    path.write_bytes(b"".join(lines))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("settings_", [ALL, WANTED])
def test_real_processes_give_the_same_bytes(
    tmp_path: Path, dump: Path, settings_: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = run(tmp_path, dump, settings_, 1)
    jobs = []
    give = crew._Process.give
    monkeypatch.setattr(crew._Process, "give", lambda self, j: (jobs.append(j), give(self, j)))
    monkeypatch.setattr(crew, "PATIENCE", 1)
    monkeypatch.setattr(crew.Crew, "_others", ready_ones)
    monkeypatch.setattr(ingest, "Ring", partial(Ring, size=1 << 16))
    assert run(tmp_path, dump, settings_, 2) == alone
    assert len(jobs) > 50
    assert len([d for d in alone[0]["damage"] if d["reason"] == "bad_json"]) == 100


def ready_ones(self: Any) -> list[Any]:
    """Waits until every hand is ready: a small file would be read before they are."""
    while not all(hand.ready for hand in self._hands):
        self._collect(wait=True)
    return list(self._hands)


@pytest.mark.slow
def test_a_killed_process_costs_time_and_no_row(
    tmp_path: Path, dump: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alone = run(tmp_path, dump, ALL, 1)
    n_jobs = [0]
    give = crew._Process.give

    def killing(self: Any, job: Any) -> None:
        n_jobs[0] += 1
        if n_jobs[0] == 20:
            os.kill(self._child.pid, signal.SIGKILL)
        give(self, job)

    monkeypatch.setattr(crew._Process, "give", killing)
    monkeypatch.setattr(crew, "PATIENCE", 1)
    monkeypatch.setattr(crew.Crew, "_others", ready_ones)
    monkeypatch.setattr(ingest, "Ring", partial(Ring, size=1 << 16))
    assert run(tmp_path, dump, ALL, 2) == alone
    assert "status -9; it was read again by one process" in caplog.text


@pytest.mark.slow
def test_a_process_ends_with_its_parent_and_leaves_nothing(tmp_path: Path) -> None:
    answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
    with Ring(2, 1 << 16, shared=True) as ring:
        order = Order(ring.fd, len(ring.memory), "comments", [], 4, str(tmp_path), 1)
        hand = crew._Process(order, answers)
        assert "ready" in answers.get(timeout=30)[1]
        lines = b"".join(comment(i) for i in range(200))
        ring.memory[: len(lines)] = lines
        for _ in range(200):  # enough rows for a spill
            hand.give(Job(0, 0, len(lines), 0, 0))
            assert answers.get(timeout=30)[1]["lines"] == 200
        assert list(tmp_path.glob(".tmp-spool-*"))
        cast("IO[str]", hand._child.stdin).close()
        assert hand.wait() == 0
        assert not list(tmp_path.iterdir())
        with pytest.raises((HandLost, ValueError)):
            hand.give(None)


def test_a_limit_or_few_wanted_lines_start_no_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("started")

    monkeypatch.setattr(crew, "_Process", refuse)
    monkeypatch.setattr(crew, "PATIENCE", 2)
    monkeypatch.setattr(ingest, "Ring", partial(Ring, size=5000))
    path = tmp_path / "RC_2014-05"
    path.write_bytes(
        b"".join(comment(i, "other" if i % 20 else "sample_sleep") for i in range(900))
    )
    assert run(tmp_path, path, WANTED, 4)[0]["kept"] == 45
    assert run(tmp_path, path, Settings(limit=800), 4)[0]["kept"] == 800
    with pytest.raises(AssertionError, match="started"):
        run(tmp_path, path, ALL, 2)
