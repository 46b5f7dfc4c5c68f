"""`python killed_classifier.py BASE RUN STEP CHANGE…`: one seed of a classifier, until SIGKILL."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from redditess.training.classifier.classifier import train_one
from redditess.training.models.bases import Base
from redditess.training.runs.folder import RunFolder
from redditess.training.runs.progress import RunLog
from tests.training.small_classifiers import recipe, splits


def main(base: str, run: str, step: str, *changes: str) -> None:
    import torch

    def on_step_end(self: RunLog, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == int(step):
            os.kill(os.getpid(), signal.SIGKILL)

    torch.set_num_threads(1)
    RunLog.on_step_end = on_step_end
    train_one(recipe(*changes), RunFolder(run), splits(), Base(base, "tiny", "", True, True))


if __name__ == "__main__":
    main(*sys.argv[1:])
