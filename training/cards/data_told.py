"""What a run says of its data in run.json and metrics.json, and its card after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..data.source import Source
from .results import config_of


def data_told(source: Source, kind: str) -> dict[str, Any]:
    """{"name", "fingerprint", "revision", "invented", "splits": {split: {"rows"}}}; never a path.

    `splits` are of the config that a run of this kind reads.
    """
    splits = source.document["splits"].get(config_of(kind), {})
    return {
        "name": source.name, "fingerprint": source.fingerprint, "revision": source.revision,
        "invented": _invented(source.document),
        "splits": {name: {"rows": split["rows"]} for name, split in splits.items()},
    }  # fmt: skip


def _invented(document: Mapping[str, Any]) -> str:
    """Of the rows of `full`: all, some or none; "" where the release does not say."""
    n = document.get("content", {}).get("invented")
    if n is None:
        return ""
    return "none" if not n else "all" if n == document["stages"]["full"]["rows_out"] else "some"
