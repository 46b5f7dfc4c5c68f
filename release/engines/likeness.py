"""Is the redditess on the other machine the one that started the build? Else bytes could differ."""

from __future__ import annotations

import os
import platform
import socket
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ... import __version__
from ...labeling.functions import resolve
from ..resume import code_digest

LIBRARIES = ("pyarrow", "duckdb", "numpy", "msgspec", "zstandard")
"""Whatever has a hand in the bytes of an artefact."""


@cache
def likeness() -> dict[str, str]:
    """Versions of everything that decides bytes here; `code` digests the rooms themselves."""
    python = ".".join(platform.python_version_tuple()[:2])
    own = {"redditess": __version__, "code": code_digest(), "python": python}
    return own | {name: _version(name) for name in LIBRARIES}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def differences(theirs: dict[str, str]) -> str:
    """What differs from here, "" where nothing does.

    >>> differences(likeness() | {"duckdb": "1.0.0"}).startswith("duckdb 1.0.0 (here ")
    True
    """
    here = likeness()
    differing = [n for n in here if theirs.get(n) != here[n]]
    return ", ".join(f"{n} {theirs.get(n, 'missing')} (here {here[n]})" for n in differing)


def probe(*, out: str | None, token: str, functions: list[str]) -> dict[str, Any]:
    """What an executor answers before the first task.

    `out`: the build folder that all machines share (None: it lies in a store); `token`: a file in
    it. "sees", "writes": can it be used from here? Raises SettingsError for a function it lacks.
    """
    resolve(functions)
    shared = Path(out) if out else None
    return {
        "host": socket.gethostname(),
        "cores": os.cpu_count() or 1,
        "sees": shared is None or (shared / token).is_file(),
        "writes": shared is None or os.access(shared, os.W_OK | os.X_OK),
    }
