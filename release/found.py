"""The folder a user names: a build, or only the released part of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..corpus.artefacts import is_whole_parquet
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from .public import FILE
from .unfinished import refuse_unfinished


class Found(NamedTuple):
    """`release` holds README.md and data/; `build` is None for a copy without its build."""

    release: Path
    build: BuildFolder | None


def find_release(path: str | os.PathLike[str], *, unfinished: bool = False) -> Found:
    """A build folder, its `redditess/` folder or a downloaded copy -> where everything is.

    Raises BuildError for a folder that is none of these, or whose build has not finished; and for
    one in which a removal was interrupted, unless the caller will finish it (`unfinished`).
    """
    found = _found(path)
    for folder in () if unfinished else (found.release, found.release.absolute().parent):
        refuse_unfinished(folder)
    return found


def refuse_damaged(*places: Path) -> None:
    """Raises BuildError at the first Parquet file there, or below, that is empty or cut off."""
    for place in places:
        for path in [place] if place.is_file() else sorted(place.rglob("*.parquet")):
            if not is_whole_parquet(path):
                raise BuildError("not a whole Parquet file", path, "download or build it again")


def new_folder(path: str | os.PathLike[str], mode: int = 0o777) -> Path:
    """An empty folder for a release, made where it is not there.

    Raises BuildError where something is there already.
    """
    out = Path(path)
    if out.is_file():
        raise BuildError("a file, not a folder", out, "name a new folder")
    if out.exists() and any(out.iterdir()):
        raise BuildError("not empty", out, "name a new folder")
    out.mkdir(parents=True, exist_ok=True, mode=mode)
    return out


def _found(path: str | os.PathLike[str]) -> Found:
    place = Path(path)
    build = BuildFolder(place)
    if build.manifest.is_file() and build.release.is_dir():
        return Found(build.release, build)
    if (place / FILE).is_file():
        parent = BuildFolder(place.absolute().parent)
        inside = place.absolute() == parent.release and parent.manifest.is_file()
        return Found(place, parent if inside else None)
    if not place.is_dir():
        raise BuildError("no such folder", place, "name a build folder or a released one")
    raise BuildError(
        "neither a finished build nor a released folder", place,
        "run `redditess build DUMPS --out` first, or name the folder that holds release.json",
    )  # fmt: skip
