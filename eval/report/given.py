"""What a report was given beside its build: runs, a study, judgements. Files are read, no more."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.artefacts import read_json
from ...corpus.errors import BuildError, InputError
from ...release.safety import read_safety
from ...training.runs.folder import RunFolder

_LARGEST_CURVES = 2_000_000  # bytes; ours: a drawing of a run has some ten thousand
JUDGE, AUDIT = "judge.json", "audit.json"


class Run(NamedTuple):
    """A finished run, as its folder tells it."""

    name: str  # of its folder
    kind: str
    metrics: dict[str, Any]
    about: dict[str, Any]
    safety: dict[str, Any] | None
    curves: bytes | None
    stale: bool  # a row it learnt from was removed

    @property
    def command(self) -> str:
        """The command that made it; of an older run nobody knows."""
        return str(self.about.get("command") or "a command that its run.json does not tell")

    @property
    def fingerprint(self) -> str:
        """Of the data it learnt from."""
        return str(self.metrics.get("data", {}).get("fingerprint") or "")


class Judged(NamedTuple):
    """A model's verdicts: its figures, and the audit that allows them."""

    name: str
    figures: dict[str, Any]
    audit: dict[str, Any] | None  # "failed" and "passed" as its checks say
    path: Path


class Given(NamedTuple):
    """Everything named beside the build; empty where nothing was."""

    runs: tuple[Run, ...] = ()
    study: dict[str, Any] | None = None  # figures of study.live
    study_name: str = ""
    preference: dict[str, Any] | None = None  # figures of a file of judgements
    judged: Judged | None = None
    unaudited: bool = False

    def of_kind(self, *kinds: str) -> list[Run]:
        return [run for run in self.runs if run.kind in kinds]


def read_given(
    runs: Sequence[Path] = (), study: Path | None = None, judgements: Path | None = None, *,
    unaudited: bool = False,
) -> Given:  # fmt: skip
    """Reads them all. Raises InputError or BuildError for what is none of them."""
    told = None
    if study is not None:
        from ..study.folder import study_folder
        from ..study.live import figures

        told = figures(study_folder(study))
    preference, judged = _judgements(judgements, unaudited)
    return Given(
        tuple(read_run(path) for path in runs), told, study.name if study else "", preference,
        judged, unaudited,
    )  # fmt: skip


def read_run(path: Path) -> Run:
    """A run folder. Raises BuildError where it is not finished or its files are none of ours."""
    run = RunFolder(path)
    if not run.metrics.is_file():
        raise BuildError(
            "no metrics.json: not a finished run", path, "name the --out of redditess train"
        )
    metrics = read_json(run.metrics, "train again")
    about = read_json(run.about, "train again") if run.about.is_file() else {}
    if not isinstance(metrics, dict) or not isinstance(metrics.get("kind"), str):
        raise BuildError("tells no kind of run", run.metrics, "train again")
    return Run(
        path.resolve().name, metrics["kind"], metrics, about if isinstance(about, dict) else {},
        read_safety(path), _curves(run.curves), run.stale.is_file(),
    )  # fmt: skip


def _curves(path: Path) -> bytes | None:
    if not path.is_file() or path.stat().st_size > _LARGEST_CURVES:
        return None
    return path.read_bytes()


def _judgements(path: Path | None, unaudited: bool) -> tuple[dict[str, Any] | None, Judged | None]:
    """A folder is a judge's own; a file is read as `eval preference` reads it."""
    if path is None:
        return None, None
    if path.is_dir():
        return None, _judged(path)
    if not path.is_file():
        raise InputError("no such file", path, "name a file of judgements or a judge's --out")
    from ..preference import preference

    return preference(path, unaudited=unaudited), None


def _judged(folder: Path) -> Judged:
    """Raises InputError where no judge wrote there. Its checks are believed, not its last word."""
    from ..judge.audit import NAMES, failed

    if not (folder / JUDGE).is_file():
        raise InputError("no judge.json in it", folder, "name the --out of redditess eval judge")
    figures = read_json(folder / JUDGE, "judge again")
    audit = read_json(folder / AUDIT, "audit again") if (folder / AUDIT).is_file() else None
    if not isinstance(figures, dict) or not isinstance(figures.get("judge"), dict):
        raise BuildError("tells no judge", folder / JUDGE, "judge again")
    if not isinstance(audit, dict) or audit.get("digest") != figures.get("digest"):
        audit = None  # an audit of another judge allows nothing
    if audit is not None:
        checks = audit.get("checks") or {}
        broken = [*failed(checks), *sorted(NAMES - checks.keys())]
        audit = audit | {"failed": broken, "passed": not broken}
    return Judged(folder.resolve().name, figures, audit, folder)
