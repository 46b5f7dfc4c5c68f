"""The process that starts runs and kills them (killed.py), seen from a test."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO

from redditess.training.recipes.read_recipe import recipe_text
from redditess.training.recipes.recipe import Recipe
from redditess.training.runs.folder import RunFolder

ROOT = Path(__file__).parents[2]


class Killer:
    """One process that forks a run for each job.

    A test's own process holds threads, which no fork takes along: such a run may wait for ever.
    """

    def __init__(self, home: Path):
        self.said = home / "stderr"
        with open(self.said, "w") as said:
            self.process = self._started(home, said)

    def _started(self, home: Path, said: IO[str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "tests/training/killed.py")], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1",
                 "REDDITESS_HOME": str(home / "home")},
        )  # fmt: skip

    def train(
        self, recipe: Recipe, run: RunFolder, *, resume: bool = False, threads: int = 1,
        **kill: int,
    ) -> int:  # fmt: skip
        """The exit status of a run that is killed as `kill` says; {} lets it live.

        Weights are bit-equal among runs of one number of `threads`.
        """
        file = run.root.parent / f"{run.root.name}.yaml"
        run.root.mkdir(exist_ok=True)
        file.write_text(recipe_text(recipe))
        job = {"recipe": str(file), "run": str(run.root), "resume": resume, "kill": kill,
               "threads": threads}  # fmt: skip
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if said not in ("0", "-9"):
            raise AssertionError(self.said.read_text()[-3000:])
        return int(said)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()
