"""The same votes under other label models: what a build's labels would be, had it chosen another.

Cheap, because the votes stay: each model is fitted on pattern counts and applied once, in a
temporary folder; the build itself is not touched.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ...corpus.errors import SettingsError
from ...corpus.folder import BuildFolder
from ...corpus.settings import Settings, from_identity
from ...labeling.label import fit_labels, label_bucket
from ...stats.intervals import Estimate, resampled
from ...stats.ranking import auc, partial_correlation
from .rows import Sample, read_rows
from .truth import LATENTS, Truth

YARD_STICKS = ("majority", "paper")


class Stand(NamedTuple):
    """What one label model makes of the votes, against a truth. Rows are those the truth knows."""

    n_rows: int
    labelled: float  # share of rows with a label
    effective: float  # of these
    right: float  # share of labels that agree with "helps more than the average comment"
    order: Estimate  # AUC of p_effective against that, on the rows that have a p
    tied_to: dict[str, Estimate]  # partial rank correlations of p with each of LATENTS, same rows


def under(
    folder: BuildFolder, settings: Settings, label_model: str, functions: Sequence[str] = ()
) -> Sample:
    """The sampled rows of a build with the labels that `label_model` gives to its votes.

    `functions`: which of the build's functions it may hear; none named means all of them. Raises
    what the label model raises where these functions are not enough for it.
    """
    settings = dataclasses.replace(
        settings, label_model=label_model, functions=tuple(functions) or settings.functions
    )
    with tempfile.TemporaryDirectory(prefix="redditess-") as at:
        other = BuildFolder(at).create()
        given = [*folder.interactions.iterdir(), *folder.votes.iterdir(), folder.exposure_model]
        for path in (p for p in given if p.is_file()):
            (Path(at) / path.relative_to(folder.root)).symlink_to(path.resolve())
        fit_labels(other, settings)
        for path in other.buckets(other.votes):
            label_bucket(other, int(path.stem[1:]), settings)
        return read_rows(other)[1]


def known(rows: Sample, truth: Truth) -> tuple[Sample, np.ndarray]:
    """The rows that the truth knows, and their latents (n, 3)."""
    rows = rows.where(np.array([key in truth.latents for key in rows.comment_id], dtype=bool))
    latents = [truth.latents[key] for key in rows.comment_id]
    return rows, np.array(latents, float).reshape(-1, len(LATENTS))


def stand(rows: Sample, latents: np.ndarray) -> Stand:
    """Figures of one model; `rows` and `latents` as `known` gives them."""
    labelled, ranked = ~np.isnan(rows.label), ~np.isnan(rows.p_effective)
    helpful, said = latents[:, 0] > 0, rows.label == 1
    p, threads, held = rows.p_effective[ranked], rows.thread[ranked], latents[ranked]

    def tie(at: int) -> Estimate:
        others = np.delete(held, at, axis=1)
        return resampled(
            lambda i: partial_correlation(p[i], held[i, at], others[i]), threads, n_resamples=200
        )

    return Stand(
        n_rows=len(rows.label),
        labelled=_mean(labelled),
        effective=_mean(said[labelled]),
        right=_mean((said == helpful)[labelled]),
        order=auc(p, helpful[ranked], threads),
        tied_to={name: tie(at) for at, name in enumerate(LATENTS)},
    )


def gap(a: Sample, b: Sample, latents: np.ndarray) -> Estimate:
    """AUC of a's p minus AUC of b's, on the rows where both have one; resampled by thread."""
    both = ~np.isnan(a.p_effective) & ~np.isnan(b.p_effective)
    helpful, threads = latents[both, 0] > 0, a.thread[both]
    first, second = a.p_effective[both], b.p_effective[both]

    def difference(i: np.ndarray) -> float:
        found = [auc(p[i], helpful[i], threads[i]).value for p in (first, second)]
        return float(found[0] - found[1])

    return resampled(difference, threads, n_resamples=200)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")


class Rivals(NamedTuple):
    """The models of `YARD_STICKS` and the build's own, its name last."""

    stands: dict[str, Stand]
    gaps: dict[str, Estimate]  # the build's own against each of the others


def rivals(folder: BuildFolder, manifest: Mapping[str, Any], truth: Truth) -> Rivals | None:
    """Yard-sticks and the build's own label model on the build's votes; None without a truth."""
    if not truth.latents:
        return None
    settings = from_identity(manifest["settings"])
    found: dict[str, Sample] = {}
    for name in dict.fromkeys([*YARD_STICKS, settings.label_model]):
        try:
            found[name] = under(folder, settings, name)
        except SettingsError:  # the paper's rule without its stages: it has no say here
            continue
    sides = {name: known(rows, truth) for name, rows in found.items()}
    own = settings.label_model
    order = [*(n for n in sides if n != own), own]
    if len(sides[own][1]) < 3:
        return None
    return Rivals(
        {name: stand(*sides[name]) for name in order},
        {name: gap(sides[own][0], sides[name][0], sides[own][1]) for name in order[:-1]},
    )
