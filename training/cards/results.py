"""What a run measured, as the Hub wants to hear it: `model-index` and `.eval_results/`.

Only figures that were measured. A figure that compares with labels of the rule that made the
training labels carries the word self-consistency in its name, wherever the Hub shows it alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from .figure_words import DOES_IT
from .model_facts import is_id

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

PLACE = ".eval_results/redditess.yaml"
SELF = "self-consistency"
# Figures that say how well labels, or pairs made of labels, are met.
_OF_LABELS = re.compile(r"accuracy|auc|f1|precision|recall|ece|brier|margin")
_TASKS = {
    "classifier": ("text-classification", "effective support: which answers posters acknowledge"),
    "reward": ("text-classification", "effective support: the better of two answers"),
}
_GENERATES = ("text-generation", "effective support: answers to a post")
_CONFIGS = {
    "classifier": "effectiveness", "dpo": "preferences", "reward": "preferences",
    "kto": "unpaired", "sft": "sft", "grpo": "sft",
}  # fmt: skip


class Result(NamedTuple):
    """One measured figure of the model that is published."""

    key: str  # as in metrics.json
    name: str  # for people, with what it is
    value: float
    note: str  # interval and size


def measured(document: Mapping[str, Any]) -> list[Result]:
    """Figures of a `model_document` that have a value and say what the model does (how the run went
    is the page's to tell), in the order of the page.
    """
    found = dict(_model_row(document)) or _telling(document["metrics"].get("eval") or {})
    return [
        Result(key, _named(key, measure_of(document)), figure["value"], note(figure))
        for key, figure in found.items()
        if is_figure(figure) and figure["value"] is not None
    ]


def _telling(found: Mapping[str, Any]) -> dict[str, Any]:
    return {name: found[name] for name in DOES_IT if name in found}


def measure_of(document: Mapping[str, Any]) -> str:
    """accuracy where people judged what it was tested on; else self-consistency."""
    table = document["metrics"].get("table") or {}
    return str(table.get("measure") or document["metrics"].get("measure") or SELF)


def config_of(kind: str) -> str:
    """The config of the dataset that such a run reads."""
    return _CONFIGS[kind]


def split_of(document: Mapping[str, Any]) -> str:
    """The split of the dataset that the figures are of."""
    table = document["metrics"].get("table") or {}
    alone = document["recipe"].get("early_stopping")  # then validation chose when to stop
    return str(table.get("part") or ("test" if alone else "validation and test"))


def is_figure(value: Any) -> bool:
    """{"value": number or None, ...}"""
    return isinstance(value, Mapping) and isinstance(
        value.get("value", ""), (int, float, type(None))
    )


def note(figure: Mapping[str, Any]) -> str:
    """What a figure stands on, in words."""
    said = []
    if figure.get("low") is not None and figure.get("high") is not None:
        said.append(f"95 % interval {figure['low']:.3f} to {figure['high']:.3f}")
    if figure.get("n") is not None:
        said.append(f"n = {figure['n']}")
    if figure.get("n_clusters") is not None:
        said.append(f"{figure['n_clusters']} clusters")
    return ", ".join(said)


def eval_results(document: Mapping[str, Any]) -> list[EvalResult]:
    """For the key `model-index` of the card's YAML; one entry a measured figure."""
    from huggingface_hub import EvalResult

    task, words = _TASKS.get(document["kind"], _GENERATES)
    data = document["data"]
    return [
        EvalResult(
            task_type=task, task_name=words, dataset_type=_dataset(document),
            dataset_name=f"{data.get('name') or 'redditess'}, build {data.get('fingerprint', '')}",
            dataset_config=config_of(document["kind"]), dataset_split=split_of(document),
            dataset_revision=data.get("revision") or None, metric_type=result.key,
            metric_name=", ".join(part for part in (result.name, result.note) if part),
            metric_value=result.value,
        )
        for result in measured(document)
    ]  # fmt: skip


def entries(document: Mapping[str, Any]) -> str | None:
    """`.eval_results/redditess.yaml`; None where nothing was measured, or on no dataset that the
    Hub has: the format names one by its id there.
    """
    from huggingface_hub import EvalResultEntry, eval_result_entries_to_yaml

    data, found = document["data"], measured(document)
    if not found or not is_id(data.get("name")):
        return None
    told = [
        EvalResultEntry(
            dataset_id=data["name"], dataset_revision=data.get("revision") or None,
            task_id=f"{config_of(document['kind'])}/{result.key}", value=result.value,
            date=str(document["run"].get("started_utc") or "")[:10] or None,
            notes="; ".join(part for part in (result.name, result.note) if part),
        )
        for result in found
    ]  # fmt: skip
    return _yaml(eval_result_entries_to_yaml(told))


def _yaml(value: Any) -> str:
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000)


def _dataset(document: Mapping[str, Any]) -> str:
    name = str(document["data"].get("name") or "redditess")
    return name if is_id(name) else "redditess"


def _model_row(document: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The figures of the table's first model: of the seed that is published."""
    rows = (document["metrics"].get("table") or {}).get("rows", [])
    model = next((row for row in rows if row.get("kind") == "model"), None)
    yield from (model or {}).get("figures", {}).items()


def _named(key: str, measure: str) -> str:
    words = key.replace("_", " ")
    return f"{words} ({measure})" if _OF_LABELS.search(key) else words
