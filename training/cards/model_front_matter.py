"""The YAML on top of a model's card: what the Hub searches, links and shows beside the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .licences import licence_of
from .model_facts import is_id
from .results import eval_results

TAGS = ("redditess", "peer-support", "mental-health", "not-for-clinical-use")
TASKS = {"classifier": "text-classification", "reward": "text-classification"}
METHOD_TAGS = {"sft": ["sft", "trl"], "dpo": ["dpo", "trl"], "kto": ["kto", "trl"],
               "grpo": ["grpo", "trl"], "reward": ["reward-trainer", "trl"]}  # fmt: skip


def front_matter(document: Mapping[str, Any]) -> str:
    """The YAML, without its fences.

    A base or a dataset that the Hub does not have is not named: the Hub would make a link to
    somebody else's repository, or to none.
    """
    from huggingface_hub import ModelCardData

    kind, adapter = document["kind"], document["form"] == "adapter"
    base, data = document["base"], document["data"]
    named = is_id(data.get("name"))
    licence = licence_of(base["name"]).id
    results = eval_results(document)
    card = ModelCardData(
        language="en",
        license=licence,
        license_name="see-the-base-model" if licence == "other" else None,
        library_name="peft" if adapter else "transformers",
        pipeline_tag=TASKS.get(kind, "text-generation"),
        base_model=base["hub"] or None,
        base_model_relation=("adapter" if adapter else "finetune") if base["hub"] else None,
        datasets=[data["name"]] if named else None,
        tags=[*TAGS, *METHOD_TAGS.get(kind, []), *(["lora"] if adapter else [])],
        # Nobody talks to it by accident: no try-out box beside the page.
        inference=False,
        model_name=document["repo_id"].rpartition("/")[2] or f"redditess-{kind}"
        if results
        else None,
        eval_results=results or None,
    )
    return f"{card.to_yaml()}\n"
