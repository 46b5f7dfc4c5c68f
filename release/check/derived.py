"""What is trained on: pairs that differ in more than their length or place, and nothing harmful."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...labeling.screen import SCREENS
from ...stats.intervals import share
from ..columns import LABELS
from ..examples import last_content
from .report import Result, judged, unknown
from .subject import Rows, Subject, numbers

PAIRS = "preferences"
RATIO = (0.5, 2.0)  # characters of chosen over rejected
BAND = (0.48, 0.52)  # of a rule that sees only length, or only place
MOST = 5  # pairs a post
LIKED = {"sft": "effective", "unpaired": None, PAIRS: None}


def check_derived(subject: Subject) -> Iterator[Result]:
    """Rules of `preferences`, `unpaired` and `sft`; a config that is not there is not checked."""
    if not any(config in subject.configs for config in LIKED):
        yield unknown("pairs", "This release has no preferences, unpaired or sft.")
        return
    known = _known(subject)
    if PAIRS in subject.configs:
        yield from _pairs(subject, known)
    yield _safe(subject, known)


def _known(subject: Subject) -> pa.Table | None:
    """id, screen and label of all rows of the base config."""
    wanted = [c for c in ("id", "screen", "label") if subject.has(subject.base, c)]
    if wanted != ["id", "screen", "label"]:
        return None
    return pa.Table.from_batches([b for _, b in subject.batches(subject.base, wanted)])


def _pairs(subject: Subject, known: pa.Table | None) -> Iterator[Result]:
    columns = ["prompt", "chosen", "rejected", "chosen_id", "rejected_id", "delta_position"]
    if not subject.has(PAIRS, *columns):
        yield unknown("pairs", "This form of `preferences` has no text.")
        return
    parts = [_part(batch) for _, batch in subject.batches(PAIRS, columns)]
    x = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    base = subject.rows
    rows = [base.where(x[side]) for side in ("chosen_id", "rejected_id")]
    threads = [np.where(at >= 0, base.thread[np.maximum(at, 0)], 0) for at in rows]
    apart = (threads[0] != threads[1]) | (threads[0] == 0)
    yield judged("pairs: one post", int(apart.sum()), f"Both sides of {len(apart):,} pairs answer "
                 "one post.", "{n} pair(s) join comments on two posts.")  # fmt: skip
    same = x["same"] | (x["chosen_id"] == x["rejected_id"])
    yield judged("pairs: two texts", int(same.sum()), "chosen is never rejected.",
                 "{n} pair(s) have one text or one row on both sides.")  # fmt: skip
    ratio = x["chosen_length"] / np.maximum(x["rejected_length"], 1)
    off = (ratio < RATIO[0]) | (ratio > RATIO[1])
    yield judged("pairs: length ratio", int(off.sum()), "Lengths differ by a factor of 2 at most.",
                 "{n} pair(s) have lengths beyond a factor of 2.", bounds=RATIO)  # fmt: skip
    thread, n_pairs = np.unique(threads[0], return_counts=True)
    over = n_pairs[thread != 0] > MOST
    yield judged("pairs: a post", int(over.sum()), f"No post gives more than {MOST} pairs.",
                 "{n} post(s) give more than " + f"{MOST} pairs.")  # fmt: skip
    signs = {
        "length": np.sign(x["chosen_length"] - x["rejected_length"]),
        "position": np.sign(-x["delta_position"]),
    }
    for name, sign in signs.items():
        yield _balanced(name, sign, threads[0])
    yield _labels(known, x)


def _part(batch: pa.RecordBatch) -> dict[str, NDArray[Any]]:
    chosen, rejected = last_content(batch["chosen"]), last_content(batch["rejected"])
    return {
        "chosen_id": numbers(batch["chosen_id"]), "rejected_id": numbers(batch["rejected_id"]),
        "same": np.asarray(pc.equal(chosen, rejected)),
        "chosen_length": np.asarray(pc.utf8_length(chosen), np.float64),
        "rejected_length": np.asarray(pc.utf8_length(rejected), np.float64),
        "delta_position": np.asarray(pc.fill_null(batch["delta_position"], 0), np.float64),
    }  # fmt: skip


def _balanced(name: str, sign: NDArray[Any], thread: NDArray[np.uint64]) -> Result:
    """How often a rule that sees one number is right; equal numbers count half."""
    hits = (sign + 1) / 2
    value = float(hits.mean()) if len(hits) else 0.5
    found = share(hits > 0.5, thread)
    good = BAND[0] <= value <= BAND[1]
    return Result(
        f"pairs: {name} alone", "pass" if good else "fail",
        f"{name.capitalize()} alone tells chosen from rejected in {value:.1%} of {len(hits):,} "
        f"pairs (allowed: {BAND[0]:.0%} to {BAND[1]:.0%}).",
        {"accuracy": round(value, 4), "n": len(hits), "posts": found.n_clusters, "band": BAND},
    )  # fmt: skip


def _labels(known: pa.Table | None, x: Mapping[str, NDArray[Any]]) -> Result:
    name = "pairs: labels"
    if known is None:
        return unknown(name, "The release shows no labels to compare with.")
    label = _of(known, "label", x)
    wrong = (label["chosen_id"] != LABELS.index("effective")) | (
        label["rejected_id"] != LABELS.index("not_effective")
    )
    return judged(name, int(wrong.sum()), "chosen is effective, rejected is not.",
                  "{n} pair(s) have sides with other labels.")  # fmt: skip


def _of(known: pa.Table, column: str, ids: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The value of each id on either side; -1 where it is null or the row is not there."""
    rows = Rows(np.zeros(0, np.int8), numbers(known["id"]), np.zeros(0, np.uint64))
    values = pc.fill_null(known[column], -1).to_numpy()
    found = {}
    for side in ("chosen_id", "rejected_id"):
        at = rows.where(ids[side])
        found[side] = np.where(at >= 0, values[np.maximum(at, 0)], -1)
    return found


def _safe(subject: Subject, known: pa.Table | None) -> Result:
    """Whatever a model is taught to say has no flag."""
    name = "no flag in what is taught"
    if known is None:
        return unknown(name, "The release shows no screen to compare with.")
    rows = Rows(np.zeros(0, np.int8), numbers(known["id"]), np.zeros(0, np.uint64))
    screen = pc.fill_null(known["screen"], -1).to_numpy()
    found: dict[str, int] = {}
    for config, column in ((PAIRS, "chosen_id"), ("sft", "id"), ("unpaired", "id")):
        if not subject.has(config, column):
            continue
        taught = [column] + (["label"] if config == "unpaired" else [])
        n = 0
        for _, batch in subject.batches(config, taught):
            at = rows.where(numbers(batch[column]))
            flagged = (at < 0) | (screen[np.maximum(at, 0)] != SCREENS.index("no_flag"))
            if config == "unpaired":
                flagged &= np.asarray(pc.fill_null(batch["label"], True))
            n += int(flagged.sum())
        found |= {config: n} if n else {}
    return judged(
        name, sum(found.values()), "Everything that a model is taught to say has no flag.",
        "{n} row(s) that a model is taught to say are flagged, or were not screened.",
        configs=found,
    )  # fmt: skip
