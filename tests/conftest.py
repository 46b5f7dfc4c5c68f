"""Fixtures that every room's tests share."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

# As many workers as cores run the tests: more threads in each would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
MUST_RUN_IN_CI = ("needs_system", "needs_torch")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout (or unpacked sdist) that these tests lie in."""
    return ROOT


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A running Chromium; its tests are marked `needs_system`."""
    chromium = os.environ.get("REDDITESS_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as play:
        running = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def load_script(repository: Path) -> Callable[[str], ModuleType]:
    """A script of the checkout as a module, by its path: scripts lie outside the package."""

    def load(path: str) -> ModuleType:
        place = repository / path
        spec = importlib.util.spec_from_file_location(place.stem, place)
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def load_benchmark(load_script: Callable[[str], ModuleType]) -> Callable[[str], ModuleType]:
    """`benchmarks/<name>.py` as a module."""
    return lambda name: load_script(f"benchmarks/{name}.py")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real dump lines and public data sets: `REDDITESS_SHARED`/data, else `../shared/data`.

    They are lent for tests and never part of the project, so a machine without them skips.
    """
    folder = Path(os.environ.get("REDDITESS_SHARED") or ROOT.parent / "shared") / "data"
    if not folder.is_dir():
        pytest.skip(f"the shared material is not here ({folder}); set REDDITESS_SHARED")
    return folder


@pytest.fixture(scope="session")
def demo_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `redditess demo` leaves: a finished build of the sample, with its report."""
    from redditess.eval.demo import run_demo

    out = tmp_path_factory.mktemp("build") / "demo"
    run_demo(out)
    return out


USERS = ("", "hf_owner", "hf_read", "hf_other")  # tokens that the Hub of these tests knows


class HubDouble:
    """The Hub on this machine (tests/hub/serve.py), and its clients in processes of their own."""

    def __init__(self, url: str, home: Path):
        self.url, self.home, self.n_resets = url, home, 0
        self._clients: dict[bool, subprocess.Popen[str]] = {}

    def ask(self, method: str, path: str, body: object = None, token: str = "hf_owner") -> Any:
        """One request: `/_fault`, `/_log`, or anything of the API. JSON in, JSON out."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def fault(self, match: str, **what: object) -> None:
        """The next request (`times`) whose "METHOD /path" matches goes wrong."""
        self.ask("POST", "/_fault", {"match": match, **what})

    def calm(self) -> None:
        """No faults, and an empty log."""
        self.ask("DELETE", "/_fault")

    def reset(self) -> None:
        """No repositories, no faults, users with empty caches."""
        self.n_resets += 1
        self.ask("POST", "/_reset")
        self.calm()

    def files(self, repo: str, revision: str = "main") -> dict[str, str]:
        """name -> sha256 (LFS) or git blob, of everything but the Hub's own file."""
        found = self.ask("GET", f"/api/{repo}/revision/{revision}?blobs=true")["siblings"]
        digests = {f["rfilename"]: f.get("lfs", {}).get("sha256", f["blobId"]) for f in found}
        return {name: d for name, d in digests.items() if name != ".gitattributes"}

    def refs(self, repo: str) -> dict[str, str]:
        found = self.ask("GET", f"/api/{repo}/refs")
        return {ref["ref"]: ref["targetCommit"] for ref in found["branches"] + found["tags"]}

    def environment(self, *, token: str = "hf_owner", xet: bool = True) -> dict[str, str]:
        """Each user and way has a cache of its own: `datasets` takes a cached copy where the Hub
        refuses.
        """
        user = self.home / f"user{USERS.index(token)}-{xet}-{self.n_resets}"
        own = {
            "HF_ENDPOINT": self.url, "HF_HOME": str(user), "HF_TOKEN": token,
            "HF_HUB_DISABLE_XET": "" if xet else "1", "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_ETAG_TIMEOUT": "60", "HF_HUB_DOWNLOAD_TIMEOUT": "60",  # a busy machine
            "HF_UPDATE_DOWNLOAD_COUNTS": "0", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "0",
            "REDDITESS_HOME": str(self.home / "redditess"),
        }  # fmt: skip
        return {**os.environ, **own}

    def run(
        self, *words: str, token: str = "hf_owner", xet: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """`python WORDS` as a user of this Hub; never fails by itself."""
        return subprocess.run(
            [sys.executable, *words], env=self.environment(token=token, xet=xet), cwd=self.home,
            capture_output=True, text=True,
        )  # fmt: skip

    def start(self, *words: str, xet: bool = True) -> subprocess.Popen[str]:
        """`python WORDS` without waiting for its end."""
        return subprocess.Popen(
            [sys.executable, *words], env=self.environment(xet=xet), cwd=self.home, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait_for_fault(self, longest_s: float = 60) -> None:
        """Until the last rule that was given has met its request."""
        end = time.monotonic() + longest_s
        while self.ask("GET", "/_fault")[-1]["times"]:
            assert time.monotonic() < end, "the fault was never met"
            time.sleep(0.05)

    def client(self, *, xet: bool, **asked: object) -> dict[str, Any]:
        """One call of tests/hub/client.py, whose process lives as long as the session."""
        if xet not in self._clients:
            self._clients[xet] = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "hub" / "client.py")], text=True,
                env=self.environment(xet=xet), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            )  # fmt: skip
        process = self._clients[xet]
        assert process.stdin and process.stdout
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        return dict(json.loads(process.stdout.readline()))

    def close(self) -> None:
        for process in self._clients.values():
            process.terminate()
            process.wait()


@pytest.fixture(scope="session")
def hub_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[HubDouble]:
    home = tmp_path_factory.mktemp("hub")
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "tests" / "hub" / "serve.py"), "--root", str(home / "store")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout
    double = HubDouble(json.loads(server.stdout.readline())["url"], home)
    yield double
    double.close()
    server.terminate()
    server.wait()


@pytest.fixture
def hub(hub_process: HubDouble) -> HubDouble:
    """An empty Hub on this machine, with Xet; HF_HUB_DISABLE_XET=1 (`xet=False`) makes it LFS."""
    hub_process.reset()
    return hub_process


class Bucket:
    """An empty bucket of the S3 store on this machine (tests/stores/swift_server.py)."""

    def __init__(
        self, endpoint: str, name: str, keys: tuple[str, str] = ("test:tester", "testing")
    ):
        self.endpoint, self.name, self.url = endpoint, name, f"s3://{name}"
        nowhere = os.devnull  # a person's own profiles are nothing to these tests
        self.environment = {
            "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": keys[0],
            "AWS_SECRET_ACCESS_KEY": keys[1], "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": nowhere, "AWS_SHARED_CREDENTIALS_FILE": nowhere,
            "AWS_EC2_METADATA_DISABLED": "true",
        }  # fmt: skip

    @property
    def files(self) -> Any:
        """The store as fsspec shows it; needs `environment`."""
        import fsspec

        return fsspec.filesystem("s3", use_listings_cache=False)

    def put(self, name: str, data: bytes) -> str:
        """An object with these bytes; returns its address."""
        self.files.pipe_file(f"{self.name}/{name}", data)
        return f"{self.url}/{name}"


@pytest.fixture(scope="session")
def s3_process(tmp_path_factory: pytest.TempPathFactory) -> Generator[str]:
    """The address of OpenStack Swift with its S3 API, started for this test session."""
    if not all(importlib.util.find_spec(name) for name in ("swift", "s3fs")):
        if os.environ.get("REDDITESS_CI") == "1":
            pytest.fail("swift and s3fs are not installed, and in CI this must run")
        pytest.skip("swift and s3fs are not installed: pip install -e '.[dev]'")
    words = ["-W", "ignore", str(ROOT / "tests" / "stores" / "swift_server.py"), "--root"]
    server = subprocess.Popen(
        [sys.executable, *words, str(tmp_path_factory.mktemp("swift"))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdin and server.stdout
    yield json.loads(server.stdout.readline())["url"]
    server.stdin.close()
    server.wait()


@pytest.fixture
def s3(s3_process: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket in a real object store, and the environment that leads to it."""
    bucket = Bucket(s3_process, f"b{uuid.uuid4().hex[:12]}")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    type(bucket.files).clear_instance_cache()  # one made with another environment would be kept
    bucket.files.mkdir(bucket.name)
    return bucket


def _part_of_the_sample(root: Path, limit: int) -> Path:
    import redditess
    from redditess.release import local

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(root / "home"))
        redditess.load(limit=limit, workers=1, cache_dir=str(root / "cache"))
        [manifest] = (local.home() / "builds").glob("*/manifest.json")
    return manifest.parent


@pytest.fixture(scope="session")
def small_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of a small part of the sample: do not change it, copy it."""
    return _part_of_the_sample(tmp_path_factory.mktemp("small"), 400)


@pytest.fixture(scope="session")
def smaller_build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with fewer rows, as after a deletion."""
    return _part_of_the_sample(tmp_path_factory.mktemp("smaller"), 320)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test with a mark of `MUST_RUN_IN_CI` must run: its skip becomes a failure."""
    report = yield
    in_ci = os.environ.get("REDDITESS_CI") == "1"
    if (
        in_ci
        and any(map(item.get_closest_marker, MUST_RUN_IN_CI))
        and report.skipped
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where it must run: {report.longrepr}"
    return report
