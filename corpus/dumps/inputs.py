"""What the user points at -> the dump files to read.

A file that is named is read, whatever its name. In a folder a dump is known by its name (RC_...,
RS_..., also without a suffix) or, among files with a dump's suffix, by its first lines.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import InputError
from ..places import Place, Url, place_of
from .decode import sample_lines
from .stored import files_below

SUFFIXES = (".zst", ".ndjson", ".jsonl", ".json", ".gz", ".bz2", ".xz")
DEPTH = 2  # folders below the given one: the torrents hold reddit/comments, reddit/submissions
_MONTH = re.compile(r"R[CS]_(v2_)?\d{4}-\d{2}(-\d{2})?(\.\w+)*", re.IGNORECASE)
_LIKE = "a dump is a file such as RC_2019-01.zst, RS_2019-01.zst or anxiety_comments.zst"
_FIELDS = ("subreddit", "created_utc")  # what every line of every era has


def find_dumps(paths: Iterable[str | os.PathLike[str] | Url]) -> list[Place]:
    """Files and folders, here or in stores -> dump files, each once, ordered by name.

    Folders are searched `DEPTH` levels deep; hidden ones are left out. Raises InputError where
    nothing is given, a path does not exist, or a folder holds no dump.
    """
    found: dict[Place, Place] = {}
    for place in map(place_of, paths):
        for dump in _dumps_of(place):
            found.setdefault(dump if isinstance(dump, Url) else dump.resolve(), dump)
    if not found:
        raise InputError("no dump given", "", _LIKE)
    return sorted(found.values(), key=lambda p: (p.name, str(p)))


def looks_like_dump(path: Place) -> bool:
    """By its name, or else by its suffix and one of its first lines."""
    if _MONTH.fullmatch(path.name):
        return path.suffix.lower() in SUFFIXES or not path.name.count(".")
    return path.suffix.lower() in SUFFIXES and _opens_like_one(path)


def _dumps_of(place: Place) -> Sequence[Place]:
    files = files_below(place, DEPTH) if isinstance(place, Url) else _files_below(place)
    if files is None:
        return [place]
    dumps = [file for file in files if looks_like_dump(file)]
    if not dumps:
        raise InputError("no dump in this folder", place, _LIKE)
    return dumps


def _files_below(path: Path) -> Iterator[Path] | None:
    """None: it is a file."""
    if path.is_dir():
        return _files_in(path, DEPTH)
    if not path.exists():
        raise InputError("does not exist", path, _near(path))
    return None


def _files_in(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as e:
        raise InputError(f"cannot be read ({e.strerror})", folder, "check its rights") from e
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_file():
            yield entry
        elif depth and entry.is_dir() and not entry.is_symlink():
            yield from _files_in(entry, depth - 1)


def _opens_like_one(path: Place) -> bool:
    """False also for a file of a dump's suffix that holds something else. Raises InputError where
    it cannot be read: a dump left out in silence would be missed by nobody.
    """
    return any(_is_reddit(line) for line in sample_lines(path, 1 << 16)[:8])


def _is_reddit(line: bytes) -> bool:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(fields, dict) and all(name in fields for name in _FIELDS)


def _near(path: Path) -> str:
    """The next step for a misspelt path: the names beside it that are nearest."""
    parent = path.parent
    names = [p.name for p in parent.iterdir()] if parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean {parent / near[0]}?" if near else "check the path"
