"""`release.json`: the manifest as it travels with the released folder.

A copy of the dataset can be checked, carded, synced and hydrated from it alone. It names nothing
that only the build folder has: the files of private stages stay out. Beside the manifest it holds
what the card says besides: the agreement (`governance`), who judged the screen (`signoff`), what
the labels measure (`validity`) and, in an invented world, how true they are (`known_world`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..corpus.artefacts import json_text, write_json
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.manifest import read_document

FILE = "release.json"
TOLD = ("governance", "signoff", "validity", "known_world")
"""What is not in the manifest of a build; each may be missing."""


def write_public(folder: BuildFolder, manifest: Mapping[str, Any], **told: Any) -> dict[str, Any]:
    """Writes `release.json` beside `data/` and returns it; `told` are of TOLD, None for none."""
    return write_document(folder.release, public(manifest), **told)


def write_document(release: Path, document: Mapping[str, Any], **told: Any) -> dict[str, Any]:
    """Writes what is public already, with `told` instead of what it told before."""
    kept = {k: v for k, v in document.items() if k not in told}
    whole = {**kept, **{name: told[name] for name in TOLD if told.get(name)}}
    write_json(release / FILE, whole)
    return read_public(release)  # its keys in the order in which everybody will read them


def public(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest, paths as the released folder sees them; no files of private stages."""
    inside = "redditess/"
    stages = {}
    for name, stage in manifest["stages"].items():
        files = [f for f in stage.get("files", []) if f["path"].startswith(inside)]
        named = [{**f, "path": f["path"].removeprefix(inside)} for f in files]
        stages[name] = {**stage, "files": named}
    return {**manifest, "stages": stages, "form": manifest.get("form", "text")}


def digest(document: Mapping[str, Any]) -> str:
    """sha256 of the document as written: the card prints it, so no figure can change alone."""
    return hashlib.sha256(json_text(document).encode()).hexdigest()


def read_public(release: Path) -> dict[str, Any]:
    """The public manifest of a released folder, or of a downloaded copy.

    Raises BuildError where there is none, or where it is no manifest.
    """
    path = release / FILE
    if not path.is_file():
        raise BuildError(
            f"no {FILE}: not a folder that redditess released", release,
            "name a build folder, its redditess/ folder or a downloaded copy",
        )  # fmt: skip
    return read_document(path, "download or build the release again")
