"""A run whose adapter was added into the weights of its base: the same account, another form."""

from __future__ import annotations

import shutil

from ...corpus.artefacts import read_json, write_json
from ...corpus.errors import BuildError
from ...corpus.governance import FILE as GOVERNANCE
from ...release.safety import FILE as SAFETY
from ..cards.card import write_model_card
from ..cards.model_facts import RUN_AGAIN, form_of, require_finished
from ..data.trained_on import carry_trained_on, refuse_stale
from ..runs.folder import RunFolder
from .merge import merge


def merge_run(run: RunFolder, out: RunFolder) -> RunFolder:
    """Makes `out` a finished run with full weights; returns it.

    What was measured, checked and read comes along, so that card, removal and safety gate hold for
    the merged weights as for the adapter. Raises BuildError for a run that is not finished, is
    stale or has no adapter, and for an `out` that holds something.
    """
    require_finished(run)
    refuse_stale(run.root)
    if form_of(run.model) != "adapter":
        raise BuildError("full weights, no adapter", run.model, "publish them as they are")
    if out.root.exists() and any(out.root.iterdir()):
        raise BuildError("not empty", out.root, "name a new folder")
    out.root.mkdir(parents=True, exist_ok=True)
    merge(run.root, out.model)
    for name in ("recipe", "findings", "log", "curves"):
        if getattr(run, name).is_file():
            shutil.copyfile(getattr(run, name), getattr(out, name))
    for name in (SAFETY, GOVERNANCE):
        if (run.root / name).is_file():
            shutil.copyfile(run.root / name, out.root / name)
    carry_trained_on(run.root, out)
    write_json(out.about, {**read_json(run.about, RUN_AGAIN), "merged": True})
    shutil.copyfile(run.metrics, out.metrics)  # last: its presence means finished
    write_model_card(out)
    return out
