"""Which code decides the words of a released row: both ends of a hydration must have the same."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

_DECIDE = ("corpus", "labeling", "release/shape.py", "release/coarse.py", "release/rowkeys.py")


@cache
def rules_digest() -> str:
    """12 hex digits of the code and word lists between a dump line and a released field."""
    root, found = Path(__file__).parents[1], hashlib.sha256()
    for name in _DECIDE:
        place = root / name
        files = [place] if place.is_file() else sorted(place.rglob("*"))
        for path in files:
            if path.suffix in {".py", ".toml", ".json", ".safetensors"}:
                found.update(path.relative_to(root).as_posix().encode() + b"\0")
                found.update(path.read_bytes() + b"\0")
    return found.hexdigest()[:12]
