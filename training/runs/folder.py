"""Where a run of training keeps what, in one place."""

from __future__ import annotations

import os
from pathlib import Path


class RunFolder:
    """`--out DIR`. `model/` is what is published; the rest tells how it came to be."""

    def __init__(self, root: str | os.PathLike[str]):
        self.root = Path(root)
        self.recipe = self.root / "recipe.yaml"  # complete, with every --set
        self.about = self.root / "run.json"  # versions, commit, seed, data, device, times
        self.findings = self.root / "check.json"  # what was checked before the first step
        self.log = self.root / "log.jsonl"  # one object a logged step
        self.curves = self.root / "curves.svg"
        self.metrics = self.root / "metrics.json"  # written last: its presence means finished
        self.trained_on = self.root / "trained_on.json"
        self.trained_ids = self.root / "trained_on.txt"
        self.stale = self.root / "STALE.json"  # written by a removal: a row left the dataset
        self.predictions = self.root / "predictions.parquet"  # of a classifier, on `test`
        self.checkpoints = self.root / "checkpoints"
        self.model = self.root / "model"

    def of_seed(self, seed: int) -> RunFolder:
        """One of several runs of a recipe that differ in their seed only."""
        return RunFolder(self.root / f"seed-{seed}")
