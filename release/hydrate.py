"""A dehydrated release and somebody's own dumps -> the text form, as far as the dumps hold it.

The dumps are read and their threads put together by the code of a build, with the settings of the
build; what comes out counts only where a digest confirms it. Whatever one of the dumps marks as
deleted stays away, also where another dump still has its text. See docs/hydrate.md.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..corpus.artefacts import ROWS_PER_GROUP, read_json, write_json
from ..corpus.dumps.inputs import find_dumps
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.places import Place, Url, address_of
from ..corpus.prospects import default_workers
from ..corpus.settings import Settings, from_identity
from ..corpus.sizes import size_of
from .card import write_pages
from .columns import CONFIGS, DERIVED
from .dehydrated import named_by
from .engines.local import run_stage
from .features import arrow_schema, names
from .found import find_release, new_folder, refuse_damaged
from .hydrate_bucket import STATES, Outcome, restore_bucket
from .hydrate_derived import restore_derived
from .hydrate_document import text_document
from .hydrate_match import Keys, Matches, match_bucket
from .hydrate_rows import Restorer
from .hydrate_rules import rules_digest
from .hydrate_threads import threads_of
from .piles import Piles, by_range, numbers
from .public import read_public, write_document
from .released_rows import released_rows
from .sorted_rows import SPLIT, Written, labelled, split_column, with_split, write_sorted
from .splits import split_names
from .tombstones import FILE as TOMBSTONES

REPORT = "hydrated.json"
"""What became of every row: `OUT.hydrated.json`, beside the folder. Keys, never a text."""


def hydrate(
    folder: str | Path, dumps: Sequence[str | Path | Url], out: str | Path,
    *, workers: int | None = None, memory_limit: str = "2GB", any_version: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Writes the text form to `out`, and `OUT.hydrated.json`; returns what that says.

    `{"states": {state: rows}, "unverified": {field: rows}, "rows": {state: [keys]}, "fields":
    {key: fields}, "inputs": [...]}`. Raises BuildError where the release is of another form, or
    was made by other rules than these (unless `any_version`), or where `out` is not empty;
    InputError where a dump cannot be read or `memory_limit` is no size.
    """
    release = find_release(folder).release
    document = read_public(release)
    _refuse(document, release, any_version)
    paths = find_dumps(dumps)
    refuse_damaged(release / "data")
    size_of(memory_limit)  # before anything is read
    out = new_folder(out, 0o700)
    parent = out.absolute().parent
    try:
        with tempfile.TemporaryDirectory(prefix=".tmp-hydrate-", dir=parent) as scratch:
            work = _Work(release, document, Path(scratch), memory_limit)
            return work.go(paths, out, workers or default_workers())
    except BaseException:
        shutil.rmtree(out, ignore_errors=True)
        raise


def report_of(out: Path) -> Path:
    """Where the report of a hydration lies: a released folder holds nothing but the release."""
    return out.absolute().parent / f"{out.absolute().name}.{REPORT}"


def _refuse(document: Mapping[str, Any], release: Path, any_version: bool) -> None:
    if document.get("form") != "dehydrated":
        raise BuildError("not of the dehydrated form: its texts are there", release,
                         "use it as it is")  # fmt: skip
    if document["dehydrated"]["rules"] != rules_digest() and not any_version:
        raise BuildError(
            f"made by redditess {document['version']}, whose rules for texts are not those of the "
            "one installed: unchanged texts would not be recognised",
            release, f"install redditess=={document['version']}, or add --any-version",
        )  # fmt: skip


class _Derived:
    """A config that is made of rows of `full`: as it came, by bucket; restored, by key."""

    def __init__(self, config: str, scratch: Path, n: int):
        dry, text = (arrow_schema(config, form) for form in ("dehydrated", "text"))
        self.rows = Piles(scratch / f"{config}-rows", n, with_split(dry))
        self.texts = Piles(scratch / f"{config}-texts", n, with_split(text))


class _Work:
    def __init__(self, release: Path, document: dict[str, Any], scratch: Path, memory: str):
        self.release, self.document, self.scratch = release, document, scratch
        self.memory, own = memory, document["dehydrated"]
        self.salt = bytes.fromhex(own["salt"])
        self.settings: Settings = from_identity(document["settings"])
        self.splits = split_names(self.settings.splits)
        self.n = self.settings.n_buckets
        self.folder = BuildFolder(scratch / "work").create()
        self.restorer = Restorer(self.settings, own["functions"])
        schema = with_split(arrow_schema("full", "dehydrated"))
        self.rows = Piles(scratch / "rows", self.n, schema)  # by bucket
        self.texts = Piles(scratch / "texts", self.n, with_split(arrow_schema("full")))  # by key
        self.derived = {config: _Derived(config, scratch, self.n) for config in DERIVED}
        self.state: dict[str, list[str]] = {state: [] for state in STATES}
        self.unverified: dict[str, list[str]] = {}

    def go(self, paths: Sequence[Place], out: Path, workers: int) -> dict[str, Any]:
        self.inputs = self._ingest(paths, workers)
        self._pile_rows()
        attempts = self._attempts()
        for bucket in range(self.n):
            self._restore(bucket, attempts)
        self.texts.close()
        written = {config: self._write(out, config) for config in CONFIGS}
        report = self._report()
        document = write_document(out, text_document(self.document, written, report, self.texts))
        write_pages(out, document)
        if (listed := self.release / TOMBSTONES).is_file():
            shutil.copyfile(listed, out / TOMBSTONES)
        write_json(report_of(out), report)
        return report

    def _write(self, out: Path, config: str) -> Written:
        if config in self.derived:
            piles = self.derived[config].texts
            piles.close()
            return write_sorted(out, config, "text", piles, self.splits, by=named_by(config))
        where = labelled if config == "effectiveness" else None
        return write_sorted(out, config, "text", self.texts, self.splits, where=where)

    # ---- the dumps ---------------------------------------------------------------------------

    def _ingest(self, paths: Sequence[Place], workers: int) -> list[dict[str, Any]]:
        identity = self.settings.identity()
        common = {"out": str(self.folder.root), "settings": identity}
        tasks = [{"path": address_of(path), **common} for path in paths]
        return run_stage("ingest", tasks, workers, lambda n: None)

    def _attempts(self) -> list[frozenset[str]]:
        """Dump files (by digest) to restore from: first those of the build itself, then all.

        A later dump may tell other scores of the same comment; the build's own tell the same.
        """
        here = frozenset(record["sha256"][:12] for record in self.inputs)
        own = here & {record["sha256"][:12] for record in self.document["inputs"]}
        return [own, here] if own and own != here else [here]

    # ---- the release, by bucket --------------------------------------------------------------

    def _pile_rows(self) -> None:
        """Every dehydrated row to the bucket in which a dump knows its text or its place."""
        self.row_keys, self.places = self._keys()
        of_row, of_place = self._buckets()
        gone = self._tombstones()
        with self.rows:
            for split, table in released_rows(
                self.release, "full", self.splits, names("full", form="dehydrated")
            ):
                table = table.append_column(SPLIT, split_column(split, table.num_rows))
                by_text = of_row[self.row_keys.at(numbers(table["id"]))]
                by_post = of_place[self.places.at(numbers(table["place"]))]
                which = np.where(by_text >= 0, by_text, by_post)
                for i, key in enumerate(table["id"].to_pylist()):
                    if key in gone or which[i] < 0:
                        self.state["tombstone" if key in gone else "missing"].append(key)
                        which[i] = -1
                self.rows.add(table, which)
        for config, derived in self.derived.items():
            with derived.rows:
                for split, table in released_rows(
                    self.release, config, self.splits, names(config, form="dehydrated")
                ):
                    table = table.append_column(SPLIT, split_column(split, table.num_rows))
                    first = numbers(table[named_by(config)[0]])
                    derived.rows.add(table, of_row[self.row_keys.at(first)])

    def _keys(self) -> tuple[Keys, Keys]:
        """Row keys and places of all rows of `full`."""
        columns = ("id", "place")
        found = [
            [numbers(table[name]) for name in columns]
            for _, table in released_rows(self.release, "full", self.splits, columns)
        ]
        none = [np.array([], np.uint64)] * 2
        ids, places = (np.concatenate(side) for side in zip(none, *found, strict=True))
        return Keys(ids), Keys(places)

    def _buckets(self) -> tuple[np.ndarray, np.ndarray]:
        """For each place in `row_keys` and in `places`: the bucket that knows it, or -1."""
        of_row = np.full(len(self.row_keys.sorted), -1, np.int64)
        of_place = np.full(len(self.places.sorted), -1, np.int64)
        for bucket in range(self.n):
            known = self._matches(bucket)
            for found, keys, into in (
                (known.comments, self.row_keys, of_row), (known.places, self.places, of_place),
            ):  # fmt: skip
                into[keys.at(np.array([int(k, 16) for k in found], np.uint64))] = bucket
        return of_row, of_place

    def _matches(self, bucket: int) -> Matches:
        return match_bucket(self.folder, bucket, self.salt, self.row_keys, self.places)

    def _tombstones(self) -> set[str]:
        path = self.release / TOMBSTONES
        return set(read_json(path)["ids"]) if path.is_file() else set()

    # ---- one bucket --------------------------------------------------------------------------

    def _restore(self, bucket: int, attempts: Sequence[frozenset[str]]) -> None:
        rows = self.rows.read(bucket).to_pylist()
        if not rows:
            return
        known = self._matches(bucket)

        def threads(wanted: set[str], attempt: int) -> pa.Table:
            return threads_of(
                self.folder, bucket, wanted, known.silent, self.settings,
                self.scratch / "threads", memory_limit=self.memory,
                from_file=lambda sha12: sha12 in attempts[attempt],
            )  # fmt: skip

        found = restore_bucket(rows, known, self.restorer, threads, len(attempts))
        self._keep(found, {row["id"]: row[SPLIT] for row in rows})
        self._derive(bucket, {row["id"]: row for row in found.rows}, known)

    def _keep(self, found: Outcome, split: Mapping[str, int]) -> None:
        for start in range(0, len(found.rows), ROWS_PER_GROUP):
            rows = found.rows[start : start + ROWS_PER_GROUP]
            table = pa.Table.from_pylist(
                [{**row, SPLIT: split[row["id"]]} for row in rows], self.texts.schema
            )
            self.texts.add(table, by_range(table["id"], self.n))
        for key, state in found.state.items():
            self.state[state].append(key)
        for key, fields in found.unverified.items():
            self.unverified[key] = list(fields)

    def _derive(self, bucket: int, full: Mapping[str, Mapping[str, Any]], known: Matches) -> None:
        for config, derived in self.derived.items():
            first, made = named_by(config)[0], []
            for row in derived.rows.read(bucket).to_pylist():
                if row[first] not in full:
                    continue
                secret = known.comments[row[first]][1].secret
                text = restore_derived(config, row, full, secret)
                if text is not None:
                    made.append({**text, SPLIT: row[SPLIT]})
            table = pa.Table.from_pylist(made, derived.texts.schema)
            derived.texts.add(table, by_range(table[first], self.n))

    def _report(self) -> dict[str, Any]:
        fields = Counter(name for names in self.unverified.values() for name in names)
        told = ("name", "sha256", "lines", "kept", "damage")
        return {
            "format": 1,
            "fingerprint": self.document["fingerprint"],
            "states": {state: len(keys) for state, keys in self.state.items()},
            "unverified": dict(sorted(fields.items())),
            "rows": {s: sorted(k) for s, k in self.state.items() if s != "restored" and k},
            "fields": dict(sorted(self.unverified.items())),
            "inputs": [{name: record[name] for name in told} for record in self.inputs],
        }
