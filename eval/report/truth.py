"""Labels against a known truth: only invented data has one, so this measures the rules alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

from ...corpus.errors import InputError
from ...stats.classification import Agreement, agreement, majority_baseline
from ...stats.intervals import Estimate, resampled, share
from ...stats.ranking import auc, partial_correlation
from .rows import Sample

LATENTS = ("helpfulness", "exposure", "op_politeness")
_COLUMNS = ("comment_id", *LATENTS, "exhibit")


class Truth(NamedTuple):
    """What the maker of a sample knows about each comment."""

    latents: dict[str, tuple[float, float, float]]  # comment id -> values of LATENTS
    exhibits: dict[str, str]  # comment id -> the case it shows


class Measured(NamedTuple):
    """What the labels are worth against that truth."""

    n: int  # rows with a probability and a truth
    helpful_share: float  # of them truly help more than the average comment
    by_p: Estimate  # AUC of p_effective against "really helpful"
    labels: Agreement
    right: Estimate  # share of labels that agree with the truth
    reached: Estimate  # share of all helpful rows, labelled or not, that are labelled effective
    lazy: Agreement  # always the more frequent answer
    tied_to: dict[str, Estimate]  # partial rank correlation of p_effective with each latent


def read_truth(path: Path | None) -> Truth:
    """A truth file of `corpus.sample`; nothing where there is none.

    Raises InputError where the file is none.
    """
    if path is None:
        return Truth({}, {})
    try:
        table = pq.read_table(path, columns=list(_COLUMNS))
    except (OSError, ValueError, KeyError) as e:
        raise InputError(
            f"not a truth file ({type(e).__name__})",
            path,
            "give the truth.parquet of a sample, or leave --truth out",
        ) from e
    columns = table.to_pydict()
    values = zip(columns["comment_id"], *(columns[name] for name in LATENTS), strict=True)
    return Truth(
        {key: latents for key, *rest in values if None not in (latents := tuple(rest))},
        {k: v for k, v in zip(columns["comment_id"], columns["exhibit"], strict=True) if v},
    )


def measure(rows: Sample, truth: Truth) -> Measured | None:
    """Figures over the labelled rows that the truth knows; None where there are fewer than 3.

    "Helpful" means: helps this poster more than the average comment would (helpfulness > 0).
    """
    rows = rows.where(np.array([key in truth.latents for key in rows.comment_id], dtype=bool))
    helps = np.array([truth.latents[key][0] > 0 for key in rows.comment_id], dtype=bool)
    reached = share(rows.label[helps] == 1, rows.thread[helps])
    rows = rows.where(~np.isnan(rows.p_effective) & ~np.isnan(rows.label))
    if len(rows.label) < 3:
        return None
    latents = np.array([truth.latents[key] for key in rows.comment_id], dtype=float)
    helpful = latents[:, 0] > 0
    said = rows.label == 1
    return Measured(
        n=len(helpful),
        helpful_share=float(helpful.mean()),
        by_p=auc(rows.p_effective, helpful, rows.thread),
        labels=agreement(said, helpful),
        right=share(said == helpful, rows.thread),
        reached=reached,
        lazy=majority_baseline(helpful),
        tied_to={
            name: _partial(rows.p_effective, latents, at, rows.thread)
            for at, name in enumerate(LATENTS)
        },
    )


def _partial(p: np.ndarray, latents: np.ndarray, at: int, threads: np.ndarray) -> Estimate:
    others = np.delete(latents, at, axis=1)
    return resampled(
        lambda rows: partial_correlation(p[rows], latents[rows, at], others[rows]), threads
    )
