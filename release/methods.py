"""`redditess methods BUILD`: what a paper must say about a dataset, read off its manifest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .columns import LABELS
from .funnel import plain_reason, share, splits, steps

Manifest = Mapping[str, Any]
_LATEX = {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    **{c: f"\\{c}" for c in "&%$#_{}"},
}  # fmt: skip
MAX_NAMES = 8  # of communities in the paragraph; the card lists all


def methods(manifest: Manifest) -> str:
    """Three parts to paste: a Methods paragraph, the flow with n per exclusion, a LaTeX table."""
    parts = {
        "Methods": paragraph(manifest),
        "Flow": flow(manifest),
        "LaTeX": latex_table(manifest),
    }
    return "\n".join(f"## {title}\n\n{text}\n" for title, text in parts.items())


def paragraph(manifest: Manifest) -> str:
    """The Methods text; every number is from the manifest."""
    found = {s.name: s for s in steps(manifest)}
    full, labelled = found["full"], found["effectiveness"]
    n_effective = _total(manifest, "effectiveness", "effective")
    settings = manifest["settings"]
    sentences = [
        f"We built the dataset with redditess {manifest['version']} "
        f"(preset {settings['preset']}, build {manifest['fingerprint']}) from "
        f"{_n(len(manifest['inputs']), 'Reddit dump file')} with {_count(found['ingest'].n_in)} "
        f"lines, of which {_count(found['ingest'].n_out)} were posts or comments of "
        f"{_communities(manifest)}.",
        f"{_count(found['posts'].n_out)} of {_count(found['posts'].n_in)} posts were eligible, and "
        f"{_count(found['assemble'].n_out)} of {_count(found['assemble'].n_in)} comments were "
        "top-level answers by others to an eligible post (interactions).",
        _labels(manifest, labelled.n_out, full.n_out, n_effective),
        _splits(manifest),
        _privacy(manifest),
        "A label says that the poster acknowledged the comment; it does not say that the comment "
        "helped in a clinical sense or was safe, and no clinician reviewed it.",
    ]
    if manifest["content"]["invented"]:
        sentences.insert(0, "THIS BUILD CONTAINS INVENTED ROWS: do not report it as data.")
    return " ".join(s for s in sentences if s)


def _labels(manifest: Manifest, n_labelled: int, n_full: int, n_effective: int) -> str:
    functions = "; ".join(
        f"{f['name']} ({f['axis']}, votes on {100 * f['coverage']:.1f} %)"
        for f in manifest["functions"]
    )
    return (
        f"No human labelled these rows: {_n(len(manifest['functions']), 'labeling function')} "
        f"({functions}) voted, and the label model {manifest['settings']['label_model']} combined "
        f"the votes. {_count(n_labelled)} of {_count(n_full)} released interactions "
        f"({share(n_labelled, n_full)}) received a label, {_count(n_effective)} of them effective "
        f"({share(n_effective, n_labelled)})."
    )


def _splits(manifest: Manifest) -> str:
    sizes = ", ".join(
        f"{name} {_count(s['rows'])} rows of {_n(s['groups'], 'poster')}"
        for name, s in splits(manifest)["effectiveness"].items()
    )
    dropped = manifest["stages"]["full"]["dropped"]
    n_twins = sum(n for reason, n in dropped.items() if "twin_in_" in reason)
    by = "time, with no poster in two of them," if manifest.get("cuts") else "poster"
    return (
        f"Splits are by {by} ({sizes}); {_n(n_twins, 'row')} whose post or long comment "
        "stood word for word, or nearly (Jaccard of three-word shingles), in a split farther from "
        "training left."
    )


def _privacy(manifest: Manifest) -> str:
    n_masked = sum(manifest["masked"].values())
    return (
        f"Names were dropped, ids replaced by keyed digests, times by days, and "
        f"{_n(n_masked, 'direct identifier')} in texts by marks."
    )


def _communities(manifest: Manifest) -> str:
    names = sorted(manifest["content"]["subreddits"], key=str.lower)
    listed = ", ".join(f"r/{name}" for name in names[:MAX_NAMES])
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"{'one community' if len(names) == 1 else f'{len(names)} communities'} ({listed}{more})"


def flow(manifest: Manifest) -> str:
    """One block a step, largest exclusion first."""
    blocks = []
    for step in steps(manifest):
        lines = [f"{step.what_in} (n = {_count(step.n_in)})"]
        lines += [f"  - {plain_reason(why)}: n = {_count(n)}" for why, n in step.dropped.items()]
        lines.append(f"  = {step.what_out} (n = {_count(step.n_out)})")
        blocks.append("\n".join(lines))
    return "```text\n" + "\n".join(blocks) + "\n```"


def latex_table(manifest: Manifest) -> str:
    """Rows, posters and labels by config and split (booktabs)."""
    rows = [
        (config, split, *_numbers(record))
        for config, found in splits(manifest).items()
        for split, record in found.items()
    ]
    caption = (
        f"Splits of the dataset (redditess {manifest['version']}, build {manifest['fingerprint']})."
    )
    return "\n".join(
        [
            "```latex",
            r"\begin{table}",
            r"\centering",
            f"\\caption{{{latex(caption)}}}",
            r"\begin{tabular}{llrrrr}",
            r"\toprule",
            r"config & split & rows & posters & effective & not effective \\",
            r"\midrule",
            *(" & ".join(latex(cell) for cell in row) + r" \\" for row in rows),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "```",
        ]
    )


def _numbers(record: Manifest) -> Sequence[str]:
    """A dash for what a config does not have: pairs have two labels."""
    labels = record.get("labels", {})
    counts = (record["rows"], record["groups"], *(labels.get(name) for name in reversed(LABELS)))
    return ["-" if n is None else _count(n) for n in counts]


def latex(text: str) -> str:
    r"""Text with no power over LaTeX.

    >>> latex("a_b & 5%")
    'a\\_b \\& 5\\%'
    """
    return re.sub(r"[\\~^&%$#_{}]", lambda m: _LATEX[m[0]], text)


def _total(manifest: Manifest, config: str, label: str) -> int:
    return sum(s["labels"][label] for s in manifest["splits"][config].values())


def _count(n: int) -> str:
    return f"{n:,}"


def _n(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
