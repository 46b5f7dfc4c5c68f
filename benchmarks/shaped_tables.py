"""Shaped rows of any number, for the steps of a release that see all rows at once.

Every row is one of a real shaped table (the template), with texts, ids, poster and commenter of its
own: votes, labels and flags keep their shares. Post and comments of a thread lie in one file, as in
a build.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from raw_tables import joined, texts

from redditess.corpus.artefacts import ROWS_PER_GROUP, write_parquet
from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings
from redditess.release.shaper import SHAPED_SCHEMA

ROWS_PER_THREAD, THREADS_PER_POSTER = 4, 3
MIN_WORDS = 20  # of a comment that may be a twin: all are as long, the worst case


def write_shaped(
    folder: BuildFolder, template: pa.Table, n_rows: int, n_buckets: int, settings: Settings,
    *, comment_words: int, post_words: int,
) -> None:  # fmt: skip
    """`shaped/b*.parquet` of `n_rows` rows in all."""
    bytes_per_row = template.nbytes / template.num_rows
    for bucket in range(n_buckets):
        n = n_rows // n_buckets
        rng = np.random.default_rng((7, bucket))
        stats = {"rows_in": n, "rows_out": n, "dropped": {}, "masked": {},
                 "bytes": int(bytes_per_row * n)}  # fmt: skip
        made = _Bucket(rng, n, post_words, settings)
        sizes = [min(ROWS_PER_GROUP, n - at) for at in range(0, n, ROWS_PER_GROUP)]
        tables = (made.rows(template, k, comment_words) for k in sizes)
        write_parquet(folder.bucket_file(folder.shaped, bucket), tables, SHAPED_SCHEMA, stats=stats)


class _Bucket:
    """The threads of one file; the rows of a thread stand anywhere in it."""

    def __init__(self, rng: np.random.Generator, n: int, post_words: int, settings: Settings):
        self.rng, n_threads = rng, max(1, n // ROWS_PER_THREAD)
        poster = rng.integers(0, max(1, n_threads // THREADS_PER_POSTER), n_threads)
        names = _numbers(rng, n_threads)
        place = names[poster] / 2.0**64
        shares = dict(settings.splits)
        edges = np.cumsum([shares.get("test", 0.0), shares.get("validation", 0.0)])
        self.thread = {
            "thread_id": _hex(_numbers(rng, n_threads)),
            "title": joined(rng, np.full(n_threads, 9)), "post": texts(rng, n_threads, post_words),
            "_group": pa.array(names[poster]),
            "_split": pa.array(np.searchsorted(edges, place, "right").astype(np.int8)),
            "_post_key": pa.array(_numbers(rng, n_threads)),
        }  # fmt: skip
        self.n_threads = n_threads

    def rows(self, template: pa.Table, n: int, comment_words: int) -> pa.Table:
        rng = self.rng
        of = pa.array(rng.integers(0, self.n_threads, n))
        lengths = np.maximum(MIN_WORDS, rng.lognormal(np.log(comment_words), 0.5, n)).astype(int)
        own: dict[str, Any] = {name: column.take(of) for name, column in self.thread.items()}
        own |= {
            "id": _hex(_numbers(rng, n)), "comment": joined(rng, lengths),
            "_comment_key": pa.array(_numbers(rng, n)), "_text_key": pa.array(_numbers(rng, n)),
            "_commenter": pa.array(rng.integers(1, 10_000_000, n).astype(np.uint64)),
            "_length": pa.array(lengths * 6),
        }  # fmt: skip
        rest = template.take(pa.array(rng.integers(0, template.num_rows, n)))
        columns = [own.get(field.name, rest[field.name]) for field in SHAPED_SCHEMA]
        columns = [c.cast(f.type) for c, f in zip(columns, SHAPED_SCHEMA, strict=True)]
        return pa.table(columns, SHAPED_SCHEMA)


def _numbers(rng: np.random.Generator, n: int) -> NDArray[np.uint64]:
    return rng.integers(1, 2**64 - 1, n, np.uint64)


def _hex(numbers: NDArray[np.uint64]) -> pa.Array:
    digits = numbers.astype(">u8").tobytes().hex()
    return pa.array([digits[i : i + 16] for i in range(0, len(digits), 16)], pa.string())
