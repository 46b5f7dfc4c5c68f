"""What the labels of an invented sample are worth against its sealed truth, for its card.

Release lies below this room and cannot measure it: the figures travel as a file of the build.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...corpus.artefacts import read_json, write_json
from ...corpus.folder import BuildFolder
from ...stats.intervals import Estimate
from .rows import read_rows
from .truth import measure, read_truth


def write_known_world(folder: BuildFolder, truth: Path) -> None:
    """Leaves `known_world.json`: the card of this very build prints it (docs/design/0013-card.md).

    Nothing is written where fewer than three rows are known. Raises InputError where `truth` is no
    truth file.
    """
    found = measure(read_rows(folder)[1], read_truth(truth))
    if found is not None:
        figures = {"auc": found.by_p, "right": found.right, "reached": found.reached}
        write_json(
            folder.known_world,
            {
                "fingerprint": read_json(folder.manifest)["fingerprint"],
                "lazy": round(found.lazy.accuracy, 4),
                **{name: _figure(estimate) for name, estimate in figures.items()},
            },
        )


def _figure(estimate: Estimate) -> dict[str, Any]:
    """JSON has no nan: a figure or an end that cannot be known is null."""
    ends = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    known = {name: round(x, 4) if x == x else None for name, x in ends.items()}
    return {**known, "n": estimate.n}
