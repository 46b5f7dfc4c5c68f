"""A build in a store, given to a command that reads folders of this machine: how to get it here."""

from __future__ import annotations

import os
import re

from .errors import InputError
from .places import Url, shown

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+):/(/?)(?=[^/])", re.IGNORECASE)  # Path takes one slash
_TOOLS = {
    "s3": "aws s3 sync {} {}", "s3a": "aws s3 sync {} {}",
    "gs": "gcloud storage rsync -r {} {}", "gcs": "gcloud storage rsync -r {} {}",
    "abfs": "azcopy copy --recursive {} {}", "az": "azcopy copy --recursive {} {}",
    "hdfs": "hdfs dfs -get {} {}", "viewfs": "hdfs dfs -get {} {}",
}  # fmt: skip


def how_to_fetch(url: Url) -> str:
    """A line to type that copies a folder of a store into one of this machine.

    >>> how_to_fetch(Url("s3://bucket/builds/anxiety/redditess"))
    'aws s3 sync s3://bucket/builds/anxiety/redditess redditess'
    """
    address = re.sub("^(gcs|s3a)://", lambda m: f"{m[1][:2]}://", str(url))
    return _TOOLS.get(url.protocol, "copy {} to {}").format(address, url.name or "build")


def refuse_address(place: str | os.PathLike[str] | Url) -> None:
    """Raises InputError for an address of a store, also one that went through a Path.

    >>> refuse_address("s3:/bucket/build")
    Traceback (most recent call last):
    redditess.corpus.errors.InputError: s3://bucket/build: lies in a store, and this command \
reads folders of this machine; fetch it first: aws s3 sync s3://bucket/build build.
    """
    text = place.address if isinstance(place, Url) else os.fspath(place)
    if _ADDRESS.match(text) is None or os.path.exists(text):
        return
    url = Url(_ADDRESS.sub(r"\1://", text, count=1))
    raise InputError(
        "lies in a store, and this command reads folders of this machine", shown(url),
        f"fetch it first: {how_to_fetch(url)}",
    )  # fmt: skip
