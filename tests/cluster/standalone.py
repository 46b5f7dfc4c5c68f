"""A standalone Spark cluster on loopback, from the files of pyspark alone: master and workers.

Each is a process of its own, as on machines of their own; executors are started by the workers.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LONGEST_S = 120.0
REGISTERED = "(Successfully registered with master)"
LIGHT = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # a JVM of seconds: half the time


class Cluster:
    """One master and some workers with one core each; `close` ends all of it."""

    def __init__(self, root: Path, environment: dict[str, str]):
        import pyspark

        self.root = root
        self._home = Path(pyspark.__file__).parent
        self._environment = {
            **os.environ, **environment, "SPARK_HOME": str(self._home),
            "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_DAEMON_JAVA_OPTS": LIGHT,
            "SPARK_CONF_DIR": str(root / "daemons"),
        }  # fmt: skip
        (root / "daemons").mkdir(parents=True)
        self._processes: list[subprocess.Popen[bytes]] = []
        log = self._start("master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0")
        self.url = _found(log, r"Starting Spark master at (spark://\S+)")
        port = _found(log, r"Successfully started service 'MasterUI' on port (\d+)")
        self.page = f"http://127.0.0.1:{port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        for log in [self._worker() for _ in range(2)]:  # both start at the same time
            _found(log, REGISTERED)

    def add_worker(self) -> None:
        """One more worker, which the master knows on return."""
        _found(self._worker(), REGISTERED)

    def _worker(self) -> Path:
        name = f"worker{len(self._processes)}"
        own = ["--host", "127.0.0.1", "--cores", "1", "--memory", "800m", "--webui-port", "0"]
        log = self._start(name, *own, "--work-dir", str(self.root / name), self.url)
        self.workers.append(self._processes[-1])
        return log

    def kill_executor(self) -> None:
        """Kills an executor of the newest worker, as a system short of memory would."""
        newest = self.workers[-1].pid
        found = _wait_for(lambda: [
            pid for pid, parent, words in _processes()
            if parent == newest and b"CoarseGrainedExecutorBackend" in words
        ])  # fmt: skip
        os.kill(found[0], signal.SIGKILL)

    def kill_worker(self) -> None:
        """Kills the oldest worker and what runs on it, as when its machine goes away."""
        worker = self.workers.pop(0)
        below = [pid for pid, parent, _ in _processes() if parent == worker.pid]
        for pid in (worker.pid, *below):
            os.kill(pid, signal.SIGKILL)
        worker.wait()

    def close(self) -> None:
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, name: str, *words: str) -> Path:
        kind = name.rstrip("0123456789")
        java = f"org.apache.spark.deploy.{kind}.{kind.capitalize()}"
        log = self.root / f"{name}.log"
        own = {"SPARK_LOCAL_DIRS": str(self.root / f"{name}-local")}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [str(self._home / "bin" / "spark-class"), java, *words], stdout=out, stderr=out,
                env=self._environment | own, stdin=subprocess.DEVNULL, cwd=self.root,
            )  # fmt: skip
        self._processes.append(process)
        return log


def _found(log: Path, pattern: str) -> str:
    """The first group of a pattern, as soon as the log has it."""

    def look() -> list[str]:
        found = re.search(pattern, log.read_text("utf8", "replace"))
        return [next(g for g in found.groups() if g)] if found else []

    return _wait_for(look, log)[0]


def _wait_for(look: Callable[[], list[Any]], log: Path | None = None) -> list[Any]:
    end = time.monotonic() + LONGEST_S
    while not (found := look()):
        assert time.monotonic() < end, log.read_text()[-3000:] if log else "it never came"
        time.sleep(0.05)
    return found


def _processes() -> Iterator[tuple[int, int, bytes]]:
    """(process, its parent, its command line) of all processes that can be read."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            yield int(place.name), parent, (place / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
