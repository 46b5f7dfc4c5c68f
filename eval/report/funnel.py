"""Screen 1, what you have: from lines to labels, by reason. Every number is the manifest's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...pages.escape import Html, join, tag
from ...pages.plots import KINDS, Level, Part, label_legend, waterfall
from ...pages.shell import figure, fold, table
from ...release.funnel import Step, steps
from .reasons import meaning, reason
from .words import per_cent

Manifest = Mapping[str, Any]
MAX_DAMAGE_ROWS = 50  # ours: the manifest has them all


def what_you_have(manifest: Manifest) -> Html:
    """The whole screen."""
    return join(
        tag("p", _in_words(manifest), class_="big"),
        _warnings(manifest),
        tag("h3", "From lines to labels"),
        label_legend(),
        figure(
            waterfall(levels(manifest), _in_words(manifest)),
            "Each grey piece is what left at that step, cut from the right end of the bar above "
            "it. What leaves has one reason, the first that applies; nothing is lost without one.",
            _behind(manifest),
        ),
        tag("h3", "What was read"),
        _inputs(manifest),
        tag("h3", "What load_dataset gives"),
        _splits(manifest),
    )


def label_counts(manifest: Manifest) -> dict[str, int]:
    """How many answers have each outcome, in the order in which they are drawn."""
    return {name: manifest["labels"].get(name, 0) for name, _ in KINDS}


def levels(manifest: Manifest) -> list[Level]:
    """The waterfall's rows: lines, wanted posts and comments, answers by label, released rows."""
    found = {step.name: step for step in steps(manifest)}
    lines, posts, answers = found["ingest"], found["posts"], found["assemble"]
    labelled = found["effectiveness"]
    n_files = len(manifest["inputs"])
    wanted = [Part(answers.n_in, "whole", "comments"), Part(posts.n_in, "aside", "posts")]
    counts = label_counts(manifest)
    return [
        _whole(f"lines in {n_files} dump file{'s' * (n_files != 1)}", lines.n_in),
        *_leaving(lines),
        Level("posts and comments wanted", wanted),
        Level("posts: the questions", left=posts.n_in, tip="posts are not answers"),
        *_leaving(answers),
        Level("answers to a post", [Part(counts[kind], kind, name) for kind, name in KINDS]),
        *_leaving(found["full"]),
        *_leaving(labelled),
        Level("labelled, in the dataset", _released(manifest, labelled)),
    ]


def _released(manifest: Manifest, labelled: Step) -> list[Part]:
    """The rows that users load, by label."""
    splits = manifest["splits"]["effectiveness"].values()
    return [
        Part(sum(split["labels"].get(kind, 0) for split in splits), kind, name)
        for kind, name in KINDS[:2]
    ]


def _whole(name: str, n: int) -> Level:
    return Level(name, [Part(n, "whole", name)])


def _leaving(step: Step) -> list[Level]:
    return [Level(reason(name), left=n, tip=meaning(name)) for name, n in step.dropped.items()]


def _in_words(manifest: Manifest) -> str:
    labels, n_lines = label_counts(manifest), sum(r["lines"] for r in manifest["inputs"])
    n, n_labelled = sum(labels.values()), labels["effective"] + labels["not_effective"]
    said = f"{n_lines:,} lines became {n:,} answers to a post. "
    if not n:
        return said + "Nothing is left to label."
    said += f"{n_labelled:,} of them ({per_cent(n_labelled / n)}) have a label"
    if not n_labelled:
        return said + "."
    return said + (
        f": {labels['effective']:,} effective, {labels['not_effective']:,} not effective. "
        "For the others no rule could tell, which is not the same as no."
    )


def _behind(manifest: Manifest) -> Html:
    found = steps(manifest)
    reasons = [
        (reason(name), meaning(name), f"{step.what_in} → {step.what_out}", f"{n:,}")
        for step in found
        for name, n in step.dropped.items()
    ]
    sums = [(f"{s.what_in} → {s.what_out}", f"{s.n_in:,}", f"{s.n_out:,}") for s in found]
    return join(
        table("What left, and why", ("reason", "meaning", "step", "rows"), reasons, numeric=1),
        table("What went into each step and came out", ("step", "in", "out"), sums, numeric=2),
    )


def _warnings(manifest: Manifest) -> Html | None:
    damaged = [(r["name"], d) for r in manifest["inputs"] for d in r["damage"]]
    if not manifest["warnings"] and not damaged:
        return None
    return tag(
        "div",
        tag("p", tag("strong", "Look at this before you use the data.")),
        tag("ul", *(tag("li", warning) for warning in manifest["warnings"])),
        _damage(damaged),
        class_="banner",
        role="note",
    )


def _damage(damaged: list[tuple[str, Mapping[str, Any]]]) -> Html | None:
    if not damaged:
        return None
    places = [
        (name, d["reason"].replace("_", " "), f"{d['byte']:,}")
        for name, d in damaged[:MAX_DAMAGE_ROWS]
    ]
    more = len(damaged) - len(places)
    return fold(
        f"{len(damaged)} damaged place{'s' * (len(damaged) != 1)}: all before and after was kept",
        table("Damaged places", ("file", "what", "at byte"), places, numeric=1),
        tag("p", f"{more:,} more are in manifest.json.") if more else None,
    )


def _inputs(manifest: Manifest) -> Html:
    rows = [
        (
            r["name"],
            r["kind"],
            f"{r['bytes']:,}",
            f"{r['lines']:,}",
            f"{r['kept']:,}",
            f"{len(r['damage']):,}" if r["damage"] else "none",
        )
        for r in manifest["inputs"]
    ]
    head = ("file", "holds", "bytes", "lines", "kept", "damage")
    return table("Dump files, told apart by content", head, rows, numeric=4)


def _splits(manifest: Manifest) -> Html:
    order = [name for name, _ in manifest["settings"]["splits"]]
    rows = [
        (config, split, f"{found['rows']:,}", f"{found['groups']:,}")
        for config, splits in manifest["splits"].items()
        for split, found in sorted(splits.items(), key=lambda item: order.index(item[0]))
    ]
    head = ("config", "split", "rows", "posters")
    return table("A poster is in one split only", head, rows, numeric=2)
