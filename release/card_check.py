"""Are the figures of a card true? It is written again from `release.json`, and what `release.json`
says is counted again in the Parquet files.

Every figure of the card stands in `release.json` (byte for byte the same page comes out of it), and
what can be counted there is counted by the code that counted it first, on the released files. What
came before the release, such as dump lines, can only be added up.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..corpus.artefacts import read_json, sha256_file
from .annotated import COLUMNS as ANNOTATED
from .annotated import count_annotations
from .card import pages
from .columns import LABELS
from .content import COUNTED, TEXTS, count_content, count_marks
from .public import FILE

Document = Mapping[str, Any]


def check_card(release: Path, public: Document) -> list[str]:
    """What is wrong with the figures of a released folder, one sentence each; [] for nothing.

    `public` is what `read_public(release)` gave. Reads every column of config `full` once.
    """
    found: list[str] = []
    for part in (_pages, _sums, _files, _counted):
        try:
            found += part(release, public)
        except Exception as e:  # a manifest can be broken in any way, and that is the finding
            found.append(f"{FILE}: cannot be followed ({type(e).__name__}: {str(e)[:80]})")
    return found


def _pages(release: Path, public: Document) -> Iterator[str]:
    """README.md, croissant.json and the picture against what release.json makes."""
    for name, text in pages(public).items():
        path = release / name
        if not path.is_file():
            yield f"{name}: missing"
        elif path.read_bytes() != text.encode():
            yield f"{name}: {_difference(path.read_text('utf8', 'replace'), text)}"


def _difference(here: str, wanted: str) -> str:
    """The first line that differs, cut to what a person reads."""
    lines = here.splitlines(), wanted.splitlines()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes():
        if tag != "equal":
            said, true = (" ".join(part)[:80] for part in (lines[0][a:b], lines[1][c:d]))
            return f"line {a + 1} says {said!r}, release.json makes {true!r}"
    return "line ends differ from what release.json makes"


def _sums(release: Path, public: Document) -> Iterator[str]:
    """In = out + dropped, at every step; votes add up to rows."""
    for record in public["inputs"]:
        parts = record["kept"] + sum(record["dropped"].values())
        yield from _unequal(f"inputs {record['name']} lines", record["lines"], parts)
    for name, stage in public["stages"].items():
        parts = stage["rows_out"] + sum(stage["dropped"].values())
        yield from _unequal(f"stages.{name}.rows_in", stage["rows_in"], parts)
    for config, splits in public["splits"].items():
        rows = sum(split["rows"] for split in splits.values())
        stage = public["stages"].get(config)
        if stage:
            yield from _unequal(f"stages.{config}.rows_out", stage["rows_out"], rows)
    yield from _votes(public)


def _votes(public: Document) -> Iterator[str]:
    """Each function's shares are those of its counts."""
    for function in public["functions"]:
        counts = function.get("counts")
        if not counts:
            continue
        said = [n for word, n in counts.items() if word != "conflict"]
        rows = sum(said)
        voting = counts.get("effective", 0) + counts.get("not_effective", 0)
        for name, part in (("coverage", voting), ("conflict", counts.get("conflict", 0))):
            wanted = round(part / rows, 6) if rows else 0.0
            yield from _unequal(f"functions {function['name']} {name}", function[name], wanted)


def _files(release: Path, public: Document) -> Iterator[str]:
    """Bytes, rows and sha256 of each file; rows of each split; no file that nobody listed."""
    here = {p.relative_to(release).as_posix(): p for p in (release / "data").rglob("*.parquet")}
    listed = set()
    for config, splits in public["splits"].items():
        rows: Counter[str] = Counter()
        for record in public["stages"].get(config, {}).get("files", []):
            path = here.get(record["path"])
            if path is None:
                yield f"{record['path']}: missing"
                continue
            listed.add(record["path"])
            n_rows = pq.read_metadata(path).num_rows
            rows[path.name.split("-")[0]] += n_rows
            yield from _unequal(f"{record['path']} rows", record["rows"], n_rows)
            yield from _unequal(f"{record['path']} bytes", record["bytes"], path.stat().st_size)
            yield from _unequal(f"{record['path']} sha256", record["sha256"], sha256_file(path))
        for split, said in splits.items():
            yield from _unequal(f"splits.{config}.{split}.rows", said["rows"], rows[split])
    for name in sorted(here.keys() - listed):
        yield f"{name}: not in {FILE}"
    yield from _tombstones(release, public.get("tombstones") or {})


def _tombstones(release: Path, said: Document) -> Iterator[str]:
    """The list of what was removed: as long as the card says, and that very list."""
    path = release / "tombstones.json"
    ids = read_json(path).get("ids", []) if path.is_file() else []
    yield from _unequal("tombstones.count", said.get("count", 0), len(ids))
    if said.get("sha256"):
        digest = sha256_file(path) if path.is_file() else None
        yield from _unequal("tombstones.sha256", said["sha256"], digest)


def _counted(release: Path, public: Document) -> Iterator[str]:
    """Labels by split, and everything that the card says about the rows of `full`."""
    for config, splits in public["splits"].items():
        for split, said in splits.items():
            labels = _labels(release, config, split)
            if labels is not None and "labels" in said:
                yield from _differences(f"splits.{config}.{split}.labels", said["labels"], labels)
    full = sorted((release / "data" / "full").glob("*.parquet"))
    if not full:
        return
    content = public["content"]
    here = set.intersection(*(set(pq.read_schema(path).names) for path in full))
    for names, count, where, said in (
        (COUNTED, count_content, "content", {k: v for k, v in content.items() if k != "marks"}),
        (TEXTS, count_marks, "content.marks", content.get("marks", {})),
        (ANNOTATED, count_annotations, "labels.annotated", public["labels"]["annotated"]),
    ):
        missing = sorted(set(names) - here)
        if not missing:
            yield from _differences(where, said, count(_columns(full, names)))
        elif public.get("form") != "dehydrated":  # which has neither words nor risks
            yield f"{FILE}: {where} cannot be counted, data/full has no {', '.join(missing)}"


def _labels(release: Path, config: str, split: str) -> dict[str, int] | None:
    """How many rows of each label; None where the config has no labels or the split no file."""
    files = sorted((release / "data" / config).glob(f"{split}-*.parquet"))
    if not files or "label" not in pq.read_schema(files[0]).names:
        return None
    counts: Counter[Any] = Counter()
    for table in _columns(files, ("label",)):
        counts.update(table["label"].to_pylist())
    return {name: counts[i] for i, name in enumerate(LABELS)}


def _columns(files: list[Path], names: tuple[str, ...]) -> Iterator[pa.Table]:
    """The named columns, one row group at a time."""
    for path in files:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, columns=list(names))


def _differences(where: str, said: Any, counted: Any) -> Iterator[str]:
    """Every figure that differs, by its place in release.json."""
    if isinstance(said, Mapping) and isinstance(counted, Mapping):
        for name in sorted({*said, *counted}, key=str):
            there = counted.get(name, 0 if isinstance(said.get(name), int) else None)
            yield from _differences(f"{where}.{name}", said.get(name), there)
    else:
        yield from _unequal(where, said, counted)


def _unequal(where: str, said: Any, counted: Any) -> Iterator[str]:
    if said != counted:
        yield f"{FILE}: {where} is {said!r}, counted {counted!r}"
