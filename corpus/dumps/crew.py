"""The blocks of one file, sifted by this process and, where they are dense, by others beside it.

Where few lines are wanted, decompression is what takes the time, and others would only cost. Where
most are, parsing takes several times as long: blocks then go to `hand` processes, which read them
in the ring. Accounts are added in the order of the file, so nothing depends on who did what.
"""

from __future__ import annotations

import json
import os
import queue
import secrets
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from ..settings import Settings
from .blocks import Block, Damage
from .hand import Job, Order, found_of
from .intake import Intake, lost
from .merge import Rows
from .ring import Ring
from .sift import Found
from .spool import HELD_BYTES, Spilled, widen

WORTH = 0.1  # share of candidates above which a block goes to another process (ours)
PATIENCE = 64  # such blocks that are seen before others are started: some 0.4 s of parsing
AT_ONCE = 2  # blocks a hand has: one to parse, one to go on with
# The package itself (`redditess.py`) imports `datasets`, a second and 100 MB that no hand needs:
# an empty one in its place leads to the same rooms.
_START = (
    "import sys, types; p = types.ModuleType('redditess'); p.__path__ = [sys.argv[1]];"
    " sys.modules['redditess'] = p; from redditess.corpus.dumps.hand import main; main()"
)


# Arrow's own pool keeps what it frees: 20 to 40 MB a hand (measured); a parser multiplies nothing.
_LEAN = {
    "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip


class HandLost(Exception):
    """A process of the crew has died, and its rows with it."""


class Crew:
    """`take` the items of a file in order, `finish`, read the rows, `close`.

    `n` other processes at most; none where there is a limit, which counts rows one after another.
    """

    def __init__(self, intake: Intake, ring: Ring, settings: Settings, tmp: Path, n: int):
        self.intake = intake
        self._ring, self._settings, self._n = ring, settings, n if settings.limit is None else 0
        self._text = np.frombuffer(ring.memory, np.uint8)
        self._tmp = tmp / f".tmp-crew-{secrets.token_hex(6)}"  # artefacts.sweep knows it
        self._hands: list[_Process] = []
        self._answers: queue.SimpleQueue[tuple[_Process, dict[str, Any] | None]] = (
            queue.SimpleQueue()
        )
        self._share = 1.0  # of candidates among the lines, lately
        self._n_dense = 0
        self._handed = False
        self._lines = 0  # up to here, counted or handed over
        self._found: deque[Found | None] = deque()  # of the items after those that are counted
        self._n_counted = 0

    def take(self, item: Block | Damage) -> None:
        self._collect()
        if isinstance(item, Damage):
            self._count(lost(item))
            return
        self.intake.sifter.look_for_kind(item)
        if item.at >= 0 and self._share >= WORTH and self.intake.sifter.kind and self._others():
            self._hand_over(item)
            return
        found = self.intake.sift(item, self._lines)
        self._ring.give(item.at)
        self._count(found)
        if item.at >= 0:
            self._look_at(found)

    def finish(self) -> tuple[list[Rows], dict[str, list[int]]]:
        """Where the rows are, and the spans of all subreddits."""
        while None in self._found:
            self._collect(wait=True)
        spools: list[Rows] = []
        spans: dict[str, list[int]] = {}
        for left in self._leave():
            spools.append(Spilled([(Path(path), parts) for path, parts in left["files"]]))
            widen(spans, left["spans"])
        if self.intake.spool is not None:
            self.intake.spool.finish()
            spools.append(self.intake.spool)
            widen(spans, self.intake.spool.spans)
        return spools, spans

    def close(self) -> None:
        for hand in self._hands:
            hand.stop()
        shutil.rmtree(self._tmp, ignore_errors=True)
        if self.intake.spool is not None:
            self.intake.spool.close()

    def _count(self, found: Found) -> None:
        """The item was sifted here."""
        self._lines += found.lines
        self._found.append(found)
        self._add()

    def _add(self) -> None:
        while self._found and (found := self._found[0]) is not None:
            self.intake.add(found)
            self._found.popleft()
            self._n_counted += 1

    def _look_at(self, found: Found) -> None:
        """Whether others should help from here on."""
        self._share = found.candidates / max(found.lines, 1)
        self._n_dense += self._share >= WORTH
        if self._n and self._n_dense == PATIENCE and self.intake.sifter.kind:
            self._n_dense += 1
            self._start()

    def _start(self) -> None:
        self._tmp.mkdir(mode=0o700)
        order = Order(
            fd=self._ring.fd,
            n_bytes=len(self._ring.memory),
            kind=self.intake.sifter.kind,
            names=[name.lower() for name in self._settings.subreddits],
            n_buckets=self._settings.n_buckets,
            tmp=str(self._tmp),
            held_bytes=HELD_BYTES // (4 * self._n),
        )
        for _ in range(self._n):
            self._hands.append(_Process(order, self._answers))

    def _others(self) -> list[_Process]:
        return [hand for hand in self._hands if hand.ready]

    def _hand_over(self, block: Block) -> None:
        while not (free := [hand for hand in self._others() if hand.n_jobs < AT_ONCE]):
            self._collect(wait=True)
        end = block.at + len(block.data)
        number = self._n_counted + len(self._found)
        job = Job(number, block.at, end, block.start, self._lines)
        min(free, key=lambda hand: hand.n_jobs).give(job)
        if not self._handed and self.intake.spool is not None:
            self.intake.spool.set_aside()  # most rows lie with the others from here on
        self._handed = True
        self._found.append(None)
        self._lines += int(np.count_nonzero(self._text[block.at : end] == ord("\n")))

    def _collect(self, wait: bool = False) -> None:
        """Takes the answers that are there; waits for one if told."""
        while wait or not self._answers.empty():
            hand, answer = self._answers.get()
            wait = False
            if answer is None:
                raise HandLost(f"a parsing process ended with status {hand.wait()}")
            if "ready" in answer:
                hand.ready = True
                continue
            hand.n_jobs -= 1
            self._ring.give(answer["at"])
            found = found_of(answer)
            self._found[answer["job"] - self._n_counted] = found
            self._share = found.candidates / max(found.lines, 1)
            self._add()

    def _leave(self) -> Iterator[dict[str, Any]]:
        waiting = {hand for hand in self._hands if hand.used}  # others may not even have started
        for hand in waiting:
            hand.give(None)
        while waiting:
            hand, answer = self._answers.get()
            if answer is None:
                raise HandLost(f"a parsing process ended with status {hand.wait()}")
            if "files" in answer:
                waiting.remove(hand)
                yield answer


class _Process:
    """One `hand`; what it says goes into a queue, None when it ends before its time."""

    def __init__(
        self,
        order: Order,
        answers: queue.SimpleQueue[tuple[_Process, dict[str, Any] | None]],
    ):
        self.ready = False
        self.n_jobs = 0
        self.used = False  # it may have rows
        # The child must find the same libraries as this process.
        path = os.pathsep.join(p or os.getcwd() for p in sys.path)
        self._child = subprocess.Popen(
            [sys.executable, "-c", _START, str(Path(__file__).resolve().parents[2])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[order.fd],
            text=True,
            encoding="utf8",
            env={**os.environ, "PYTHONPATH": path, **_LEAN},
        )
        self._say(asdict(order))
        threading.Thread(target=self._listen, args=[answers], daemon=True).start()

    def give(self, job: Job | None) -> None:
        self.used = True
        self.n_jobs += job is not None
        self._say(None if job is None else asdict(job))

    def wait(self) -> int:
        return self._child.wait()

    def stop(self) -> None:
        """Ends it, whatever it does."""
        self._child.kill()
        self._child.wait()

    def _say(self, what: Any) -> None:
        to = cast("IO[str]", self._child.stdin)
        try:
            to.write(json.dumps(what) + "\n")
            to.flush()
        except BrokenPipeError as e:
            raise HandLost(f"a parsing process ended with status {self.wait()}") from e

    def _listen(self, answers: queue.SimpleQueue[tuple[_Process, dict[str, Any] | None]]) -> None:
        for line in cast("IO[str]", self._child.stdout):
            answers.put((self, json.loads(line)))
        answers.put((self, None))
