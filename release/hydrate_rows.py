"""A thread from the dumps and a dehydrated row -> the row of the text form, all of it verified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.errors import BuildError, SettingsError
from ..corpus.settings import Settings
from ..labeling import readers
from ..labeling.functions import LabelingFunction, resolve
from ..labeling.schema import BASES, LABEL_SCHEMA, vote_schema
from ..labeling.vote import columns_read
from ..labeling.why import Heard, sentences
from .communities import SMALL
from .dehydrate_rows import Inner, value_of
from .dehydrated import DIGESTED, NOTES, PROBABILITIES, TEXTS
from .features import names
from .pseudonyms import Key
from .rowkeys import Named, digest, opened
from .shaper import Shaper

Row = Mapping[str, Any]
_F32 = pa.float32()
_BELOW = -0.004  # as much below as still rounds to the same two decimals
_NOBODY = Key(bytes(32))  # its pseudonyms are overwritten at once


class Checked(NamedTuple):
    """One row put together again."""

    row: dict[str, Any]  # of config `full`, without what could not be verified
    unverified: tuple[str, ...]  # fields of DIGESTED that differ, in their order
    n_turns: tuple[int, int]  # op_replies and op_general: how many the release had


class Restorer:
    """Shapes, votes and words as the build made them; one for all buckets."""

    def __init__(self, settings: Settings, functions: Sequence[str]):
        self.settings, self.functions = settings, list(functions)
        self.rules = _rules(settings)

    def restore(
        self, rows: Sequence[Row], named: Sequence[Named], posts: Sequence[Named],
        threads: pa.Table, at: Sequence[int],
    ) -> list[Checked]:  # fmt: skip
        """(n,) dehydrated rows, keys of their comments and posts, and their places in `threads`:
        all interactions of these threads, for some functions compare the turns of a thread.
        """
        found = self._restore(rows, named, posts, threads, at, 0.0)
        again = [i for i, one in enumerate(found) if "votes" in one.unverified]
        # The opportunity is rounded, and a rule may have asked on which side of a floor it lies.
        below = self._restore(
            [rows[i] for i in again], [named[i] for i in again], [posts[i] for i in again],
            threads, [at[i] for i in again], _BELOW,
        )  # fmt: skip
        for i, one in zip(again, below, strict=True):
            if len(one.unverified) < len(found[i].unverified):
                found[i] = one
        return found

    def _restore(
        self, rows: Sequence[Row], named: Sequence[Named], posts: Sequence[Named],
        threads: pa.Table, at: Sequence[int], nudge: float,
    ) -> list[Checked]:  # fmt: skip
        if not rows:
            return []
        inner = [
            Inner.read(opened(n.secret, "full", r["sealed"]))
            for r, n in zip(rows, named, strict=True)
        ]
        threads = _followed(threads, inner, at)
        x = threads.take(pa.array(at)).combine_chunks()
        votes = self._votes(inner, threads, at, nudge)
        labels = self._labels(rows, inner, x, votes)
        shaper = Shaper(self.settings, _NOBODY)  # it remembers texts: not those of other buckets
        shaped = shaper.shape([r["id"] for r in rows], x, votes, labels)
        texts = shaped.select(names("full")).to_pylist()
        return [
            _checked({**text, "thread_id": post.public}, row, one.secret, hidden.n_turns)
            for text, row, one, post, hidden in zip(texts, rows, named, posts, inner, strict=True)
        ]

    def _votes(
        self, inner: Sequence[Inner], threads: pa.Table, at: Sequence[int], nudge: float
    ) -> pa.Table:
        """Votes and scores as the release has them, evidence heard again in the dump's words."""
        chance = [one.field("opportunity") for one in inner]
        of_all: list[float | None] = [None] * threads.num_rows
        for i, p in zip(at, chance, strict=True):
            of_all[i] = None if p is None else p + nudge
        heard = self._heard(threads.append_column("opportunity", pa.array(of_all, _F32)))
        rows = pa.array(at)
        columns: dict[str, Any] = {
            "comment_id": threads["comment_id"].take(rows),
            "opportunity": pa.array(chance, _F32),
        }
        for j, name in enumerate(self.functions):
            columns[f"{name}:vote"] = pa.array([one.votes[j] for one in inner], pa.int8())
            columns[f"{name}:score"] = pa.array([one.scores[j] for one in inner], _F32)
            words = heard.get(name, pa.nulls(threads.num_rows, pa.string()))
            columns[f"{name}:evidence"] = words.take(rows)
        schema = vote_schema(self.functions)
        return pa.table([columns[name] for name in schema.names], schema=schema)

    def _heard(self, x: pa.Table) -> dict[str, pa.Array]:
        found = {}
        with readers.using(self.settings.reader):
            for rule in self.rules:
                read = [*columns_read([rule]), "opportunity"]
                try:
                    found[rule.name] = pa.array(rule(x.select(read)).evidence, pa.string())
                except BuildError:
                    continue  # a function of somebody's own that fails on a row: no evidence
        return found

    def _labels(
        self, rows: Sequence[Row], inner: Sequence[Inner], x: pa.Table, votes: pa.Table
    ) -> pa.Table:
        conflict = np.array([one.field("conflict") for one in inner], bool)
        why = sentences(x, Heard(votes, self.rules), conflict) if self.rules else [""] * len(rows)
        basis = [None if row["basis"] is None else BASES[row["basis"]] for row in rows]
        columns = {
            **{name: [one.field(name) for one in inner] for name in PROBABILITIES},
            "comment_id": x["comment_id"].to_pylist(), "label": [r["label"] for r in rows],
            "conflict": conflict, "basis": basis, "why": why,
        }  # fmt: skip
        arrays = [pa.array(columns[f.name], f.type) for f in LABEL_SCHEMA]
        return pa.table(arrays, schema=LABEL_SCHEMA)


def _rules(settings: Settings) -> list[LabelingFunction]:
    """The build's labeling functions; none where one of them is not installed here."""
    try:
        return resolve(settings.functions)
    except SettingsError:
        return []


def _followed(threads: pa.Table, inner: Sequence[Inner], at: Sequence[int]) -> pa.Table:
    """With how long the build's dumps went on after each row; 0 for rows that are not asked for."""
    days = np.zeros(threads.num_rows, np.float32)
    days[list(at)] = [one.field("followup_days") or 0.0 for one in inner]
    place = threads.schema.get_field_index("followup_days")
    return threads.set_column(place, threads.schema.field(place), pa.array(days, _F32))


def _checked(text: dict[str, Any], row: Row, secret: bytes, n_turns: tuple[int, int]) -> Checked:
    wanted = row["digests"]
    if digest(secret, "subreddit", SMALL) == wanted["subreddit"]:
        text["subreddit"] = SMALL  # the release does not name this community
    wrong = tuple(
        name for name in DIGESTED if digest(secret, name, value_of(text, name)) != wanted[name]
    )
    for name in set(wrong) - set(TEXTS):
        _forget(text, name)
    return Checked(text, wrong, n_turns)


def _forget(text: dict[str, Any], field: str) -> None:
    """A field that the dump tells otherwise is null; of the votes, only the words are."""
    if field == "votes":
        text["votes"] = [{**vote, "evidence": None} for vote in text["votes"]]
        return
    for name in NOTES if field == "notes" else (field,):
        text[name] = None


def places(threads: pa.Table, comments: Sequence[str]) -> list[int | None]:
    """The row of each of these comments (fullnames) among interactions; None where it is not."""
    known = threads["comment_id"].combine_chunks()
    found: list[int | None] = pc.index_in(pa.array(comments, pa.string()), known).to_pylist()
    return found
