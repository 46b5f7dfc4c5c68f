"""A web server that goes wrong as told."""

from __future__ import annotations

import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from redditess.corpus.dumps import remote

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    """A server on http, and waits that cost no time."""
    from web_server import serving

    monkeypatch.setattr(remote, "WAITS_S", (0.0,) * len(remote.WAITS_S))
    with serving() as running:
        yield running


@pytest.fixture
def secure_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    """A server on https whose certificate is trusted."""
    from web_server import serving

    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    monkeypatch.setattr(remote, "WAITS_S", (0.0,) * len(remote.WAITS_S))
    with serving(https=tmp_path) as running:
        yield running
