"""What a comment holds besides support: risk categories, and what their silence does not say.

Rules hear signs; a linear head per category hears what no rule knows, and is silent where a decoy
stands. `flagged` means that either heard something; `no_flag` never means that the comment is
safe. No clinician has reviewed rules or results (docs/screen.md).
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..corpus.errors import SettingsError
from ..corpus.minors import MINOR_HINT, discloses_minor
from .heads import heads
from .spot import MAX_CHARS, Spotter, load, plain
from .support import as_lists, types_heard

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
    return annotate_beside(comments, pa.array([], pa.string()), wanted)[0]


def annotate_beside(
    comments: pa.Array, others: pa.Array, wanted: tuple[str, ...] = ANNOTATIONS
) -> tuple[Annotations, pa.ListArray]:
    """`annotate` for comments (n,) and `risks` for other texts (m,), in one go.

    Each search has a fixed cost (RE2 compiles some sixty patterns): 0.2 s a call, whatever n.
    """
    check_annotations(wanted)
    n, screened = len(comments), "screen" in wanted
    both = pa.concat_arrays([pc.cast(t, pa.string()) for t in (comments, others)])
    x = plain(both)
    scores = heads().best(x) if wanted or len(others) else np.zeros((n, 0))
    nothing = pa.array([[]] * n, pa.list_(pa.string()))
    risk, types = nothing, nothing
    screen = pa.array([SCREENS.index("not_screened")] * n, pa.int64())
    first = 0 if screened else n  # of the texts whose risks are asked for
    heard = nothing[:0]
    if len(both) > first:
        heard = as_lists(_heard(both[first:], x[first:], scores[first:]))
    if screened:
        risk = heard[:n]
        flagged = pc.greater(pc.list_value_length(risk), 0)
        screen = pc.if_else(flagged, SCREENS.index("flagged"), SCREENS.index("no_flag"))
    if "support_types" in wanted:
        types = as_lists(types_heard(x[:n], scores[:n]))
    return Annotations(pc.cast(screen, pa.int64()), risk, types), heard[n - first :]


def risks(texts: pa.Array) -> pa.ListArray:
    """Texts (n,) -> the risk categories of each, in the order of RISKS."""
    x = plain(texts)
    return as_lists(_heard(texts, x, heads().best(x)))


def by_rule(x: pa.Array) -> dict[str, np.ndarray]:
    """Texts (n,) as `plain` leaves them -> of each category where a rule hears it, (n,) bool."""
    return {name: ruled(x, name) for name in RISKS}


def ruled(x: pa.Array, name: str) -> np.ndarray:
    """Texts (n,) as `plain` leaves them -> (n,) bool: one category, by its rules alone."""
    return _rules().find(x, name).to_numpy(zero_copy_only=False)


def vetoed(x: pa.Array, name: str) -> np.ndarray:
    """Where a look-alike of a category stands in the text: its head keeps silent there."""
    return _rules().has_decoy(x, name).to_numpy(zero_copy_only=False)


def _heard(texts: pa.Array, x: pa.Array, scores: np.ndarray) -> dict[str, np.ndarray]:
    """By rules or by heads, (n,) bool of each category; scores are `Heads.best` of x."""
    found = by_rule(x)
    for name in (n for n in RISKS if n in heads().names):
        sure = scores[:, heads().names.index(name)] > 0
        at = np.flatnonzero(sure & ~found[name])
        found[name] = found[name].copy()
        found[name][at] = ~vetoed(x.take(pa.array(at)), name)
    found["minor_disclosed"] |= _says_minor(texts).to_numpy(zero_copy_only=False)
    return found


def why(text: str) -> dict[str, str]:
    """The risk categories of one text, each with the first words that a rule heard.

    Where only the head heard it, the sentence in which it was surest.

    >>> why("just quit your meds cold turkey")
    {'harmful_advice': 'quit your meds'}
    """
    x = plain(pa.array([text], pa.string()))
    found = _heard(pa.array([text], pa.string()), x, heads().best(x))
    return {name: _evidence(text, x[0].as_py(), name) for name in RISKS if found[name][0]}


def _evidence(text: str, plain_text: str, name: str) -> str:
    said = _rules().words(text, name)
    if said is None and name == "minor_disclosed" and discloses_minor(text[:MAX_CHARS]):
        return "an age below 18"
    return said or heads().strongest(plain_text, name)


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
