"""Small builds that are killed, starved of disk, and fed I/O errors; and what must hold then."""

from __future__ import annotations

import hashlib
import json
import re
import struct
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

RUN_ONLY = {"run.json", ".lock"}  # how a run went, not what it made; as raw/seen does
WRITES = ("open", "write", "fsync", "rename", "unlink", "mkdir")  # in the order of faults.c
SPILLS = {  # a few rows already wait on disk
    "redditess.corpus.dumps.spool:ROWS_AT_ONCE": 50, "redditess.corpus.dumps.intake:HELD_BYTES": 1,
}  # fmt: skip
SENTENCE = re.compile(r"[^\n:]+: [^\n]+; [^\n]+\.")


@dataclass
class Ended:
    """`status`: of the process, -9 for SIGKILL. `n_calls`: by kind, with the path that counts."""

    status: int
    said: str
    n_calls: dict[str, int]

    @property
    def sentence(self) -> str:
        """The one line that a user's error is; fails where it is anything else."""
        assert self.status == 1, self.said
        assert "Traceback" not in self.said, self.said
        last = self.said.strip().splitlines()[-1]
        assert SENTENCE.fullmatch(last) and ".tmp-" not in last.replace(".tmp-redditess", ""), last
        return last


@dataclass
class Lab:
    """Runs builds of the same dumps; knows what an undisturbed one leaves."""

    home: Path
    dumps: list[Path]
    config: Path
    server: subprocess.Popen[str]
    digests: dict[str, str] = field(default_factory=dict)
    n_calls: dict[str, int] = field(default_factory=dict)
    n_logs: int = 0
    begun: list[int] = field(default_factory=list)
    _gate: tuple[Path, int] = (Path(), 0)

    def _ask(self, job: Mapping[str, Any]) -> int:
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(json.dumps(job) + "\n")
        self.server.stdin.flush()
        return int(self.server.stdout.readline())

    def start(
        self, out: Path, *, workers: int = 1, dumps: Sequence[Path] | None = None,
        words: Sequence[str] = (), patch: Mapping[str, Any] | None = None, **fault: object,
    ) -> Callable[..., Ended]:  # fmt: skip
        """Begins a build; call what comes back to wait for its end (`after_s`: to kill it then)."""
        self.n_logs += 1
        log, count = self.home / f"log{self.n_logs}", self.home / f"count{self.n_logs}"
        count.write_bytes(bytes(56))
        self._gate = count, int(str(fault.get("nth", 0)))
        env = {"where": f"{out}/", "count": str(count), **fault}
        child = self._ask({
            "log": str(log), "patch": dict(patch or {}),
            "env": {f"FAULT_{name.upper()}": str(value) for name, value in env.items()},
            "words": ["build", *map(str, dumps or self.dumps), "--out", str(out), "--config",
                      str(self.config), "--workers", str(workers), *words],
        })  # fmt: skip
        self.begun.append(child)

        def end(after_s: float | None = None) -> Ended:
            status = self._ask({"end": child, "after_s": after_s})
            self.begun.remove(child)
            _, *calls = struct.unpack("=7Q", count.read_bytes())
            n_calls = dict(zip(WRITES, calls, strict=True))
            return Ended(status, log.read_text("utf8", "replace"), n_calls)

        return end

    def until(self, longest_s: float = 300) -> None:
        """Until the build that was begun last has come to the call at which it waits."""
        count, nth = self._gate
        due = time.monotonic() + longest_s
        while struct.unpack("=7Q", count.read_bytes())[0] < nth:
            assert time.monotonic() < due, "it never came there"
            time.sleep(0.02)

    def build(self, out: Path, *, after_s: float | None = None, **more: Any) -> Ended:
        return self.start(out, **more)(after_s)

    def finish(self, out: Path, **more: Any) -> None:
        """The same command again, undisturbed, makes what an undisturbed build makes."""
        ended = self.build(out, **more)
        assert ended.status == 0, ended.said
        assert digests(out) == self.digests
        assert not list(out.rglob(".tmp-*"))

    def nothing_half(self, out: Path) -> None:
        """Whatever has its final name is whole, and is what an undisturbed build makes."""
        for name, digest in digests(out).items():
            path = out / name
            if path.suffix == ".parquet":
                pq.ParquetFile(path).metadata  # noqa: B018
            elif path.suffix == ".json":
                json.loads(path.read_bytes())
            assert digest == self.digests.get(name), name


def digests(out: Path) -> dict[str, str]:
    """Of every artefact; temporary files apart."""
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name not in RUN_ONLY and not re.search(r"\.tmp-|/seen/", p.as_posix())
    }
