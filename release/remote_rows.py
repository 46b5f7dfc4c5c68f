"""Loads a revision back from the Hub, as a user would, and compares its row counts."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping

from ..corpus.errors import RemoteError
from .hub import Hub

Rows = Mapping[str, Mapping[str, int]]


def check_rows(hub: Hub, commit: str, expected: Rows) -> None:
    """Raises RemoteError unless `load_dataset` gives every config and split with its rows.

    Everything is downloaded into a cache of its own, which is removed afterwards: `datasets` takes
    a cached copy where the Hub refuses, and that would prove nothing. It also compares with the
    counts in the card.
    """
    with tempfile.TemporaryDirectory(prefix="redditess-verify-") as cache:
        names = hub.read("read the card back", lambda: _configs(hub, commit, cache))
        if sorted(names) != sorted(expected):
            raise _differs(hub, "configs", sorted(expected), sorted(names))
    for config, splits in expected.items():

        def load(config: str = config) -> dict[str, int]:
            return _rows(hub, commit, config)

        found = hub.read(f"load {config} back", load)
        if found != dict(splits):
            raise _differs(hub, f"rows of {config}", dict(splits), found)


def _configs(hub: Hub, commit: str, cache: str) -> list[str]:
    from datasets import get_dataset_config_names

    return list(
        get_dataset_config_names(hub.repo_id, revision=commit, token=hub.token, cache_dir=cache)
    )


def _rows(hub: Hub, commit: str, config: str) -> dict[str, int]:
    from datasets import load_dataset

    with tempfile.TemporaryDirectory(prefix="redditess-verify-") as cache:
        loaded = load_dataset(
            hub.repo_id, config, revision=commit, token=hub.token, cache_dir=cache
        )
        return {split: len(rows) for split, rows in loaded.items()}


def _differs(hub: Hub, what: str, expected: object, found: object) -> RemoteError:
    return RemoteError(
        f"what loads back is not what was built: {what} should be {expected}, are {found}",
        hub.repo_id, "build the release again; main is as it was",
    )  # fmt: skip
