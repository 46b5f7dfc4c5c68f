"""The third way in: `load_dataset("ns/redditess")` from a Hub, here one on this machine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from datasets import load_dataset

import redditess
from redditess.release import local

REPO = "datasets/ns/redditess"
COMMIT = "c" * 40
READ = """
import json, sys
from datasets import load_dataset
found = {}
for config in ("effectiveness", "full"):
    for streaming in (False, True):
        loaded = load_dataset("ns/redditess", config, streaming=streaming)
        rows = {split: [row["id"] for row in rows] for split, rows in loaded.items()}
        found[f"{config} {streaming}"] = rows
print(json.dumps(found))
"""


class Hub(BaseHTTPRequestHandler):
    """As much of a Hub as reading one public dataset needs (endpoints: what the client asks)."""

    folder: Path
    asked: list[str]

    def do_GET(self) -> None:
        self._answer(True)

    def do_HEAD(self) -> None:
        self._answer(False)

    def _answer(self, with_body: bool) -> None:
        path = unquote(self.path.split("?")[0]).strip("/")
        self.asked.append(path)
        for start in (f"{REPO}/resolve/main/", f"{REPO}/resolve/{COMMIT}/"):
            if path.startswith(start):
                return self._file(path.removeprefix(start), with_body)
        if path in (f"api/{REPO}", f"api/{REPO}/revision/main", f"api/{REPO}/revision/{COMMIT}"):
            return self._json({"id": "ns/redditess", "sha": COMMIT, "siblings": []}, with_body)
        if path.startswith(f"api/{REPO}/tree/{COMMIT}"):
            under = path.removeprefix(f"api/{REPO}/tree/{COMMIT}").strip("/")
            return self._json(self._tree(under), with_body)
        return self._json({"error": "unknown"}, with_body, 404, "EntryNotFound")

    def _tree(self, under: str) -> list[dict[str, Any]]:
        inside = self.folder / under
        return [
            {
                "type": "directory" if p.is_dir() else "file",
                "path": p.relative_to(self.folder).as_posix(),
                "oid": "0" * 40,
                "size": 0 if p.is_dir() else p.stat().st_size,
            }
            for p in sorted(inside.iterdir() if inside.is_dir() else [])
        ]

    def _file(self, name: str, with_body: bool) -> None:
        path = self.folder / name
        if not path.is_file():
            return self._json({"error": name}, with_body, 404, "EntryNotFound")
        body, status, extra = path.read_bytes(), 200, {}
        asked = self.headers.get("Range")
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            end = min(int(last or len(body)), len(body) - 1)
            extra = {"Content-Range": f"bytes {first}-{end}/{len(body)}"}
            body, status = body[int(first) : end + 1], 206
        etag = hashlib.sha256(path.read_bytes()).hexdigest()
        self._send(status, body, with_body, {"ETag": f'"{etag}"', **extra})

    def _json(self, value: Any, with_body: bool, status: int = 200, code: str = "") -> None:
        self._send(status, json.dumps(value).encode(), with_body, {"X-Error-Code": code})

    def _send(self, status: int, body: bytes, with_body: bool, extra: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes", **extra}
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release folder of a small build of the sample."""
    root = tmp_path_factory.mktemp("released")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REDDITESS_HOME", str(root / "home"))
        redditess.load(limit=400, workers=1, cache_dir=str(root / "cache"))
        [folder] = (local.home() / "builds").glob("*/redditess")
    return folder


@pytest.fixture
def hub(released: Path) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    handler = type("OneRepo", (Hub,), {"folder": released, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


@pytest.mark.slow
def test_a_published_release_loads_by_name(
    released: Path, hub: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, asked = hub
    environment = {
        "HF_ENDPOINT": address, "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_UPDATE_DOWNLOAD_COUNTS": "0",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    for config in ("effectiveness", "full"):
        here = load_dataset(str(released), config, cache_dir=str(tmp_path / "local"))
        rows = {split: list(here[split]["id"]) for split in here}
        assert found[f"{config} False"] == found[f"{config} True"] == rows
    assert f"{REPO}/resolve/{COMMIT}/redditess.py" in asked  # a script there would be refused


@pytest.mark.slow
def test_a_release_holds_no_script_and_nothing_private(released: Path) -> None:
    assert {p.suffix for p in released.rglob("*") if p.is_file()} == {".md", ".json", ".parquet"}
