"""What a build knows of dumps it has read, so that going on with it reads none of them again.

A dump is known by the sha256 of its bytes. While its state (size, and what changes with the
content) is the one it had when it was read, that digest holds: tens of gigabytes stay unread.
Notes lie in `raw/seen/` while a build is made and in `run.json` (under "seen") when it is done; a
note that is lost costs one reading, and no artefact holds any of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..artefacts import read_json, write_json
from ..errors import RedditessError
from ..folder import BuildFolder
from ..places import Place, Url, place_of
from .remote import State
from .source import Source, state_of

Note = dict[str, Any]  # {"size": bytes, "mark": str, "sha256": hex}


def digests(folder: BuildFolder, places: Iterable[Place]) -> dict[Place, str]:
    """sha256 of each dump's bytes: as noted where it has not changed since, else by reading it.

    Raises InputError where one cannot be read.
    """
    known = notes(folder)
    return {place: _digest(folder, place, known.get(_key(place))) for place in places}


def _digest(folder: BuildFolder, place: Place, note: Note | None) -> str:
    state = state_of(place)
    if note and _is_told(state) and State(note["size"], note["mark"]) == state:
        return str(note["sha256"])
    with Source(place) as source:
        sha256 = source.sha256()
    remember(folder, place, state, sha256)
    return sha256


def remember(folder: BuildFolder, place: str | Place, before: State, sha256: str) -> None:
    """Notes a digest, unless the file has changed since its state was `before`."""
    place = place_of(place)
    if _is_told(before) and state_of(place) == before:
        folder.create().seen.mkdir(exist_ok=True)
        note = {"size": before.size, "mark": before.mark, "sha256": sha256}
        write_json(folder.seen / f"{_key(place)}.json", note)


def notes(folder: BuildFolder) -> dict[str, Note]:
    """All notes of a build, by what stands for the place of a dump."""
    found = _in_run(folder.run)
    for path in sorted(folder.seen.glob("*.json")):
        found[path.stem] = read_json(path)
    return found


def keep(folder: BuildFolder) -> None:
    """Before `run.json` goes: what it notes is kept beside the rows."""
    for key, note in _in_run(folder.run).items():
        path = folder.seen / f"{key}.json"
        if not path.is_file():
            folder.create().seen.mkdir(exist_ok=True)
            write_json(path, note)


def forget(folder: BuildFolder) -> None:
    """After `run.json` has them: a finished build holds no file that depends on the machine."""
    for path in folder.seen.glob("*.json"):
        path.unlink(missing_ok=True)
    if folder.seen.is_dir():
        folder.seen.rmdir()


def _in_run(path: Path) -> dict[str, Note]:
    try:
        return dict(read_json(path).get("seen", {})) if path.is_file() else {}
    except (RedditessError, AttributeError, TypeError, ValueError):
        return {}  # of a build in a store its name alone is here


def _key(place: Place) -> str:
    """Stands for a place without telling it; the signature of an address is no part of it."""
    where = str(place) if isinstance(place, Url) else str(place.absolute())
    return hashlib.sha256(where.encode("utf8", "surrogateescape")).hexdigest()[:24]


def _is_told(state: State) -> bool:
    """A store that tells no mark, or a weak one, says nothing about bytes."""
    return bool(state.mark) and not state.mark.startswith("W/")
