"""Human gold for a released test set: which released rows people judged, and what they said.

A gold file names comments by fullname, by the id of a blind sheet, or by the id that the release
shows; a release knows its own ids only. Gold that taught the labels never scores a model of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pyarrow as pa

from ...corpus.artefacts import sha256_file
from ...corpus.errors import InputError
from ...labeling.gold import Gold, Rating, read_gold
from ...labeling.gold_rows import kept_gold
from ...labeling.sampling import read_key
from ...release.pseudonyms import SAMPLE_KEY, Key, load_key, pseudonym
from .rows import LABELLED_SCHEMA, named_rows
from .source import Source

_ANOTHER = "rate another sample (redditess label sample --seed ...)"


class GoldAnswers(NamedTuple):
    """Rows of one split that people judged; `label` of the rows is the people's."""

    rows: pa.Table  # as of data.labelled_rows; basis null where the ensemble had no label
    label: dict[str, int]  # released id -> 0 or 1, of these rows
    left_out: dict[str, int]  # why -> comments: not_in_split, taught_the_labels, tied


def gold_answers(
    source: Source, part: str, path: Path, *, sheet_key: Path | None = None
) -> GoldAnswers:
    """A gold file (docs/gold.md) resolved to released rows of the split `part`.

    Every row of `full` counts, labelled by the ensemble or not: people may judge where rules are
    silent. Raises InputError for a file that `read_gold` refuses, for one that taught this
    dataset's labels, for fullnames without the key that made the ids, for two ratings of one
    comment by one rater under two ids, and where no judged comment is in the split.
    """
    names = read_key(sheet_key) if sheet_key else None
    gold = read_gold(path, names=names, other_ids=True)
    _refuse_used(source, path)
    released = _released_ids(gold, source, path)
    said = released.consensus()
    taught = _taught(source) if source.build else set()
    rows = named_rows(source, part, set(said) - taught)
    label = {row: said[row] for row in rows["id"].to_pylist()}
    if not label:
        raise InputError(
            f"no comment of {part} is judged in it", path,
            "rate comments of this split, or name another with --split",
        )  # fmt: skip
    at = LABELLED_SCHEMA.get_field_index("label")
    people = pa.array(list(label.values()), LABELLED_SCHEMA.field("label").type)
    every = {r.id for r in released.ratings}
    left_out = {
        "tied": len(every - set(said)),
        "taught_the_labels": len(set(said) & taught),
        "not_in_split": len(set(said) - taught - set(label)),
    }
    return GoldAnswers(rows.set_column(at, LABELLED_SCHEMA.field("label"), people), label, left_out)


def _refuse_used(source: Source, path: Path) -> None:
    used = (source.document.get("label_model") or {}).get("gold") or {}
    if used.get("sha256") == sha256_file(path):
        raise InputError("this gold taught the labels of the dataset", path, _ANOTHER)


def _taught(source: Source) -> set[str]:
    """Released ids of the comments whose gold the build has used, where the build is at hand."""
    kept = kept_gold(source.build) if source.build else None
    if kept is None:
        return set()
    key = _key(source, source.build.root if source.build else "")
    return {pseudonym(key, rating.id) for rating in kept[0].ratings}


def _released_ids(gold: Gold, source: Source, path: Path) -> Gold:
    """The same ratings under the ids that the release shows."""
    found: dict[tuple[str, str], Rating] = {}
    key: Key | None = None
    for rating in gold.ratings:
        shown = rating.id
        if shown.startswith("t1_"):
            key = key or _key(source, path)
            shown = pseudonym(key, shown)
        if (shown, rating.rater) in found:
            raise InputError(
                f"{rating.rater!r} has rated {rating.id} under two ids", path,
                "keep one rating per rater and comment",
            )  # fmt: skip
        found[shown, rating.rater] = Rating(shown, rating.label, rating.rater)
    return Gold(tuple(found.values()))


def _key(source: Source, where: object) -> Key:
    """The key that made the ids of the dataset: the public one of the sample, or the user's."""
    wanted = source.document.get("key_id")
    if wanted == SAMPLE_KEY.id:
        return SAMPLE_KEY
    key = load_key()
    if key.id != wanted:
        raise InputError(
            f"its comments have fullnames, and the ids of the dataset were made with key {wanted}, "
            f"not {key.id}", where,
            "set REDDITESS_KEY to that key file, or use the ids that the dataset shows",
        )  # fmt: skip
    return key
