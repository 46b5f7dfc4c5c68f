"""May this build continue in this folder? The rules about fingerprints and `--fresh`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from ..corpus.artefacts import read_json, remove_tree, sweep, write_json, write_text
from ..corpus.dumps.seen import digests, keep
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.places import Place
from ..corpus.settings import Settings, to_toml

MARK = "build.json"
ROOMS_THAT_DECIDE = ("corpus", "labeling", "release")


@cache
def code_digest() -> str:
    """12 hex digits of everything in the rooms that can change a row: code, presets, word lists."""
    digest = sha256()
    root = Path(__file__).parents[1]
    for room in ROOMS_THAT_DECIDE:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in {".py", ".toml", ".json", ".sql", ".safetensors"}:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def open_build(
    out: str | Path, settings: Settings, *more: str, gold: str = "", fresh: bool = False
) -> BuildFolder:
    """The build folder, ready to continue or start. `more`: other things that decide the rows.

    `gold` is the digest of a gold file; the same build with other gold (or none) keeps its votes
    and is labelled again. Raises BuildError where `out` holds another build (naming `--fresh`).
    """
    folder, mark = BuildFolder(out), Path(out) / MARK
    wanted = {"format": 1, "fingerprint": settings.fingerprint(code_digest(), *more)}
    wanted |= {"gold": gold} if gold else {}
    before = read_json(mark) if mark.is_file() else wanted
    if not fresh and before.get("fingerprint") != wanted["fingerprint"]:
        raise BuildError(
            "holds a build made with other settings, code or key",
            out,
            "choose another --out, or replace it with --fresh",
        )
    if fresh and mark.is_file():
        remove_build(folder)
    elif before != wanted:
        forget_after_vote(folder)
    sweep(folder.root)
    forget_unfinished(folder)
    write_json(mark, wanted)  # first: a build killed from here on is known as one
    folder.create()
    write_text(folder.settings, to_toml(settings))
    return folder


def refuse_foreign(out: str | os.PathLike[str]) -> None:
    """Raises BuildError where `out` holds something that is no build: that is never touched."""
    root = Path(out)
    if root.exists() and not (root / MARK).is_file() and _holds_anything(root):
        raise BuildError(
            "the folder is not empty and is not a build", out, "give an empty or new --out folder"
        )


def _holds_anything(root: Path) -> bool:
    return not root.is_dir() or any(not p.name.startswith(".") for p in root.iterdir())


def remove_build(folder: BuildFolder) -> None:
    """Removes what a build leaves in its folder and nothing else.

    Of what was read the records go first: a run that is killed here leaves rows that nothing calls
    finished, never records of rows that are gone.
    """
    forget_after_ingest(folder)
    folder.settings.unlink(missing_ok=True)
    remove_tree(folder.done)
    remove_tree(folder.raw)


def forget_unfinished(folder: BuildFolder) -> None:
    """Rows of a dump file that was never read to its end: it may change, or not come again."""
    done = {path.stem for path in folder.done.glob("*.json")}
    for path in folder.raw.glob("*/b*.parquet"):
        if path.stem.partition("-")[2] not in done:
            path.unlink(missing_ok=True)


def forget_after_ingest(folder: BuildFolder) -> None:
    """A dump file has come in since: what was read stays, all that was made from it goes."""
    keep(folder)
    marks = (folder.manifest, folder.run, folder.label_model, folder.exposure_model, folder.gold)
    for path in marks:  # the mark of completion first
        path.unlink(missing_ok=True)
    made = (folder.interactions, folder.votes, folder.labels, folder.shaped, folder.release)
    for path in made:
        remove_tree(path)
    folder.create()


def forget_after_vote(folder: BuildFolder) -> None:
    """What people said has changed since: votes stay, labels and all that was made of them go."""
    keep(folder)
    for path in (folder.manifest, folder.run, folder.label_model, folder.gold, folder.validity):
        path.unlink(missing_ok=True)
    for made in (folder.labels, folder.shaped, folder.release):
        remove_tree(made)


def finished_inputs(folder: BuildFolder, paths: Sequence[Place]) -> dict[Place, dict[str, Any]]:
    """Which dump files this folder has already read, told by their content.

    Raises BuildError where the folder has read a file that is not among `paths`: its rows would
    stay in the build unnoticed.
    """
    records = {p.stem: read_json(p) for p in sorted(folder.done.glob("*.json"))}
    if not records:
        return {}
    by_place = digests(folder, paths)
    known = {d[:12] for d in by_place.values()}
    for sha12, record in records.items():
        if sha12 not in known:
            raise BuildError(
                f"the build has already read {record['name']}, which is not among the dumps now",
                folder.root,
                "give the same dumps, choose another --out, or start over with --fresh",
            )
    return {path: records[d[:12]] for path, d in by_place.items() if d[:12] in records}
