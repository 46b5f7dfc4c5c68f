"""Attacks on the release itself: joining its two forms, and finding its rows in a dump.

What an attack finds is told with n. A match counts only where it is certain: the fields of one
row fit exactly one row on the other side.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ...corpus.errors import SettingsError
from ...stats.ranking import ranks
from ..coarse import step
from ..pseudonyms import SAMPLE_KEY, Key, load_key, pseudonym
from .report import Result, unknown
from .subject import Subject

COARSE = ("label", "basis", "p_effective", "p_low", "p_high", "p_community", "conflict", "invented")
TEXTS = ("title", "post", "comment", "op_edit")
DECIMALS = 1  # to which an attacker rounds where the forms differ
SHARE = 0.05  # ours: above it a match by coarse fields is a warning, not a curiosity
Z_BOUND = 5.0
FEWEST = 20  # rows known on both sides, to look at their order
_DAY_S = 86_400
Signature = tuple[Any, ...]


def check_attack(subject: Subject, other: Path | None) -> Iterator[Result]:
    if other is None:
        yield unknown("attack: the other form", "No other form was named (--attack).")
    else:
        yield _forms(subject, Subject(other))
    yield _dump(subject)


# ---- two forms of one build ----------------------------------------------------------------


def _forms(a: Subject, b: Subject) -> Result:
    """Tries ids, rows, threads, digests and order, one after the other."""
    name = "attack: the other form"
    if a.form == b.form:
        return unknown(name, f"Both are of the form {a.form}: there is nothing to join.")
    text, bare = (a, b) if a.form == "text" else (b, a)
    columns = [c for c in COARSE if text.has(text.base, c) and bare.has(bare.base, c)]
    rows = [_signatures(side, columns) for side in (text, bare)]
    ids = (
        np.intersect1d(text.rows.id, bare.rows.id),
        np.intersect1d(text.rows.thread[text.rows.thread != 0], bare.rows.thread),
    )
    joined, threads = _certain(*rows), _threads(text, bare, rows)
    guessed, order = _digests(text, bare), _order(joined, text, bare)
    told = abs(order["rho"] or 0) * np.sqrt(max(order["n"] - 1, 0)) > Z_BOUND
    sentence = (
        f"Of {len(rows[1]):,} rows without text, {len(ids[0]):,} are joined by id, "
        f"{len(joined):,} by label, basis, probabilities and votes, {threads:,} by what stands in "
        f"one thread, {guessed:,} by guessed digests; order {'tells' if told else 'does not tell'}:"
        " never publish both forms of one build."
    )
    broken = len(ids[0]) + len(ids[1]) + guessed > 0 or told
    return Result(
        name, "fail" if broken else "warn" if joined or threads else "pass", sentence,
        {"rows": len(rows[1]), "columns": columns, "ids_equal": len(ids[0]),
         "threads_equal": len(ids[1]), "rows_joined": len(joined),
         "rows_joined_by_thread": threads, "digests_guessed": guessed, "order": order},
    )  # fmt: skip


def _signatures(subject: Subject, columns: Sequence[str]) -> list[Signature]:
    """What both forms show of each row: its split, classes, rounded probabilities, votes."""
    wanted = [*columns, *(["votes"] if subject.has(subject.base, "votes") else [])]
    found: list[Signature] = []
    for split, batch in subject.batches(subject.base, wanted):
        lists = [_plain(batch[name]) for name in wanted]
        found += [(split, *row) for row in zip(*lists, strict=True)]
    return found


def _plain(column: pa.Array) -> list[Any]:
    if pa.types.is_floating(column.type):
        return [None if v is None else round(v + 1e-6, DECIMALS) for v in column.to_pylist()]
    if pa.types.is_list(column.type):
        return [tuple((v["function"], v["vote"]) for v in row or ()) for row in column.to_pylist()]
    return list(column.to_pylist())


def _certain(text: list[Signature], bare: list[Signature]) -> list[tuple[int, int]]:
    """(row of the text form, row of the bare one) whose signature stands once on both sides.

    The bare form holds no row that the text form lacks, so such a match is right.
    """
    n_text, n_bare = Counter(text), Counter(bare)
    place = {signature: i for i, signature in enumerate(text)}
    return [
        (place[s], i) for i, s in enumerate(bare) if n_bare[s] == 1 and n_text.get(s, 0) == 1
    ]  # fmt: skip


def _threads(text: Subject, bare: Subject, rows: list[list[Signature]]) -> int:
    """Rows in threads whose rows together look like no other thread."""
    if not text.rows.thread.any() or not bare.rows.thread.any():
        return 0
    sides = []
    for subject, signatures in zip((text, bare), rows, strict=True):
        groups: dict[int, list[Signature]] = {}
        for thread, signature in zip(subject.rows.thread.tolist(), signatures, strict=True):
            groups.setdefault(thread, []).append(signature)
        sides.append([tuple(sorted(map(repr, group))) for group in groups.values()])
    n_text, n_bare = map(Counter, sides)
    return sum(len(s) for s in sides[1] if n_bare[s] == 1 and n_text.get(s, 0) == 1)


def _digests(text: Subject, bare: Subject) -> int:
    """How many values of the bare form are plain digests of a text, a day or a community."""
    hidden = {value for values in _strings(bare) for value in values.to_pylist() if value}
    found = 0
    columns = [c for c in (*TEXTS, "subreddit", "day", "score", "id") if text.has(text.base, c)]
    for _, batch in text.batches(text.base, columns):
        for name in columns:
            for value in pc.cast(batch[name], pa.string()).unique().to_pylist():
                guesses = _guesses(value) if value else ()
                found += any(guess in hidden for guess in guesses)
    return found


def _strings(subject: Subject) -> Iterator[pa.Array]:
    """Ids, and what stands in `digests`."""
    columns = [c for c in ("id", "thread_id", "digests") if subject.has(subject.base, c)]
    for _, batch in subject.batches(subject.base, columns):
        for name in columns:
            column = batch[name]
            yield from column.flatten() if pa.types.is_struct(column.type) else [column]


def _guesses(value: str) -> Iterable[str]:
    """Digests without a key that a hurried programmer would have used."""
    raw = value.encode()
    for digest in (
        hashlib.sha256(raw).hexdigest(),
        hashlib.md5(raw, usedforsecurity=False).hexdigest(),
        hashlib.sha1(raw, usedforsecurity=False).hexdigest(),
        hashlib.blake2b(raw).hexdigest(),
        hashlib.blake2b(raw, digest_size=8).hexdigest(),
    ):
        yield digest[:16]


def _order(joined: list[tuple[int, int]], text: Subject, bare: Subject) -> dict[str, Any]:
    """Do rows that are known to be the same stand in the same order of their split's rows?"""
    if len(joined) < FEWEST:
        return {"rho": None, "n": len(joined)}
    places = np.array(joined)
    sides = [_within_split(side)[places[:, i]] for i, side in enumerate((text, bare))]
    rho = np.corrcoef(ranks(sides[0]), ranks(sides[1]))[0, 1]
    return {"rho": round(float(rho), 3), "n": len(joined)}


def _within_split(subject: Subject) -> NDArray[np.float64]:
    """(n,) places of rows among those of their split, in [0, 1): splits follow one another."""
    found = np.zeros(len(subject.rows.split))
    for split in np.unique(subject.rows.split):
        mine = subject.rows.split == split
        found[mine] = np.arange(mine.sum()) / mine.sum()
    return found


# ---- a dump --------------------------------------------------------------------------------


def _dump(subject: Subject) -> Result:
    """Who has the dump and sees day, community, score and lengths, but no words."""
    name = "attack: the dump"
    parts = subject.build.buckets(subject.build.interactions) if subject.build else []
    if not parts:
        return unknown(name, "Only the private part of the build knows the dump.")
    if not subject.has(subject.base, "day", "subreddit"):
        return Result(
            name, "pass", "This form shows no day, community, score or length to match by.",
            {"steps": [], "n": len(subject.rows.id)},
        )  # fmt: skip
    key = _key(subject)
    steps = []
    for fields in (("subreddit", "day"), ("subreddit", "day", "score"),
                   ("subreddit", "day", "score", "comment", "post")):  # fmt: skip
        if subject.has(subject.base, *fields):
            steps.append(_matched(subject, parts, fields, key))
    told = "; ".join(
        f"{s['unique']:,} of {s['n']:,} by {', '.join(s['fields'])}" for s in steps
    )  # fmt: skip
    coarse = steps[min(1, len(steps) - 1)]
    share = coarse["unique"] / max(1, coarse["n"])
    return Result(
        name, "warn" if share > SHARE else "pass",
        f"Rows that fit exactly one comment of the dump: {told} (texts: their lengths alone).",
        {"steps": steps, "warned_above": SHARE},
    )  # fmt: skip


def _key(subject: Subject) -> Key | None:
    """The key of this build, where the user has it: it tells which matches are right."""
    wanted = subject.document.get("key_id")
    if wanted == SAMPLE_KEY.id:
        return SAMPLE_KEY
    try:
        key = load_key()
    except SettingsError:
        return None
    return key if key.id == wanted else None


def _matched(
    subject: Subject, parts: list[Path], fields: Sequence[str], key: Key | None
) -> dict[str, Any]:
    known: dict[Signature, list[str]] = {}
    source = ["created_utc" if f == "day" else f for f in fields]
    for part in parts:
        table = pq.read_table(part, columns=[*source, "comment_id"])
        columns = [
            _as_released(f, table[s].combine_chunks()) for f, s in zip(fields, source, strict=True)
        ]
        for comment, *row in zip(table["comment_id"].to_pylist(), *columns, strict=True):
            known.setdefault(tuple(row), []).append(comment)
    n = unique = right = 0
    for _, batch in subject.batches(subject.base, [*fields, "id"]):
        columns = [_shown(f, batch[f]) for f in fields]
        for own, *row in zip(batch["id"].to_pylist(), *columns, strict=True):
            n += 1
            candidates = known.get(tuple(row), ())
            if len(candidates) == 1:
                unique += 1
                right += key is not None and pseudonym(key, candidates[0]) == own
    names = [f"length of {f}" if f in TEXTS else f for f in fields]
    return {"fields": names, "n": n, "unique": unique, "right": right if key else None}


def _as_released(field: str, values: pa.Array) -> list[Any]:
    """A column of the dump as an attacker would make it coarse."""
    if field == "day":
        return pc.cast(pc.divide(values, _DAY_S), pa.int32()).cast(pa.date32()).to_pylist()
    if field == "score":
        return list(step(values).to_pylist())
    return _shown(field, values)


def _shown(field: str, values: pa.Array) -> list[Any]:
    return list((pc.utf8_length(values) if field in TEXTS else values).to_pylist())
