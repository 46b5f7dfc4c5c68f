"""Puts the records of all stages together into the manifest, and says what looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import __version__
from ..corpus.artefacts import read_json
from ..corpus.errors import BuildError
from ..corpus.folder import BuildFolder
from ..corpus.manifest import FORMAT, add_counts, stage_record
from ..corpus.settings import Settings
from ..labeling.functions import resolve
from .pseudonyms import Key
from .resume import code_digest

Record = dict[str, Any]
UNMASKED_NAMES = (
    "names of people in the texts are not masked; before you publish, build with mask_names = true "
    "(docs/privacy.md)"
)
LABELLED_SHARE = (0.05, 0.35)  # the paper labels 14.3 %; outside this range a build warns
EFFECTIVE_SHARE = (0.30, 0.70)


def build_manifest(
    folder: BuildFolder,
    settings: Settings,
    key: Key,
    inputs: Sequence[Record],
    assembled: Sequence[Record],
    voted: Sequence[Record],
    labelled: Sequence[Record],
    released: Record,
) -> Record:
    """Everything read, kept and dropped, by reason (docs/house.md)."""
    root = folder.root
    stages = {
        "posts": stage_record([r["posts"] for r in assembled]),
        "assemble": stage_record(
            [r["comments"] for r in assembled], folder.buckets(folder.interactions), root
        ),
        "vote": stage_record(voted, folder.buckets(folder.votes), root),
        "label": stage_record(labelled, folder.buckets(folder.labels), root),
        **released["stages"],
    }
    labels = _labels(labelled)
    faults: dict[str, int] = {}
    for record in voted:
        add_counts(faults, record.get("faults", {}))
    _check_handover(inputs, stages)
    digests = sorted(r["sha256"] for r in inputs)
    model = read_json(folder.label_model)
    said = [model["gold"]["sha256"]] if "gold" in model else []
    return {
        "format": FORMAT,
        "version": __version__,
        "fingerprint": settings.fingerprint(code_digest(), key.id, *digests, *said),
        "key_id": key.id,
        "settings": settings.identity(),
        "inputs": [{k: v for k, v in r.items() if k != "spans"} for r in inputs],
        "stages": stages,
        "counts": _counts(assembled),
        "exposure": _exposure(folder),
        "functions": _functions(settings, voted),
        "faults": faults,
        "label_model": model,
        "labels": {**labels, "annotated": released["annotated"]},
        "splits": released["splits"],
        "masked": released["masked"],
        "pairs": released["pairs"],
        "content": released["content"],
        "seen_commenters": released["seen_commenters"],
        "small_communities": released["small_communities"],
        **({"cuts": released["cuts"]} if "cuts" in released else {}),
        "warnings": [
            *_warnings(inputs, labels, released, settings),
            *_faulty(faults),
            *_unresolved(model),
        ],
    }


def _check_handover(inputs: Sequence[Record], stages: Record) -> None:
    """What ingest kept is what assemble read, to the row."""
    kept = sum(r["kept"] for r in inputs)
    read = stages["posts"]["rows_in"] + stages["assemble"]["rows_in"]
    if kept != read:
        raise BuildError(
            f"ingest kept {kept} lines but assemble read {read}", "raw/", "start over with --fresh"
        )


def _counts(assembled: Sequence[Record]) -> Record:
    total: dict[str, int] = {}
    for record in assembled:
        add_counts(total, record.get("counts", {}))
    return total


def _exposure(folder: BuildFolder) -> Record:
    """How well the opportunity model tells answered from unanswered; its weights stay out."""
    if not folder.exposure_model.is_file():
        return {}  # voted by hand, without the stage
    document = read_json(folder.exposure_model)
    return {k: v for k, v in document.items() if k not in ("folds", "edges")}


def _labels(labelled: Sequence[Record]) -> Record:
    total: dict[str, dict[str, int]] = {"labels": {}, "basis": {}}
    for record in labelled:
        add_counts(total["labels"], record["labels"])
        add_counts(total["basis"], record["basis"])
    return {**total["labels"], "basis": total["basis"]}


def _functions(settings: Settings, voted: Sequence[Record]) -> list[Record]:
    """Coverage and conflict of each labeling function, as shares of all interactions."""
    rows = sum(r["rows_in"] for r in voted)
    table = []
    for function in resolve(settings.functions):
        counts: dict[str, int] = {}
        for record in voted:
            add_counts(counts, record["functions"][function.name])
        voting = counts.get("effective", 0) + counts.get("not_effective", 0)
        table.append(
            {
                "name": function.name,
                "axis": function.axis,
                "sees_input": function.sees_input,
                "coverage": round(voting / rows, 6) if rows else 0.0,
                "conflict": round(counts.get("conflict", 0) / rows, 6) if rows else 0.0,
                "counts": counts,
            }
        )
    return table


def _unresolved(model: Record) -> list[str]:
    gold = model.get("gold", {})
    n = gold.get("unresolved", 0)
    return [f"{n} of {gold['given']} gold ids are of no comment here; see gold.json"] if n else []


def _faulty(faults: dict[str, int]) -> list[str]:
    return [f"{name} failed on {n} row(s): its votes there are null" for name, n in faults.items()]


def _real_rows(released: Record) -> int:
    return int(released["stages"]["full"]["rows_out"] - released["content"]["invented"])


def _warnings(
    inputs: Sequence[Record], labels: Record, released: Record, settings: Settings
) -> list[str]:
    warnings = list(released.get("warnings", []))
    if not settings.mask_names and _real_rows(released):
        warnings.append(UNMASKED_NAMES)
    seen: dict[str, str] = {}
    for record in inputs:
        if record["damage"]:
            n = len(record["damage"])
            warnings.append(f"{record['name']} is damaged in {n} place(s); see its entry")
        if record["sha256"] in seen:
            first = seen[record["sha256"]]
            warnings.append(f"{record['name']} has the same bytes as {first}; read once")
        seen[record["sha256"]] = record["name"]
    counted = {k: labels.get(k, 0) for k in ("effective", "not_effective", "unlabelled")}
    n_labelled = counted["effective"] + counted["not_effective"]
    n = n_labelled + counted["unlabelled"]
    for name, part, whole, (low, high) in (
        ("labelled", n_labelled, n, LABELLED_SHARE),
        ("effective", counted["effective"], n_labelled, EFFECTIVE_SHARE),
    ):
        if whole and not low <= part / whole <= high:
            warnings.append(
                f"{name} share {part / whole:.1%} (n = {whole}) is outside {low:.0%} to {high:.0%}"
            )
    return warnings
