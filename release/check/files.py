"""Are these the files of this release, and have all of them one schema?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ...corpus.artefacts import sha256_file
from ..dehydrated import FORMS
from ..features import parquet_schema
from .card_yaml import front_matter
from .report import Result, judged, unknown
from .subject import Subject

MADE = {"README.md", "croissant.json", "release.json", "tombstones.json", "LICENSE"}
FOOTER = b"huggingface"


def bytes_are_the_manifests(subject: Subject) -> Iterator[Result]:
    """Every data file is listed with its digest, and nothing else lies there."""
    listed = {
        record["path"]: record["sha256"]
        for config in subject.document.get("splits", {})
        for record in subject.document["stages"].get(config, {}).get("files", [])
    }
    folder, wrong = subject.release, []
    here = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    missing = sorted(listed.keys() - here)
    for path in sorted(listed.keys() & here):
        if sha256_file(folder / path) != listed[path]:
            wrong.append(path)
    yield judged(
        "files", len(missing) + len(wrong),
        f"All {len(listed)} data files have the bytes that release.json lists.",
        "{n} data file(s) are missing or have other bytes than release.json lists.",
        missing=missing[:5], other_bytes=wrong[:5],
    )  # fmt: skip
    strange = sorted(
        name for name in here - listed.keys()
        if name not in MADE and not (name.startswith("assets/") and name.endswith(".svg"))
    )  # fmt: skip
    yield judged(
        "strangers", len(strange), "Nothing lies there that no release has.",
        "{n} file(s) lie there that are not part of the release.", files=strange[:5],
    )  # fmt: skip


def one_schema(subject: Subject) -> Iterator[Result]:
    """Columns, types and footers agree in every shard, split and in the card."""
    wrong: list[str] = []
    n_files = 0
    for config, files in subject.configs.items():
        expected = _expected(subject, config)
        for _, path in files:
            n_files += 1
            schema = pq.read_schema(path)
            name = path.relative_to(subject.release).as_posix()
            if not schema.equals(expected.remove_metadata()):
                wrong.append(f"{name}: {_difference(schema, expected)}")
            elif (schema.metadata or {}).get(FOOTER) != (expected.metadata or {}).get(FOOTER):
                wrong.append(f"{name}: its {FOOTER.decode()} footer differs")
    yield judged(
        "schema", len(wrong), f"All {n_files} files have the schema of their config.",
        "{n} file(s) have another schema than their config: " + "; ".join(wrong[:2]) + ".",
        files=wrong[:5],
    )  # fmt: skip
    yield _card(subject)


def _expected(subject: Subject, config: str) -> pa.Schema:
    """By our own columns; of a config that this version does not know, its first file."""
    if config in FORMS.get(subject.form, {}):
        return parquet_schema(config, subject.form)
    return pq.read_schema(subject.configs[config][0][1])


def _difference(schema: pa.Schema, expected: pa.Schema) -> str:
    here, wanted = ({f.name: str(f.type) for f in s} for s in (schema, expected))
    if missing := sorted(wanted.keys() - here.keys()):
        return f"lacks {', '.join(missing)}"
    if more := sorted(here.keys() - wanted.keys()):
        return f"has {', '.join(more)} besides"
    other = [n for n in wanted if here[n] != wanted[n]]
    return f"{other[0]} is {here[other[0]]}, not {wanted[other[0]]}" if other else "order differs"


def _card(subject: Subject) -> Result:
    """`dataset_info.features` of README.md against the files: `load_dataset` would stop there."""
    from datasets import Features
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    name = "schema of the card"
    yaml = front_matter(subject)
    if yaml is None:
        return unknown(name, "README.md has no YAML that parses.")
    infos = DatasetInfosDict.from_dataset_card_data(DatasetCardData(**yaml))
    wrong = []
    for config, files in subject.configs.items():
        declared: Any = infos[config].features if config in infos else None
        held = Features.from_arrow_schema(pq.read_schema(files[0][1]))
        if declared is None or declared != held or list(declared) != list(held):
            wrong.append(config)
    return judged(
        name, len(wrong), "The card declares the columns that the files have.",
        "The card declares other columns than the files have, in {n} config(s).", configs=wrong,
    )  # fmt: skip
