"""README.md of a release: YAML that `load_dataset` verifies, and a text whose numbers all come
from the manifest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..corpus.artefacts import write_text
from ..corpus.folder import BuildFolder
from ..corpus.records import SIGNALS
from ..labeling.schema import BASES
from ..labeling.screen import RISKS
from ..labeling.support import SUPPORT_TYPES
from ..labeling.validity import read_validity, words
from . import funnel
from .croissant import write_croissant
from .features import COLUMNS, DEFAULT_CONFIG, DESCRIPTIONS, LABELS, features

TEMPLATE = Path(__file__).parents[1] / "dataset_card.md"
PRETTY_NAME = "redditess: effective peer support"
SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|<>~$@&])")


def write_card(folder: BuildFolder, manifest: Mapping[str, Any]) -> None:
    """Writes README.md and croissant.json beside `data/`; with validity tables where there are."""
    write_text(folder.release / "README.md", card(manifest, read_validity(folder)))
    write_croissant(folder.release / "croissant.json", manifest)


def card(manifest: Mapping[str, Any], validity: Mapping[str, Any] | None = None) -> str:
    """The whole README; `validity` as `redditess label validity` found it.

    >>> plain("r/x|y <b>")
    'r/x\\\\|y \\\\<b\\\\>'
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
        autoescape=False, finalize=_safe,
    )  # fmt: skip
    environment.filters.update(share=_share, code=_code, reason=_reason, ours=Ready)
    text = environment.from_string(TEMPLATE.read_text("utf8")).render(
        **_facts(manifest), validity=_validity(validity) if validity else None
    )
    return f"---\n{_yaml(manifest)}---\n{text}"


class Ready(str):
    """Text of ours that is Markdown already; every other string in the template is escaped."""


def plain(text: str) -> str:
    """Words of others (community names, file names) with no power over the page."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def _safe(value: Any) -> Any:
    if isinstance(value, Ready):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return plain(value) if isinstance(value, str) else value


def _share(part: int, whole: int) -> Ready:
    return Ready(funnel.share(part, whole))


def _code(text: str) -> Ready:
    return Ready("`" + re.sub(r"[`|\s]+", " ", text).strip() + "`")


def _reason(text: str) -> Ready:
    return Ready(plain(funnel.plain_reason(text)))


def _facts(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the template may name."""
    content, stages = manifest["content"], manifest["stages"]
    annotated = manifest["labels"]["annotated"]
    n_full = stages["full"]["rows_out"]
    own = {c.name for c in COLUMNS[DEFAULT_CONFIG]}
    return {
        **manifest,
        "steps": funnel.steps(manifest),
        "splits": funnel.splits(manifest),
        "basis": {name: content["basis"][name] for name in BASES if name in content["basis"]},
        "observable": {name: content["observable"][name] for name in SIGNALS},
        "annotated": annotated,
        "risks": {name: annotated["risk"][name] for name in RISKS},
        "support_types": {name: annotated["support_types"][name] for name in SUPPORT_TYPES},
        "n_full": n_full,
        "n_labelled": stages["effectiveness"]["rows_out"],
        "columns": COLUMNS[DEFAULT_CONFIG],
        "more_columns": [c for c in COLUMNS["full"] if c.name not in own],
        "descriptions": DESCRIPTIONS,
        "label_names": LABELS,
        "all_invented": bool(n_full) and content["invented"] == n_full,
        "label_totals": {
            name: sum(s["labels"][name] for s in manifest["splits"][DEFAULT_CONFIG].values())
            for name in LABELS
        },
    }


def _validity(found: Mapping[str, Any]) -> dict[str, Any]:
    """The validity tables as cells of Markdown."""
    names = [words.TITLES[task["name"]] for task in found["tasks"]]
    tables = {
        "cross": words.cross_rows, "baselines": words.baseline_rows, "pairs": words.pair_rows,
        "eras": words.era_rows, "selection": words.selection_rows, "dashes": words.dashes,
    }  # fmt: skip
    return {
        "rows": found["rows"], "posters": found["posters"], "names": names,
        "witnesses": list(words.WITNESSES.values()), "told": words.told(found),
        **{name: rows(found) for name, rows in tables.items()},
    }  # fmt: skip


def content_digest(manifest: Mapping[str, Any], config: str) -> str:
    """Names the files of one config by their content.

    `datasets` keys its cache by folder name and YAML alone; with this digest in the YAML another
    build in the same place, or a second folder of the same name, is never taken for the first.
    """
    files = manifest["stages"][config]["files"]
    lines = "\n".join(f"{f['path']} {f['sha256']}" for f in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _yaml(manifest: Mapping[str, Any]) -> str:
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    n_rows = manifest["stages"]["full"]["rows_out"]
    data = DatasetCardData(
        pretty_name=PRETTY_NAME,
        language=["en"],
        license="other",
        license_name="reddit-terms",
        license_link="https://redditinc.com/policies",
        task_categories=["text-classification"],
        tags=["peer-support", "mental-health", "reddit", "weak-supervision"],
        size_categories=[next((name for top, name in SIZES if n_rows < top), "n>1M")],
        configs=[_config(manifest, config) for config in _filled(manifest)],
    )
    infos = {config: _info(manifest, config) for config in _filled(manifest)}
    DatasetInfosDict(infos).to_dataset_card_data(data)
    return f"{data.to_yaml()}\n"


def _filled(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """The configs and splits that have rows: naming an empty one would break loading the others."""
    found = {
        config: [s for s in splits if splits[s]["rows"]]
        for config, splits in funnel.splits(manifest).items()
    }
    return {config: splits for config, splits in found.items() if splits}


def _config(manifest: Mapping[str, Any], config: str) -> dict[str, Any]:
    return {
        "config_name": config,
        **({"default": True} if config == next(iter(_filled(manifest))) else {}),
        "description": f"{DESCRIPTIONS[config]} Build sha256:{content_digest(manifest, config)}",
        "data_files": [
            {"split": split, "path": f"data/{config}/{split}-*.parquet"}
            for split in _filled(manifest)[config]
        ],
    }


def _info(manifest: Mapping[str, Any], config: str) -> Any:
    from datasets import DatasetInfo, SplitDict, SplitInfo

    splits = {name: manifest["splits"][config][name] for name in _filled(manifest)[config]}
    size = sum(file["bytes"] for file in manifest["stages"][config]["files"])
    return DatasetInfo(
        features=features(config),
        config_name=config,
        splits=SplitDict(
            {
                name: SplitInfo(name, num_bytes=record["bytes"], num_examples=record["rows"])
                for name, record in splits.items()
            }
        ),
        download_size=size,
        dataset_size=sum(record["bytes"] for record in splits.values()),
    )
