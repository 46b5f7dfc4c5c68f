"""README.md of a model, and what stands beside it: all made from `redditess.json` alone.

So nobody writes a figure by hand, a downloaded model can be checked, and the sentences that must
not be missing (what `effective` means, who looked at it, what it is not for) cannot be forgotten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...corpus.artefacts import json_text, read_json, write_text
from ...corpus.first_help import ELSEWHERE, first_help
from ...release.card import Ready, environment
from ...release.governance import FIELDS
from ..figures.table_text import main_markdown, table_markdown
from ..models.tiny import NAMES
from ..recipes.read_recipe import make_recipe, recipe_text
from ..runs.folder import RunFolder
from .figure_words import in_order, words_of
from .licences import licence_of
from .model_facts import FILE, RUN_AGAIN, is_id, model_document
from .model_front_matter import front_matter
from .results import PLACE, config_of, entries, is_figure, measure_of, split_of
from .snippets import snippet

if TYPE_CHECKING:
    from jinja2 import Environment

CARDS = Path(__file__).parent
TEMPLATES = {"classifier": "classifier.md", "reward": "reward.md"}
GENERATOR = "generator.md"
BESIDE = "./model"  # what the snippet loads before the model has a name on the Hub
LEARNED = {
    "sft": "It learned to imitate them ({n} of them).",
    "dpo": "It learned from {n} pairs of answers to one post which one to prefer.",
    "kto": "It learned from {n} single answers, of which the poster acknowledged some.",
    "grpo": "It answered {n} posts many times, and learned from rewards what to say more often.",
}
METHODS = {
    "classifier": "fine-tuning an encoder on pairs of post and comment",
    "sft": "supervised fine-tuning; the loss is on the answer alone",
    "dpo": "direct preference optimisation, held near the model it went on from",
    "kto": "Kahneman-Tversky optimisation, held near the model it went on from",
    "reward": "a Bradley-Terry reward model on pairs",
    "grpo": "group-relative policy optimisation",
}


def write_model_card(run: RunFolder, *, repo_id: str = "", although: str = "") -> Path:
    """Writes redditess.json, README.md and .eval_results/ into `run.model`; returns the README.

    A model that has a name on the Hub keeps it. Raises BuildError for a run that is not finished.
    """
    before = read_document(run.model)
    told = model_document(
        run,
        repo_id=repo_id or before.get("repo_id", ""),
        although=although or before.get("although", ""),
    )
    write_text(run.model / FILE, json_text(told))
    document = read_json(run.model / FILE, RUN_AGAIN)  # keys in the order everybody reads them
    for name, text in pages(document).items():
        write_text(run.model / name, text)
    if PLACE not in pages(document):
        (run.model / PLACE).unlink(missing_ok=True)
    return run.model / "README.md"


def read_document(model: Path) -> dict[str, Any]:
    """The `redditess.json` of a model; {} where there is none yet."""
    path = model / FILE
    return (
        dict(read_json(path, "write it again with redditess train card")) if path.is_file() else {}
    )


def pages(document: Mapping[str, Any]) -> dict[str, str]:
    """Name beside the weights -> text of each file that is made from `redditess.json`."""
    found = {"README.md": card(document)}
    results = entries(document)
    return {**found, PLACE: results} if results else found


def card(document: Mapping[str, Any]) -> str:
    """The whole README.md."""
    template = _environment().get_template(TEMPLATES.get(document["kind"], GENERATOR))
    return f"---\n{front_matter(document)}---\n\n{template.render(**facts(document))}"


def facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """Everything the templates may name. Nothing here is measured or counted anew."""
    kind, data, metrics = document["kind"], document["data"], document["metrics"]
    place = document["repo_id"] or BESIDE
    n = metrics.get("n_train")
    table = metrics.get("table")
    return {
        **document,
        "title": title(document), "place": place, "snippet": snippet(document, place),
        "method": METHODS[kind], "made": document["recipe"]["model"] in NAMES,
        "learned": LEARNED.get(kind, "").format(n=f"{n:,}" if n else "an untold number"),
        "preference": config_of(kind) == "preferences",
        "measure": measure_of(document), "split": split_of(document),
        "table": Ready(main_markdown(table)) if table else "", "strata": _strata(table),
        "figures": list(_figures(metrics.get("eval") or {})),
        "types_head": "support_types.safetensors" in document["weights"],
        "rows": {s: f["rows"] for s, f in (data.get("splits") or {}).items()},
        "counts": {words_of(name): n for name, n in (metrics.get("counts") or {}).items()},
        "data_link": is_id(data.get("name")),
        "recipe_yaml": recipe_text(make_recipe(document["recipe"], FILE)),
        "warned": [f for f in document["check"] or [] if f.get("level") != "ok"],
        "safety_rows": list(_safety(document)), "lines": first_help("crisis"),
        "elsewhere": ELSEWHERE,
        "agreement": _agreement(document["governance"] or {}),
        "licence": licence_of(document["base"]["name"]),
        "digest": hashlib.sha256(json_text(document).encode()).hexdigest(),
    }  # fmt: skip


def title(document: Mapping[str, Any]) -> str:
    """The name on the Hub without its owner; before it has one, what it is."""
    name = document["repo_id"].rpartition("/")[2]
    what = {"classifier": "effectiveness classifier", "reward": "reward model"}
    return name or f"redditess {what.get(document['kind'], 'generator')}"


def figure_text(figure: Mapping[str, Any]) -> Ready:
    """ "0.712 [0.650, 0.771]"; "not measured" where there is no value.

    >>> figure_text({"value": 0.7123, "low": 0.65, "high": 0.7713})
    '0.712 [0.650, 0.771]'
    """
    if figure.get("value") is None:
        return Ready("not measured")
    if figure.get("low") is None or figure.get("high") is None:
        return Ready(f"{figure['value']:.3f}")
    return Ready(f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]")


def _agreement(said: Mapping[str, str]) -> dict[str, str]:
    return {heading: said[name] for name, heading in FIELDS.items() if name in said}


def _strata(table: Mapping[str, Any] | None) -> str:
    """What the whole table has below its first part."""
    if not table:
        return ""
    return table_markdown(table).removeprefix(main_markdown(table).rstrip("\n")).strip("\n")


def _safety(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Figures of safety.json, and what the run itself heard in what its model says."""
    yield from _figures((document["safety"] or {}).get("figures", {}))
    heard = dict(document["generations"] or {})
    heard.pop("what", None)  # the template says it
    yield from _figures({name: heard.pop(name) for name in ("flagged_share",) if name in heard})
    yield from _figures(heard)


@cache
def _environment() -> Environment:
    found = environment(CARDS)
    found.filters.update(seconds=lambda value: Ready(f"{value:,.0f}"))
    return found


def _figures(found: Mapping[str, Any], prefix: str = "") -> Iterator[dict[str, Any]]:
    """Figures, also those within groups ("tuned, flagged share"), and words instead of one."""
    for name in in_order(found):
        value, words = found[name], f"{prefix}{words_of(name)}"
        if is_figure(value):
            yield {
                "words": words, "text": figure_text(value),
                "n": _count(value.get("n")), "n_clusters": _count(value.get("n_clusters")),
            }  # fmt: skip
        elif isinstance(value, Mapping):
            yield from _figures(value, f"{words}, ")
        elif value is None or isinstance(value, str):
            yield {"words": words, "text": value or "not measured", "n": "–", "n_clusters": "–"}
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield {"words": words, "text": f"{value:.4g}", "n": "–", "n_clusters": "–"}


def _count(n: Any) -> str:
    return f"{n:,}" if isinstance(n, int) else "not told"
