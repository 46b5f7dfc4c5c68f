"""`publish.json`: what a publish began, so that it goes on after a kill. Never a token.

What is already on the Hub is asked of the Hub each time. The journal adds the one thing that the
Hub cannot tell: where `main` stood when this publish began.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..corpus.artefacts import read_json, write_json

FILE = "publish.json"


class Journal:
    """One file, one record a repository: {digest, branch, main_before, commit, tag}.

    `commit` is null until `main` holds the release.
    """

    def __init__(self, path: Path, repo_id: str):
        self.path, self.repo_id = path, repo_id

    def _all(self) -> dict[str, Any]:
        return dict(read_json(self.path)) if self.path.is_file() else {}

    def main_before(self, digest: str) -> str | None:
        """Where `main` stood when this very release was begun and not finished; else None."""
        record = self._all().get(self.repo_id, {})
        if record.get("digest") != digest or record.get("commit"):
            return None
        return record.get("main_before")

    def begin(self, digest: str, branch: str, main_before: str) -> None:
        """Before the first file goes up."""
        self._put({"digest": digest, "branch": branch, "main_before": main_before,
                   "commit": None, "tag": None})  # fmt: skip

    def forget(self) -> None:
        """The next run begins anew."""
        write_json(self.path, {k: v for k, v in self._all().items() if k != self.repo_id})

    def finish(self, digest: str, commit: str, tag: str) -> None:
        """`main` holds it, under this name."""
        record = self._all().get(self.repo_id, {})
        self._put({**record, "digest": digest, "commit": commit, "tag": tag})

    def _put(self, record: dict[str, Any]) -> None:
        write_json(self.path, {**self._all(), self.repo_id: record})
