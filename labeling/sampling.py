"""Comments for people to rate: drawn with known chances, shown blind, the key kept apart.

`paper`: two effective and two not effective comments of each of some posts (RedditESS section 4
rated 4 comments of 141 posts). `patterns`: about equally many of every vote pattern, so that rare
patterns are seen at all. The chance of every drawn comment is stored, so that a rate over the
sheet can be weighted back to the build.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import stable_hash, write_text
from ..corpus.errors import InputError, SettingsError
from ..corpus.folder import BuildFolder
from ..corpus.masking import mask_column
from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE, NOT_OBSERVABLE
from ..corpus.spreadsheet import neutral

DESIGNS = ("paper", "patterns")
N_POSTS, N_EACH = 141, 2  # the paper's numbers
SHEET_COLUMNS = ("id", "title", "post", "comment", "label", "rater")
KEY_COLUMNS = ("id", "comment_id", "thread_id", "stratum", "probability", "design", "seed")


class Drawn(NamedTuple):
    """One comment of a sample, and the chance it had to be drawn."""

    comment_id: str
    thread_id: str
    stratum: str
    probability: float  # in (0, 1]


def draw(
    folder: BuildFolder, design: str = "paper", n: int | None = None, *, seed: int = 0
) -> list[Drawn]:
    """`paper`: of n posts (default 141), `patterns`: n comments in all (default 564).

    Depends on the ids and the seed, not on the order of rows or on chance. Raises SettingsError
    for an unknown design, InputError where no post has what the design needs.
    """
    if design not in DESIGNS:
        raise SettingsError(f"no design {design!r}", "--design", f"use {' or '.join(DESIGNS)}")
    if n is not None and n < 1:
        raise SettingsError(f"a sample of {n}", "-n", "ask for one or more")
    rows = list(_rows(folder))
    drawn = _paper(rows, n or N_POSTS, seed) if design == "paper" else _patterns(rows, n, seed)
    if not drawn:
        raise InputError(
            f"no post has {N_EACH} effective and {N_EACH} not effective comments"
            if design == "paper" else "there is no row to draw from",
            folder.root, "use --design patterns, or a larger build",
        )  # fmt: skip
    return sorted(drawn, key=lambda d: stable_hash("sheet order", str(seed), d.comment_id))


class _Row(NamedTuple):
    comment: str
    thread: str
    label: int  # ABSTAIN: none
    pattern: str


def _rows(folder: BuildFolder) -> Iterable[_Row]:
    for path in folder.buckets(folder.labels):
        rows = pq.read_table(folder.interactions / path.name, columns=["comment_id", "thread_id"])
        labels = pq.read_table(path, columns=["label"])[0].to_pylist()
        schema = pq.read_schema(folder.votes / path.name)
        names = [c for c in schema.names if c.endswith(":vote")]
        votes = pq.read_table(folder.votes / path.name, columns=names) if names else pa.table({})
        columns = [votes[name].fill_null(NOT_OBSERVABLE).to_pylist() for name in names]
        patterns = zip(*columns, strict=True) if columns else [()] * len(labels)
        for comment, thread, label, votes_of in zip(
            rows["comment_id"].to_pylist(), rows["thread_id"].to_pylist(), labels, patterns,
            strict=True,
        ):  # fmt: skip
            word = "".join("?.-+"[vote - NOT_OBSERVABLE] for vote in votes_of)
            yield _Row(comment, thread, ABSTAIN if label is None else label, word)


def _paper(rows: Sequence[_Row], n_posts: int, seed: int) -> list[Drawn]:
    posts: dict[str, dict[int, list[_Row]]] = {}
    for row in rows:
        if row.label != ABSTAIN:
            posts.setdefault(row.thread, {EFFECTIVE: [], NOT_EFFECTIVE: []})[row.label].append(row)
    able = [t for t, sides in posts.items() if min(map(len, sides.values())) >= N_EACH]
    chosen = sorted(able, key=lambda t: stable_hash("sheet post", str(seed), t))[:n_posts]
    chance = len(chosen) / len(able) if able else 0.0
    return [
        Drawn(row.comment, thread, name, chance * N_EACH / len(posts[thread][label]))
        for thread in chosen
        for label, name in ((EFFECTIVE, "effective"), (NOT_EFFECTIVE, "not_effective"))
        for row in _first(posts[thread][label], N_EACH, seed)
    ]


def _patterns(rows: Sequence[_Row], n: int | None, seed: int) -> list[Drawn]:
    strata: dict[str, list[_Row]] = {}
    for row in rows:
        strata.setdefault(row.pattern, []).append(row)
    sizes = dict(sorted((name, len(members)) for name, members in strata.items()))
    shares = _equal_shares(list(sizes.values()), n or 2 * N_EACH * N_POSTS)
    return [
        Drawn(row.comment, row.thread, name, k / sizes[name])
        for name, k in zip(sizes, shares, strict=True)
        for row in _first(strata[name], k, seed)
    ]


def _equal_shares(sizes: Sequence[int], n: int) -> list[int]:
    """n places over strata, as equal as their sizes allow, at least one each: a stratum without
    any would have no chance, and no weight could bring it back.

    >>> _equal_shares([1, 5, 100], 12)
    [1, 5, 6]
    """
    shares = np.minimum(sizes, 1)
    while (left := n - int(shares.sum())) > 0 and (shares < sizes).any():
        room = np.flatnonzero(shares < np.asarray(sizes))
        shares[room[:left]] += 1
    return [int(k) for k in shares]


def _first(rows: Sequence[_Row], k: int, seed: int) -> list[_Row]:
    return sorted(rows, key=lambda r: stable_hash("sheet comment", str(seed), r.comment))[:k]


def write_sheet(folder: BuildFolder, drawn: Sequence[Drawn], out: Path, **how: Any) -> Path:
    """Writes the blind sheet to `out` and its key beside it; returns the key's path.

    Texts are masked, cells that a spreadsheet would run as formulas begin with an apostrophe, and
    nothing in the sheet tells a label. The key (mode 0600) names the comments: raters must not
    see it. `how`: design and seed, for the key.
    """
    salt = f"{how.get('seed', 0)} {folder.root.resolve().name}"
    ids = {d.comment_id: f"{stable_hash('sheet id', salt, d.comment_id):016x}" for d in drawn}
    texts = _texts(folder, set(ids))
    order = [d.comment_id for d in drawn]
    columns = [mask_column(column)[0] for column in zip(*(texts[c] for c in order), strict=True)]
    sheet = [
        [ids[c], *(neutral(text or "") for text in row), "", ""]
        for c, row in zip(order, zip(*columns, strict=True), strict=True)
    ]
    key = out.with_suffix(".key.csv")
    write_text(out, _csv(SHEET_COLUMNS, sheet))
    rows = [[ids[d.comment_id], *d[:3], repr(d.probability), how.get("design", ""),
             how.get("seed", "")] for d in drawn]  # fmt: skip
    write_text(key, _csv(KEY_COLUMNS, rows))
    key.chmod(0o600)
    return key


def read_key(path: Path) -> dict[str, str]:
    """The sheet's ids -> comment ids, from a key file. Raises InputError where it is none."""
    try:
        with path.open(encoding="utf8", newline="") as f:
            return {row["id"]: row["comment_id"] for row in csv.DictReader(f)}
    except (OSError, KeyError, UnicodeDecodeError) as e:
        raise InputError("is not the key of a sheet", path, "name the .key.csv file") from e


def _texts(folder: BuildFolder, wanted: set[str]) -> dict[str, list[str]]:
    found = {}
    for path in folder.buckets(folder.interactions):
        names = ["comment_id", "title", "post", "comment"]
        table = pq.read_table(path, columns=names, filters=[("comment_id", "in", wanted)])
        for row in table.select(names).to_pylist():
            found[row["comment_id"]] = [row["title"], row["post"], row["comment"]]
    return found


def _csv(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerows([head, *rows])
    return held.getvalue()
