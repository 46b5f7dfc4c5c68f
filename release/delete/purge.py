"""One place at a time: a build with everything in it, a copy of a release, a folder of exports.

Order in a build: the lists of tombstones and a mark first, so that a run that is killed is known as
one and a later one finishes it; then private files, the release, its card, and the manifest last.
"""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from ...corpus.artefacts import sweep, write_json
from ...corpus.errors import BuildError
from ...corpus.folder import BuildFolder
from ...corpus.manifest import read_manifest
from .. import tombstones
from ..card import write_card, write_pages
from ..found import refuse_damaged
from ..pseudonyms import Key, pseudonym
from ..public import read_public, write_document
from ..tombstones import Tombstones
from ..unfinished import UNFINISHED
from .mentions import forget_mentions
from .parquet import columns, is_in
from .private import Match, purge_private
from .recount import recount
from .released import purge_release
from .request import Request
from .resolve import Removal, resolve
from .tables import Unclean, can_clean, clean


class Purged(NamedTuple):
    """What left one place."""

    removal: Removal
    rows: dict[str, int]  # by stage and config
    unclean: dict[str, str]  # file -> why its rows could not be taken out


def listed(removal: Removal, key: Key) -> Tombstones:
    """The tombstones of a removal: rows and threads for the world, the rest for this machine."""
    ids = frozenset(pseudonym(key, name) for name in removal.rows | removal.threads)
    more = frozenset(pseudonym(key, name) for name in removal.others | removal.absent) - ids
    return Tombstones(key.id, ids, more, tombstones.today())


def purge_build(
    folder: BuildFolder, request: Request, key: Key, home: Path, known: Removal | None = None
) -> Purged:
    """Takes what is asked for out of a build, and finishes a removal that was interrupted.

    Nothing is written where nothing of it is there. The caller holds the lock of the build; `known`
    is what `resolve` said of this request. Raises BuildError, before a change, where a file
    is damaged.
    """
    sweep(folder.root)
    refuse_damaged(*folder.private, folder.release)
    own, mark = folder.root / tombstones.FILE, folder.root / UNFINISHED
    removal = known or resolve(request, folder, key)
    new = listed(removal, key)
    if not removal.names and not mark.is_file():
        if new.all:  # named, and not here: a later dump may bring it
            tombstones.add(tombstones.of_key(key.id, home), new)
        return Purged(removal, {}, {})
    if mark.is_file():  # some of it has left already: everything on the lists goes again
        new = new.joined(tombstones.read(own, key.id))
    everywhere = tombstones.add(tombstones.of_key(key.id, home), new)
    tombstones.add(own, new)
    write_json(mark, {"format": 1})
    match = Match(key, new.all, removal.names)
    rows: dict[str, int] = dict(purge_private(folder, match))
    rows["mentions"] = forget_mentions(folder, removal.authors)
    unclean = clean_files(_strangers(folder), rows, gone_ids(removal, new))
    if folder.manifest.is_file():
        rows |= purge_release(folder.release, match)
        public = everywhere.joined(tombstones.read(folder.release / tombstones.FILE, key.id))
        tombstones.write(folder.release / tombstones.FILE, public, private=False)
        manifest = recount(read_manifest(folder.root), folder.release, public.told(), folder)
        write_card(folder, manifest)
        write_json(folder.manifest, manifest)
    mark.unlink()
    return Purged(removal, rows, unclean)


def finish(folder: BuildFolder, key: Key, home: Path) -> None:
    """Finishes a removal that was killed in this build, if there is one."""
    if (folder.root / UNFINISHED).is_file():
        purge_build(folder, Request(), key, home)


def keep_out(folder: BuildFolder, key: Key, home: Path) -> dict[str, Any]:
    """What was ever removed under this key leaves a build that is about to be finished, too.

    The shaped rows and the release never had it (`shape_bucket`). Returns {} or {"tombstones"},
    for the manifest.
    """
    own = folder.root / tombstones.FILE
    gone = tombstones.removed(key.id, [own], home)
    if not gone.all:
        return {}
    tombstones.add(own, gone)
    tombstones.write(folder.release / tombstones.FILE, gone, private=False)
    purge_private(folder, Match(key, gone.all))
    return {"tombstones": gone.told()}


def gone_ids(removal: Removal, new: Tombstones) -> Set[str]:
    """Every id under which a table may hold what left."""
    return removal.names | removal.sheet_ids | new.all


def _strangers(folder: BuildFolder) -> list[Path]:
    """Files below a build that no stage made: sheets, exports, databases; keys of sheets last."""
    made = {*folder.private, folder.release, folder.root / "llm"}
    found = [p for place in sorted(folder.root.iterdir()) if place not in made
             for p in ([place] if place.is_file() else sorted(place.rglob("*")))]  # fmt: skip
    return sorted(found, key=lambda p: p.name.endswith(".key.csv"))


def clean_files(paths: list[Path], rows: dict[str, int], gone: Set[str]) -> dict[str, str]:
    """Takes rows out of tables of people; adds how many to `rows`; returns files that it could not
    read. A file of another kind is left to the scan.
    """
    unclean = {}
    for path in paths:
        if path.is_symlink() or not path.is_file() or not can_clean(path):
            continue
        try:
            rows["exports"] = rows.get("exports", 0) + clean(path, gone)
        except Unclean as e:
            unclean[str(path)] = str(e)
    return unclean


def purge_copy(release: Path, wanted: Tombstones) -> dict[str, int]:
    """Takes rows out of a released folder without its build; returns how many, by config.

    Raises BuildError where the copy has ids of another key: the same row has another name there;
    and, before a change, where a file is damaged.
    """
    document = read_public(release)
    if document["key_id"] != wanted.key_id:
        raise BuildError(
            f"its ids are of key {document['key_id']}, the list's of key {wanted.key_id}", release,
            "name the list that was published with this dataset",
        )  # fmt: skip
    sweep(release)
    refuse_damaged(release / "data")
    full = wanted._replace(ids=wanted.ids | _rows_of_threads(release, wanted.ids))
    mark, own = release / UNFINISHED, release / tombstones.FILE
    before = tombstones.read(own, wanted.key_id)
    write_json(mark, {"format": 1})
    after = tombstones.add(own, full, private=False)
    rows = purge_release(release, Match(Key(b""), after.ids if before.ids else full.ids))
    document = write_document(release, recount(document, release, after.told()))
    write_pages(release, document)
    mark.unlink()
    return rows


def _rows_of_threads(release: Path, ids: frozenset[str]) -> frozenset[str]:
    """Ids of the rows of listed threads: configs without `thread_id` know only these."""
    wanted, found = pa.array(sorted(ids), pa.string()), set()
    for path in sorted((release / "data").glob("*/*.parquet")):
        table: Any = columns(path, ["id", "thread_id"])
        if table.num_columns == 2:
            gone = is_in(table["thread_id"], wanted)
            found.update(table["id"].filter(pa.array(gone)).to_pylist())
    return frozenset(found)
