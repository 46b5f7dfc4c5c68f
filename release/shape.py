"""One bucket of interactions, votes and labels -> released rows, masked and pseudonymous.

A shaped file has the columns of `full` and a few more that only the splits need; it links the
threads of one OP, so it stays in the private part of the build folder.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ..corpus.artefacts import ROWS_PER_GROUP, read_stats, stable_hash, write_parquet
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.masking import mask_column
from ..corpus.names import mask_names_column
from ..corpus.records import NOT_OBSERVABLE
from ..corpus.settings import Settings
from ..labeling.schema import BASES
from ..labeling.screen import annotate
from .coarse import POSITION_STEPS, SIBLING_STEPS, evidence, followup, sentences, step
from .columns import VOTES
from .features import arrow_schema
from .fitness import FIELDS, fitness
from .piles import Piles, by_range
from .pseudonyms import SAMPLE_KEY, Key, pseudonym
from .splits import ORDER, commenter_key, group_of, split_of
from .tombstones import FILE as TOMBSTONES
from .tombstones import removed
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
REMEMBERED = 40_000  # texts, and threads: of more than one row group
_DAY_S = 86_400


def shape_bucket(folder: BuildFolder, bucket: int, settings: Settings, key: Key) -> dict[str, Any]:
    """Writes `shaped/b<bucket>.parquet`, rows sorted by pseudonymous id; returns its stats.

    `{"rows_in", "rows_out", "dropped", "masked": {what: n}, "bytes"}`; rows that were removed on
    request are left out, under the reason "tombstone". Text that stands in
    several rows (a post under each of its comments) counts its masks once. `bytes` is the size of
    the rows in memory. Raises BuildError where the three stages do not tell the same rows, and
    where the sample's public key would stand over rows that real people wrote. A few row groups
    are in memory at a time, whatever the bucket; sorting is by piles on disk.
    """
    stages = (folder.interactions, folder.votes, folder.labels)
    files = [folder.bucket_file(stage, bucket) for stage in stages]
    n_rows = pq.read_metadata(files[0]).num_rows
    if key == SAMPLE_KEY:
        _refuse_real(files[0], folder)
    shaper, gone = Shaper(settings, key), removed(key.id, [folder.root / TOMBSTONES]).all
    n_before = read_stats(files[0]).get("removed", 0)
    stats: dict[str, Any] = {"rows_in": n_rows + n_before, "rows_out": 0, "dropped": {}, "bytes": 0}

    def sorted_rows(piles: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for pile in piles:
            table = pile.take(pc.sort_indices(pile["id"])).combine_chunks()
            stats["rows_out"] += table.num_rows
            stats["bytes"] += table.nbytes
            yield table

    def closing() -> dict[str, Any]:
        n = stats["rows_in"] - stats["rows_out"]
        stats["dropped"] = {"tombstone": n} if n else {}
        stats["masked"] = dict(sorted(shaper.masked.items()))
        return stats

    with tempfile.TemporaryDirectory(prefix=".tmp-shape-", dir=folder.root) as scratch:
        piles = Piles(Path(scratch) / "rows", -(-n_rows // ROWS_PER_GROUP), SHAPED_SCHEMA)
        with piles:
            for tables in _aligned(files):
                ids = [pseudonym(key, c) for c in tables[0]["comment_id"].to_pylist()]
                keep = ~_removed(key, gone, ids, tables[0]["thread_id"])
                where = np.where(keep, by_range(pa.array(ids, pa.string()), piles.n), -1)
                piles.add(shaper.shape(ids, *tables), where)
        path = folder.bucket_file(folder.shaped, bucket)
        write_parquet(path, sorted_rows(piles), SHAPED_SCHEMA, closing=closing)
    return stats


def _refuse_real(interactions: Path, folder: BuildFolder) -> None:
    invented = pq.read_table(interactions, columns=["invented"])["invented"]
    if not pc.all(invented, min_count=0).as_py():
        raise BuildError(
            "the sample's public key would make ids that anyone can undo",
            folder.root,
            "build with your own key (unset REDDITESS_KEY)",
        )


def _removed(
    key: Key, gone: Set[str], ids: Sequence[str], threads: pa.ChunkedArray
) -> NDArray[np.bool_]:
    """Which rows (n,) somebody has asked to have removed, in this build or an earlier one."""
    if not gone:
        return np.zeros(len(ids), dtype=bool)
    whole = {t for t in pc.unique(threads).to_pylist() if pseudonym(key, t) in gone}
    pairs = zip(ids, threads.to_pylist(), strict=True)
    return np.array([i in gone or t in whole for i, t in pairs], dtype=bool)


def _aligned(files: Sequence[Path]) -> Iterator[list[pa.Table]]:
    """Row groups of interactions, votes and labels side by side: the one writer cuts them alike."""
    with ExitStack() as stack:
        opened = [stack.enter_context(pq.ParquetFile(path)) for path in files]
        for path, file in zip(files, opened, strict=True):
            if file.metadata.num_rows != opened[0].metadata.num_rows:
                raise _foreign(path)
        for group in range(opened[0].num_row_groups):
            tables = [file.read_row_group(group) for file in opened]
            for path, table in zip(files, tables, strict=True):
                if not table["comment_id"].equals(tables[0]["comment_id"]):
                    raise _foreign(path)
            yield tables


def _foreign(path: Path) -> BuildError:
    return BuildError("its rows are not those of interactions/", path, "start over with --fresh")


class Shaper:
    """Shapes chunks of one bucket; remembers what it has done to texts that come again.

    Rows of a thread follow one another, so what has not come for a while is forgotten.
    """

    def __init__(self, settings: Settings, key: Key):
        self.settings, self.key = settings, key
        self.masked: Counter[str] = Counter()
        self._texts: dict[str, str | None] = {}
        self._counted: set[int] = set()  # digests of forgotten texts in which something was masked
        self._threads: dict[str, tuple[str, int, int, int]] = {}

    def shape(
        self, ids: Sequence[str], interactions: pa.Table, votes: pa.Table, labels: pa.Table
    ) -> pa.Table:
        """Rows of the three tables, in one order -> rows of SHAPED_SCHEMA."""
        self._forget()
        x = {name: interactions[name].combine_chunks() for name in interactions.column_names}
        text = {name: self._repeated(x[name].to_pylist()) for name in ("title", "post", "op_edit")}
        comments = self._own(x["comment"].to_pylist())
        found = annotate(pa.array(comments, pa.string()), self.settings.annotate)
        columns = {
            **_label_columns(labels),
            **{name: pa.array(values, pa.string()) for name, values in text.items()},
            "comment": pa.array(comments, pa.string()),
            **found._asdict(),
            "opportunity": _rounded(votes["opportunity"].combine_chunks()),
            "day": pc.cast(pc.divide(x["created_utc"], _DAY_S), pa.int32()).cast(pa.date32()),
            "id": pa.array(ids, pa.string()),
            "votes": self._votes(votes),
            "op_replies": _relist(x["op_replies"], self._own),
            "op_general": _relist(x["op_general"], self._repeated),
            "score": step(x["score"]),
            "position": step(x["position"], POSITION_STEPS),
            "n_siblings": step(x["n_siblings"], SIBLING_STEPS),
            "followup_days": followup(x["followup_days"]),
            **self._thread_columns(x, text),
            "_comment_key": pa.array([comment_key(c or "") for c in comments], pa.uint64()),
            "_commenter": pa.array(map(commenter_key, x["commenter"].to_pylist()), pa.uint64()),
            "_post_day": pc.cast(pc.divide(x["post_created_utc"], _DAY_S), pa.int32()),
        }
        for name in ("subreddit", "era", "invented", "observable"):
            columns[name] = x[name]
        columns |= fitness(x, columns)
        return pa.table([columns[f.name].cast(f.type) for f in SHAPED_SCHEMA], SHAPED_SCHEMA)

    def _thread_columns(self, x: dict[str, pa.Array], text: dict[str, list[Any]]) -> dict[str, Any]:
        found = []
        for thread, op, title, post in zip(
            x["thread_id"].to_pylist(), x["op"].to_pylist(), text["title"], text["post"],
            strict=True,
        ):  # fmt: skip
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

    def _votes(self, votes: pa.Table) -> pa.Array:
        """Three columns per function -> one list of structs per row, functions in their order."""
        names = [c.removesuffix(":vote") for c in votes.column_names if c.endswith(":vote")]
        n, m = votes.num_rows, len(names)
        by_row = np.arange(n * m).reshape(m, n).T.ravel() if m else np.array([], dtype=np.int64)

        def stacked(part: str) -> pa.Array:
            arrays = [votes[f"{name}:{part}"].combine_chunks() for name in names]
            return pa.concat_arrays(arrays).take(pa.array(by_row))

        if not m:
            return pa.array([[]] * n, arrow_schema("full").field("votes").type)
        codes = pc.fill_null(stacked("vote"), NOT_OBSERVABLE)
        words = {NOT_OBSERVABLE if code is None else code: word for code, word in VOTES.items()}
        at = pc.index_in(codes, pa.array(list(words), codes.type))
        struct = pa.StructArray.from_arrays(
            [
                pa.array(names * n, pa.string()),
                pa.array(list(words.values()), pa.string()).take(at),
                _rounded(stacked("score")),
                pa.array(self._own(evidence(stacked("evidence").to_pylist())), pa.string()),
            ],
            names=["function", "vote", "score", "evidence"],
        )
        return pa.ListArray.from_arrays(pa.array(range(0, n * m + 1, m), pa.int32()), struct)

    def _own(self, texts: Sequence[str | None]) -> list[str | None]:
        """Masked texts, each of which stands in one row only."""
        masked, counts = self._mask(texts)
        self.masked.update(counts)
        return masked

    def _mask(self, texts: Sequence[str | None]) -> tuple[list[str | None], Counter[str]]:
        masked, counts = mask_column([_clean(t) for t in texts])
        if self.settings.mask_names:
            masked, more = mask_names_column(masked)
            masked, again = mask_column(masked)  # a mark may uncover what stood beside a name
            counts = counts + more + again
        return list(masked), counts

    def _repeated(self, texts: Sequence[str | None]) -> list[str | None]:
        """Masked texts that come again in other rows of the bucket: masked and counted once."""
        unseen = [t for t in dict.fromkeys(texts) if t is not None and t not in self._texts]
        if self._counted:
            again = [t for t in unseen if _digest(t) in self._counted]
            self._texts.update(zip(again, self._mask(again)[0], strict=True))
            unseen = [t for t in unseen if t not in self._texts]
        self._texts.update(zip(unseen, self._own(unseen), strict=True))
        return [None if t is None else self._texts[t] for t in texts]

    def _forget(self) -> None:
        """Long buckets: only that a text was counted is kept, and only where it had a mask."""
        if len(self._texts) > REMEMBERED:
            self._counted.update(_digest(t) for t, m in self._texts.items() if t != m)
            self._texts = {}
        if len(self._threads) > REMEMBERED:
            self._threads = {}


def _digest(text: str) -> int:
    return stable_hash("redditess masked", text)


def _label_columns(labels: pa.Table) -> dict[str, pa.Array]:
    x = {name: labels[name].combine_chunks() for name in labels.column_names}
    return {
        "label": x["label"],
        "basis": pc.index_in(x["basis"], pa.array(BASES, pa.string())),
        "why": pa.array([_clean(t) for t in sentences(x["why"].to_pylist())], pa.string()),
        "conflict": x["conflict"],
        **{n: _rounded(x[n]) for n in ("p_effective", "p_low", "p_high", "p_community")},
    }


def _rounded(values: pa.Array) -> pa.Array:
    """As doubles first: the result is the float32 nearest to the decimal."""
    return pc.round(pc.cast(values, pa.float64()), ndigits=DECIMALS).cast(pa.float32())


def _relist(lists: pa.ListArray, change: Any) -> pa.Array:
    """The same lists with their texts changed."""
    ends = np.cumsum(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))
    offsets = pa.array(np.concatenate([[0], ends]), pa.int32())
    return pa.ListArray.from_arrays(
        offsets, pa.array(change(lists.flatten().to_pylist()), pa.string())
    )


def _clean(text: str | None) -> str | None:
    """Without U+0000, which the viewer's statistics cannot store (docs/design/0006)."""
    return text if text is None or "\0" not in text else text.replace("\0", "")
