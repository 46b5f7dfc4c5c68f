"""Labels by people: a file `id,label,rater`, its majority, and how far the raters agree.

Gold serves diagnostics, thresholds and the choice of a model; what it chose it never scores.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq

from ..corpus.errors import InputError
from ..corpus.folder import BuildFolder
from ..corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from ..stats.agreement import fleiss_kappa
from ..stats.intervals import Estimate

LABELS = {
    "effective": EFFECTIVE, "1": EFFECTIVE, "not_effective": NOT_EFFECTIVE, "0": NOT_EFFECTIVE,
    "unsure": ABSTAIN,
}  # fmt: skip
"""What a rater may write; "unsure" is kept, and counts on neither side."""
_COLUMNS = ("id", "label", "rater")
_HOW = "write the columns id,label,rater; labels are effective, not_effective or unsure"


class Rating(NamedTuple):
    """One rater's word on one comment."""

    id: str  # "t1_..."
    label: int  # EFFECTIVE, NOT_EFFECTIVE or ABSTAIN
    rater: str


class Gold(NamedTuple):
    """The ratings of a gold file, in file order."""

    ratings: tuple[Rating, ...]

    @property
    def raters(self) -> tuple[str, ...]:
        """Names of the raters, sorted."""
        return tuple(sorted({r.rater for r in self.ratings}))

    def consensus(self) -> dict[str, int]:
        """Comment id -> what most raters say; comments that are evenly split are not in it."""
        said: dict[str, Counter[int]] = {}
        for r in self.ratings:
            if r.label != ABSTAIN:
                said.setdefault(r.id, Counter())[r.label] += 1
        split = {i: c[EFFECTIVE] - c[NOT_EFFECTIVE] for i, c in said.items()}
        return {i: EFFECTIVE if d > 0 else NOT_EFFECTIVE for i, d in split.items() if d}

    def agreement(self, thread_of: Mapping[str, str] | None = None) -> Estimate:
        """Fleiss' kappa over comments with two or more ratings; the interval counts threads."""
        table: dict[str, list[int]] = {}
        for r in self.ratings:
            if r.label != ABSTAIN:
                table.setdefault(r.id, [0, 0])[r.label] += 1
        clusters = np.array([(thread_of or {}).get(i, i) for i in table], dtype=object).astype(str)
        return fleiss_kappa(np.array(list(table.values())).reshape(-1, 2), clusters)


def read_gold(
    path: str | Path, *, names: Mapping[str, str] | None = None, other_ids: bool = False
) -> Gold:
    """A gold file. `names` turns other ids (a sheet's) into fullnames.

    `other_ids` keeps ids that are neither (a release's pseudonyms: `gold_rows` knows the build's
    comments). Raises InputError, naming the line, for a missing column, an unknown label, any other
    id that is neither a fullname nor in `names`, and a rater who rates one comment twice.
    """
    path, names = Path(path), names or {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as f:
            reader = csv.DictReader(f)
            missing = [c for c in _COLUMNS if c not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"has no column {missing[0]!r}", path, _HOW)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"cannot be read ({e})", path, "give a UTF-8 CSV file") from e
    first: dict[tuple[str, str], int] = {}
    ratings = []
    for line, row in rows:
        rating = _rating(row, names, f"{path}, line {line}", other_ids)
        if rating is None:
            continue
        before = first.setdefault((rating.id, rating.rater), line)
        if before != line:
            raise InputError(
                f"{rating.rater!r} has rated {row['id']} already in line {before}",
                f"{path}, line {line}",
                "keep one rating per rater and comment",
            )
        ratings.append(rating)
    return Gold(tuple(ratings))


def _rating(
    row: Mapping[str, Any], names: Mapping[str, str], where: str, other_ids: bool
) -> Rating | None:
    """None for a row of a sheet that nobody has filled in."""
    cells = {name: (row.get(name) or "").strip() for name in _COLUMNS}
    if not cells["label"]:
        return None
    label = LABELS.get(cells["label"].lower())
    if label is None:
        raise InputError(f"unknown label {cells['label']!r}", where, _HOW)
    found = names.get(cells["id"], cells["id"])
    if not found.startswith("t1_") and not (other_ids and found):
        raise InputError(
            f"the id {cells['id']!r} is no comment's", where,
            "give ids like t1_abc, or the key file of the sheet (--key)",
        )  # fmt: skip
    if not cells["rater"]:
        raise InputError("nobody is named as rater", where, _HOW)
    return Rating(found, label, cells["rater"])


def gold_vector(consensus: Mapping[str, int], ids: Iterable[str]) -> np.ndarray:
    """(n,) int8 in the order of `ids`: EFFECTIVE, NOT_EFFECTIVE, or ABSTAIN where no gold is.

    >>> gold_vector({"t1_b": 1}, ["t1_a", "t1_b"])
    array([-1,  1], dtype=int8)
    """
    return np.array([consensus.get(i, ABSTAIN) for i in ids], dtype=np.int8)


class Check(NamedTuple):
    """A gold file held against a build."""

    n_ratings: int
    n_comments: int
    n_decided: int  # by a majority
    n_effective: int
    raters: tuple[str, ...]
    kappa: Estimate
    labelled: tuple[int, int]  # of the decided ones: how many the build labels, how many alike


def check_gold(gold: Gold, folder: BuildFolder) -> Check:
    """Raises InputError where a rated comment is not in the build."""
    wanted = {r.id for r in gold.ratings}
    thread_of, label_of = _rows(folder, wanted)
    unknown = sorted(wanted - thread_of.keys())
    if unknown:
        more = f" and {len(unknown) - 1} more" if unknown[1:] else ""
        raise InputError(
            f"the rated comment {unknown[0]!r}{more} is not in the build", folder.root,
            "rate a sample of this build, or name the build it was drawn from",
        )  # fmt: skip
    decided = gold.consensus()
    both = [(label_of[i], said) for i, said in decided.items() if label_of[i] is not None]
    return Check(
        len(gold.ratings), len(wanted), len(decided), sum(decided.values()), gold.raters,
        gold.agreement(thread_of), (len(both), sum(a == b for a, b in both)),
    )  # fmt: skip


def _rows(folder: BuildFolder, wanted: set[str]) -> tuple[dict[str, str], dict[str, int | None]]:
    """Thread and label of the wanted comments."""
    thread_of: dict[str, str] = {}
    label_of: dict[str, int | None] = {}
    for path in folder.buckets(folder.interactions):
        rows = pq.read_table(path, columns=["comment_id", "thread_id"]).to_pydict()
        labels: Sequence[int | None] = [None] * len(rows["comment_id"])
        if (folder.labels / path.name).is_file():
            labels = pq.read_table(folder.labels / path.name, columns=["label"])[0].to_pylist()
        for comment, thread, label in zip(*rows.values(), labels, strict=True):
            if comment in wanted:
                thread_of[comment], label_of[comment] = thread, label
    return thread_of, label_of
