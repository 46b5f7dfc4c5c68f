"""`redditess release sync`: a published list of tombstones, applied to somebody's copy."""

from __future__ import annotations

import re
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from pathlib import Path
from typing import Any

from ...corpus.errors import InputError, RemoteError
from .. import tombstones
from ..client_talk import quiet
from ..found import find_release
from ..local import home
from ..public import read_public
from ..tombstones import FILE, Tombstones
from .remove import Places, apply, remove
from .request import Request

_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
MOST_BYTES = 1 << 30  # ours: forty million ids
TIMEOUT_S = 60


def sync(
    place: Path, source: str, also: Sequence[Path], runs: Sequence[Path], *, remote: bool = False
) -> dict[str, Any]:
    """Takes the listed rows out of a copy or a build; see `remove` for the report.

    Raises InputError where the list is of another key, RemoteError where it lies on the network
    and `remote` is not set.
    """
    found = find_release(place, unfinished=True)
    key_id = str(read_public(found.release)["key_id"])
    listed = read_list(source, key_id, remote=remote)
    places = Places(home(), also, runs)
    if found.build is not None:
        return remove(found, Request(ids=listed.ids), places)
    report = {"key_id": key_id, "listed": len(listed.ids), "unknown_lines": []}
    return {**report, **apply(found.release, listed, places)}


def read_list(source: str, key_id: str, *, remote: bool) -> Tombstones:
    """A list from a file, from an https address, or from a dataset repository on the Hub."""
    path = Path(source)
    if path.is_dir():
        path = path / FILE
    if path.is_file():
        return tombstones.read(path, key_id)
    is_url = "://" in source
    if not is_url and not _REPOSITORY.fullmatch(source):
        raise InputError("no such file", source, f"name a {FILE}, an address or ns/name")
    if not remote:
        raise RemoteError("lies on the network", source, "say --allow-remote to fetch it")
    data = _download(source) if is_url else _from_hub(source)
    return tombstones.parse(data, source, key_id)


def _download(url: str) -> bytes:
    if not url.startswith("https://"):
        raise InputError("not an https address", url, "give one that begins with https://")
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            data: bytes = answer.read(MOST_BYTES + 1)
    except (OSError, ValueError, HTTPException) as e:  # ValueError: no address at all
        raise RemoteError(
            f"cannot be fetched ({type(e).__name__})", url, "check the address, then try again"
        ) from e
    if len(data) > MOST_BYTES:
        raise RemoteError("longer than any list", url, f"name a {FILE}")
    return data


def _from_hub(name: str) -> bytes:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        with quiet():
            return Path(hf_hub_download(name, FILE, repo_type="dataset")).read_bytes()
    except (HfHubHTTPError, OSError, ValueError) as e:
        raise RemoteError(
            f"cannot be fetched ({type(e).__name__})", name,
            "log in with `hf auth login`, or download the list and name the file",
        ) from e  # fmt: skip
