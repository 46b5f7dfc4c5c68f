"""What a comment holds besides support: risk categories found by rules, and what they do not say.

`flagged` means that a rule heard a sign; `no_flag` means that none did, never that the comment is
safe. No clinician has reviewed rules or results (docs/screen.md).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.errors import SettingsError
from ..corpus.minors import MINOR_HINT, discloses_minor
from .spot import MAX_CHARS, Spotter, load, plain
from .support import as_lists, support_types

SCREENS = ("not_screened", "no_flag", "flagged")
"""Values of the column `screen`; flagged exactly where `risk` names a category."""

_TAXONOMY = load("taxonomies", "screen")
RISKS = tuple(_TAXONOMY)
"""Risk categories, in the order in which a row lists them."""
HAZARDS = tuple(name for name, entry in _TAXONOMY.items() if entry["kind"] == "hazard")
"""Categories that may do harm; the others are context (`lived_experience`)."""

ANNOTATIONS = ("screen", "support_types")
"""What a build can be told to annotate (setting `annotate`)."""


class Annotations(NamedTuple):
    """Columns (n,) for the comments of a batch."""

    screen: pa.Array  # int64, a place in SCREENS
    risk: pa.ListArray  # of string, from RISKS
    support_types: pa.ListArray  # of string, from support.SUPPORT_TYPES


def annotate(comments: pa.Array, wanted: tuple[str, ...] = ANNOTATIONS) -> Annotations:
    """Comments (n,), null counting as "" -> their annotations; what is not wanted stays empty.

    Masked texts are best: a placeholder ([PHONE]) after "text me at" is a contact offer. Raises
    SettingsError for an annotation that does not exist.

    >>> found = annotate(pa.array(["I went through the same, DM me", "Try a walk"]))
    >>> found.risk.to_pylist(), found.screen.to_pylist()
    ([['contact_offer', 'lived_experience'], []], [2, 1])
    """
    check_annotations(wanted)
    n = len(comments)
    nothing = pa.array([[]] * n, pa.list_(pa.string()))
    risk, screen = nothing, pa.array([SCREENS.index("not_screened")] * n, pa.int64())
    if "screen" in wanted:
        risk = risks(comments)
        flagged = pc.greater(pc.list_value_length(risk), 0)
        screen = pc.if_else(flagged, SCREENS.index("flagged"), SCREENS.index("no_flag"))
    types = support_types(comments) if "support_types" in wanted else nothing
    return Annotations(pc.cast(screen, pa.int64()), risk, types)


def risks(texts: pa.Array) -> pa.ListArray:
    """Texts (n,) -> the risk categories of each, in the order of RISKS."""
    rules, x = _rules(), plain(texts)
    found = {name: rules.find(x, name) for name in RISKS}
    found["minor_disclosed"] = pc.or_(found["minor_disclosed"], _says_minor(texts))
    return as_lists(found)


def why(text: str) -> dict[str, str]:
    """The risk categories of one text, each with the first words that a rule heard.

    >>> why("just quit your meds cold turkey")
    {'harmful_advice': 'quit your meds'}
    """
    heard = {name: _rules().words(text, name) for name in RISKS}
    if heard["minor_disclosed"] is None and discloses_minor(text[:MAX_CHARS]):
        heard["minor_disclosed"] = "an age below 18"
    return {name: words for name, words in heard.items() if words is not None}


def check_annotations(wanted: tuple[str, ...]) -> None:
    """Raises SettingsError where `wanted` names an annotation that does not exist."""
    for name in wanted:
        if name not in ANNOTATIONS:
            known = ", ".join(ANNOTATIONS)
            raise SettingsError(f"no annotation {name!r}", "annotate", f"use some of {known}")


def _says_minor(texts: pa.Array) -> pa.BooleanArray:
    """The writer's own age, by the rule that drops their posts (corpus/minors.py)."""
    texts = pc.fill_null(pc.cast(texts, pa.string()), "")
    said = [False] * len(texts)
    for i in pc.indices_nonzero(pc.match_substring_regex(texts, MINOR_HINT)).to_pylist():
        said[i] = discloses_minor(texts[i].as_py()[:MAX_CHARS])
    return pa.array(said, pa.bool_())


@cache
def _rules() -> Spotter:
    return Spotter(load("lexicons", "screen"))
