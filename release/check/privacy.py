"""Does a text, a column or the order of rows give away what must stay inside?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...corpus.masking import mask_column
from ...stats.ranking import ranks
from ..columns import COLUMNS
from ..pseudonyms import SAMPLE_KEY
from .names import check_names
from .report import Result, judged, unknown
from .subject import Subject
from .texts import texts_of

Z_BOUND = 5.0  # ours: a shuffled order passes it in one of 1.7 million looks
RHO_BOUND = 0.02
ORDERED = ("day", "score", "position", "n_siblings", "p_effective", "followup_days")
KINDS = {"day": pa.int32()}


def check_privacy(subject: Subject) -> Iterator[Result]:
    yield _identifiers(subject)
    yield _reddit_ids(subject)
    yield from check_names(subject)
    yield _people(subject)
    yield _reactions(subject)
    yield _order(subject)


def _texts(subject: Subject) -> Iterator[tuple[str, pa.Array]]:
    """("config.column", texts) of all string columns but ids and digests, however deep."""
    for config in subject.configs:
        wanted = [name for name in subject.columns(config) if not _is_digest(name)]
        for _, batch in subject.batches(config, wanted):
            for name in wanted:
                for texts in texts_of(batch[name]):
                    yield f"{config}.{name}", texts


def _is_id(column: str) -> bool:
    return column == "id" or column.endswith("_id")


def _is_digest(column: str) -> bool:
    """Hex digits of ours, some of which look like the number of a card."""
    return _is_id(column) or column in ("digests", "sealed", "place")


def _identifiers(subject: Subject) -> Result:
    """Masking a released text again must change nothing."""
    where: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for column, texts in _texts(subject):
        plain = texts.unique().to_pylist()
        masked, found = mask_column(plain)
        kinds.update(found)
        where[column] += sum(a != b for a, b in zip(plain, masked, strict=True))
    columns = {name: n for name, n in sorted(where.items()) if n}
    return judged(
        "direct identifiers", sum(columns.values()),
        "Masking the released texts again changes none of them.",
        "{n} text(s) hold an address, an account or a number of a person.",
        columns=columns, kinds=dict(sorted(kinds.items())),
    )  # fmt: skip


def _people(subject: Subject) -> Result:
    """Were names of people looked for at all? What a look misses, no check can find."""
    name, document = "names of people", subject.document
    invented = document.get("content", {}).get("invented", 0)
    if subject.form != "text" or invented == document["stages"]["full"]["rows_out"]:
        return Result(name, "pass", "There is no text of real people in this release.")
    if document.get("settings", {}).get("mask_names"):
        return Result(name, "pass", "Names of people were masked by rules (docs/privacy.md).")
    return Result(
        name, "warn",
        "Names of people were not masked: build with mask_names = true before you publish.",
    )  # fmt: skip


def _reddit_ids(subject: Subject) -> Result:
    """`t1_...`, `t3_...` and links into Reddit find a row in any dump."""
    where: Counter[str] = Counter()
    pattern = r"\bt[1-6]_[a-z0-9]{4,}\b|/comments/[a-z0-9]{4,}"
    for column, texts in _texts(subject):
        where[column] += pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0
    for config in subject.configs:
        for name in filter(_is_id, subject.columns(config)):
            for _, batch in subject.batches(config, [name]):
                fits = pc.match_substring_regex(pc.fill_null(batch[name], ""), r"^[0-9a-f]{16}$")
                where[f"{config}.{name}"] += len(fits) - pc.sum(fits).as_py() if len(fits) else 0
    columns = {name: n for name, n in sorted(where.items()) if n}
    return judged(
        "reddit ids", sum(columns.values()),
        "Ids are 16 hex digits, and no id of Reddit stands in any column.",
        "{n} text(s) hold an id of Reddit, or an id is not 16 hex digits.", columns=columns,
    )  # fmt: skip


def _reactions(subject: Subject) -> Result:
    """What happened after a comment is no input: not in `effectiveness`, not in what is trained."""
    hidden = {c.name for columns in COLUMNS.values() for c in columns if c.role == "reaction"}
    found = [
        f"{config}.{column}"
        for config in subject.configs
        if config != "full"
        for column in subject.columns(config)
        if column in hidden
    ]
    return judged(
        "reactions", len(found), "Only `full` shows reactions.",
        "{n} column(s) show a reaction where a model reads its input.", columns=found,
    )  # fmt: skip


def _order(subject: Subject) -> Result:
    """Places in a file against days, scores and ranks; and each row against the one before."""
    found: dict[str, float] = {}
    looked = 0
    base = subject.base
    for column in [c for c in ORDERED if subject.has(base, c)]:
        for split, path in subject.configs[base]:
            values = _numbers(pq.read_table(path, columns=[column])[column])
            for what, rho in _ties(values).items():
                looked += 1
                if abs(rho) > RHO_BOUND and abs(rho) * np.sqrt(len(values) - 1) > Z_BOUND:
                    found[f"{column} {what} ({split})"] = round(rho, 3)
    if not looked:
        return unknown("order of rows", "No file has 20 rows with a day, a score or a rank.")
    return judged(
        "order of rows", len(found), f"In {looked} looks the order of rows tells nothing.",
        "{n} look(s) show that the order of rows tells something: " + ", ".join(found) + ".",
        ties=found, looked=looked,
    )  # fmt: skip


def _numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    plain = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
    values = np.asarray(pc.fill_null(pc.cast(plain, pa.float64()), np.nan))
    return values[~np.isnan(values)]


def _ties(values: NDArray[np.float64]) -> dict[str, float]:
    """Rank correlation with the place, and of neighbours; {} for few or equal values."""
    if len(values) < 20 or values.min() == values.max():
        return {}
    order = ranks(values)
    found = {"by place": np.corrcoef(order, np.arange(len(order)))[0, 1]}
    if order[1:].std() and order[:-1].std():
        found["by neighbour"] = np.corrcoef(order[1:], order[:-1])[0, 1]
    return {what: float(rho) for what, rho in found.items()}


def check_key(subject: Subject) -> Iterator[Result]:
    """The sample's key is public: with it anyone turns ids back."""
    real: Any = subject.document.get("stages", {}).get(subject.base, {}).get("rows_out", 0)
    invented = subject.document.get("content", {}).get("invented", 0)
    public = subject.document.get("key_id") == SAMPLE_KEY.id
    yield judged(
        "key", int(real - invented) if public else 0,
        "The ids of real rows are made with a key that is not public.",
        "{n} row(s) of real people have ids made with the sample's public key.",
        key_id=subject.document.get("key_id"),
    )  # fmt: skip
