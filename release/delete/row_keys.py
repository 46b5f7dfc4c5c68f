"""Copies in the dehydrated form: their row keys can be told only while the build has the texts.

So these copies are cleaned before the build is.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...corpus.folder import BuildFolder
from ...corpus.originals import originals
from .. import tombstones
from ..pseudonyms import Key
from ..public import FILE, read_public
from ..rowkeys import post_key, row_key
from ..tombstones import Tombstones
from .purge import purge_copy


def purge_dehydrated(
    folder: BuildFolder, rows: Set[str], ids: Set[str], key: Key, also: Sequence[Path]
) -> dict[str, int]:
    """Takes rows (fullnames, or keys in `ids`) out of the dehydrated copies among `also`."""
    counts: dict[str, int] = {}
    for place in also:
        salt = _salt(place, key)
        if salt is not None:
            keys = frozenset(ids | row_keys(folder, rows, salt))
            found = purge_copy(place, Tombstones(key.id, keys, date=tombstones.today()))
            counts["dehydrated"] = counts.get("dehydrated", 0) + sum(found.values())
    return counts


def is_dehydrated(place: Path) -> bool:
    """True for a released folder of that form."""
    return (place / FILE).is_file() and read_public(place).get("form") == "dehydrated"


def row_keys(folder: BuildFolder, rows: Set[str], salt: bytes) -> set[str]:
    """The keys of these rows (fullnames of comments) in a copy made with this salt."""
    wanted, keys = pa.array(sorted(rows), pa.string()), set()
    for path in folder.buckets(folder.interactions):
        table = pq.read_table(
            path, columns=["comment_id", "thread_id"], filters=[("comment_id", "in", wanted)]
        )
        both = (table[name].to_pylist() for name in ("comment_id", "thread_id"))
        pairs = list(zip(*both, strict=True))
        names = {name for pair in pairs for name in pair}
        raw = originals(folder, int(path.stem[1:]), names)
        for comment, thread in pairs:
            post = post_key(salt, thread, *raw.posts[thread])
            keys.add(row_key(salt, comment, raw.comments[comment], post).public)
    return keys


def _salt(place: Path, key: Key) -> bytes | None:
    if not is_dehydrated(place):
        return None
    document = read_public(place)
    return bytes.fromhex(document["dehydrated"]["salt"]) if document["key_id"] == key.id else None
