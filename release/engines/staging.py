"""A task whose build lies in a store: fetch what it reads, run it as ever, put what it wrote.

The stage functions see a build folder of this machine and nothing else, so their bytes are the
same wherever the build lies (docs/design/0024-scale.md).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ...corpus.errors import BuildError, RedditessError
from ...corpus.folder import BuildFolder
from ...corpus.places import Url
from ..tombstones import FILE as TOMBSTONES
from .store import Store

PREFIX = "redditess-scratch-"
Arguments = dict[str, Any]
OURS = ("scratch", "scratch_in")  # arguments that no stage function knows


def staged(
    run: Callable[..., dict[str, Any]], stage: str, url: Url, arguments: Arguments
) -> dict[str, Any]:
    """Runs one stage function in a scratch folder for a build in a store; its record.

    `arguments["scratch"]` is the scratch folder of a whole build, on this very machine: what is
    there already is not fetched again, and it stays. Without it the task has its own, in the place
    `arguments["scratch_in"]`.
    """
    store, kept = Store(url), arguments.pop("scratch", None)
    own = arguments.pop("scratch_in", None)
    with scratch(own) if kept is None else _kept(Path(kept)) as root:
        folder = BuildFolder(root).create()
        with named(root, url):
            fetch(store, root, _reads(stage, arguments, store))
            record = run(**{**arguments, "out": str(root)})
        notes = [] if kept else sorted(folder.seen.glob("*.json"))
        for path in (*notes, *_writes(stage, arguments, folder, record)):
            store.put(path, path.relative_to(root).as_posix())
    return record


def fetch(store: Store, root: Path, names: list[str]) -> None:
    """Copies files into a scratch folder; those that are there in full stay as they are."""
    for name in names:
        target = root / name
        if not target.is_file() or not target.stat().st_size:
            store.fetch(name, target)


def _reads(stage: str, arguments: Arguments, store: Store) -> list[str]:
    """Names of what a stage function reads of its build."""
    if stage == "ingest":
        return []
    if arguments.get("also"):
        each = [{"bucket": b} for b in _buckets(arguments)]
        return list(dict.fromkeys(name for one in each for name in _reads(stage, one, store)))
    b = f"b{arguments['bucket']:05d}"
    if stage == "assemble":
        return sorted(n for n in store.names("raw") if fnmatchcase(n, f"raw/*/{b}-*.parquet"))
    if stage == "vote":
        return [f"interactions/{b}.parquet", "votes/op_rates.parquet", "exposure_model.json"]
    both = [f"interactions/{b}.parquet", f"votes/{b}.parquet"]
    if stage == "label":
        return [*both, "label_model.json"]
    listed = [TOMBSTONES] if store.has(TOMBSTONES) else []
    return [*both, f"labels/{b}.parquet", *listed]


def _writes(
    stage: str, arguments: Arguments, folder: BuildFolder, record: dict[str, Any]
) -> list[Path]:
    """The files that a stage function left, in the order in which they may be seen."""
    if stage == "ingest":
        sha12 = record["sha256"][:12]
        rows = sorted(folder.raw.glob(f"*/b*-{sha12}.parquet"))
        return [*rows, folder.done / f"{sha12}.json"]  # its rows are there before it says so
    where = {
        "assemble": folder.interactions, "vote": folder.votes,
        "label": folder.labels, "shape": folder.shaped,
    }[stage]  # fmt: skip
    return [folder.bucket_file(where, bucket) for bucket in _buckets(arguments)]


def _buckets(arguments: Arguments) -> list[int]:
    return [arguments["bucket"], *arguments.get("also", ())]


@contextmanager
def _kept(root: Path) -> Iterator[Path]:
    yield root


@contextmanager
def named(root: Path, url: Url) -> Iterator[None]:
    """An error that names the scratch folder names the store instead: the user knows that one."""
    try:
        yield
    except RedditessError as e:
        words = (str(w).replace(str(root), str(url)) for w in (e.what, e.where, e.next_step))
        raise type(e)(*words) from e


@contextmanager
def scratch(tmp: str | None = None) -> Iterator[Path]:
    """A folder for names and texts: mode 0700, gone at the end.

    What a killed run left is removed by the next one on this machine: a lock tells that nobody
    is at work in it.
    """
    place = Path(tmp or tempfile.gettempdir())
    try:
        root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    except OSError as e:
        raise BuildError(
            f"no scratch folder can be made ({e.strerror})", place, "set another place with --tmp"
        ) from e
    try:
        with FileLock(root / ".lock"):
            _sweep(place, root)
            yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _sweep(place: Path, mine: Path) -> None:
    for other in place.glob(f"{PREFIX}*"):
        with suppress(Timeout, OSError):
            state = other.lstat()
            just_made = time.time() - state.st_mtime < 60  # it may not be locked yet
            if other == mine or just_made or state.st_uid != os.getuid() or other.is_symlink():
                continue
            with FileLock(other / ".lock", timeout=0):
                shutil.rmtree(other, ignore_errors=True)
