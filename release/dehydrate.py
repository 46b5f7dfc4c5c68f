"""A finished text build -> the dehydrated form: labels and keyed digests, not a word of anybody.

Row by row it says what `redditess release hydrate` needs to find the row in somebody's dumps and to
verify every field of it. Why like this, and what an attacker can still do: docs/design/0014.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import ROWS_PER_GROUP
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.originals import Originals, originals
from ..corpus.sizes import size_of
from .annotated import COLUMNS as ANNOTATED
from .annotated import count_annotations
from .card import write_pages
from .columns import CONFIGS, DERIVED
from .content import COUNTED, TEXTS, count_content, count_marks
from .dehydrate_removed import bury
from .dehydrate_rows import KeyRing, derived_rows, row_of
from .dehydrated import named_by
from .features import arrow_schema, names
from .found import find_release, new_folder, refuse_damaged
from .hydrate_rules import rules_digest
from .piles import Piles, by_range, numbers
from .pseudonyms import SAMPLE_KEY, Key, load_key, pseudonym
from .public import read_public, write_document
from .released_rows import released_rows
from .rowkeys import Named, guessable, post_key, row_key, salt_of
from .sorted_rows import Written, labelled, split_column, with_split, write_sorted
from .splits import split_names

SHORT = "short_post"
"""Why a row of the text form is not in the dehydrated one: its post could be guessed."""


def dehydrate(
    build: str | Path, out: str | Path, *, key: Key | None = None, memory_limit: str = "2GB",
    before: Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Writes the dehydrated form of a finished build to `out`; returns its `release.json`.

    `key` is the one the build was made with (default: the user's own). `before`: an earlier
    edition, whose rows that are gone now become tombstones. Raises BuildError where the folder has
    no build with its raw texts, where the key is another, or where `out` is not empty;
    InputError where `memory_limit` is no size.
    """
    found = find_release(build)
    if found.build is None:
        raise BuildError("a released folder without its build: the raw texts are not here",
                         found.release, "name the build folder")  # fmt: skip
    document = read_public(found.release)
    key = _key(document, key)
    refuse_damaged(found.build.interactions, found.release)
    if document["stages"]["full"]["rows_out"] and not any(found.build.interactions.glob("b*")):
        raise BuildError("holds no rows any more", found.build.interactions,
                         "build again from the dumps")  # fmt: skip
    size_of(memory_limit)  # before anything is read
    out = new_folder(out)
    with tempfile.TemporaryDirectory(prefix=".tmp-dehydrate-", dir=found.build.root) as scratch:
        work = _Work(found.build, document, key, Path(scratch), memory_limit)
        try:
            return work.go(out, before)
        except BaseException:
            shutil.rmtree(out, ignore_errors=True)
            raise


def _key(document: Mapping[str, Any], key: Key | None) -> Key:
    wanted = document["key_id"]
    if key is None:
        key = SAMPLE_KEY if wanted == SAMPLE_KEY.id else load_key()
    if key.id != wanted:
        raise BuildError(f"made with key {wanted}, not with {key.id}", "key",
                         "set REDDITESS_KEY to the key file of this build")  # fmt: skip
    return key


class _Work:
    def __init__(
        self, folder: BuildFolder, document: dict[str, Any], key: Key, scratch: Path, memory: str
    ):
        self.folder, self.document, self.key, self.memory = folder, document, key, memory
        self.salt = salt_of(key, document["fingerprint"])
        self.splits = split_names(tuple(tuple(s) for s in document["settings"]["splits"]))
        self.parts = folder.buckets(folder.interactions)
        self.n = max(len(self.parts), 1)
        schema = with_split(arrow_schema("full"))
        self.texts = Piles(scratch / "texts", self.n, schema)  # by bucket, as released
        self.stay: list[np.ndarray] = []  # for each bucket which of these rows stay
        own = with_split(arrow_schema("full", "dehydrated"))
        self.rows = Piles(scratch / "rows", self.n, own)  # by range of row keys
        self.scratch, self.ring = scratch, KeyRing()

    def go(self, out: Path, before: Path | None) -> dict[str, Any]:
        self._pile_texts()
        left: Counter[str] = Counter()
        for bucket in range(self.n):
            left[SHORT] += self._dehydrate(bucket)
        self.rows.close()
        self.ring.sort()
        written = {
            config: self._derived(out, config)
            if config in DERIVED
            else write_sorted(out, config, "dehydrated", self.rows, self.splits,
                              where=labelled if config == "effectiveness" else None)
            for config in CONFIGS
        }  # fmt: skip
        told = self._document(written, left)
        told |= bury(out, {**self.document, **told}, before)
        document = write_document(out, told)
        write_pages(out, document)
        return document

    # ---- the text form, by bucket ------------------------------------------------------------

    def _pile_texts(self) -> None:
        """Every released row to its bucket: the released files mix the buckets."""
        ids, buckets = self._buckets()
        with self.texts:
            for split, table in released_rows(
                self.folder.release, "full", self.splits, names("full")
            ):
                at = np.searchsorted(ids, numbers(table["id"]))
                table = table.append_column("_split", split_column(split, table.num_rows))
                self.texts.add(table, buckets[at])

    def _buckets(self) -> tuple[np.ndarray, np.ndarray]:
        """Pseudonyms of all interactions as sorted numbers, and the bucket of each."""
        found = [
            np.array([int(pseudonym(self.key, name), 16) for name in _fullnames(part)], np.uint64)
            for part in self.parts
        ]
        ids = np.concatenate([*found, np.array([], np.uint64)])
        which = np.repeat(np.arange(len(found)), [len(f) for f in found])
        order = np.argsort(ids)
        return ids[order], which[order]

    # ---- one bucket --------------------------------------------------------------------------

    def _dehydrate(self, pile: int) -> int:
        """Adds the rows of one bucket; returns how many leave because of a short post."""
        table = self.texts.read(pile)
        people = pq.read_table(self.parts[pile], columns=["comment_id", "thread_id"]).to_pylist()
        of_id = {pseudonym(self.key, p["comment_id"]): p for p in people}
        wanted = [of_id[i] for i in table["id"].to_pylist()]
        raw = originals(
            self.folder, int(self.parts[pile].stem[1:]),
            [name for p in wanted for name in p.values()], memory_limit=self.memory,
        )  # fmt: skip
        named = [self._named(raw, p["comment_id"], p["thread_id"]) for p in wanted]
        stay = np.array([n is not None for n in named], bool)
        self.stay.append(stay)
        kept = table.filter(pa.array(stay)).to_pylist()
        both = [(p["comment_id"], *n) for p, n in zip(wanted, named, strict=True) if n is not None]
        for start in range(0, len(kept), ROWS_PER_GROUP):
            rows = [
                row_of(text, comment, row, post)
                for text, (comment, row, post) in zip(
                    kept[start : start + ROWS_PER_GROUP], both[start : start + ROWS_PER_GROUP],
                    strict=True,
                )
            ]  # fmt: skip
            made = pa.Table.from_pylist(rows, self.rows.schema)
            self.rows.add(made, by_range(made["id"], self.n))
        self.ring.add([k["id"] for k in kept], [row for _, row, _ in both])
        return int((~stay).sum())

    def _named(self, raw: Originals, comment: str, thread: str) -> tuple[Named, Named] | None:
        title, text = raw.posts[thread]
        if guessable(title, text):
            return None
        post = post_key(self.salt, thread, title, text)
        return row_key(self.salt, comment, raw.comments[comment], post), post

    # ---- what is made of rows of `full` ------------------------------------------------------

    def _derived(self, out: Path, config: str) -> Written:
        schema = with_split(arrow_schema(config, "dehydrated"))
        by = named_by(config)
        with Piles(self.scratch / config, self.n, schema) as piles:
            for split, table in released_rows(
                self.folder.release, config, self.splits, names(config)
            ):
                rows = derived_rows(config, table, self.ring)
                rows = rows.append_column("_split", split_column(split, rows.num_rows))
                piles.add(rows, by_range(rows[by[0]], self.n))
        return write_sorted(out, config, "dehydrated", piles, self.splits, by=by)

    # ---- release.json ------------------------------------------------------------------------

    def _document(self, written: Mapping[str, Written], left: Mapping[str, int]) -> dict[str, Any]:
        before = {k: v for k, v in self.document.items() if k != "tombstones"}  # of other ids
        stages, splits = dict(before["stages"]), {}
        for config, found in written.items():
            old = before["stages"][config]
            lost = old["rows_out"] - found.rows
            dropped = {**old["dropped"], **({SHORT: lost} if lost else {})}
            rows_in = old["rows_in"]
            if config == "effectiveness" and left[SHORT]:  # `full` has fewer rows to choose from
                rows_in, dropped = written["full"].rows, {"unlabelled": 0}
                dropped = {"unlabelled": rows_in - found.rows}
            stages[config] = {
                "rows_in": rows_in, "rows_out": found.rows, "dropped": dropped,
                "files": found.files,
            }  # fmt: skip
            splits[config] = {
                name: {**record, **_groups(before["splits"][config][name], record)}
                for name, record in found.splits.items()
            }
        return {
            **before, **self._counts(), "form": "dehydrated", "stages": stages, "splits": splits,
            "dehydrated": {
                "salt": self.salt.hex(), "rules": rules_digest(),
                "functions": [f["name"] for f in before["functions"]],
            },
        }  # fmt: skip

    def _counts(self) -> dict[str, Any]:
        """What `release.json` says about the rows, of those that stay."""

        def kept(columns: tuple[str, ...]) -> Iterator[pa.Table]:
            for table, stay in zip(self.texts, self.stay, strict=True):
                yield table.filter(pa.array(stay)).select(list(columns))

        content = {**count_content(kept(COUNTED)), "marks": count_marks(kept(TEXTS))}
        annotated = count_annotations(kept(ANNOTATED))
        return {
            "content": content, "labels": {**self.document["labels"], "annotated": annotated},
        }  # fmt: skip


def _groups(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """How many posters a split has, where it lost no row."""
    same = before["rows"] == now["rows"] and "groups" in before
    return {"groups": before["groups"]} if same else {}


def _fullnames(part: Path) -> list[str]:
    return pq.read_table(part, columns=["comment_id"])["comment_id"].to_pylist()
