"""Can the label be told from the post alone? Then it says who asked, not what helped."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...corpus.artefacts import stable_hash
from ...labeling.validity.text import bags, fit_text
from ...stats.ranking import auc
from .report import Result, unknown
from .subject import Subject

NAME = "label from the post alone"
BOUND = 0.70
"""AUC; ours. In the known world labels rank help with .61 to .63 (docs/validity.md): above .70 the
post would tell more of a label than the label tells of help, and a classifier could look good
without reading one comment. Some tie is expected: some posts invite thanks."""
MAX_FIT = 20_000  # rows learnt from, and as many scored: drawn by hash of the row's id
FEWEST = 20  # rows of either class
COLUMNS = ("title", "post", "label", "id", "thread_id")


def check_probe(subject: Subject) -> Iterator[Result]:
    """Learns on train, scores test and validation; fails where even the lower end is too high."""
    if not subject.has("effectiveness", *COLUMNS):
        yield unknown(NAME, "This form has no text, or no label.")
        return
    learn, there = _rows(subject, {"train"}), _rows(subject, {"test", "validation"})
    classes = [
        min(sum(y for *_, y in rows), sum(not y for *_, y in rows)) for rows in (learn, there)
    ]
    if min(classes) < FEWEST:
        yield unknown(
            NAME, f"Fewer than {FEWEST} rows of one label in train, or outside it.",
            rarest_in_train=classes[0], rarest_outside=classes[1], bound=BOUND,
        )  # fmt: skip
        return
    x = bags([text for text, *_ in learn + there])
    y = np.array([label for *_, label in learn + there])
    n = len(learn)
    weights = fit_text(x.take(np.arange(n)), y[:n].astype(float))
    scores = x.take(np.arange(n, len(y))).dot(weights)
    found = auc(scores, y[n:] == 1, np.array([thread for _, thread, _ in there]))
    low = found.low if np.isfinite(found.low) else found.value
    yield Result(
        NAME, "fail" if low > BOUND else "pass",
        f"From title and post alone the label is told with AUC {found.value:.3f} "
        f"[{found.low:.3f}, {found.high:.3f}]; the bound for the lower end is {BOUND:.2f}.",
        {"auc": round(found.value, 4), "low": round(low, 4), "high": round(float(found.high), 4),
         "n": found.n, "threads": found.n_clusters, "learnt_from": n, "bound": BOUND},
    )  # fmt: skip


def _rows(subject: Subject, splits: set[str]) -> list[tuple[str, str, int]]:
    """(title and post, thread, label) of labelled rows; the same draw on every machine."""
    drawn: list[tuple[int, tuple[str, str, int]]] = []
    for split, batch in subject.batches("effectiveness", COLUMNS):
        if split not in splits:
            continue
        for title, post, label, row, thread in zip(
            *(batch[name].to_pylist() for name in COLUMNS), strict=True
        ):
            if label is not None:
                place = stable_hash("redditess probe", row or "")
                drawn.append((place, (f"{title or ''} {post or ''}", thread or "", int(label))))
        if len(drawn) > 2 * MAX_FIT:
            drawn = sorted(drawn)[:MAX_FIT]
    return [row for _, row in sorted(drawn)[:MAX_FIT]]
