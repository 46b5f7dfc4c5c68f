"""What do the labels measure? Convergent validity of a build's signals, without gold.

A text model trained on one signal is tested on every other. Signals of one construct predict each
other, also at equal length; signals of two constructs do not, whatever we call them
(docs/design/0005-labels.md).
"""

from __future__ import annotations

from typing import Any

from ...corpus.artefacts import read_json, write_json
from ...corpus.errors import BuildError
from ...corpus.folder import BuildFolder

FORMAT = 2


def validity(folder: BuildFolder) -> dict[str, Any]:
    """Computes the tables of a finished build, leaves them in validity.json and returns them.

    Deterministic: the same build gives the same bytes. Memory is bounded by `rows.MAX_ROWS`.
    Raises BuildError where the build is not finished.
    """
    from .measure import tables
    from .rows import read

    if not folder.manifest.is_file():
        raise BuildError("there is no finished build here", folder.root, "run redditess build")
    found = {
        "format": FORMAT,
        "fingerprint": read_json(folder.manifest)["fingerprint"],
        **tables(read(folder)),
    }
    write_json(folder.validity, found)
    return found


def read_validity(folder: BuildFolder) -> dict[str, Any] | None:
    """The tables that `validity` left for this very build; None where there are none."""
    if not folder.validity.is_file() or not folder.manifest.is_file():
        return None
    found: dict[str, Any] = read_json(
        folder.validity, "remove it, then run `redditess label validity` again"
    )
    same = found.get("fingerprint") == read_json(folder.manifest)["fingerprint"]
    return found if same and found.get("format") == FORMAT else None
