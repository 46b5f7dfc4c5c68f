"""Numbers made coarse before they are released, so that they do not find a row again.

Whoever has a dump can look up a row by community, day, score and place in its thread, also where
the text is masked or left out. Small scores are shared by most rows and stay as they are; a large
one is almost a name, so from 10 on only the step of a 1-2-5 series is told (measured in
docs/design/0018-privacy.md). Sentences of ours that hold such numbers change with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

STEPS = (10, 20, 50, 100, 200, 500, 1000)
"""A number from 10 on becomes the largest of these that is not above it; the last has no end."""
PLACE_STEPS = STEPS[:4]  # distances within a thread: from 100 on all are alike
POSITION_STEPS = (1, 2, 3, 4, 6, 10, 20)
SIBLING_STEPS = (1, 2, 4, 8, 16, 32)
"""Places in a thread, in the steps that the opportunity model reads (labeling/exposure.py): whoever
studies exposure loses nothing, and fewer rows are alone with their place, score and day."""
MAX_FOLLOWUP_DAYS = 30  # ours: four times what any labeling function waits for
_NUMBER = re.compile(r"(?<![\w.+-])-?\d+(?![\w.])")
_OURS = re.compile(r"(?:score -?\d|OP answered \d|OP sounds [+-])")
"""How evidence begins that labeling functions made of integers; other evidence quotes people."""


def step(values: pa.Array, steps: tuple[int, ...] = STEPS) -> pa.Array:
    """Integers (n,), null for unknown -> the same below steps[0], else the largest step that is
    not above, with the sign kept.

    >>> step(pa.array([-37, -3, 0, 9, 10, 19, 20, 4_321, None])).to_pylist()
    [-20, -3, 0, 9, 10, 10, 20, 1000, None]
    """
    known = pc.fill_null(values, 0).to_numpy(zero_copy_only=False).astype(np.int64)
    size = np.abs(known)
    place = np.searchsorted(steps, size, side="right") - 1
    coarse = np.where(place < 0, size, np.asarray(steps)[np.maximum(place, 0)])
    return pa.array((np.sign(known) * coarse).astype(np.int32), mask=pc.is_null(values).to_numpy(
        zero_copy_only=False))  # fmt: skip


def followup(days: pa.Array) -> pa.Array:
    """Days -> whole days, `MAX_FOLLOWUP_DAYS` for so many or more."""
    return pc.min_element_wise(pc.floor(days), MAX_FOLLOWUP_DAYS, skip_nulls=False)


def sentence(text: str) -> str:
    """A sentence that holds no word of a user: its integers in steps, "+" after a step.

    >>> sentence("poster thanked this comment; 4321 points, a later sibling has 9")
    'poster thanked this comment; 1000+ points, a later sibling has 9'
    """
    return _NUMBER.sub(_worded, text)


def _worded(match: re.Match[str]) -> str:
    n = int(match[0])
    if abs(n) < STEPS[0]:
        return match[0]
    return f"{step(pa.array([n]))[0].as_py()}+" if n > 0 else f"{step(pa.array([n]))[0].as_py()}"


def sentences(texts: Iterable[str | None]) -> list[str | None]:
    """`sentence` for a column; None stays None. Few sentences differ, so each is made once."""
    made: dict[str | None, str | None] = {None: None}
    return [made[t] if t in made else made.setdefault(t, sentence(t or "")) for t in texts]


def evidence(texts: Iterable[str | None]) -> list[str | None]:
    """The same for evidence, of which only what rests on integers is changed.

    >>> evidence(["score 57, an earlier sibling has 12", "thanks 57 times", None])
    ['score 50+, an earlier sibling has 10+', 'thanks 57 times', None]
    """
    held = list(texts)
    ours = [t if t is not None and _OURS.match(t) else None for t in held]
    return [old if new is None else new for old, new in zip(held, sentences(ours), strict=True)]
