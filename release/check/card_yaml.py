"""The YAML of README.md, read once for the checks that need it."""

from __future__ import annotations

from typing import Any

from .subject import Subject


def front_matter(subject: Subject) -> dict[str, Any] | None:
    """None where there is no card, or its YAML does not parse."""
    from huggingface_hub.repocard import metadata_load

    path = subject.release / "README.md"
    if not path.is_file():
        return None
    try:
        found = metadata_load(path)
    except Exception:  # the YAML library's errors are its own
        return None
    return dict(found) if found else None
