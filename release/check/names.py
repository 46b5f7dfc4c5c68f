"""Usernames that stand in texts: of the people of the same thread, and of anybody of the build.

`shaped/` knows posters and commenters by digests alone, so words of texts are digested, too. Looked
for are words that can be nothing but names: with a digit or an underscore. A name such as "hope" is
everywhere, and "150mg" is somebody's name somewhere: only in a thread of their own is it sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...corpus.artefacts import stable_hash
from ..splits import commenter_key, group_of
from .report import Result, Verdict, unknown
from .subject import Rows, Subject, numbers
from .texts import texts_of

NAME = "usernames"
TEXTS = ("title", "post", "comment", "op_edit", "op_replies", "op_general", "votes")
_PLAIN = r"(?i)[a-z][\w-]*[\d_]|[\d_][\w-]*[a-z]"  # for RE2: most texts end here
_TOKEN = re.compile(r"[A-Za-z0-9_-]{5,20}")
_PERSONAL = re.compile(r"(?=.*[a-z])(?=.*[\d_])")


def check_names(subject: Subject) -> Iterator[Result]:
    """Fails for a name in a thread of its owner; warns of names of others."""
    private = subject.private
    if private is None:
        yield unknown(NAME, "Only the private part of the build knows the people.")
        return
    if not subject.has(subject.base, "thread_id", "comment"):
        yield unknown(NAME, "This form has no text.")
        return
    threads = _people(subject, private)
    people = set().union(*threads.values()) if threads else set()
    own = other = looked = 0
    for thread, words in _words(subject):
        digests = {d for word in words for d in _digests(word)}
        looked += len(words)
        own += not digests.isdisjoint(threads.get(thread, ()))
        other += not digests.isdisjoint(people)
    other -= own
    verdict: Verdict = "fail" if own else "warn" if other else "pass"
    yield Result(
        NAME, verdict,
        f"{own:,} text(s) hold the name of somebody of their own thread, {other:,} a name of "
        f"somebody else of this build; {looked:,} words that look like names were compared.",
        {"own_thread": own, "elsewhere": other, "words": looked},
    )  # fmt: skip


def _people(subject: Subject, private: pa.Table) -> dict[int, set[int]]:
    """Thread -> digests of its poster and its commenters."""
    rows = subject.rows
    known = Rows(np.zeros(0, np.int8), numbers(private["id"]), np.zeros(0, np.uint64))
    at = known.where(rows.id)
    found: dict[int, set[int]] = {}
    for column in ("_group", "_commenter"):
        values = private[column].to_numpy()[np.maximum(at, 0)] if len(private) else rows.id
        for thread, value, here in zip(rows.thread.tolist(), values.tolist(), at >= 0, strict=True):
            if here and value:
                found.setdefault(thread, set()).add(value)
    return found


def _digests(word: str) -> tuple[int, int]:
    """As a commenter, and as a poster."""
    return commenter_key(word), stable_hash("redditess group", group_of(word, ""))


def _words(subject: Subject) -> Iterator[tuple[int, set[str]]]:
    """(thread, words that look like names) of each text that has some; a text counts once."""
    seen: set[tuple[int, str]] = set()
    columns = [c for c in TEXTS if subject.has(subject.base, c)]
    for _, batch in subject.batches(subject.base, ["thread_id", *columns]):
        thread = numbers(batch["thread_id"])
        for name in columns:
            for row, text in _suspect(batch[name]):
                if (mine := (int(thread[row]), text)) not in seen:
                    seen.add(mine)
                    words = {w for w in _TOKEN.findall(text) if _PERSONAL.match(w.lower())}
                    if words:
                        yield mine[0], words
        seen.clear()


def _suspect(column: pa.Array) -> Iterator[tuple[int, str]]:
    """(row, text) of texts with a letter beside a digit or an underscore."""
    row = np.arange(len(column))
    if pa.types.is_list(column.type):
        row = np.asarray(pc.list_parent_indices(column))
        column = column.flatten()
    for texts in texts_of(column):
        hit = pc.fill_null(pc.match_substring_regex(texts, _PLAIN), False)
        at = np.flatnonzero(np.asarray(hit))
        yield from zip(row[at].tolist(), texts.take(pa.array(at)).to_pylist(), strict=True)
