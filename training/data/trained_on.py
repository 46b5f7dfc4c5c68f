"""Which rows a run has read, kept beside it, so that a removal request finds its weights.

`release delete` and `release sync` read these files and leave STALE.json where a row left the
dataset (docs/removal.md). Weights that grew out of others carry their rows along.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...corpus.artefacts import read_json, write_json, write_text
from ...corpus.errors import BuildError
from ..runs.folder import RunFolder
from .source import Source

_AGAIN = "train it again"


def write_trained_on(
    folder: RunFolder, source: Source, ids: Iterable[str], *, after: Sequence[Path] = ()
) -> None:
    """Writes `trained_on.json` and its list; call it before the first step, not after the last.

    `ids`: of every row that is read (of a pair both), of `train` and of those that choose when to
    stop. `after`: folders of what this run goes on from or follows (an SFT run, a reward model, a
    base made on the spot); their rows are in these weights, too. A folder without a list adds
    none. Raises BuildError where such a list is damaged or stale, and where a run that goes on
    would not go on with the rows it was begun with.
    """
    whole = set(ids)
    for place in (folder.root, *after):
        refuse_stale(place)
    for place in after:
        whole |= trained_ids(place)
    if folder.trained_on.is_file() and trained_ids(folder.root) != whole:
        raise BuildError(
            "was begun with other rows than the data has now", folder.root,
            "use --fresh to train it again",
        )  # fmt: skip
    _write(folder, source.fingerprint, whole)


def carry_trained_on(start: Path, out: RunFolder) -> None:
    """What was made of a run's weights without training (merged, converted) keeps its list."""
    record = _record(start)
    if record is not None:
        _write(out, str(read_json(record, _AGAIN)["fingerprint"]), trained_ids(start))


def trained_ids(place: Path) -> set[str]:
    """The ids that a run (or a model folder in it) has read; none where it keeps no list.

    Raises BuildError for a list that is missing or is not the one that was written.
    """
    record = _record(place)
    if record is None:
        return set()
    told = read_json(record, _AGAIN)
    try:
        raw = (record.parent / told["ids_file"]).read_bytes()
        if hashlib.sha256(raw).hexdigest() == told["ids_sha256"]:
            return set(raw.decode("ascii").split())
    except (OSError, KeyError, TypeError, UnicodeDecodeError) as e:
        raise BuildError(f"its list of rows cannot be read ({e})", record, _AGAIN) from e
    raise BuildError("its list of rows is not the one that was written", record, _AGAIN)


def refuse_stale(folder: Path) -> None:
    """Raises BuildError where a row that these weights have learned from was removed since.

    `folder` is a run, the model in it, or one of its seeds: the mark may lie in any of them.
    """
    for place in (folder, *_around(folder), *sorted(folder.glob("seed-*"))):
        mark = RunFolder(place).stale
        if mark.is_file():
            rows = read_json(mark, _AGAIN).get("rows")
            said = f"{rows} row(s)" if rows else "rows that nobody can count"
            raise BuildError(
                f"was trained on {said} removed on request since", folder,
                "train it again (--fresh) on the data as it is now",
            )  # fmt: skip


def _around(folder: Path) -> list[Path]:
    """A model lies in its run, a checkpoint too, and a run of one seed in the run of all seeds."""
    here, found = folder.absolute(), list[Path]()
    while here.name == "model" or here.name.startswith(("seed-", "checkpoint")):
        here = here.parent
        found.append(here)
    return found


def _record(place: Path) -> Path | None:
    records = (RunFolder(folder).trained_on for folder in (place, *_around(place)))
    return next((record for record in records if record.is_file()), None)


def _write(folder: RunFolder, fingerprint: str, ids: set[str]) -> None:
    text = "".join(f"{name}\n" for name in sorted(ids))
    write_text(folder.trained_ids, text)
    write_json(
        folder.trained_on,
        {
            "fingerprint": fingerprint,
            "ids_file": folder.trained_ids.name,
            "ids_sha256": hashlib.sha256(text.encode("ascii")).hexdigest(),
        },
    )
