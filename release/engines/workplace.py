"""Where a build is made: its own folder, or a scratch folder that mirrors one in a store.

The driver's steps see a folder of this machine in both cases. Of a build in a store every name is
there as an empty file; `fetch` brings the bytes, `save` sends what changed and removes what went.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from filelock import FileLock, Timeout

from ...corpus.errors import BuildError
from ...corpus.folder import BuildFolder
from ...corpus.places import Url, address_of, place_of
from ..resume import MARK, refuse_foreign
from .staging import named, scratch
from .store import TEMPORARY, Store

AT_ONCE = 8  # files on their way to or from a store
LOCK = ".lock"
FIRST, LAST = (MARK,), ("run.json", "manifest.json")


class Workplace(Protocol):
    """The build as the driver's own steps need it, and as tasks are told of it."""

    folder: BuildFolder

    def told(self) -> dict[str, Any]:
        """What every task says of the build: "out", and "scratch" of a build in a store."""

    def fetch(self, *places: Path) -> None:
        """Files below these (none: all of the build) are here with their bytes."""

    def save(self) -> None:
        """What the driver changed since the last time is where the build lies."""

    def refresh(self) -> None:
        """What tasks left where the build lies is known here, by name."""


class Shared:
    """A folder of this machine, or one that every machine of a cluster mounts."""

    def __init__(self, root: Path):
        self.folder = BuildFolder(root)
        self._lock = _identity(root / LOCK)

    def told(self) -> dict[str, Any]:
        return {"out": str(self.folder.root.absolute())}

    def fetch(self, *places: Path) -> None:
        """It is here."""

    def save(self) -> None:
        """It is there, unless somebody moved it away: then BuildError."""
        if _identity(self.folder.root / LOCK) != self._lock:
            raise BuildError(
                "the folder was removed or replaced while a build wrote into it", self.folder.root,
                "remove what is there now, and run the same command again",
            )  # fmt: skip

    def refresh(self) -> None:
        """Everybody sees it."""
        self.save()


class _State(NamedTuple):
    """By which a change of a file is noticed."""

    n_bytes: int
    changed_ns: int
    inode: int


class Mirror:
    """A scratch folder for a build in a store."""

    def __init__(self, url: Url, root: Path):
        self.folder, self.url = BuildFolder(root), url
        self._store = Store(url)
        self._known: dict[str, _State] = {}  # as both sides had it when they last agreed
        self.refresh()
        small = [n for n in self._known if "/" not in n or n.startswith(("raw/done/", "raw/seen/"))]
        self.fetch(*(root / n for n in small))

    def told(self) -> dict[str, Any]:
        return {"out": address_of(self.url), "scratch": str(self.folder.root)}

    def fetch(self, *places: Path) -> None:
        """See Workplace; a file that is here with its bytes is not fetched again."""
        root = self.folder.root
        tops = [p.relative_to(root).as_posix() for p in places]
        wanted = [
            name for name, state in self._known.items()
            if not state.n_bytes and (not tops or any(_below(name, top) for top in tops))
        ]  # fmt: skip

        def bring(name: str) -> None:
            self._store.fetch(name, root / name)
            self._known[name] = _state(root / name)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(bring, wanted))

    def save(self) -> None:
        """Removals first, a mark of completion before all; then files, that mark after all."""
        here = dict(self._here())
        gone = sorted(self._known.keys() - here.keys(), key=lambda n: (n != LAST[-1], n))
        self._store.remove(gone)
        for name in gone:
            del self._known[name]
        changed = [name for name, state in here.items() if self._known.get(name) != state]
        if MARK in changed and MARK not in self._known:
            self._claim()
            changed.remove(MARK)
        early = [n for n in changed if n in FIRST]
        late = sorted((n for n in changed if n in LAST), key=LAST.index)
        rest = sorted(set(changed) - {*early, *late})
        for some in (early, rest, *([name] for name in late)):
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda n: self._store.put(self.folder.root / n, n), some))
        self._known |= {name: here[name] for name in changed}

    def refresh(self) -> None:
        """See Workplace. Call `save` before the tasks: what they write here they have sent."""
        for name, n_bytes in self._store.names().items():
            path = self.folder.root / name
            if not path.exists():
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.touch(mode=0o600)
            state = _state(path)
            if state.n_bytes in (0, n_bytes):
                self._known[name] = state

    def _claim(self) -> None:
        path = self.folder.root / MARK
        if not self._store.claim(path, MARK):
            raise BuildError(
                "another build has begun here a moment ago", self.url,
                "choose another --out; or run the same command again to continue that one",
            )  # fmt: skip
        self._known[MARK] = _state(path)

    def _here(self) -> Iterator[tuple[str, _State]]:
        for place, _, files in os.walk(self.folder.root):
            for file in files:
                path = Path(place, file)
                name = path.relative_to(self.folder.root).as_posix()
                if file != LOCK and TEMPORARY not in name:
                    yield name, _state(path)


@contextmanager
def workplace(out: str | os.PathLike[str] | Url, tmp: str | None = None) -> Iterator[Workplace]:
    """The place of a build, held by this process alone as far as it can be.

    Raises BuildError where the place holds something that is no build, or another process of
    this machine builds in the folder. A store knows no locks: there only the beginning of a
    build is exclusive.
    """
    place = place_of(out)
    if isinstance(place, Url):
        with scratch(tmp) as root, named(root, place):
            mirror = Mirror(place, root)
            refuse_foreign(root)
            yield mirror
        return
    refuse_foreign(place)
    place.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(place / LOCK, timeout=0):
            yield Shared(place)
    except Timeout as e:
        raise BuildError("another build is running in this folder", out, "wait for it") from e


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file a name is of; None: there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _state(path: Path) -> _State:
    found = path.stat()
    return _State(found.st_size, found.st_mtime_ns, found.st_ino)


def _below(name: str, top: str) -> bool:
    return name == top or name.startswith(f"{top}/")
