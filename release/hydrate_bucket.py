"""One bucket of a hydration: which rows come back, and for each other one why not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from .dehydrated import TEXTS
from .hydrate_match import Matches
from .hydrate_rows import Checked, Restorer, places

Row = Mapping[str, Any]
Threads = Callable[[set[str], int], pa.Table]
"""Posts (fullnames) and the number of the attempt -> their interactions."""

STATES = ("restored", "in_part", "edited", "missing", "deleted", "differs", "tombstone")
"""What becomes of a row. `in_part`: all of its texts are verified, some other field is not.
`differs`: the raw texts are those of the release, and yet the dump tells another released text."""


@dataclass
class Outcome:
    """`rows`: of config `full`, restored; `state`: of every row by its key, one of STATES."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, str] = field(default_factory=dict)
    unverified: dict[str, tuple[str, ...]] = field(default_factory=dict)


def restore_bucket(
    rows: Sequence[Row], matches: Matches, restorer: Restorer, threads: Threads, n_attempts: int
) -> Outcome:
    """Every dehydrated row of one bucket -> a row of the text form, or a reason why there is none.

    Attempts differ in the dump files they use: a row that one restores is not asked for again.
    """
    found, waiting = Outcome(), []
    for row in rows:
        said = _at_once(row, matches)
        if said:
            found.state[row["id"]] = said
        else:
            waiting.append(row)
    for attempt in range(n_attempts):
        if waiting:
            waiting = _attempt(found, waiting, matches, restorer, threads, attempt)
    return found


def _at_once(row: Row, matches: Matches) -> str:
    """What can be said without putting the thread together; "" where it must be."""
    by_text, by_post = matches.comments.get(row["id"]), matches.places.get(row["place"])
    if by_text is None and by_post is None:
        return "missing"
    comment, _ = by_text or by_post or ("", None)
    thread = matches.threads[comment]
    if comment in matches.gone or thread in matches.gone:
        return "deleted"
    if by_text and by_post:
        return ""
    return "edited" if thread in matches.here else "missing"


def _attempt(
    found: Outcome, rows: Sequence[Row], matches: Matches, restorer: Restorer, threads: Threads,
    attempt: int,
) -> list[Row]:  # fmt: skip
    """Restores what it can; returns the rows that another attempt may restore."""
    comments = [matches.comments[row["id"]][0] for row in rows]
    interactions = threads({matches.threads[comment] for comment in comments}, attempt)
    found_at = places(interactions, comments)
    there = [i for i, at in enumerate(found_at) if at is not None]
    at = [i for i in found_at if i is not None]
    keys = [matches.comments[rows[i]["id"]][1] for i in there]
    posts = [matches.places[rows[i]["place"]][1] for i in there]
    checked = restorer.restore([rows[i] for i in there], keys, posts, interactions, at)
    mine = interactions.select(["op_replies", "op_general"]).take(pa.array(at, pa.int64()))
    n_turns = [
        tuple(map(len, both))
        for both in zip(mine["op_replies"].to_pylist(), mine["op_general"].to_pylist(), strict=True)
    ]
    left = set(range(len(rows))) - set(there)
    for i in left:
        found.state[rows[i]["id"]] = _other(comments[i], matches)
    for i, one, n in zip(there, checked, n_turns, strict=True):
        state = _judged(one, comments[i], matches, n)
        found.state[rows[i]["id"]] = state
        if state in ("restored", "in_part"):
            found.rows.append(one.row)
        else:
            left.add(i)
        if state == "in_part":
            found.unverified[rows[i]["id"]] = one.unverified
    return [rows[i] for i in sorted(left)]


def _other(comment: str, matches: Matches) -> str:
    """The released text is another one although some copy has the raw text."""
    both = {comment, matches.threads[comment]}
    return "edited" if both & matches.other else "differs"


def _judged(one: Checked, comment: str, matches: Matches, n_turns: Iterable[int]) -> str:
    wrong = set(one.unverified) & set(TEXTS)
    if not wrong:
        return "in_part" if one.unverified else "restored"
    if wrong - {"op_replies", "op_general"}:
        return _other(comment, matches)
    if matches.threads[comment] in matches.silent_under:
        return "deleted"
    fewer = any(here < there for here, there in zip(n_turns, one.n_turns, strict=True))
    return "missing" if fewer else "edited"
