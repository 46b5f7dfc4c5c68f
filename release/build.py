"""The whole road: dump files -> interactions -> votes -> labels -> the folder that users load.

Every stage leaves its artefacts in the build folder and is skipped where they are already there;
`manifest.json` comes last.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from .. import __version__
from ..corpus.artefacts import read_stats, sweep, write_json
from ..corpus.coverage import coverage
from ..corpus.dumps.inputs import find_dumps
from ..corpus.dumps.seen import forget, notes
from ..corpus.errors import BuildError, InputError
from ..corpus.folder import BuildFolder
from ..corpus.manifest import read_manifest
from ..corpus.places import Place, Url, address_of
from ..corpus.refusals import told_in_words
from ..corpus.selection import check_selectable, explain_empty
from ..corpus.settings import Settings
from ..corpus.sizes import size_of
from ..labeling.callstore import home
from ..labeling.exposure_fit import fit_exposure
from ..labeling.functions import resolve
from ..labeling.gold import Gold, read_gold
from ..labeling.gold_rows import keep_gold
from ..labeling.label import fit_labels
from ..labeling.sampling import read_key
from ..labeling.screen import check_annotations
from .account import build_manifest
from .card import write_card
from .delete.purge import finish, keep_out
from .engines.choice import open_engine
from .engines.engine import Engine
from .engines.own_tmp import own_tmp
from .engines.workplace import Workplace, workplace
from .pseudonyms import Key, load_key, pseudonym
from .resume import finished_inputs, forget_after_ingest, open_build
from .shape import together
from .splits import given_cuts
from .tombstones import FILE as TOMBSTONES
from .tombstones import keep_listed
from .unfinished import UNFINISHED
from .write import write_release

Progress = Callable[[str, int, int], None]
"""Told (stage, tasks done, tasks in all) as a build goes on."""


def build(
    dumps: Sequence[str | os.PathLike[str] | Url],
    out: str | os.PathLike[str] | Url,
    settings: Settings,
    *,
    key: Key | None = None,
    gold: str | os.PathLike[str] | None = None,
    sheet_key: str | os.PathLike[str] | None = None,
    fresh: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Dump files or folders -> a finished build in `out`; returns its manifest.

    Dumps and `out` may lie in a store (docs/object_stores.md, docs/cluster.md); `settings.engine`
    says who runs the tasks. Bytes are the same wherever a build lies and whoever ran it.
    A build that was interrupted continues where it stopped; a finished one is returned as it is.
    `key` makes the pseudonymous ids (default: the user's own key). `gold` is a file of labels by
    people (docs/gold.md), `sheet_key` the key of the sheet its ids are from. Raises InputError
    where no dump is given or nothing would be selected, BuildError where `out` holds another build.
    """
    paths = find_dumps(dumps)
    key = key or load_key()
    given = _Given.read(gold, sheet_key)
    check_annotations(settings.annotate)
    given_cuts(settings)
    rules = [f"{f.name}@{f.version}" for f in resolve(settings.functions)]
    memory_limit = size_of(settings.memory_limit)
    engine = open_engine(settings)
    try:
        with (
            workplace(out, settings.tmp) as place,
            told_in_words(place.folder.root),
            own_tmp(settings.tmp, out, engine) as tmp,
        ):
            digest = given.digest if given else ""
            open_build(place.folder.root, settings, key.id, *rules, gold=digest, fresh=fresh)
            place.save()
            here = replace(settings, tmp=tmp)
            run = _Run(place, engine, here, key, memory_limit, progress or _silent, given)
            return run.go(paths)
    finally:
        engine.close()


def _silent(stage: str, done: int, total: int) -> None:
    """No progress wanted."""


class _Given(NamedTuple):
    """A gold file as it was read; its comments are looked up when the build knows its own."""

    path: Path
    gold: Gold
    digest: str

    @classmethod
    def read(
        cls, gold: str | os.PathLike[str] | None, sheet_key: str | os.PathLike[str] | None
    ) -> _Given | None:
        if gold is None:
            return None
        names = read_key(Path(sheet_key)) if sheet_key else None
        said = read_gold(Path(gold), names=names, other_ids=True)
        return cls(Path(gold), said, sha256(repr(said).encode()).hexdigest())


class _Run:
    """One pass over the stages; holds what all of them need and the time each took."""

    def __init__(
        self, place: Workplace, engine: Engine, settings: Settings, key: Key, memory_limit: int,
        progress: Progress, given: _Given | None = None,
    ):  # fmt: skip
        self.place, self.folder, self.engine = place, place.folder, engine
        self.settings, self.key, self.given = settings, key, given
        self.memory_limit, self.progress = memory_limit, progress
        self.seconds: dict[str, float] = {}

    def go(self, paths: Sequence[Place]) -> dict[str, Any]:
        self._finish_removal()
        finished = finished_inputs(self.folder, paths)
        if self.folder.manifest.is_file() and len(finished) == len(paths):
            return read_manifest(self.folder.root)
        if len(finished) < len(paths):
            forget_after_ingest(self.folder)
            self.place.save()
        check_selectable(paths, self.settings)
        inputs = self._timed("ingest", lambda: self._ingest(paths, finished))
        self._refuse_empty(sum(r["kept"] for r in inputs), inputs, paths, {})
        spans = coverage(inputs)
        assembled = self._timed("assemble", lambda: self._assemble(spans))
        dropped = [r["posts"]["dropped"] for r in assembled] + [
            r["comments"]["dropped"] for r in assembled
        ]
        _refuse_lost_rows(self.folder, inputs, assembled)
        n_rows = sum(r["comments"]["rows_out"] for r in assembled)
        self._refuse_empty(n_rows, inputs, paths, _sum(dropped))
        self._timed("exposure", self._exposure)
        voted = self._timed("vote", lambda: self._buckets("vote", self.folder.votes))
        self._timed("fit", self._fit)
        labelled = self._timed("label", lambda: self._buckets("label", self.folder.labels))
        self._timed("shape", self._shape)
        self.engine.rest()
        released = self._timed("release", self._release)
        told = self._timed("removals", self._keep_out)
        manifest = build_manifest(
            self.folder, self.settings, self.key, inputs, assembled, voted, labelled, released
        )
        manifest |= told
        write_card(self.folder, manifest)
        sweep(self.folder.root)  # what killed tasks left: an executor is no child of the driver
        write_json(self.folder.run, self._run_record())
        forget(self.folder)
        write_json(self.folder.manifest, manifest)
        self.place.save()
        return manifest

    def _finish_removal(self) -> None:
        if (self.folder.root / UNFINISHED).is_file():
            self.place.fetch()
            finish(self.folder, self.key, home().parent)
            self.place.save()

    def _timed(self, stage: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        self.seconds[stage] = round(max(0.0, time.perf_counter() - start), 3)  # clocks jump
        return result

    def _ingest(
        self, paths: Sequence[Place], finished: dict[Place, dict[str, Any]]
    ) -> list[dict[str, Any]]:
        todo = [path for path in paths if path not in finished]
        tasks = [self._task(path=_absolute(path), tmp=self.settings.tmp) for path in todo]
        fresh = self._run("ingest", tasks, n_before=len(finished))
        self.place.fetch(self.folder.done, self.folder.seen)
        records = {**finished, **dict(zip(todo, fresh, strict=True))}
        return once_each([{**records[path], "name": path.name} for path in paths])

    def _assemble(self, spans: dict[str, list[list[int]]]) -> list[dict[str, Any]]:
        more = {"spans": spans, "memory_limit": self.memory_limit, "tmp": self.settings.tmp}
        return self._buckets("assemble", self.folder.interactions, **more)

    def _buckets(self, stage: str, where: Path, **more: Any) -> list[dict[str, Any]]:
        """Runs one stage over all buckets that have no file yet; the records of all of them."""
        numbers = range(self.settings.n_buckets)
        todo = [b for b in numbers if not self.folder.bucket_file(where, b).is_file()]
        runs = together(self.folder, todo) if stage == "shape" else [[b] for b in todo]
        tasks = [
            self._task(bucket=b, **({"also": also} if also else {}), **more) for b, *also in runs
        ]
        self._run(stage, tasks, n_before=len(numbers) - len(todo))
        self.place.fetch(where)
        return [read_stats(self.folder.bucket_file(where, b)) for b in numbers]

    def _task(self, **more: Any) -> dict[str, Any]:
        return {"settings": self.settings.identity(), **self.place.told(), **more}

    def _run(self, stage: str, tasks: list[dict[str, Any]], n_before: int) -> list[dict[str, Any]]:
        total = len(tasks) + n_before
        self.progress(stage, n_before, total)
        if not tasks:
            return []
        try:
            return self.engine.run(
                stage, tasks, lambda n: self.progress(stage, n_before + n, total)
            )
        finally:
            self.place.refresh()

    def _exposure(self) -> None:
        if not self.folder.exposure_model.is_file():
            fit_exposure(self.folder)
            self.place.save()

    def _fit(self) -> None:
        if self.given:
            shown = partial(pseudonym, self.key)
            keep_gold(self.folder, self.given.gold, self.given.path, shown)
        fit_labels(self.folder, self.settings)
        self.place.save()

    def _shape(self) -> None:
        # An executor has no list of removals of its own: the build's is the only one it sees.
        keep_listed(self.folder.root, self.key.id, home().parent)
        self.place.save()
        self._buckets("shape", self.folder.shaped, key=self.key.secret.hex())

    def _release(self) -> dict[str, Any]:
        self.progress("release", 0, 1)
        released = write_release(self.folder, self.settings, self.key)
        self.place.save()
        self.progress("release", 1, 1)
        return released

    def _keep_out(self) -> dict[str, Any]:
        if (self.folder.root / TOMBSTONES).is_file():
            self.place.fetch()
        told = keep_out(self.folder, self.key, home().parent)
        self.place.save()
        return told

    def _refuse_empty(
        self, n: int, inputs: list[dict[str, Any]], paths: Sequence[Place], dropped: dict[str, int]
    ) -> None:
        if n == 0:
            why, next_step = explain_empty(inputs, self.settings, paths, dropped)
            raise InputError(why, "nothing would be selected", next_step)

    def _run_record(self) -> dict[str, Any]:
        libraries = ("datasets", "pyarrow", "duckdb", "numpy", "msgspec", "zstandard")
        return {
            "finished_utc": int(time.time()),
            "seconds": self.seconds,
            "engine": self.engine.name,
            "workers": self.engine.workers,
            "memory_limit": self.settings.memory_limit,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "versions": {"redditess": __version__, **{n: version(n) for n in libraries}},
            "seen": notes(self.folder),
        }


def once_each(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Inputs in a fixed order; a second file with the same bytes keeps nothing, and says so."""
    seen: set[str] = set()
    counted = []
    for record in sorted(records, key=lambda r: (r["name"], r["sha256"])):
        if record["sha256"] in seen:
            record = {**record, "kept": 0, "dropped": {"same_bytes_as_another": record["lines"]}}
        seen.add(record["sha256"])
        counted.append(record)
    return counted


def _refuse_lost_rows(
    folder: BuildFolder, inputs: Sequence[dict[str, Any]], assembled: Sequence[dict[str, Any]]
) -> None:
    """Every row that was read was joined: files of `raw/` that vanish or stray in are no input."""
    kept = sum(record["kept"] for record in inputs)
    joined = sum(record[kind]["rows_in"] for record in assembled for kind in ("posts", "comments"))
    if kept != joined:
        raise BuildError(
            f"{kept:,} rows were read from the dumps, and {joined:,} are in it now", folder.raw,
            "somebody changed the folder: start over with --fresh",
        )  # fmt: skip


def _sum(many: Sequence[dict[str, int]]) -> dict[str, int]:
    reasons = {reason for one in many for reason in one}
    return {reason: sum(one.get(reason, 0) for one in many) for reason in sorted(reasons)}


def _absolute(place: Place) -> str:
    """As every worker finds it, whatever folder it works in."""
    return address_of(place.absolute() if isinstance(place, Path) else place)
