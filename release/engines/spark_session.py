"""A Spark session of our own or the caller's: opened when it is first needed, quiet, closed again.

Spark talks a lot. What its driver says goes into a file that is named when something fails.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...corpus.errors import BuildError, MissingExtra, SettingsError
from .spark_errors import explained

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MASTERS = re.compile(
    r"local(\[[^\]]+\])?|local-cluster\[.+\]|yarn|(spark|sc)://[^/;]+.*|k8s://.+", re.DOTALL
)
_ANSWERS_S = 5.0


def check(master: str | None) -> None:
    """Looks, in milliseconds, whether a session can begin at all.

    Raises MissingExtra without pyspark or Java, SettingsError for a master of no known form,
    BuildError where no master answers.
    """
    if find_spec("pyspark") is None:
        raise MissingExtra("pyspark is not installed", "--engine spark",
                           'pip install "redditess[spark]"')  # fmt: skip
    if master is not None and not _MASTERS.fullmatch(master):
        raise SettingsError(
            f"{address(master)!r} is no master of Spark", "--master",
            "write spark://HOST:7077, yarn, k8s://https://HOST:443, sc://HOST:15002 or local[2]",
        )  # fmt: skip
    if is_connect(master):
        if find_spec("grpc") is None:
            raise MissingExtra("Spark Connect needs more of pyspark", "--master",
                               'pip install "pyspark[connect]"')  # fmt: skip
    elif _java() is None:
        raise MissingExtra("Spark needs Java 17 or newer, and there is none", "--engine spark",
                           "apt-get install openjdk-17-jre-headless, or set JAVA_HOME")  # fmt: skip
    if master is not None and master.startswith(("spark://", "sc://")):
        _reach(master)


def is_connect(master: str | None) -> bool:
    """Does a server run the driver? Then no Java is needed here."""
    return (master or "").startswith("sc://")


def _java() -> str | None:
    home = os.environ.get("JAVA_HOME")
    return shutil.which(str(Path(home) / "bin" / "java") if home else "java")


def _reach(master: str) -> None:
    hosts = re.sub(r"^\w+://", "", master).partition(";")[0].rstrip("/").split(",")
    default = 15002 if is_connect(master) else 7077
    for host in hosts:
        name, _, port = host.partition(":")
        with suppress(OSError, ValueError):
            socket.create_connection((name, int(port or default)), _ANSWERS_S).close()
            return
    raise BuildError(
        "nothing answers there", address(master),
        "start the cluster, or take the address from the top of the master's own page",
    )  # fmt: skip


def address(master: str) -> str:
    """Without what a Connect address may hold behind a semicolon: a token."""
    return master.partition(";")[0]


class Session:
    """One connection to a cluster; nothing is started before the first job."""

    def __init__(self, master: str | None):
        self._master = master
        self._spark: SparkSession | None = None
        self._own = False
        self.log: Path | None = None
        self.failed = False  # in words of Spark's only: then the log stays

    def job(self, function: Callable[[Any], Any], name: str, tag: str) -> list[str]:
        """Runs a function in one executor; the strings that it answers."""
        spark = self.spark
        spark.addTag(tag)  # of this thread: every thread calls for itself
        if not is_connect(self._master):
            spark.sparkContext.setJobDescription(f"redditess {name}")
        rows = spark.range(0, 1, 1, 1).mapInArrow(function, "answer string").collect()
        return [str(row[0]) for row in rows]

    def interrupt(self, tag: str) -> None:
        """Ends all jobs with this tag; what cannot be reached has ended."""
        if self._spark is not None:
            with suppress(Exception):
                self._spark.interruptTag(tag)

    def slots(self) -> int:
        """Tasks that the executors of now can run at once; at least 1."""
        cores = self.cores_of_executor() or 1
        if is_connect(self._master):
            return max(1, cores)
        total = int(self.spark.sparkContext.defaultParallelism)
        return max(1, total // self.cores_of_task())

    def cores_of_task(self) -> int:
        return int(self._setting("spark.task.cpus") or 1)

    def cores_of_executor(self) -> int | None:
        """Tasks at once in one executor; None where Spark gives it all that a machine has."""
        cores = self._setting("spark.executor.cores")
        return max(1, int(cores) // self.cores_of_task()) if cores else None

    def close(self) -> None:
        """Ends a session that was begun here; one of the caller's stays."""
        if self._spark is not None and self._own:
            with suppress(Exception):  # the cluster may be gone
                self._spark.stop()
        if self.log is not None and self._spark is not None and not self.failed:
            self.log.unlink(missing_ok=True)
        self._spark = None

    @property
    def spark(self) -> SparkSession:
        if self._spark is None:
            self._spark = self._open()
        return self._spark

    def _setting(self, name: str) -> str | None:
        found = self.spark.conf.get(name, None)
        return str(found) if found else None

    def _open(self) -> SparkSession:
        # Remarks about pandas, which nothing here uses.
        warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
        from pyspark.sql import SparkSession

        self._own = SparkSession.getActiveSession() is None
        if not self._own:
            return SparkSession.builder.getOrCreate()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.appName("redditess")
        try:
            if is_connect(self._master):
                return builder.remote(str(self._master)).getOrCreate()
            return self._begun(builder)
        except Exception as e:  # of py4j, gRPC, pyspark and Java: one sentence
            raise explained(e, address(self._master or "spark"), self.log) from e

    def _begun(self, builder: SparkSession.Builder) -> SparkSession:
        if self._master is not None:
            builder = builder.master(self._master)
        descriptor, name = tempfile.mkstemp(prefix="redditess-spark-", suffix=".log")
        self.log = Path(name)
        try:
            with _elsewhere(descriptor):
                return builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        finally:
            os.close(descriptor)


@contextmanager
def _elsewhere(descriptor: int) -> Iterator[None]:
    """What is started meanwhile, Spark's driver, has our stdout and stderr in a file, for good."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = [os.dup(1), os.dup(2)]
    try:
        for stream in (1, 2):
            os.dup2(descriptor, stream)
        yield
    finally:
        for stream, old in zip((1, 2), kept, strict=True):
            os.dup2(old, stream)
            os.close(old)
