"""Fixtures that every room's tests share."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Generator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
MUST_RUN_IN_CI = ("needs_system", "needs_torch")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout (or unpacked sdist) that these tests lie in."""
    return ROOT


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
