"""A released dataset on the Hub as a folder of this machine: one commit of it, whole or not at all.

Naming a Hub id in a recipe is the asking for network. Without network, or with HF_HUB_OFFLINE=1,
a commit that was fetched before is used from the Hub's own cache.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ...corpus.errors import RemoteError
from ...release.client_talk import quiet
from ...release.failures import Failure, describe

FILES = ["data/**", "release.json", "README.md", "tombstones.json"]
_COMMIT = re.compile(r"[0-9a-f]{40}")


class Fetched(NamedTuple):
    """One revision on this machine."""

    folder: Path
    commit: str


@cache
def fetch(repo_id: str, revision: str) -> Fetched:
    """The files of a revision ("": main), asked for once in a process, so that a run has one.

    Raises RemoteError where the Hub cannot be reached, refuses, or has no such thing. A branch or
    tag is always asked for: what it named yesterday is not taken for it in silence.
    """
    from huggingface_hub import HfApi, get_token, snapshot_download
    from huggingface_hub.constants import is_offline_mode

    pinned = _COMMIT.fullmatch(revision) is not None
    if (pinned or is_offline_mode()) and (found := _cached(repo_id, revision or "main")):
        return found
    if is_offline_mode():
        raise RemoteError(
            f"HF_HUB_OFFLINE is set, and no whole copy of {revision or 'main'} was fetched before",
            repo_id, "unset it, or name the folder of a build or of a downloaded copy",
        )  # fmt: skip
    try:
        with quiet():
            # Asked first: where the Hub does not answer, the next call would take an older copy.
            HfApi().dataset_info(repo_id, revision=revision or None)
            return _fetched(
                snapshot_download(
                    repo_id, repo_type="dataset", revision=revision or "main", allow_patterns=FILES
                )
            )
    except Exception as error:
        failure = describe(error, get_token())
    # Outside of the handler: the client's own words may hold a signed address.
    raise RemoteError(
        f"could not fetch {revision or 'main'} ({_answer(failure)})", repo_id, _next_step(failure)
    )


def _cached(repo_id: str, revision: str) -> Fetched | None:
    """What lies in the cache, if all of it does (the client compares it with its own listing)."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return _fetched(
            snapshot_download(
                repo_id, repo_type="dataset", revision=revision, allow_patterns=FILES,
                local_files_only=True,
            )
        )  # fmt: skip
    except LocalEntryNotFoundError:
        return None


def _fetched(folder: str) -> Fetched:
    """The cache names its folders by commit."""
    return Fetched(Path(folder), Path(folder).name)


def _answer(failure: Failure) -> str:
    return f"{failure.status or ''} {failure.words}".strip(". ")


def _next_step(failure: Failure) -> str:
    if failure.status in (401, 403):
        return "ask for access on its page, then run `hf auth login` or set HF_TOKEN"
    if failure.status == 404:
        return "correct data and data_revision, or name the folder of a build"
    return "run the same command again, or name the folder of a downloaded copy"
