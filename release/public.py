"""`release.json`: the manifest as it travels with the released folder.

A copy of the dataset can be checked, carded, synced and hydrated from it alone. It names nothing
that only the build folder has: the files of private stages stay out.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..corpus.artefacts import read_json, write_json
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder

FILE = "release.json"


def write_public(folder: BuildFolder, manifest: Mapping[str, Any]) -> None:
    """Writes `release.json` beside `data/`."""
    write_json(folder.release / FILE, public(manifest))


def public(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest, paths as the released folder sees them; no files of private stages."""
    inside = "redditess/"
    stages = {}
    for name, stage in manifest["stages"].items():
        files = [f for f in stage.get("files", []) if f["path"].startswith(inside)]
        named = [{**f, "path": f["path"].removeprefix(inside)} for f in files]
        stages[name] = {**stage, "files": named}
    return {**manifest, "stages": stages, "form": manifest.get("form", "text")}


def read_public(release: Path) -> dict[str, Any]:
    """The public manifest of a released folder, or of a downloaded copy.

    Raises BuildError where there is none, or where it is not JSON.
    """
    path = release / FILE
    if not path.is_file():
        raise BuildError(
            f"no {FILE}: not a folder that redditess released", release,
            "name a build folder, its redditess/ folder or a downloaded copy",
        )  # fmt: skip
    return read_json(path)
