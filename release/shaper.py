"""Interactions, votes and labels -> released columns: masked, pseudonymous, coarse, screened."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..corpus.artefacts import stable_hash
from ..corpus.records import NOT_OBSERVABLE
from ..corpus.settings import Settings
from ..labeling.schema import BASES
from ..labeling.screen import annotate_beside
from .coarse import POSITION_STEPS, SIBLING_STEPS, evidence, followup, sentences, step
from .columns import VOTES
from .features import arrow_schema
from .fitness import FIELDS, Posts, fitness
from .masks import Masks
from .pseudonyms import Key, pseudonym
from .splits import ORDER, commenter_key, group_of, split_of
from .twins import comment_key, post_key

_EXTRA = (
    pa.field("_split", pa.int8(), nullable=False),  # a place in splits.ORDER
    pa.field("_group", pa.uint64(), nullable=False),  # of the OP, or of the thread
    pa.field("_post_key", pa.uint64(), nullable=False),
    pa.field("_comment_key", pa.uint64(), nullable=False),
    pa.field("_commenter", pa.uint64(), nullable=False),  # 0: the account is gone
    pa.field("_post_day", pa.int32(), nullable=False),  # days since 1970, UTC
    *FIELDS,
)
SHAPED_SCHEMA = pa.schema([*arrow_schema("full"), *_EXTRA])
DECIMALS = 2  # of probabilities and scores: more digits would make rows findable (docs/design/0006)
REMEMBERED = 40_000  # threads
_DAY_S = 86_400


class Shaper:
    """Shapes batches of rows, of one bucket or of several; remembers texts that come again.

    `masks.counts` holds what was masked, by bucket.
    """

    def __init__(self, settings: Settings, key: Key):
        self.settings, self.key = settings, key
        self.masks = Masks(settings)
        self._threads: dict[str, tuple[str, int, int, int]] = {}

    def shape(
        self,
        ids: Sequence[str],
        interactions: pa.Table,
        votes: pa.Table,
        labels: pa.Table,
        buckets: NDArray[np.int64] | None = None,
    ) -> pa.Table:
        """Rows (n,) of the three tables, in one order -> rows of SHAPED_SCHEMA.

        `buckets` (n,): which bucket each row is of; None: all of the same.
        """
        x = {name: interactions[name].combine_chunks() for name in interactions.column_names}
        said = _evidence(votes)
        text = self._masked(x, said, np.zeros(len(ids), np.int64) if buckets is None else buckets)
        posts = Posts.of(text["title"], text["post"])
        comments = text["comment"]
        found, risks = annotate_beside(comments, posts.distinct, self.settings.annotate)
        keys = [comment_key(c or "") for c in comments.to_pylist()]
        columns = {
            **_label_columns(labels),
            **text,
            **found._asdict(),
            "opportunity": _rounded(votes["opportunity"].combine_chunks()),
            "day": pc.cast(pc.divide(x["created_utc"], _DAY_S), pa.int32()).cast(pa.date32()),
            "id": pa.array(ids, pa.string()),
            "votes": _votes(votes, text["evidence"]),
            "score": step(x["score"]),
            "position": step(x["position"], POSITION_STEPS),
            "n_siblings": step(x["n_siblings"], SIBLING_STEPS),
            "followup_days": followup(x["followup_days"]),
            **self._thread_columns(x, text),
            "_comment_key": pa.array(keys, pa.uint64()),
            "_commenter": pa.array(map(commenter_key, x["commenter"].to_pylist()), pa.uint64()),
            "_post_day": pc.cast(pc.divide(x["post_created_utc"], _DAY_S), pa.int32()),
        }
        for name in ("subreddit", "era", "invented", "observable"):
            columns[name] = x[name]
        columns |= fitness(x, columns, posts, posts.risks(risks))
        return pa.table([columns[f.name].cast(f.type) for f in SHAPED_SCHEMA], SHAPED_SCHEMA)

    def _masked(
        self, x: dict[str, pa.Array], said: list[str | None], of_row: NDArray[np.int64]
    ) -> dict[str, pa.Array]:
        """The columns of text, masked; "evidence" (m * n,) row by row, as `said`."""
        flat = {n: x[n].flatten().to_pylist() for n in ("op_replies", "op_general")}
        own = {"comment": x["comment"].to_pylist(), "op_replies": flat["op_replies"],
               "evidence": said}  # fmt: skip
        again = {n: x[n].to_pylist() for n in ("title", "post", "op_edit")}
        again["op_general"] = flat["op_general"]
        self.masks.learn(*own.values(), *again.values())
        of_text = {n: of_row[pc.list_parent_indices(x[n]).to_numpy()] for n in flat}
        of_text["evidence"] = np.repeat(of_row, len(said) // max(len(of_row), 1))
        found: dict[str, pa.Array] = {}
        for columns, masked in ((own, self.masks.each), (again, self.masks.once)):
            for name, texts in columns.items():
                made = masked(texts, of_text.get(name, of_row).tolist())
                found[name] = pa.array(made, pa.string())
        return found | {n: _relist(x[n], found[n]) for n in flat}

    def _thread_columns(self, x: dict[str, pa.Array], text: dict[str, pa.Array]) -> dict[str, Any]:
        if len(self._threads) > REMEMBERED:
            self._threads = {}
        found = []
        columns = (x["thread_id"], x["op"], text["title"], text["post"])
        for thread, op, title, post in zip(*(c.to_pylist() for c in columns), strict=True):
            known = self._threads.get(thread)
            if known is None:
                group = group_of(op, thread)
                known = self._threads[thread] = (
                    pseudonym(self.key, thread),
                    ORDER.index(split_of(group, self.settings.splits)),
                    stable_hash("redditess group", group),
                    post_key(title, post),
                )
            found.append(known)
        kinds = (pa.string(), pa.int8(), pa.uint64(), pa.uint64())
        names = ("thread_id", "_split", "_group", "_post_key")
        return {
            name: pa.array([f[i] for f in found], kind)
            for i, (name, kind) in enumerate(zip(names, kinds, strict=True))
        }


def _functions(votes: pa.Table) -> list[str]:
    return [c.removesuffix(":vote") for c in votes.column_names if c.endswith(":vote")]


def _row_by_row(votes: pa.Table, part: str) -> pa.Array:
    """(n * m,) one column of each of m functions: the first row's m values, then the second's."""
    arrays = [votes[f"{name}:{part}"].combine_chunks() for name in _functions(votes)]
    by_row = np.arange(len(arrays) * votes.num_rows).reshape(len(arrays), -1).T.ravel()
    return pa.concat_arrays(arrays).take(pa.array(by_row))


def _evidence(votes: pa.Table) -> list[str | None]:
    """(n * m,) row by row; numbers in it are coarse."""
    return evidence(_row_by_row(votes, "evidence").to_pylist()) if _functions(votes) else []


def _votes(votes: pa.Table, said: pa.Array) -> pa.Array:
    """Columns of m functions -> a list of m structs per row, functions in their order."""
    names = _functions(votes)
    n, m = votes.num_rows, len(names)
    if not m:
        return pa.array([[]] * n, arrow_schema("full").field("votes").type)
    codes = pc.fill_null(_row_by_row(votes, "vote"), NOT_OBSERVABLE)
    words = {NOT_OBSERVABLE if code is None else code: word for code, word in VOTES.items()}
    at = pc.index_in(codes, pa.array(list(words), codes.type))
    struct = pa.StructArray.from_arrays(
        [
            pa.array(names * n, pa.string()),
            pa.array(list(words.values()), pa.string()).take(at),
            _rounded(_row_by_row(votes, "score")),
            said,
        ],
        names=["function", "vote", "score", "evidence"],
    )
    return pa.ListArray.from_arrays(pa.array(range(0, n * m + 1, m), pa.int32()), struct)


def _label_columns(labels: pa.Table) -> dict[str, pa.Array]:
    x = {name: labels[name].combine_chunks() for name in labels.column_names}
    return {
        "label": x["label"],
        "basis": pc.index_in(x["basis"], pa.array(BASES, pa.string())),
        "why": pa.array(sentences(x["why"].to_pylist()), pa.string()),
        "conflict": x["conflict"],
        **{n: _rounded(x[n]) for n in ("p_effective", "p_low", "p_high", "p_community")},
    }


def _rounded(values: pa.Array) -> pa.Array:
    """As doubles first: the result is the float32 nearest to the decimal."""
    return pc.round(pc.cast(values, pa.float64()), ndigits=DECIMALS).cast(pa.float32())


def _relist(lists: pa.ListArray, texts: pa.Array) -> pa.Array:
    """The same lists with other texts."""
    ends = np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))
    return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], ends]), pa.int32()), texts)
