"""The mark of a removal that has begun and not ended: what it lies in is not used meanwhile."""

from __future__ import annotations

from pathlib import Path

from ..corpus.errors import BuildError

UNFINISHED = "removal.json"
"""Lies in a build or a copy from before the first change until the last; it names nothing."""


def refuse_unfinished(folder: Path) -> None:
    """Raises BuildError where a removal was interrupted: some files hold a row that others lost."""
    if (folder / UNFINISHED).is_file():
        raise BuildError(
            "a removal was interrupted here", folder,
            "run `redditess release delete` (of a copy: `release sync`) again to finish it",
        )  # fmt: skip
