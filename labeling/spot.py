"""Finds phrases of named kinds in a column of texts: rules are data, the search is Arrow's RE2.

RE2 reads a text once, whatever it holds, so a hostile text costs no more than a friendly one.
A rule file has one table per kind with `signs` and, struck out before them, `decoys`. In a pattern
a space is one space, "'" may be missing in the text, `~` is up to three words in between and
`<name>` stands for an entry of `[words]`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAX_CHARS = 40_000  # the longest text Reddit takes (a post)
_GAP = "(?:[^ .?|]+ ){0,3}"
_STRUCK = " | "  # no gap reaches over a struck decoy
_INVISIBLE = "[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]"
_SPACE, _SIGN = r"\s", r",:*~_\"“”„()<>/\\+=—–-"
# Nearly all of what stands between words is one space already: each match costs two searches.
_BETWEEN = f"(?: [{_SPACE}{_SIGN}]|[^\\S ]|[{_SIGN}])[{_SPACE}{_SIGN}]*"
_MOST_CHARS = 4_000  # of one expression; a long one outgrows RE2's fast automaton (15 x slower)
_MACRO = re.compile(r"<([a-z_]+)>")


def plain(texts: pa.Array) -> pa.Array:
    """Texts -> lower case, single spaces, `.` and `?` as words; null becomes "".

    >>> plain(pa.array(["Don’t (ever) stop... ok?"])).to_pylist()
    [" . don't ever stop . ok ? . "]
    """
    x = pc.utf8_slice_codeunits(pc.fill_null(pc.cast(texts, pa.large_string()), ""), 0, MAX_CHARS)
    if not pc.all(pc.string_is_ascii(x), min_count=0).as_py():
        x = pc.utf8_normalize(pc.replace_substring_regex(x, _INVISIBLE, ""), "NFKC")
        x = pc.replace_substring_regex(x, "[’‘`´]", "'")
    x = pc.replace_substring_regex(pc.utf8_lower(x), r"\[(\w+)\]", r" xx\1xx ")
    x = pc.replace_substring_regex(x, r"[!.;\n…]+", " . ")
    x = pc.replace_substring_regex(x, r"\?+", " ? ")
    edge, nothing = (pa.scalar(t, pa.large_string()) for t in (" . ", ""))
    x = pc.binary_join_element_wise(edge, x, edge, nothing)
    return pc.replace_substring_regex(x, _BETWEEN, " ")


class Spotter:
    """The kinds of one rule file, ready to be sought."""

    def __init__(self, table: Mapping[str, Any]):
        words = table.get("words", {})
        kinds = {name: rules for name, rules in table.items() if name != "words"}
        self._decoys = {n: _regexes(r.get("decoys", []), words) for n, r in kinds.items()}
        self._signs = {n: _regexes(r["signs"], words) for n, r in kinds.items()}

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds, in file order."""
        return tuple(self._signs)

    def find(self, plain_texts: pa.Array, kind: str) -> pa.BooleanArray:
        """Which texts, as `plain` leaves them, hold a sign of one kind."""
        found = self._candidates(plain_texts, kind)
        at = pc.indices_nonzero(found)
        if not len(at) or not self._decoys[kind]:
            return found
        # A sign may touch a decoy: what is left once the decoys are out decides.
        left = self._candidates(self._struck(plain_texts.take(at), kind), kind)
        return pc.replace_with_mask(found, found, left)

    def has_decoy(self, plain_texts: pa.Array, kind: str) -> pa.BooleanArray:
        """Which texts hold something that is struck out before a kind is sought."""
        found = pa.array(np.zeros(len(plain_texts), bool))
        for decoys in self._decoys[kind]:
            found = pc.or_(found, pc.match_substring_regex(plain_texts, decoys))
        return found

    def words(self, text: str, kind: str) -> str | None:
        """The first sign of one kind in one text, as `plain` spells it, or None."""
        left = self._struck(plain(pa.array([text], pa.string())), kind)
        for signs in self._signs[kind]:
            found = pc.extract_regex(left, f"(?P<words>{signs})").to_pylist()[0]
            if found:
                return str(found["words"]).strip()
        return None

    def _candidates(self, plain_texts: pa.Array, kind: str) -> pa.BooleanArray:
        first, *more = self._signs[kind]
        found = pc.match_substring_regex(plain_texts, first)
        for signs in more:
            found = pc.or_(found, pc.match_substring_regex(plain_texts, signs))
        return found

    def _struck(self, plain_texts: pa.Array, kind: str) -> pa.Array:
        for decoys in self._decoys[kind]:
            plain_texts = pc.replace_substring_regex(plain_texts, decoys, _STRUCK)
        return plain_texts


def load(folder: str, name: str) -> dict[str, Any]:
    """A rule file or taxonomy of this room, as TOML gives it."""
    return tomllib.loads((resources.files(__package__) / folder / f"{name}.toml").read_text("utf8"))


def _regexes(patterns: Sequence[str], words: Mapping[str, str]) -> list[str]:
    """Patterns in the notation of the rule files -> RE2 alternations of a moderate size."""
    groups: list[list[str]] = []
    for pattern in patterns:
        ready = _expanded(pattern, words).replace("~", _GAP).replace("'", "'?")
        if not groups or sum(map(len, groups[-1])) + len(ready) > _MOST_CHARS:
            groups.append([])
        groups[-1].append(ready)
    # A sign may begin or end with the end of a sentence.
    return [rf"(?:^|\b| )(?:{'|'.join(group)})(?:\b| )" for group in groups]


def _expanded(pattern: str, words: Mapping[str, str]) -> str:
    """Macros may name macros; three levels are enough."""
    for _ in range(3):
        pattern = _MACRO.sub(lambda m: f"(?:{words[m[1]]})", pattern)
    return pattern
