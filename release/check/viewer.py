"""Will the Hub's viewer show it? One rule for each way in which a page of rows has been lost.

Limits are those of the viewer's source and of its workers run by hand (docs/design/0016).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .card_yaml import front_matter
from .report import Result, Verdict, judged
from .subject import Subject
from .texts import texts_of

MAX_CONFIGS, MAX_SPLITS, MAX_COLUMNS, MAX_NAME = 4_000, 30, 1_000, 500
MAX_GROUP = 100_000_000  # compressed bytes a row group; the viewer stops at 300 MB
MAX_PREVIEW = 200_000  # bytes of JSON of the first 100 rows; more is cut cell by cell
MAX_PLAIN = 10 * 2**20  # bytes of a file that git may hold itself
HIDING_TAGS = {"not-for-all-audiences", "nsfw", "porn", "hentai", "inappropriate"}
_SPLIT = re.compile(r"\w+(\.\w+)*")


def check_viewer(subject: Subject) -> Iterator[Result]:
    yield from _card(subject)
    yield from _names(subject)
    yield from _parquet(subject)
    yield _nul(subject)
    yield from _statistics(subject)
    yield _preview(subject)
    yield from _repository(subject)


def _card(subject: Subject) -> Iterator[Result]:
    yaml = front_matter(subject)
    if yaml is None:
        yield Result("viewer: card", "fail", "README.md has no YAML that parses.")
        return
    wrong = list(_configs(subject, yaml))
    yield judged(
        "viewer: card", len(wrong), "The card names every config and split by a pattern that fits.",
        "{n} thing(s) in the card's YAML: " + "; ".join(wrong[:3]) + ".", wrong=wrong[:10],
    )  # fmt: skip
    tags = sorted(HIDING_TAGS & set(map(str, yaml.get("tags") or [])))
    hidden = tags + (["viewer: false"] if yaml.get("viewer") is False else [])
    yield judged(
        "viewer: switched off", len(hidden), "No tag and no switch hides the viewer.",
        "{n} tag(s) or switch(es) hide the viewer: " + ", ".join(hidden) + ".", found_words=hidden,
    )  # fmt: skip


def _configs(subject: Subject, yaml: dict[str, Any]) -> Iterator[str]:
    listed = yaml.get("configs")
    if not isinstance(listed, list) or not listed:
        yield "no explicit configs"
        return
    matched: set[str] = set()
    paths = {
        (split, path.relative_to(subject.release).as_posix())
        for files in subject.configs.values()
        for split, path in files
    }
    for config in listed:
        entries = config.get("data_files") or []
        entries = entries if isinstance(entries, list) else [entries]
        for entry in entries:
            given = isinstance(entry, dict)
            patterns = entry.get("path") if given else entry
            for pattern in patterns if isinstance(patterns, list) else [patterns]:
                split = entry.get("split") if given else None
                fits = {p for s, p in paths if fnmatch(p, str(pattern)) and split in (s, None)}
                matched |= fits
                if not fits:
                    yield f"{config.get('config_name')}: {pattern} matches no file"
                if not str(pattern).endswith(".parquet"):
                    yield f"{config.get('config_name')}: {pattern} is not Parquet"
    yield from (f"{path} is in no config" for path in sorted({p for _, p in paths} - matched))


def _names(subject: Subject) -> Iterator[Result]:
    configs = subject.configs
    too_many = [] if len(configs) <= MAX_CONFIGS else [f"{len(configs)} configs"]
    for config, files in configs.items():
        splits = {split for split, _ in files}
        too_many += [f"{config}: {len(splits)} splits"] if len(splits) > MAX_SPLITS else []
        columns = subject.columns(config)
        too_many += [f"{config}: {len(columns)} columns"] if len(columns) > MAX_COLUMNS else []
        too_many += [f"{config}.{c[:20]}…" for c in columns if len(c) > MAX_NAME]
    yield judged(
        "viewer: how many", len(too_many), "Configs, splits, columns and names are few and short.",
        "{n} count(s) or name(s) are beyond what the viewer takes.", found_things=too_many[:5],
    )  # fmt: skip
    here = (subject.release / "data").glob("*/*")
    splits = {re.sub(r"-\d{5}-of-\d{5}\.parquet$", "", path.name) for path in here}
    wrong = sorted(s for s in splits if not _SPLIT.fullmatch(s))
    yield judged(
        "viewer: names of splits", len(wrong), "Split names are words.",
        "{n} split name(s) have signs that are refused.", splits=wrong[:5],
    )  # fmt: skip


def _parquet(subject: Subject) -> Iterator[Result]:
    formats = sorted(
        path.name for path in (subject.release / "data").rglob("*")
        if path.is_file() and path.suffix != ".parquet"
    )  # fmt: skip
    yield judged(
        "viewer: one format", len(formats), "All configs are Parquet.",
        "{n} data file(s) are not Parquet: the first config's format rules all.", files=formats[:5],
    )  # fmt: skip
    maps, groups, index = [], [], []
    for config, files in subject.configs.items():
        maps += [f"{config}.{f.name}" for f in pq.read_schema(files[0][1]) if _has_map(f.type)]
        for _, path in files:
            with pq.ParquetFile(path) as file:
                meta = file.metadata
            name = path.relative_to(subject.release).as_posix()
            for g in range(meta.num_row_groups):
                columns = [meta.row_group(g).column(c) for c in range(meta.num_columns)]
                if sum(c.total_compressed_size for c in columns) > MAX_GROUP:
                    groups.append(f"{name} group {g}")
                if not all(
                    c.has_offset_index and c.has_column_index for c in columns if c.num_values
                ):
                    index.append(f"{name} group {g}")
    yield judged("viewer: map columns", len(maps), "No column is a map.",
                 "{n} column(s) are maps.", columns=maps[:5])  # fmt: skip
    yield judged("viewer: row groups", len(groups), "Row groups are below 100 MB.",
                 "{n} row group(s) are above 100 MB compressed.", groups=groups[:5])  # fmt: skip
    yield judged("viewer: page index", len(index), "Every column has a page index.",
                 "{n} row group(s) lack a page index.", groups=index[:5])  # fmt: skip


def _has_map(kind: pa.DataType) -> bool:
    if pa.types.is_map(kind):
        return True
    inner = [kind.field(i).type for i in range(kind.num_fields)]
    return any(_has_map(one) for one in inner)


def _nul(subject: Subject) -> Result:
    found: list[str] = []
    for config in subject.configs:
        for _, batch in subject.batches(config, subject.columns(config)):
            for name in batch.schema.names:
                if any(pc.any(pc.match_substring(t, "\0")).as_py() for t in texts_of(batch[name])):
                    found.append(f"{config}.{name}")
    columns = sorted(set(found))
    return judged("viewer: U+0000", len(columns), "No text holds U+0000.",
                  "{n} column(s) hold U+0000.", columns=columns)  # fmt: skip


def _statistics(subject: Subject) -> Iterator[Result]:
    """What makes the viewer drop all charts of a split: a range of exactly one, one value."""
    found: list[str] = []
    vectors: list[str] = []
    for config, files in subject.configs.items():
        schema = pq.read_schema(files[0][1])
        footer = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = footer.get("info", {}).get("features", {})
        for field in schema:
            named = features.get(field.name, {}).get("_type") == "ClassLabel"
            if pa.types.is_list(field.type) and pa.types.is_float32(field.type.value_type):
                vectors += [f"{config}.{field.name}"] if "emb" not in field.name else []
            if not named and _is_counted(field.type):
                found += [
                    f"{config}/{s}.{field.name}" for s in _narrow(subject, config, field.name)
                ]
    yield _warned(
        "viewer: charts", found, "No column's range would cost a split its charts.",
        "{n} column(s) of a split have values or lengths that differ by exactly one: the viewer "
        "then shows no charts of that split.",
    )  # fmt: skip
    yield _warned(
        "viewer: time series", vectors, "No list of numbers looks like a time series.",
        "{n} list(s) of float32 make the viewer call the dataset a time series.",
    )  # fmt: skip


def _is_counted(kind: pa.DataType) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_list(kind)


def _narrow(subject: Subject, config: str, column: str) -> list[str]:
    """Splits in which the numbers or lengths of a column span exactly one, or are one only."""
    ends: dict[str, list[int]] = {}
    counts: dict[str, int] = {}
    for split, batch in subject.batches(config, [column]):
        values = batch[column]
        if pa.types.is_string(values.type):
            values = pc.utf8_length(values)
        elif pa.types.is_list(values.type):
            values = pc.list_value_length(values)
        values = values.drop_null()
        counts[split] = counts.get(split, 0) + len(values)
        if len(values):
            low, high = pc.min_max(values).as_py().values()
            known = ends.setdefault(split, [low, high])
            ends[split] = [min(known[0], low), max(known[1], high)]
    return [s for s, (low, high) in ends.items() if high - low == 1 or counts[s] == 1]


def _warned(name: str, found: list[str], good: str, wrong: str) -> Result:
    verdict: Verdict = "warn" if found else "pass"
    sentence = wrong.replace("{n}", f"{len(found):,}") if found else good
    return Result(name, verdict, sentence, {"found": len(found), "columns": found[:10]})


def _preview(subject: Subject) -> Result:
    """The first 100 rows as JSON: beyond the limit cells are cut to 100 bytes."""
    found: dict[str, int] = {}
    for config, files in subject.configs.items():
        for split in {s for s, _ in files}:
            path = next(p for s, p in files if s == split)
            with pq.ParquetFile(path) as file:
                batch = next(file.iter_batches(100), None)
            rows = batch.to_pylist() if batch is not None else []
            size = sum(len(json.dumps(r, default=str, ensure_ascii=False).encode()) for r in rows)
            if size > MAX_PREVIEW:
                found[f"{config}/{split}"] = size
    return _warned(
        "viewer: first rows", sorted(found), "The first 100 rows fit into the preview.",
        "The first 100 rows of {n} split(s) are above 200 kB: long cells are shown cut.",
    )  # fmt: skip


def _repository(subject: Subject) -> Iterator[Result]:
    scripts = sorted(p.name for p in subject.release.glob("*.py"))
    yield judged(
        "viewer: scripts", len(scripts), "No script stands at the root.",
        "{n} script(s) at the root: a dataset with one does not load.", files=scripts[:5],
    )  # fmt: skip
    big = [
        path.relative_to(subject.release).as_posix() for path in subject.release.rglob("*")
        if path.is_file() and path.suffix != ".parquet" and path.stat().st_size > MAX_PLAIN
    ]  # fmt: skip
    yield judged(
        "viewer: large files", len(big), "Only Parquet is large, and that goes up as LFS.",
        "{n} file(s) above 10 MiB are not Parquet.", files=big[:5],
    )  # fmt: skip
