"""The stages of a build that run per file or per bucket, under the names that workers know.

Each takes JSON values and returns a JSON record, so any scheduler can call it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from ...corpus.dumps.ingest import ingest_file
from ...corpus.dumps.seen import remember
from ...corpus.dumps.source import state_of
from ...corpus.folder import BuildFolder
from ...corpus.places import place_of
from ...corpus.settings import Settings, from_identity
from ...corpus.threads import assemble_bucket
from ...labeling.label import label_bucket
from ...labeling.vote import vote_bucket
from ..pseudonyms import Key
from ..shape import shape_buckets


def _settings(identity: dict[str, Any]) -> Settings:
    return from_identity(identity)


def ingest(
    *, path: str, out: str, settings: dict[str, Any], tmp: str | None = None, processes: int = 1
) -> dict[str, Any]:
    """One dump file -> typed rows per bucket; the input's record for the manifest.

    `tmp`: where rows wait that do not fit in memory; None: in the build folder. `processes`: how
    many may work on this one file.
    """
    folder, before = BuildFolder(out), state_of(place_of(path))
    record = ingest_file(path, replace(_settings(settings), tmp=tmp), folder, processes)
    remember(folder, path, before, record["sha256"])
    return record


def assemble(
    *,
    bucket: int,
    out: str,
    settings: dict[str, Any],
    spans: dict[str, list[list[int]]],
    memory_limit: str,
    tmp: str | None,
) -> dict[str, Any]:
    """One bucket of threads -> interactions."""
    return assemble_bucket(
        BuildFolder(out), bucket, _settings(settings), spans, memory_limit=memory_limit, tmp=tmp
    )


def vote(*, bucket: int, out: str, settings: dict[str, Any]) -> dict[str, Any]:
    """One bucket of interactions -> votes."""
    return vote_bucket(BuildFolder(out), bucket, _settings(settings))


def label(*, bucket: int, out: str, settings: dict[str, Any]) -> dict[str, Any]:
    """One bucket of votes -> probabilities and labels, by the fitted model of the build."""
    return label_bucket(BuildFolder(out), bucket, _settings(settings))


def shape(
    *, bucket: int, out: str, settings: dict[str, Any], key: str, also: Sequence[int] = ()
) -> dict[str, Any]:
    """Labelled interactions -> released rows. `key`: the secret as hex digits.

    `also`: more buckets, so small that one task shapes them with the first (release/shape.py).
    """
    held = Key(bytes.fromhex(key))
    return shape_buckets(BuildFolder(out), [bucket, *also], _settings(settings), held)[0]


STAGES: dict[str, Callable[..., dict[str, Any]]] = {
    "ingest": ingest,
    "assemble": assemble,
    "vote": vote,
    "label": label,
    "shape": shape,
}
