"""Dump files to labelled Parquet, as a competent researcher writes it in an afternoon, with pandas.

    python benchmarks/pipeline_pandas.py OUT DUMP...

The yard-stick of `benchmarks/pipeline.py`. One process. It reads with a decompressor that takes a
2 GiB window, `json.loads` and DataFrames, joins posts and top-level comments, finds OP's direct
replies, applies plain rules of thanks, rejection, silence and score, masks e-mail addresses, links,
users and phone numbers, splits by poster and writes Parquet and a small card. What it leaves out,
against a build:

- reading: damaged frames, broken or duplicate keys, types that change by month, an account of every
  line, what an era cannot show, edits cut out of a text, the better of two copies (it keeps the
  last), memory bounded by anything but the machine
- rows: OP's deeper turns and words to everyone, whether OP came back, filters of bots, adverts,
  surveys and minors, exposure (the chance of an answer by place)
- labels: a label model and its intervals, habits of posters, conflicts, a reason per row; a trained
  reader of replies
- release: screen and support types, most kinds of identifiers, near-duplicates across splits,
  pairs, pseudonyms with a key of the owner, steps that keep rows from being found, checks
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pandas as pd
from backports import zstd

WANTED = {"sample_anxiety", "sample_lowmood", "sample_sleep"}
POST = ("id", "author", "subreddit", "title", "selftext", "created_utc", "score")
COMMENT = ("id", "link_id", "parent_id", "author", "subreddit", "body", "created_utc", "score")
GONE = ("[deleted]", "[removed]")
SHARES = ((0.8, "train"), (0.9, "validation"), (1.0, "test"))

THANKS = re.compile(
    r"\b(?:thank(?:s| you| u)|thx|tysm|ty\b|appreciate|grateful|that helped|really helps?)\b", re.I
)
REJECTS = re.compile(
    r"\b(?:already tried|doesn'?t help|didn'?t help|not helpful|won'?t work|useless|easy for you"
    r"|you don'?t (?:know|understand)|shut up|no thanks)\b",
    re.I,
)
MASKS = (
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "[EMAIL]"),
    (re.compile(r"https?://\S+|www\.\S+"), "[URL]"),
    (re.compile(r"(?<!\w)/?u/[\w-]+", re.I), "[USER]"),
    (re.compile(r"(?<!\w)@\w{3,}"), "[HANDLE]"),
    (re.compile(r"\+?\d[\d ()-]{7,}\d"), "[PHONE]"),
)


def lines(path: Path) -> Iterator[str]:
    options = {zstd.DecompressionParameter.window_log_max: 31}
    with zstd.open(path, "rb", options=options) as raw:
        yield from io.TextIOWrapper(io.BufferedReader(raw, 1 << 24), encoding="utf-8")


def table(paths: Sequence[Path], fields: Sequence[str]) -> pd.DataFrame:
    rows = []
    for path in paths:
        for line in lines(path):
            row = json.loads(line)
            if row["subreddit"] in WANTED:
                rows.append([row.get(field) for field in fields])
    frame = pd.DataFrame(rows, columns=list(fields))
    frame["created_utc"] = pd.to_numeric(frame["created_utc"])
    if "parent_id" in frame:
        frame["parent_id"] = frame["parent_id"].astype("string")  # a number in some months
    return frame.drop_duplicates("id", keep="last")


def read(dumps: Sequence[Path]) -> tuple[pd.DataFrame, pd.DataFrame]:
    posts = table([d for d in dumps if d.name.startswith("RS")], POST)
    comments = table([d for d in dumps if d.name.startswith("RC")], COMMENT)
    return posts[~posts["selftext"].isin(GONE)], comments[~comments["body"].isin(GONE)]


def join(posts: pd.DataFrame, comments: pd.DataFrame) -> pd.DataFrame:
    """One row a top-level comment by somebody else, with OP's direct replies as a list."""
    posts = posts.assign(link_id="t3_" + posts["id"]).drop(columns=["id", "subreddit"])
    comments = comments.merge(
        posts[["link_id", "author"]].rename(columns={"author": "op"}), on="link_id"
    )
    is_top = (comments["parent_id"] == comments["link_id"]).fillna(True).astype(bool)
    by_op = (comments["author"] == comments["op"]) & (comments["op"] != "[deleted]")
    rows = comments[is_top & ~by_op].drop(columns=["parent_id", "op"])
    answers = comments[~is_top & by_op]
    replies = answers.groupby("parent_id")["body"].agg(list).rename("replies")
    rows = rows.merge(replies, left_on="t1_" + rows["id"], right_index=True, how="left")
    rows = rows.merge(posts, on="link_id", suffixes=("", "_post"))
    rows = rows.sort_values(["link_id", "created_utc"])
    rows["position"] = rows.groupby("link_id").cumcount()
    return rows


def label(rows: pd.DataFrame) -> pd.DataFrame:
    """Thanks: effective; rejected, passed over or voted down: not; otherwise no label."""
    said = rows["replies"].map(lambda r: "\n".join(r) if isinstance(r, list) else "")
    thanked, rejected = said.str.contains(THANKS), said.str.contains(REJECTS)
    answered = said != ""
    later = answered[::-1].groupby(rows["link_id"][::-1]).cumsum()[::-1]
    passed_over = ~answered & (later > 0)
    disliked = pd.to_numeric(rows["score"]).fillna(1) < 0
    effective = pd.Series(pd.NA, index=rows.index, dtype="boolean")
    effective[passed_over | rejected | disliked] = False
    effective[thanked & ~rejected] = True
    return rows.assign(label=effective)


def mask(texts: pd.Series) -> pd.Series:
    for pattern, mark in MASKS:
        texts = texts.str.replace(pattern, mark, regex=True)
    return texts


def private(rows: pd.DataFrame) -> pd.DataFrame:
    """Masks each distinct title and post once, comments and replies; digests for names."""
    out = rows.assign(comment=mask(rows["body"]))
    for column in ("title", "selftext"):
        distinct = rows[column].drop_duplicates()
        out[column] = rows[column].map(dict(zip(distinct, mask(distinct), strict=True)))
    replies = rows["replies"].explode()
    has = replies.notna()
    masked = mask(replies[has]).groupby(level=0).agg(list)
    out["replies"] = masked.reindex(out.index)
    out["group"] = [digest(a) if a != "[deleted]" else digest(t)
                    for a, t in zip(rows["author_post"], rows["link_id"], strict=True)]  # fmt: skip
    out["id"] = rows["id"].map(digest)
    return out


def digest(name: str) -> str:
    return hashlib.blake2b(name.encode(), digest_size=8).hexdigest()


def write(rows: pd.DataFrame, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    kept = ["id", "subreddit", "title", "selftext", "comment", "replies", "label", "score",
            "position", "created_utc"]  # fmt: skip
    place = rows["group"].map(lambda g: int(g, 16) / 2**64)
    counts, low = [], 0.0
    for high, name in SHARES:
        part = rows.loc[(place >= low) & (place < high), kept]
        part.to_parquet(out / f"{name}.parquet", compression="zstd", index=False)
        counts.append(f"| {name} | {len(part)} | {part['label'].mean():.3f} |")
        low = high
    table_ = "\n".join(["| split | rows | effective |", "|---|---|---|", *counts])
    (out / "README.md").write_text(f"# Support comments\n\n{table_}\n", encoding="utf-8")


def run(out: Path, dumps: Sequence[Path], tell: Callable[[str], None]) -> dict[str, int]:
    """`tell` hears the name of each stage as it begins."""
    tell("read")
    posts, comments = read(dumps)
    tell("join")
    rows = join(posts, comments)
    tell("label")
    rows = label(rows)
    tell("mask")
    rows = private(rows)
    tell("write")
    write(rows, out)
    return {"rows": len(rows), "labelled": int(rows["label"].notna().sum())}


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), [Path(p) for p in sys.argv[2:]], print))
