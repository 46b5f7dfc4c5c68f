"""A real standalone cluster on loopback: a master and two workers, whatever happens to them."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUN_ONLY = {"run.json", ".lock"}
pytestmark = [pytest.mark.slow, pytest.mark.needs_system]


def digests(out: Path) -> dict[str, str]:
    """Every artefact's digest, but for the files that say how the run went."""
    return {
        p.relative_to(out).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(out.rglob("*"))
        if p.is_file() and p.name not in RUN_ONLY
    }


def spark(cluster: Any) -> tuple[str, ...]:
    return "--engine", "spark", "--master", cluster.url


def until(seen: Any, run: Any, longest_s: float = 300) -> None:
    """Waits for something to be there, while the build runs."""
    end = time.monotonic() + longest_s
    while not seen():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_killed_executors_and_workers_change_no_byte_and_no_secret_leaves_a_task(
    builder: Any, here: Path, cluster: Any, tmp_path: Path
) -> None:
    out, gate = tmp_path / "b", tmp_path / "gate"
    gate.mkdir()
    conf = builder.conf("shared", REDDITESS_TEST_GATE=str(gate))
    run = builder.start(out, *spark(cluster), SPARK_CONF_DIR=str(conf))
    until(lambda: len(list(gate.iterdir())) == 2, run)  # both workers are in the middle of a vote
    cluster.kill_executor()
    cluster.kill_worker()
    until(lambda: len(list(gate.iterdir())) > 2, run)  # their tasks are tried again
    pages = [_page(f"{cluster.page}/json/"), *_pages_of_driver(cluster)]
    (gate / "open").touch()
    _, talk = run.communicate(timeout=600)
    cluster.add_worker()
    assert run.returncode == 0, talk
    assert digests(out) == digests(here)
    told = json.loads((out / "run.json").read_text())
    assert (told["engine"], told["workers"]) == ("spark", 2)
    assert "WARN" not in talk and "Stage" not in talk and "Exception" not in talk
    places = (cluster.root, builder.root / "events-shared", builder.root / "tmp")
    texts = [p.read_text("latin1") for place in places for p in place.rglob("*") if p.is_file()]
    for told_there in (pages, texts):
        seen = "".join(told_there)
        assert "ingest RC_sample.zst" in seen  # it tells of tasks, so it is the right text
        assert builder.secret not in seen
        assert bytes.fromhex(builder.secret).decode("latin1") not in seen


def _page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=20) as answer:
        return str(answer.read().decode("utf8", "replace"))


def _pages_of_driver(cluster: Any) -> list[str]:
    """What the page of the running application shows of its jobs, queries and settings."""
    apps = json.loads(_page(f"{cluster.page}/json/"))["activeapps"]
    found = []
    for app in apps:
        html = _page(f"{cluster.page}/app/?appId={app['id']}")
        for place in html.split('href="')[1:]:
            address = place.partition('"')[0]
            if address.startswith("http://127.0.0.1") and "log" not in address:
                pages = ("jobs/", "stages/", "SQL/", "environment/", "executors/")
                found += [_page(f"{address.rstrip('/')}/{page}") for page in pages]
                break
    return found


def test_a_build_in_an_s3_store_has_the_same_bytes(
    builder: Any, here: Path, cluster: Any, s3: Any, tmp_path: Path
) -> None:
    conf = builder.conf("stored", **s3.environment)
    address = f"{s3.url}/builds/first"
    done = builder.run(address, *spark(cluster), SPARK_CONF_DIR=str(conf), **s3.environment)
    assert done.returncode == 0, done.stderr
    copy = tmp_path / "copy"
    s3.files.get(f"{s3.name}/builds/first", str(copy), recursive=True)
    assert digests(copy) == digests(here)
    assert not list((builder.root / "tmp").glob("redditess-scratch-*"))
    assert not list(cluster.root.rglob("redditess-scratch-*"))


@pytest.mark.long
def test_an_error_of_a_task_arrives_as_it_was(
    builder: Any, here: Path, cluster: Any, tmp_path: Path
) -> None:
    out = tmp_path / "b"
    shutil.copytree(here, out)
    for name in ("interactions", "votes", "labels", "shaped", "redditess"):
        shutil.rmtree(out / name)
        (out / name).mkdir()
    (out / "manifest.json").unlink()
    damaged = sorted((out / "raw" / "comments").glob("b*"))[0]
    damaged.write_bytes(damaged.read_bytes()[:-200])
    conf = builder.conf("damaged")
    done = builder.run(out, *spark(cluster), SPARK_CONF_DIR=str(conf))
    local = builder.run(out, "--workers", "1")
    assert done.returncode == local.returncode == 1
    assert done.stderr.splitlines()[-1] == local.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr and "java" not in done.stderr


@pytest.mark.long
def test_executors_with_another_redditess_are_refused(
    builder: Any, cluster: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    for name in ("corpus", "stats", "pages", "labeling", "release"):
        shutil.copytree(ROOT / name, other / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("redditess.py", "__main__.py"):
        shutil.copy(ROOT / name, other)
    with (other / "corpus" / "filters.py").open("a") as file:
        file.write("# changed\n")
    conf = builder.conf("other", PYTHONPATH=f"{other}:{Path(__file__).parent}")
    done = builder.run(tmp_path / "b", *spark(cluster), SPARK_CONF_DIR=str(conf))
    assert done.returncode == 1
    [line] = [x for x in done.stderr.splitlines() if "another redditess" in x]
    assert "code " in line and "(here " in line and "pyarrow" not in line
    assert not list((tmp_path / "b" / "raw").rglob("*.parquet"))  # told before anything was read


@pytest.mark.long
def test_executors_without_redditess_are_refused(
    builder: Any, cluster: Any, tmp_path: Path
) -> None:
    bare = getattr(sys, "_base_executable", sys.executable)
    conf = builder.conf("bare", PYTHONPATH="")
    own = {"SPARK_CONF_DIR": str(conf), "PYSPARK_PYTHON": bare}
    done = builder.run(tmp_path / "b", *spark(cluster), **own)
    assert done.returncode == 1
    assert "redditess is not installed for the Python of the executors" in done.stderr
    assert "Traceback" not in done.stderr
