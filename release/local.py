"""Builds made through `load_dataset` and `redditess.load`: from which dumps, where, what to read.

They live under `~/.cache/redditess` (`REDDITESS_HOME`), one folder for each combination of dumps,
settings, code and key, and hold names: mode 0700.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.dumps.inputs import find_dumps
from ..corpus.dumps.source import state_of
from ..corpus.errors import InputError
from ..corpus.folder import BuildFolder
from ..corpus.manifest import is_damaged
from ..corpus.places import Place, Url, is_url, place_of
from ..corpus.settings import Settings, executed, load_settings
from .build import build
from .progress import shown
from .pseudonyms import SAMPLE_KEY, Key, load_key
from .resume import code_digest
from .splits import ORDER
from .unfinished import UNFINISHED

logger = logging.getLogger("redditess")
SAMPLE_PRESET = "sample"


class Source(NamedTuple):
    """What a build is made from. No dumps: the bundled, invented sample."""

    dumps: tuple[Place, ...]  # absolute
    settings: Settings
    key: Key

    @property
    def fingerprint(self) -> str:
        """Changes with any dump file (place, size, time of change or ETag), setting, code or key.

        Digests of the dumps would be surer and cost minutes a month of dumps; the build itself
        takes them once.
        """
        states = [(str(p), *_state(p)) for p in self.dumps]  # no signature: it changes by itself
        return self.settings.fingerprint(code_digest(), self.key.id, repr(states))


def _state(place: Place) -> tuple[object, ...]:
    if isinstance(place, Url):
        return state_of(place)
    found = place.stat()
    return found.st_size, found.st_mtime_ns


def home() -> Path:
    """Where cached builds live."""
    return Path(os.environ.get("REDDITESS_HOME") or Path.home() / ".cache" / "redditess")


def source(
    data_dir: str | os.PathLike[str] | None,
    data_files: Any,
    options: Mapping[str, Any],
) -> Source:
    """The dumps and settings that a call of `load_dataset` or `load` means.

    Neither argument: the sample. Raises InputError where something named is no dump.
    """
    dumps = _dumps(data_dir, data_files)
    values = {name: value for name, value in options.items() if value is not None}
    preset = values.pop("preset", None)
    config = values.pop("settings", None)
    if not dumps:
        return Source((), load_settings(preset or SAMPLE_PRESET, config, **values), SAMPLE_KEY)
    settings = load_settings(preset or "default", config, **values)
    absolute = (p if isinstance(p, Url) else p.absolute() for p in dumps)
    return Source(tuple(absolute), settings, load_key())


def _dumps(data_dir: str | os.PathLike[str] | None, data_files: Any) -> Sequence[Place]:
    """Folders are searched by our own rules for dump names: `datasets` would guess splits from
    names, and one `test_notes.txt` would hide every dump. What it found by itself in a folder
    therefore counts as the folder; files that a person named count as files.
    """
    here = place_of(data_dir or "")
    here = here if isinstance(here, Url) else here.resolve()
    if data_files is not None:
        files = _files(data_files)
        if isinstance(here, Url) or not _found_by_scanning(data_files, files, here):
            return find_dumps([f if is_url(f) else here / f for f in files])
    if data_dir is not None:
        return find_dumps([here])
    return () if data_files is None else _dumps_here()


def _dumps_here() -> Sequence[Place]:
    try:
        return find_dumps([Path.cwd()])
    except InputError:
        logger.warning("no Reddit dump in %s: this is the bundled, invented sample", Path.cwd())
        return ()


def _files(data_files: Any) -> list[str]:
    """`data_files` as `datasets` takes it (a path, a list, lists by split) as plain paths."""
    if isinstance(data_files, Mapping):
        return [path for found in data_files.values() for path in _files(found)]
    if isinstance(data_files, str | os.PathLike):
        return [os.fspath(data_files)]
    return [os.fspath(path) for path in data_files]


def _found_by_scanning(data_files: Any, files: Sequence[str], folder: Path) -> bool:
    """True where `datasets`, told of no file, found these in the folder by itself."""
    from datasets.data_files import DataFilesDict, EmptyDatasetError, get_data_patterns

    if not isinstance(data_files, DataFilesDict):
        return False
    if not all(not is_url(file) and (folder / file).is_relative_to(folder) for file in files):
        return False  # a scan of the folder, which may be a home, takes minutes and could not tell
    try:
        patterns = get_data_patterns(folder.as_posix())
    except EmptyDatasetError:
        return False
    scanned = DataFilesDict.from_patterns(patterns, base_path=folder.as_posix())
    return sorted(_files(scanned)) == sorted(files)


def ensure_built(wanted: Source, **execution: Any) -> BuildFolder:
    """The finished build of this source, made now where it is not there yet.

    `execution`: settings that say how it runs (workers, memory_limit, engine, master); None: as
    the settings of the source say.
    """
    settings = executed(wanted.settings, **execution)
    builds = home() / "builds"
    builds.mkdir(parents=True, exist_ok=True, mode=0o700)
    target = builds / wanted.fingerprint
    with FileLock(f"{target}.lock"):
        begun = (target / UNFINISHED).is_file()  # a removal: building goes on with it
        if begun or not BuildFolder(target).manifest.is_file():
            _build(wanted._replace(settings=settings), target)
    return BuildFolder(target)


def _build(wanted: Source, target: Path) -> None:
    sample = target.with_suffix(".sample")
    dumps = wanted.dumps or _write_sample(sample)
    with shown() if sys.stderr.isatty() else nullcontext() as progress:
        manifest = build(dumps, target, wanted.settings, key=wanted.key, progress=progress)
    if is_damaged(manifest):
        names = [r["name"] for r in manifest["inputs"] if r["damage"]]
        logger.warning("damaged, kept as far as they go: %s; see %s/manifest.json", names, target)
    shutil.rmtree(sample, ignore_errors=True)


def _write_sample(folder: Path) -> Sequence[Place]:
    from ..corpus.sample import write_sample  # its phrases are read only where they are needed

    return write_sample(folder)


def shards(folder: BuildFolder, config: str) -> dict[str, list[str]]:
    """The released Parquet files of a config, by split; a split without rows is left out.

    Raises InputError where no split has a row: no interaction of the dumps has a label.
    """
    data = folder.release / "data" / config
    found = {
        split: [str(path) for path in sorted(data.glob(f"{split}-*.parquet"))]
        for split in reversed(ORDER)
    }
    filled = {split: files for split, files in found.items() if files}
    if not filled:
        raise InputError(
            f"no row for config {config!r}",
            folder.root,
            'load the config "full" and see manifest.json',
        )
    return filled


def tables(path: str) -> Iterator[pa.Table]:
    """A released file, piece by piece."""
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_PER_GROUP):
            yield pa.Table.from_batches([batch])


def empty(folder: str) -> None:
    """Removes what a killed run left in `folder`: `datasets` would publish it as its own."""
    for path in Path(folder).iterdir() if Path(folder).is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
