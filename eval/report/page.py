"""The page itself: what `effective` means first, then the three screens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...corpus.folder import BuildFolder
from ...corpus.manifest import read_manifest
from ...labeling.validity import read_validity
from ...pages.escape import Html, join, tag
from ...pages.shell import Screen, page
from .choose import choose
from .dialogue import read_dialogues
from .funnel import what_you_have
from .rivals import rivals
from .rows import Counts, read_rows
from .threads import read_threads
from .trust import how_far_to_trust
from .truth import read_truth

MEANING = "`effective` means that the poster acknowledged this comment. It is not clinical benefit."


def report_page(folder: BuildFolder, truth_file: Path | None) -> str:
    """A finished build as an HTML document."""
    manifest = read_manifest(folder.root)
    truth = read_truth(truth_file)
    counts, sample = read_rows(folder)
    dialogues = read_dialogues(folder, choose(folder, truth.exhibits), truth.exhibits)
    screens = [
        Screen("have", "What you have", "What you have", what_you_have(manifest)),
        Screen("read", "Five threads", "Read five threads", read_threads(dialogues)),
        Screen(
            "trust",
            "Trust",
            "How far to trust it",
            how_far_to_trust(
                manifest,
                counts,
                sample,
                truth,
                rivals(folder, manifest, truth),
                read_validity(folder),
            ),
        ),
    ]
    return page("Report of a redditess build", _header(manifest, counts), screens, _footer())


def _header(manifest: Mapping[str, Any], counts: Counts) -> Html:
    settings = manifest["settings"]
    facts = {
        "build": manifest["fingerprint"],
        "preset": settings["preset"],
        "communities": ", ".join(settings["subreddits"]) or "all of the dumps",
        "label model": settings["label_model"],
        "redditess": manifest["version"],
    }
    return tag(
        "header",
        tag("p", "redditess · report of a build", class_="eyebrow"),
        tag("h1", "What this build holds, and how far to trust it"),
        tag("p", tag("strong", "effective"), MEANING.removeprefix("`effective`"), class_="meaning"),
        _invented(counts),
        tag(
            "dl",
            *(join(tag("dt", name), tag("dd", value)) for name, value in facts.items()),
            class_="facts",
        ),
    )


def _invented(counts: Counts) -> Html | None:
    if not counts.n_invented:
        return None
    how_many = (
        "Every thread in this build is invented."
        if counts.n_invented == counts.n_rows
        else f"{counts.n_invented:,} of {counts.n_rows:,} rows in this build are invented."
    )
    return tag(
        "div",
        tag("p", tag("strong", how_many), " Nobody wrote it and nobody was helped by it: it is "
            "here to show how things work. Do not train on it, do not cite its numbers."),
        class_="banner",
        role="note",
    )  # fmt: skip


def _footer() -> Html:
    return join(
        tag("p", "Not reviewed by a clinician. Labels come from rules, not from people."),
        tag(
            "p",
            "One page, no script, nothing asked of the network; the same build gives the "
            "same page.",
        ),
    )
