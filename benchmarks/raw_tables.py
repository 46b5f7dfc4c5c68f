"""Made-up `raw/` tables of any size, for benchmarks: what reading dumps would have left.

Each bucket is made from its own seed, so a few buckets of a large build are the same with and
without the others. Texts are words of Zipf's frequencies with stock phrases between, nearly all
different; OPs have several threads; few threads are large.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from redditess.corpus.folder import BuildFolder
from redditess.corpus.records import COMMENT_SCHEMA, SUBMISSION_SCHEMA

START = 1_546_300_800  # 2019-01-01: an era that shows every signal
SPAN_S = 40_000_000
KEPT, REPEATED, BY_OP, TOP = 0.6, 0.004, 0.1, 0.35
THANKS = ("Thank you so much, ", "this really helped. ", "thanks, I'll try that, ", "that is mean ")
SUBREDDITS = ("Anxiety", "depression", "Stress", "lonely", "OCD", "insomnia", "ADHD", "bipolar")
SPANS = {name.lower(): [[START, START + SPAN_S]] for name in SUBREDDITS}
WORDS = (
    "i feel so tired of this and the nights are long my head will not stop when work starts again "
    "you are not alone it gets better try to breathe slowly talk with someone near walk outside "
    "sleep helped me last year doctor said small steps every day count please be kind friend "
    "family listen hope pain alone anxious calm morning evening thought worry school job"
)
MARKS = (
    "\n\nEDIT: thanks everyone ",
    "see https://example.org/a ",
    "\n> so\nyes ",
    "call 555-010-2 ",
)
VOCABULARY = 40_000
COMMENT_WORDS, POST_WORDS = 40, 90  # medians, of log-normal lengths
_SIGMA, _MOST_WORDS = 0.9, 600


class Size(NamedTuple):
    """Of a whole build; one post to ten comments."""

    comments: int
    buckets: int = 64
    comment_words: int = COMMENT_WORDS
    post_words: int = POST_WORDS

    @property
    def posts(self) -> int:
        return max(self.buckets, self.comments // 10)

    @property
    def people(self) -> int:
        return max(1_000, self.comments // 25)


KINDS = ("submissions", "comments")
FILES = dict.fromkeys(KINDS, ("0" * 12, "1" * 12))  # digests of the dumps they stand for


def make_raw(
    folder: BuildFolder, size: Size, *, buckets: Iterable[int] | None = None, seed: int = 0,
    files: Mapping[str, Sequence[str]] = FILES,
) -> dict[str, int]:  # fmt: skip
    """Raw tables of some dump files per kind and bucket; returns the rows of each file.

    Posts that are not kept are links. `buckets`: only these of the build's; None: all.
    """
    rows = {sha12: 0 for names in files.values() for sha12 in names}
    for bucket in range(size.buckets) if buckets is None else buckets:
        made = _bucket(np.random.default_rng((seed, bucket)), size, bucket)
        for kind, table in zip(KINDS, made, strict=True):
            share = -(-len(table) // len(files[kind]))
            for i, sha12 in enumerate(files[kind]):
                part = table.slice(i * share, share)
                path = folder.raw_file(kind, bucket, sha12)
                pq.write_table(part, path, compression="zstd", row_group_size=20_000)
                rows[sha12] += part.num_rows
    return rows


def texts(rng: np.random.Generator, n: int, median: int = COMMENT_WORDS) -> pa.Array:
    """n texts of log-normal lengths; one in twenty has an edit mark, a link, a quote, a number."""
    lengths = np.clip(rng.lognormal(np.log(median), _SIGMA, n), 2, _MOST_WORDS).astype(np.int64)
    return joined(rng, lengths)


def joined(rng: np.random.Generator, lengths: NDArray[np.int64]) -> pa.Array:
    """Texts of so many words (n,), none of them touched by Python one by one."""
    rank = (VOCABULARY ** rng.random(int(lengths.sum()))).astype(np.int32) - 1
    ends = np.cumsum(lengths)
    marked = ends[::20] - 1  # the last word of every twentieth text
    rank[marked] = VOCABULARY + np.arange(len(marked)) % len(MARKS)
    words = _vocabulary().take(pa.array(rank))
    _, offsets, data = words.buffers()
    every = np.frombuffer(offsets, np.int32, len(rank) + 1)
    cuts = every[np.concatenate([[0], ends])]
    return pa.StringArray.from_buffers(len(lengths), pa.py_buffer(cuts), data)


@cache
def _vocabulary() -> pa.Array:
    names = [w + " " for w in dict.fromkeys(WORDS.split())]
    names += [f"{_name(i)} " for i in range(VOCABULARY - len(names))]
    return pa.array([*names, *MARKS])


def _name(i: int) -> str:
    """A word that means nothing and can be spoken."""
    word, i = "", i + 20
    while i:
        i, k = divmod(i, 70)
        word += "bdfgklmnprstvz"[k % 14] + "aeiou"[k // 14]
    return word


def _bucket(rng: np.random.Generator, size: Size, bucket: int) -> tuple[pa.Table, pa.Table]:
    n_posts, n = size.posts // size.buckets, size.comments // size.buckets
    numbers = 10_000_000 * size.buckets + np.arange(n_posts) * size.buckets + bucket
    posts = np.array([f"t3_{np.base_repr(i, 36).lower()}" for i in numbers], dtype=object)
    op = rng.integers(0, size.people, n_posts)
    post_utc = START + rng.integers(0, 30_000_000, n_posts)
    where = rng.integers(0, len(SUBREDDITS), n_posts)
    of = np.minimum((rng.pareto(1.2, n) * n_posts / 20).astype(int), n_posts - 1)  # few are large
    of = np.where(rng.random(n) < 0.7, rng.integers(0, n_posts, n), of)
    of.sort()
    ids = np.array([f"t1_{bucket:02d}{i:07d}" for i in range(n)], dtype=object)
    first = np.searchsorted(of, of)
    earlier = first + (rng.random(n) * (np.arange(n) - first)).astype(int)
    top = (rng.random(n) < TOP) | (earlier == np.arange(n))
    by_op = rng.random(n) < BY_OP
    utc = post_utc[of] + (np.arange(n) - first + 1) * rng.integers(30, 4_000, n)
    author = np.where(by_op, op[of], rng.integers(0, size.people, n))
    comments = pa.table(
        {
            "id": ids, "thread_id": posts[of], "parent_id": np.where(top, posts[of], ids[earlier]),
            "subreddit": pa.array(SUBREDDITS).take(pa.array(where[of])), "author": _names(author),
            "body": _thanked(rng, texts(rng, n, size.comment_words), by_op),
            "created_utc": utc, "retrieved_utc": utc + 3_000_000, "score": rng.geometric(0.3, n),
            "edited": ["unedited"] * n,
            "edited_utc": pa.nulls(n, pa.int64()), "removal": ["none"] * n, "is_submitter": by_op,
            "stickied": np.zeros(n, bool), "distinguished": pa.nulls(n, pa.string()),
            "invented": np.zeros(n, bool), "line": np.arange(1, n + 1),
        }
    ).cast(COMMENT_SCHEMA)  # fmt: skip
    kept = rng.random(n_posts) < KEPT
    submissions = pa.table(
        {
            "id": posts, "subreddit": pa.array(SUBREDDITS).take(pa.array(where)),
            "author": _names(op), "title": joined(rng, np.full(n_posts, 9)),
            "selftext": texts(rng, n_posts, size.post_words),
            "created_utc": post_utc, "retrieved_utc": post_utc + 3_000_000,
            "score": rng.geometric(0.1, n_posts), "edited": ["unedited"] * n_posts,
            "edited_utc": pa.nulls(n_posts, pa.int64()), "removal": ["none"] * n_posts,
            "is_self": kept, "crosspost": np.zeros(n_posts, bool),
            "promoted": np.zeros(n_posts, bool),
            "over_18": np.zeros(n_posts, bool), "stickied": np.zeros(n_posts, bool),
            "distinguished": pa.nulls(n_posts, pa.string()),
            "previous_selftext": pa.nulls(n_posts, pa.string()),
            "invented": np.zeros(n_posts, bool), "line": np.arange(1, n_posts + 1),
        }
    ).cast(SUBMISSION_SCHEMA)  # fmt: skip
    again = [pa.array(rng.integers(0, k, max(1, int(k * REPEATED)))) for k in (n_posts, n)]
    return (
        pa.concat_tables([submissions, submissions.take(again[0])]),
        pa.concat_tables([comments, comments.take(again[1])]),
    )


def _names(numbers: NDArray[Any]) -> pa.Array:
    return pc.binary_join_element_wise("person", pc.cast(pa.array(numbers), pa.string()), "_")


def _thanked(rng: np.random.Generator, said: pa.Array, by_op: NDArray[np.bool_]) -> pa.Array:
    """Half of what OP says begins with thanks, or with anger."""
    with_words = by_op & (rng.random(len(said)) < 0.5)
    words = pa.array(THANKS).take(pa.array(rng.integers(0, len(THANKS), len(said))))
    return pc.if_else(pa.array(with_words), pc.binary_join_element_wise(words, said, ""), said)
