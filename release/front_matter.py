"""The YAML on top of the card: what `load_dataset` verifies, and the gate of the Hub."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from . import funnel
from .columns import DESCRIPTIONS
from .features import features
from .gate import gate

PRETTY_NAME = "redditess: effective peer support"
SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))


def front_matter(manifest: Mapping[str, Any]) -> str:
    """The YAML, without its fences. Configs and splits without rows are not named: naming an empty
    one would break loading the others.
    """
    from datasets.info import DatasetInfosDict
    from huggingface_hub import DatasetCardData

    n_rows = manifest["stages"]["full"]["rows_out"]
    data = DatasetCardData(
        pretty_name=PRETTY_NAME,
        language=["en"],
        license="other",
        license_name="reddit-terms",
        license_link="https://redditinc.com/policies",
        task_categories=["text-classification", "text-generation"],
        # No `not-for-all-audiences`: the viewer refuses repositories that carry it.
        tags=["peer-support", "mental-health", "reddit", "weak-supervision"],
        size_categories=[next((name for top, name in SIZES if n_rows < top), "n>1M")],
        configs=[_config(manifest, config) for config in filled(manifest)],
        **gate(),
    )
    infos = {config: _info(manifest, config) for config in filled(manifest)}
    DatasetInfosDict(infos).to_dataset_card_data(data)
    return f"{data.to_yaml()}\n"


def filled(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Config -> its splits, of those that have rows."""
    found = {
        config: [s for s in splits if splits[s]["rows"]]
        for config, splits in funnel.splits(manifest).items()
    }
    return {config: splits for config, splits in found.items() if splits}


def content_digest(manifest: Mapping[str, Any], config: str) -> str:
    """Names the files of one config by their content.

    `datasets` keys its cache by folder name and YAML alone; with this digest in the YAML another
    build in the same place, or a second folder of the same name, is never taken for the first.
    """
    files = manifest["stages"][config]["files"]
    lines = "\n".join(f"{f['path'].removeprefix('redditess/')} {f['sha256']}" for f in files)
    return hashlib.sha256(lines.encode()).hexdigest()


def _config(manifest: Mapping[str, Any], config: str) -> dict[str, Any]:
    return {
        "config_name": config,
        **({"default": True} if config == next(iter(filled(manifest))) else {}),
        "description": f"{DESCRIPTIONS[config]} Build sha256:{content_digest(manifest, config)}",
        "data_files": [
            {"split": split, "path": f"data/{config}/{split}-*.parquet"}
            for split in filled(manifest)[config]
        ],
    }


def _info(manifest: Mapping[str, Any], config: str) -> Any:
    from datasets import DatasetInfo, SplitDict, SplitInfo

    splits = {name: manifest["splits"][config][name] for name in filled(manifest)[config]}
    size = sum(file["bytes"] for file in manifest["stages"][config]["files"])
    return DatasetInfo(
        features=features(config, manifest.get("form", "text")),
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
