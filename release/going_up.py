"""What may go up to the Hub: a closed list of files, each checked before any network is used."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ..corpus.artefacts import ends_of, is_whole_parquet, sha256_file
from ..corpus.errors import BuildError
from ..corpus.manifest import read_manifest
from .found import find_release
from .journal import FILE as JOURNAL
from .public import FILE as PUBLIC
from .public import public, read_public

DATASET_FILES = (
    r"README\.md",
    r"croissant\.json",
    r"release\.json",
    r"tombstones\.json",
    r"assets/[\w-]+\.svg",
    r"LICENSE(\.txt|\.md)?",
    r"data/\w+/\w+-\d{5}-of-\d{5}\.parquet",
)
SCRIPTS = {".py", ".sh", ".bash", ".so", ".dll", ".dylib", ".exe", ".bat", ".ipynb", ".js", ".jar"}
PICKLES = {".pkl", ".pickle", ".pt", ".pth", ".bin", ".ckpt", ".joblib", ".npy", ".npz", ".dill"}
# First bytes of what runs or unpickles, whatever its name: script, ELF, Windows, Mach-O, Java,
# zip (torch's pickles) and pickle.
RUNS = (b"#!", b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe", b"PK\x03\x04")
UNPICKLES = tuple(b"\x80" + bytes([protocol]) for protocol in range(2, 6))
SVG_SCRIPT = re.compile(rb"<script|javascript:|\son\w+\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """One file on its way up."""

    name: str  # in the repository, with "/"
    place: Path
    size: int
    sha256: str

    def read(self) -> bytes:
        """The bytes that were hashed. For small files only. BuildError where they have changed."""
        data = self.place.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise BuildError("changed while it was published", self.place, "run the command again")
        return data


class Release(NamedTuple):
    """A released folder, its public manifest, and where what belongs to it but stays lies."""

    folder: Path  # README.md, release.json, data/...
    manifest: Mapping[str, Any]  # paths relative to the folder
    root: Path  # the build, or for a copy without one the folder that it lies in
    journal: Path


def open_release(place: str | Path) -> Release:
    """A build, its released folder or a copy of one, ready to be looked through.

    Raises BuildError where there is none, where it has no card, or where its manifest is not the
    one that its build wrote.
    """
    found = find_release(place)
    manifest = read_public(found.release)
    if not (found.release / "README.md").is_file():
        raise BuildError("no README.md", found.release, "run `redditess release card` on the build")
    if found.build is None:
        parent = found.release.absolute().parent
        journal = parent / f"{found.release.absolute().name}.{JOURNAL}"
        return Release(found.release, manifest, parent, journal)
    built = public(read_manifest(found.build.root))
    if any(built[name] != manifest.get(name) for name in ("fingerprint", "stages", "splits")):
        raise BuildError("not what the manifest of its build says", found.release / PUBLIC,
                         "run `redditess release card` on the build")  # fmt: skip
    return Release(found.release, manifest, found.build.root, found.build.root / JOURNAL)


def listed(folder: Path, allowed: Sequence[str]) -> list[File]:
    """Every file below `folder`, hashed, in order of name.

    Raises BuildError at the first that must not go up: a link, a script or pickle by name or by
    its first bytes, an executable, a file that no release has.
    """
    known = re.compile("|".join(f"(?:{pattern})" for pattern in allowed))
    files = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise BuildError("a link, whose target could be anything", path, "copy the file itself")
        if path.is_dir():
            continue
        _refuse(path, name, known)
        files.append(File(name, path, path.stat().st_size, sha256_file(path)))
    return files


def _refuse(path: Path, name: str, known: re.Pattern[str]) -> None:
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise BuildError("not a plain file", path, "remove it")
    start = ends_of(path)[0]
    if path.suffix.lower() in SCRIPTS or start.startswith(RUNS):
        raise BuildError("a program: `datasets` refuses repositories that hold one", path,
                         "remove it")  # fmt: skip
    if path.suffix == ".svg" and SVG_SCRIPT.search(path.read_bytes()):
        raise BuildError("a picture that holds a script", path, "remove it")
    if path.suffix.lower() in PICKLES or start.startswith(UNPICKLES):
        raise BuildError("a pickle: reading it would run code", path, "remove it")
    if mode & 0o111:
        raise BuildError("marked as executable", path, "run chmod -x on it")
    if not known.fullmatch(name):
        raise BuildError("not a part of a release", path, "remove it, or build the release again")
    if path.suffix == ".parquet" and not is_whole_parquet(path):
        raise BuildError("not a whole Parquet file", path, "build the release again")


def match_manifest(release: Release, files: Sequence[File]) -> None:
    """Raises BuildError unless the data files are exactly those of the manifest, byte for byte."""
    stages = release.manifest["stages"]
    folder = release.folder
    promised = {
        record["path"]: record["sha256"]
        for config in release.manifest["splits"]
        for record in stages[config]["files"]
    }
    here = {f.name: f.sha256 for f in files if f.name.startswith("data/")}
    for name, digest in promised.items():
        if name not in here:
            raise BuildError("missing, although the manifest lists it", folder / name, _AGAIN)
        if here[name] != digest:
            raise BuildError("its bytes are not those of the manifest", folder / name, _AGAIN)
    for name in here:
        if name not in promised:
            raise BuildError("not in the manifest", folder / name, _AGAIN)


_AGAIN = "build the release again, or restore the file"


def rows_by_split(manifest: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """{config: {split: rows}} of all that have rows: what `load_dataset` must give."""
    found = {
        config: {name: record["rows"] for name, record in splits.items() if record["rows"]}
        for config, splits in manifest["splits"].items()
    }
    return {config: splits for config, splits in found.items() if splits}


def digest_of(files: Sequence[File]) -> str:
    """Names a set of files by their names and bytes (hex, 64 digits)."""
    lines = "".join(f"{file.name} {file.sha256}\n" for file in files)
    return hashlib.sha256(lines.encode()).hexdigest()
