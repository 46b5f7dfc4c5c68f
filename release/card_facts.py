"""What the template of the card may name: `release.json`, put in order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..corpus.records import SIGNALS
from ..labeling.schema import BASES
from ..labeling.screen import RISKS
from ..labeling.support import SUPPORT_TYPES
from ..labeling.validity import words as cells
from . import funnel
from .columns import DEFAULT_CONFIG, DESCRIPTIONS, LABELS
from .dehydrated import columns_of
from .front_matter import filled
from .gate import PROMISES
from .governance import FIELDS
from .public import digest
from .splits import ORDER
from .thread_picture import ALT, NAME

Document = Mapping[str, Any]

AXES = {
    "recipient": "the poster's reaction",
    "community": "community scores",
    "joint": "all functions together",
}
SOURCES = {"data": "learned from agreement", "gold": "gold labels", "prior": "declared prior"}
# Models that learn nothing: how much they trust a function, in words.
UNLEARNED = {
    "recipient": SOURCES["prior"],
    "majority": "each family counts once",
    "paper": "the paper's rule",
}


def facts(document: Document) -> dict[str, Any]:
    """Everything the template may name. Nothing here is counted anew."""
    content, stages = document["content"], document["stages"]
    annotated = document["labels"]["annotated"]
    n_full = stages["full"]["rows_out"]
    columns = columns_of(document)
    own = {c.name for c in columns[DEFAULT_CONFIG]}
    trusted = reliabilities(document)
    return {
        **document,
        "form": document.get("form", "text"),
        "alt": ALT,
        "picture": NAME,
        "digest": digest(document),
        "steps": funnel.steps(document),
        "configs": list(filled(document)),
        "splits": _splits(document),
        "functions": [
            {**f, "trusted": trusted.get(f["name"], "not heard")} for f in document["functions"]
        ],
        "models": models(document),
        "gold": (document.get("label_model") or {}).get("gold"),
        "basis": {name: content["basis"][name] for name in BASES if name in content["basis"]},
        "observable": {name: content["observable"][name] for name in SIGNALS},
        "annotated": annotated,
        "risks": {name: annotated["risk"][name] for name in RISKS},
        "support_types": {name: annotated["support_types"][name] for name in SUPPORT_TYPES},
        "marks": {name: n for name, n in content.get("marks", {}).items() if n},
        "n_full": n_full,
        "n_labelled": stages["effectiveness"]["rows_out"],
        "columns": columns[DEFAULT_CONFIG],
        "more_columns": [c for c in columns["full"] if c.name not in own],
        "other_columns": {
            c: columns[c] for c in filled(document) if c not in (DEFAULT_CONFIG, "full")
        },
        "descriptions": DESCRIPTIONS,
        "label_names": LABELS,
        "all_invented": bool(n_full) and content["invented"] == n_full,
        "label_totals": {
            name: sum(s["labels"][name] for s in document["splits"][DEFAULT_CONFIG].values())
            for name in LABELS
        },
        "promises": list(PROMISES.values()),
        "agreement": _agreement(document),
        "signoff": document.get("signoff"),
        "pairs": _pairs(document),
        "tombstones": document.get("tombstones"),
        "cuts": document.get("cuts"),
        "seen_commenters": document.get("seen_commenters", {}),
        "known_world": _known_world(document.get("known_world")),
        "validity": _validity(document["validity"]) if document.get("validity") else None,
    }


def models(document: Document) -> list[dict[str, str]]:
    """What the label model chose for each axis, and why, in its own words."""
    axes = (document.get("label_model") or {}).get("axes", {})
    found = [(words, axes[axis]) for axis, words in AXES.items() if axis in axes]
    return [
        {"axis": words, "chosen": _chosen(axis), "why": axis["state"].get("why", "")}
        for words, axis in found
    ]


def reliabilities(document: Document) -> dict[str, str]:
    """Labeling function -> where its reliability comes from, for those that a model hears."""
    axes = (document.get("label_model") or {}).get("axes", {})
    found: dict[str, str] = {}
    for axis in reversed([name for name in AXES if name in axes]):  # the poster's axis has the word
        for column in axes[axis]["columns"]:
            found[column["function"]] = _trusted(axes[axis], column["function"])
    return found


def _splits(document: Document) -> dict[str, dict[str, dict[str, Any]]]:
    """Config -> split -> rows, posters and labels; a dash for what a config does not have."""
    return {
        config: {
            name: {
                "rows": split["rows"], "groups": split.get("groups", "-"),
                **{label: split.get("labels", {}).get(label, "-") for label in LABELS},
            }
            for name, split in found.items()
        }
        for config, found in funnel.splits(document).items()
    }  # fmt: skip


def _pairs(document: Document) -> dict[str, Any] | None:
    """`manifest["pairs"]`: {"level", "levels": {name: {"candidates", "pairs", "dropped"}}}, the
    reasons largest first; None where the build made no pairs.
    """
    pairs = document.get("pairs")
    if not pairs:
        return None
    levels = {
        name: {**level, "dropped": funnel.largest_first(level["dropped"])}
        for name, level in pairs["levels"].items()
    }
    own = levels[pairs["level"]].get("splits", {})
    alone = {
        name: ", ".join(str(own[s][name]) for s in reversed(ORDER) if s in own and own[s]["pairs"])
        for name in ("length_only", "position_only")
    }
    return {"level": pairs["level"], "levels": levels, **{k: v or "-" for k, v in alone.items()}}


def _chosen(axis: Document) -> str:
    return str(axis["state"].get("chosen", axis["model"]))


def _trusted(axis: Document, function: str) -> str:
    """One phrase for a function; two where its votes for the two classes differ."""
    if (known := UNLEARNED.get(_chosen(axis))) is not None:
        return known
    sides = [s for s in axis["state"].get("identification", []) if s["function"] == function]
    by_vote = {LABELS[s["vote"]]: SOURCES[s["source"]] for s in sides}
    if len(set(by_vote.values())) <= 1:
        return next(iter(by_vote.values()), "never voted")
    return ", ".join(f"{label.replace('_', ' ')}: {source}" for label, source in by_vote.items())


def _agreement(document: Document) -> dict[str, str]:
    """What governance.toml says, under headings for people, in the order of the file."""
    said = document.get("governance") or {}
    return {heading: said[name] for name, heading in FIELDS.items() if name in said}


def _known_world(found: Document | None) -> dict[str, str] | None:
    """Figures of an invented world as words: AUC and shares, each with its interval."""
    if not found:
        return None
    shares = {name: _per_cent(found[name]) for name in ("right", "reached")}
    return {
        **shares, "auc": cells.figure(_ends(found["auc"]), "auc"),
        "n": f"{found['auc']['n']:,}", "lazy": f"{100 * found['lazy']:.1f} %",
    }  # fmt: skip


def _ends(figure: Document) -> dict[str, Any]:
    return {"auc": figure["value"], "auc_low": figure["low"], "auc_high": figure["high"]}


def _per_cent(figure: Document) -> str:
    """ "62.1 % [59.1, 65.0]"; a dash where it cannot be known."""
    if figure["value"] is None:
        return "–"
    if figure["low"] is None or figure["high"] is None:
        return f"{100 * figure['value']:.1f} %"
    return f"{100 * figure['value']:.1f} % [{100 * figure['low']:.1f}, {100 * figure['high']:.1f}]"


def _validity(found: Document) -> dict[str, Any]:
    """The validity tables as cells of Markdown."""
    names = [cells.TITLES[task["name"]] for task in found["tasks"]]
    tables = {
        "cross": cells.cross_rows, "baselines": cells.baseline_rows, "pairs": cells.pair_rows,
        "eras": cells.era_rows, "selection": cells.selection_rows, "dashes": cells.dashes,
    }  # fmt: skip
    return {
        "rows": found["rows"], "posters": found["posters"], "names": names,
        "witnesses": list(cells.WITNESSES.values()), "told": cells.told(found),
        **{name: rows(found) for name, rows in tables.items()},
    }  # fmt: skip
