"""The lab of these tests, once per session."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from backports import zstd

from redditess.corpus.sample import write_sample
from redditess.corpus.settings import load_settings, to_toml
from tests.robust.lab import Lab, digests

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """faults.c as a library; its tests are marked `needs_system`."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("there is no C compiler: apt-get install gcc libc6-dev")
    library = tmp_path_factory.mktemp("faults") / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", library, HERE / "faults.c", "-ldl"]
    subprocess.run(command, check=True)
    return library


@pytest.fixture(scope="session")
def lab(faults: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    home = tmp_path_factory.mktemp("lab")
    sample = write_sample(home / "sample", n_threads=60)
    dumps = [half for dump in sample for half in halves(dump, home)]
    config = home / "s.toml"
    config.write_text(to_toml(load_settings("sample", n_buckets=3)))
    env = {
        **os.environ, "LD_PRELOAD": str(faults), "REDDITESS_KEY": "sample",
        "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "500",
        "REDDITESS_HOME": str(home / "cache"),
    }  # fmt: skip
    server = subprocess.Popen(
        [sys.executable, str(HERE / "builder.py")], env=env, text=True, cwd=home,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    made = Lab(home, dumps, config, server)
    out = home / "reference"
    ended = made.build(out)
    assert ended.status == 0, ended.said
    made.n_calls = ended.n_calls
    made.digests = digests(out)
    yield made
    for child in made.begun:  # of a test that failed while one waited
        os.killpg(child, signal.SIGKILL)
    server.kill()
    server.wait()


@pytest.fixture
def out(lab: Lab, tmp_path: Path) -> Path:
    return tmp_path / "out"


def halves(dump: Path, folder: Path) -> Iterator[Path]:
    """Two files from one, as two months: lines in their order."""
    lines = zstd.decompress(dump.read_bytes()).splitlines(keepends=True)
    for name, part in (("a", lines[: len(lines) // 2]), ("b", lines[len(lines) // 2 :])):
        path = folder / f"{dump.stem}_{name}.zst"
        path.write_bytes(zstd.compress(b"".join(part)))
        yield path
