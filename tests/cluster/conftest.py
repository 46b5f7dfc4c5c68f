"""A cluster on loopback, dumps for several tasks, and the build that every other must equal."""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings

ROOT = Path(__file__).parents[2]
GATED = [*load_settings("sample").functions, "gate_rule:patient"]
SETTINGS = f'preset = "sample"\nn_buckets = 3\nfunctions = {json.dumps(GATED)}\n'
HERE = Path(__file__).parent
LIGHT = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"  # a JVM of seconds


def _standalone() -> ModuleType:
    spec = importlib.util.spec_from_file_location("standalone", HERE / "standalone.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def path_of(root: Path) -> str:
    """The PYTHONPATH of a machine whose redditess lies in `root`."""
    return os.pathsep.join([str(root), str(HERE)])


class Builder:
    """Runs `redditess build` on the dumps of these tests, as a user would."""

    def __init__(self, root: Path):
        self.root = root
        for seed in (1, 2):
            folder = root / "dumps" / str(seed)
            folder.mkdir(parents=True)
            write_sample(folder, n_threads=30, seed=seed)
        (root / "s.toml").write_text(SETTINGS, "utf8")
        self._started: list[subprocess.Popen[str]] = []
        self.secret = secrets.token_hex(32)
        (root / "key").write_text(self.secret, "ascii")
        (root / "key").chmod(0o600)

    def conf(self, name: str = "conf", **executor_environment: str) -> Path:
        """A folder of Spark settings; the environment is that of executors."""
        folder = self.root / name
        events = self.root / f"events-{name}"
        events.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True)
        lines = {
            "spark.executor.memory": "512m", "spark.driver.memory": "512m",
            "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1",
            "spark.executor.extraJavaOptions": LIGHT, "spark.driver.extraJavaOptions": LIGHT,
            "spark.executorEnv.OMP_NUM_THREADS": "1", "spark.executorEnv.PYTHONPATH": path_of(ROOT),
            "spark.ui.port": "0", "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false", "spark.eventLog.dir": events.as_uri(),
            **{f"spark.executorEnv.{k}": v for k, v in executor_environment.items()},
        }  # fmt: skip
        text = "".join(f"{k} {v}\n" for k, v in lines.items())
        (folder / "spark-defaults.conf").write_text(text, "utf8")
        return folder

    def start(self, out: object, *words: str, **environment: str) -> subprocess.Popen[str]:
        own = {
            "PYTHONPATH": path_of(ROOT),
            "REDDITESS_KEY": str(self.root / "key"), "REDDITESS_HOME": str(self.root / "home"),
            "OMP_NUM_THREADS": "1", "TMPDIR": str(self.root / "tmp"), **environment,
        }  # fmt: skip
        (self.root / "tmp").mkdir(exist_ok=True)
        line = ["build", str(self.root / "dumps"), "--config", str(self.root / "s.toml")]
        started = subprocess.Popen(
            [sys.executable, "-m", "redditess", *line, "--out", str(out), *words],
            env={**os.environ, **own}, cwd=self.root, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self._started.append(started)
        return started

    def close(self) -> None:
        """Ends what a test that failed left running."""
        for started in self._started:
            if started.poll() is None:
                started.kill()
                started.communicate()

    def run(self, out: object, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        started = self.start(out, *words, **environment)
        said, talk = started.communicate(timeout=600)
        return subprocess.CompletedProcess(words, started.returncode, said, talk)


@pytest.fixture(scope="session")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Generator[Builder]:
    found = Builder(tmp_path_factory.mktemp("cluster-builds"))
    yield found
    found.close()


@pytest.fixture(scope="session")
def here(builder: Builder) -> Path:
    """The build that every other must equal: local engine, local folder."""
    out = builder.root / "here"
    done = builder.run(out, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Any]:
    """A master and two workers, each a process of its own."""
    if importlib.util.find_spec("pyspark") is None:
        pytest.skip("pyspark is not installed: pip install 'redditess[spark]'")
    if shutil.which("java") is None:
        pytest.skip("there is no Java: apt-get install openjdk-17-jre-headless")
    running = _standalone().Cluster(tmp_path_factory.mktemp("cluster"), {})
    yield running
    running.close()
