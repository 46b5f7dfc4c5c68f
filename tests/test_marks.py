"""What is skipped elsewhere, with a reason, is a failure in CI: there everything is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest

@pytest.fixture
def absent():
    pytest.importorskip("no_such_module", reason="no_such_module is not installed")

@pytest.mark.needs_torch
def test_torch(absent): ...

@pytest.mark.needs_system
def test_system(absent): ...

def test_lent_material(absent): ...
"""


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "counted"), [("0", "3 skipped"), ("1", "1 skipped, 2 errors")])
def test_ci_does_not_skip_what_it_must_run(
    ci: str, counted: str, repository: Path, tmp_path: Path
) -> None:
    shutil.copy(repository / "tests" / "conftest.py", tmp_path)
    shutil.copy(repository / "pyproject.toml", tmp_path)
    (tmp_path / "test_skips.py").write_text(SKIPS, "utf8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, env=os.environ | {"REDDITESS_CI": ci}, capture_output=True, text=True,
    )  # fmt: skip
    assert counted in done.stdout, done.stdout
    assert "no_such_module is not installed" in done.stdout
