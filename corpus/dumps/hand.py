"""One process that sifts blocks for another: jobs on stdin, answers on stdout, as JSON lines.

The text lies in the ring, which both have mapped; the rows stay here, in a spool of its own, until
they are left on disk at the end. Started by `crew`; ends when its stdin does.
"""

from __future__ import annotations

import gc
import json
import mmap
import os
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .blocks import Block, Damage
from .sift import Found, Sifter
from .spool import Spool


@dataclass(frozen=True)
class Order:
    """What a hand is told first: the ring, and what to look for."""

    fd: int  # of the ring's memory
    n_bytes: int
    kind: str
    names: list[str]
    n_buckets: int
    tmp: str
    held_bytes: int


@dataclass(frozen=True)
class Job:
    """A block in the ring: `at` to `end`, after `before` lines of the file; see `Block`."""

    number: int
    at: int
    end: int
    start: int
    before: int


class Hand:
    """Sifts the blocks it is given, whichever they are."""

    def __init__(self, order: Order, view: memoryview):
        self._view = view
        self._sifter = Sifter(frozenset(order.names))
        self._sifter.kind = order.kind
        self.spool = Spool(order.kind, order.n_buckets, Path(order.tmp), order.held_bytes)

    def take(self, job: Job) -> dict[str, Any]:
        block = Block(self._view[job.at : job.end], job.start, at=job.at)
        found = self._sifter.take(block, job.before)
        self.spool.add(found.columns)
        return {
            "job": job.number,
            "at": job.at,
            "lines": found.lines,
            "candidates": found.candidates,
            "dropped": found.dropped,
            "damage": found.damage,
            "repaired": found.repaired,
        }

    def leave(self) -> dict[str, Any]:
        """The rows, on disk: whoever asked removes them."""
        files = [(str(path), parts) for path, parts in self.spool.leave().files]
        return {"files": files, "spans": self.spool.spans}


def found_of(answer: dict[str, Any]) -> Found:
    """The counts of an answer; its rows stay with the hand."""
    return Found(
        lines=answer["lines"],
        candidates=answer["candidates"],
        dropped=Counter(answer["dropped"]),
        damage=[Damage(*damage) for damage in answer["damage"]],
        repaired=Counter(answer["repaired"]),
    )


def main() -> None:
    """Answers until stdin closes. Stray prints go to stderr: stdout carries answers only."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    gc.disable()  # rows hold no cycles: looking for some among a million tuples is time lost

    def answer(what: dict[str, Any]) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    order = Order(**json.loads(sys.stdin.readline()))
    hand = Hand(order, memoryview(mmap.mmap(order.fd, order.n_bytes)))
    try:
        answer({"ready": os.getpid()})
        for line in sys.stdin:
            job = json.loads(line)
            answer(hand.leave() if job is None else hand.take(Job(**job)))
    finally:
        hand.spool.close()
