"""Comments of a released folder for raters: stratified, seeded, with the chance each one had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.artefacts import stable_hash
from ...corpus.errors import InputError, SettingsError
from ...corpus.masking import mask_column
from ...labeling.screen import SCREENS
from ...release.columns import LABELS
from ...release.released_rows import released_rows
from ...training.data.source import open_source
from .folder import Item
from .strata import coarse_enough, equal, first, proportional

N_EACH = 2  # effective and not effective comments of a post (RedditESS section 4: 564 = 141 x 4)
SPLITS = ("train", "validation", "test")
_COLUMNS = (
    "id", "thread_id", "label", "basis", "p_effective", "screen", "subreddit", "era", "title",
    "post", "comment", "op_replies", "invented",
)  # fmt: skip
Row = dict[str, Any]


class Sample(NamedTuple):
    """`left_out`: rows that could not be drawn, by reason; `design`: how they were."""

    items: list[Item]
    left_out: dict[str, int]
    source: dict[str, Any]
    design: dict[str, Any]


def from_release(
    source: str | Path, protocol: str, n: int, *, seed: int = 0, splits: Sequence[str] = SPLITS
) -> Sample:
    """`paper`: 2 + 2 comments of each of n posts; `label_check`: n comments, half of each label,
    half with a reply of the poster where there are enough.

    Rows without label and rows that the screen flags are left out and counted. Raises InputError
    where nothing can be drawn, SettingsError for an unknown split.
    """
    if strange := sorted(set(splits) - set(SPLITS)):
        raise SettingsError(f"no split {strange[0]!r}", "--split", f"use {', '.join(SPLITS)}")
    opened = open_source(str(source), allow_invented=True)
    left_out: Counter[str] = Counter()
    rows = []
    for _, table in released_rows(opened.release, "full", splits, _COLUMNS):
        for row in table.to_pylist():
            reason = _unfit(row)
            left_out[reason] += bool(reason)
            if not reason:
                rows.append(row)
    drawn = _posts(rows, n, seed, left_out) if protocol == "paper" else _comments(rows, n, seed)
    if not drawn:
        raise InputError(
            f"no post has {N_EACH} effective and {N_EACH} not effective comments"
            if protocol == "paper" else "there is no labelled comment", source,
            "use --protocol label_check, or a larger build",
        )  # fmt: skip
    about = {
        "kind": "release", "name": opened.name, "fingerprint": opened.fingerprint,
        "splits": list(splits), "invented": all(row["invented"] for row, _, _ in drawn),
    }  # fmt: skip
    design = {
        "unit": "comments", "n_items": len(drawn),
        "n_clusters": len({row["thread_id"] for row, _, _ in drawn}),
        "strata": dict(sorted(Counter(" / ".join(name) for _, name, _ in drawn).items())),
    }  # fmt: skip
    left_out.pop("", None)
    return Sample(_items(drawn, opened.fingerprint, seed), dict(left_out), about, design)


Drawn = tuple[Row, tuple[str, ...], float]  # row, stratum, chance in (0, 1]


def _unfit(row: Row) -> str:
    """Why a row cannot be shown to raters; "" where it can."""
    if row["label"] is None:
        return "no_label"
    if row["screen"] == SCREENS.index("flagged"):
        return "flagged"
    return "" if row["comment"] and (row["title"] or row["post"]) else "no_text"


def _posts(rows: Sequence[Row], n: int, seed: int, left_out: Counter[str]) -> list[Drawn]:
    """Posts by subreddit and era, then comments by label within each."""
    posts: dict[str, list[list[Row]]] = {}
    for row in rows:
        posts.setdefault(row["thread_id"], [[] for _ in LABELS])[row["label"]].append(row)
    able = {t: sides for t, sides in posts.items() if min(map(len, sides)) >= N_EACH}
    left_out["post_without_2_and_2"] += len(rows) - sum(sum(map(len, s)) for s in able.values())
    found = []
    for stratum, chosen, chance in _stratified({t: s[0][0] for t, s in able.items()}, n, seed):
        for thread in chosen:
            for label, side in enumerate(able[thread]):
                by_id = {row["id"]: row for row in side}
                for name in first(list(by_id), N_EACH, seed, "study comment"):
                    share = chance * N_EACH / len(side)
                    found.append((by_id[name], (*stratum, LABELS[label]), share))
    return found


def _comments(rows: Sequence[Row], n: int, seed: int) -> list[Drawn]:
    """Equally by label and by whether the poster replied, then by subreddit and era."""
    cells: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        replied = "replied" if row["op_replies"] else "no_reply"
        cells.setdefault((LABELS[row["label"]], replied), {})[row["id"]] = row
    found = []
    for cell, k in equal({cell: len(members) for cell, members in cells.items()}, n).items():
        for stratum, chosen, chance in _stratified(cells[cell], k, seed):
            found += [(cells[cell][name], (*cell, *stratum), chance) for name in chosen]
    return found


def _stratified(
    members: dict[str, Row], n: int, seed: int
) -> list[tuple[tuple[str, ...], list[str], float]]:
    """(stratum, names drawn, chance of each) by subreddit and era, as fine as n allows."""
    if not members or not n:
        return []
    names = sorted(members)
    fine = [(str(members[m]["subreddit"]), str(members[m]["era"])) for m in names]
    strata: dict[tuple[str, ...], list[str]] = {}
    for name, stratum in zip(names, coarse_enough(fine, n), strict=True):
        strata.setdefault(stratum, []).append(name)
    places = proportional({s: len(m) for s, m in strata.items()}, n)
    return [
        (s, first(strata[s], k, seed, "study post"), k / len(strata[s])) for s, k in places.items()
    ]


def _items(drawn: Sequence[Drawn], fingerprint: str, seed: int) -> list[Item]:
    """Texts masked once more (masking a masked text changes nothing); ids of the study alone."""
    fields = ("title", "post", "comment")
    masked = [mask_column([row[name] or "" for row, _, _ in drawn])[0] for name in fields]
    replies, _ = mask_column(["\n\n".join(row["op_replies"] or []) for row, _, _ in drawn])
    found = []
    for (row, stratum, chance), title, post, comment, reply in zip(
        drawn, *masked, replies, strict=True
    ):
        private = {
            "id": row["id"], "thread_id": row["thread_id"], "cluster": row["thread_id"],
            "label": LABELS[row["label"]], "p_effective": row["p_effective"],
            "stratum": list(stratum), "probability": chance,
        }  # fmt: skip
        shown = {"title": title, "post": post, "comment": comment, "op_reply": reply}
        found.append(Item(item_id(fingerprint, seed, row["id"]), shown, private))
    return found


def item_id(fingerprint: str, seed: int, *names: str) -> str:
    """An id that tells nothing and is the same whenever the study is made again.

    >>> item_id("f", 0, "a") == item_id("f", 0, "a"), item_id("f", 0, "a")[0]
    (True, 'i')
    """
    return f"i{stable_hash('study item', fingerprint, str(seed), *names):016x}"
