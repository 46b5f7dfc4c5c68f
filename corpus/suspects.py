"""Which texts of a column can masking change at all, and by which of its rules?

Python's `re` tries each rule at each place: 2 to 7 microseconds a text and rule. RE2 (in pyarrow)
walks a text once in a third of one. It knows no look-around and only ASCII words, so its patterns
find whatever a rule finds, and some texts more; the rules decide about those.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .accounts import (
    CONTACT_SUSPECT,
    NAMED_SUSPECT,
    ON_SUSPECT,
    PLACES,
    SAID_SUSPECT,
    USER_WORDS,
)
from .addresses import OPEN, PROVIDERS, SHUT, TLD, TLD_IF_PATH
from .lookalikes import INVISIBLE

_N = r"[0-9\x{660}-\x{1fff}\x{a620}-\x{10ffff}]"
"""Decimal digits of all scripts in few ranges: the exact class takes 2 ms to compile."""
_V = "(?-i:[^A-Za-z0-9])"
_END = f"(?:{_V}|$)"  # consumed: \b would double RE2's states
_DIGIT = "(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)"
_WORDED = rf"{_DIGIT}[ ,.-]+{_DIGIT}[ ,.-]+{_DIGIT}"
_ENTITY = r"&#0*(?:64|46);|&#x0*(?:40|2e);|&(?:commat|period);"
_LOOKALIKE = (
    "[" + re.sub(r"\\u(....)", r"\\x{\1}", INVISIBLE.encode("unicode_escape").decode()) + "]"
    r"|[\x{FF01}-\x{FF5E}\x{1D400}-\x{1D7FF}\x{24B6}-\x{24E9}\x{2044}\x{2215}\x{FE52}\x{FE6B}]"
    r"|[a-z@][\p{Cyrillic}\p{Greek}]|[\p{Cyrillic}\p{Greek}][a-z@]"
)
_USER = r"u\\?/|/user/|r/u_"
_WRITTEN_SIGN = rf"{OPEN}(?:at|dot|\.){SHUT}"

_ANY = "(?i)" + "|".join((
    rf"[@°]|://| //|{_WRITTEN_SIGN}| dot | at (?:{PROVIDERS})|\.(?:{TLD}|{TLD_IF_PATH}){_END}",
    rf"{_USER}|#[0-9]{{4}}|(?:^|{_V})(?:{PLACES}|{USER_WORDS}){_END}",
    rf"(?:{_N}[^a-z\n]*){{7}}|{_N}\.{_N}+\.{_N}|{_N}\.{_N}{{3}}|[0-9a-f]?:[0-9a-f]*:[0-9a-f]",
    rf"{_WORDED}|{_ENTITY}|{_LOOKALIKE}",
))  # fmt: skip
"""True for every text that masking would change. Few states, so it is coarse; no counted repeats
of more than a step: {0,6} inside {6} reads 20 times slower than * does."""

_NEEDS = {
    "signs": r"[@#°]|//|\]\(",
    "hidden": rf"@|{OPEN}at{SHUT}",
    "at": rf" at [^ ]*\.[a-z]| at (?:{PROVIDERS})| dot (?:{TLD}|me)",
    "dot": rf" dot |{OPEN}(?:dot|\.){SHUT}",
    "domain": rf"\.(?:(?:{TLD}){_END}|(?:{TLD_IF_PATH})/)",
    "user": _USER,
    "contact": CONTACT_SUSPECT,
    "on": ON_SUSPECT,
    "named": NAMED_SUSPECT,
    "said": SAID_SUSPECT,
    "ip": rf"{_N}\.{_N}+\.{_N}+\.{_N}|:[0-9a-f:]{{4}}",
    "card": rf"(?:{_N}[^a-z\n]*){{13}}",
    "ssn": rf"{_N}{{3}}-{_N}{{2}}-{_N}{{4}}",
    "geo": rf"\.{_N}{{3}}(?s:.*)\.{_N}{{3}}",
    "phone": rf"(?:{_N}[^a-z\n]*){{7}}",
    "worded": _WORDED,
    "look": f"{_ENTITY}|{_LOOKALIKE}",
}
"""Per family of rules: what a text must hold for one of them to match it."""

BITS = {name: 1 << k for k, name in enumerate(_NEEDS)}
EVERY = (1 << len(_NEEDS)) - 1
UNCOVERED = sum(BITS[name] for name in ("signs", "at", "domain", "contact", "on", "named", "said"))
"""What a placeholder can uncover. The other patterns reach over no square bracket with letters in
it, and look at nothing beside what they match, so a replacement gives them nothing new."""
FEW = 5_000
"""Characters; up to here compiling the patterns costs more than they save (measured)."""


def suspects(texts: Sequence[str | None]) -> list[int]:
    """Rows that masking may change, ascending."""
    return pc.indices_nonzero(pc.match_substring_regex(_strings(texts)[0], _ANY)).to_pylist()


def families(texts: Sequence[str]) -> list[int]:
    """Per text the sum of the `BITS` of those families that can match it."""
    if sum(map(len, texts)) <= FEW:
        return [EVERY] * len(texts)
    column, exact = _strings(texts)
    if not exact:
        return [EVERY] * len(texts)
    odd_ones = [odd for odd in ("\u0130", "\u0131") if any(odd in text for text in texts)]
    for odd in odd_ones:  # `re` without case takes them for an i; RE2 does not
        column = pc.replace_substring(column, odd, "i")
    bits = np.zeros(len(texts), np.int64)
    for name, pattern in _NEEDS.items():
        found = pc.match_substring_regex(column, "(?i)" + pattern)
        bits |= found.to_numpy(zero_copy_only=False).astype(np.int64) * BITS[name]
    return bits.tolist()


def _strings(texts: Sequence[str | None]) -> tuple[pa.Array, bool]:
    """Arrow takes no lone surrogates; none of them is part of an identifier. -> also: were none"""
    try:
        return pa.array(texts, pa.large_string()), True
    except UnicodeEncodeError:
        plain = [None if t is None else t.encode("utf8", "replace").decode() for t in texts]
        return pa.array(plain, pa.large_string()), False
