"""The report of a build: one self-contained page, what there is and how far to trust it."""

from __future__ import annotations

from pathlib import Path

from ...corpus.artefacts import write_text
from ...corpus.folder import BuildFolder


def write_report(folder: BuildFolder, out: Path, truth: Path | None = None) -> None:
    """Draws a finished build as one HTML page at `out`.

    `truth` is the sealed truth file of an invented sample: the report alone may read it. The
    page shows no username, masks identifiers, asks nothing of the network and runs no script.
    Raises BuildError where the build is not finished, InputError where `truth` is none.
    """
    from .page import report_page

    write_text(out, report_page(folder, truth))
