"""What a person wrote at first, what they added later, and what they only quoted.

An "EDIT: thanks everyone" tells how the comments were received: left in a post it would leak the
label into the input. Three cuts, each for one text (`split_edits`, `cut_quotes`, and
`cut_feedback` of `corpus.feedback`) and for a column of them (`..._column`). All are linear in the
length of the text, whatever it holds: every look around a mark is bounded, and only texts that a
plain RE2 search picks out are read in Python.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from .feedback import FEEDBACK, SENTENCE, cut_feedback

T = TypeVar("T")

# ---- edit segments -------------------------------------------------------------------------

_LOOK = 40  # characters read before and after a mark
_DECOR = 12  # of them, how many may decorate it
_WORD = r"(?:edit(?:ed|s|ing)?|eta|upd|updated?|updates)"
_EDIT_HINT = rf"(?i)(?:^|[^\p{{L}}\p{{N}}]){_WORD}"  # RE2, over whole columns
_CANDIDATE = re.compile(rf"(?<![^\W_]){_WORD}(?![^\W\d_])", re.I)
_OPEN = r"(?:&gt;|[ \t*_~^\[({<#>|\\=+\-–—•:]){0,12}"
_COUNT = r"(?:final|last|latest|first|second|third|another|quick|small|minor|big|mini|little|late|"
_COUNT += r"new|one more|important|obligatory|\d{1,2}(?:st|nd|rd|th)?)"
_LINE_HEAD = re.compile(rf"\n{_OPEN}(?:{_COUNT} ){{0,2}}{_OPEN}\Z", re.I)
_SENTENCE_HEAD = re.compile(
    r"(?:[.!?…;:)\]}\"”'’*_~>]\s*|[^\x00-\U00002190]\s*|\s\s)[*_~\[({\-–—]{0,4}\Z"
)
_WRAPPED = re.compile(r"[*_~\[({]{1,4}\Z")
_UNWRAP = re.compile(r"\s?\d{0,2}[:.]?[*_~\])}]{1,4}")
_NUMBER = r"[ \t]?(?:[#(]?\d{1,2}\)?|[ivx]{1,3}\b|again|one|two|three)?"
_MARK_END = re.compile(
    rf"{_NUMBER}[*_~\])}}]{{0,4}}[ \t]?(?:\([^()\n]{{0,16}}\))?[ \t]?[:;\-–—=>]", re.I
)
_LINE_END = re.compile(rf"{_NUMBER}[*_~\])}}]{{0,4}}[ \t]*(?:[.,!/|…]|\n|\Z)", re.I)
_STARTS = re.compile(  # "Edit thanks everyone", "edited to add", "Edit to say"
    r"[ \t]+(?:to (?:add|clarify|say|mention|note|include|fix|thank|update)|for (?:clarity|more|"
    r"spelling|grammar|formatting|typos?|those|anyone|everyone)|(?:because|since|cause|cuz|as) "
    r"(?:of|i|people|some|many|so)\b|on mobile|thank|thx|ty\b|wow|omg|i['’]?(?:m|ve|ll|d)? |sorry|"
    r"typos?\b|spelling|grammar|formatt|just |so |ok\b|okay|also |forgot|added|adding|a lot|lots|"
    r"y['’]?all|guys|all |everyone|this (?:blew|got)|didn)",
    re.I,
)
_LEAD = re.compile(r"[\s*_~\])}#\d:;.,!\-–—=>|/]{0,12}")
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_CLOSER = {"(": ")", "[": "]", "{": "}"}
_BRACKET = 400  # ours: an edit in brackets that is longer than this runs on to the end of the text
# The word before "edit:" that makes it a thing one edits rather than a mark.
_THING = re.compile(
    r"(?:video|photo|picture|image|film|audio|text|code|wiki|hair|final|rough|the|an?|to|my|your|"
    r"his|her|our|their|this|that|click|press|tap|hit|select|can|can['’]?t|cannot|could|"
    r"couldn['’]?t|not|never|please|will|and|or|of|latest|re)[\s*_\"'(\[]*\Z",
    re.I,
)


class _Mark(NamedTuple):
    start: int  # where the mark begins, with its decoration
    words: int  # where the added words begin
    bracket: str  # the bracket that holds mark and words, or ""
    update: bool  # "Update" and not "Edit": at the top of a post it may be a post of its own


def _mark(text: str, found: re.Match[str]) -> _Mark | None:
    """The mark at this word, or None where it is an ordinary use of it."""
    start, end = found.span()
    before = text[start - _LOOK : start] if start >= _LOOK else "\n" + text[:start]
    head = _LINE_HEAD.search(before)
    if not _is_mark(found.group(), before, text[end : end + _LOOK], at_line_head=head is not None):
        return None
    begin = start - len(before) + head.start() + 1 if head else start
    while begin > max(0, start - _DECOR) and text[begin - 1] in "*_~[({#^":
        begin -= 1
    lead = _LEAD.match(text, end)
    words = lead.end() if lead else end
    opener = next((c for c in text[begin:start] if c in _CLOSER), "")
    bracket = "" if _CLOSER.get(opener, "\0") in text[end:words] else opener
    return _Mark(begin, words, bracket, found.group().lower().startswith("up"))


def _is_mark(word: str, before: str, after: str, *, at_line_head: bool) -> bool:
    """A mark opens a line, or a sentence, or stands in one with its colon; else it is a word."""
    lower, capitals = word.lower(), word.isupper()
    closed = _MARK_END.match(after)
    wrapped = _WRAPPED.search(before) is not None and _UNWRAP.match(after) is not None
    plain = lower not in ("updates", "edits", "editing")
    if lower == "eta" and not capitals:
        return at_line_head and closed is not None
    if at_line_head:
        shouted = capitals and not lower.startswith("up")
        ends = plain and _LINE_END.match(after) is not None
        return bool(closed or wrapped or ends or shouted or _STARTS.match(after))
    if _SENTENCE_HEAD.search(before):
        return plain and bool(closed or wrapped or (capitals and _STARTS.match(after)))
    colon = closed is not None and closed.group().rstrip().endswith(":")
    named = capitals or lower in ("edit", "edited")
    return colon and named and not lower.startswith("up") and not _THING.search(before)


class Split(NamedTuple):
    kept: str  # the text without what was added later
    added: str | None  # the words after the marks, joined by newlines; None: no mark


def split_edits(text: str) -> Split:
    """Parts a text from what its author added under an edit mark ("EDIT:", "ETA", "*update 2*" …).

    A segment runs from its mark to the end of the text, for edits are added at the end. Two
    exceptions: in brackets, to the closing one; at the very top, to the end of its paragraph (an
    "Update" at the top of a text with a single paragraph is the text itself).

    >>> split_edits("I feel low.\\n\\nEDIT: thanks everyone!")
    Split(kept='I feel low.', added='thanks everyone!')
    >>> split_edits("I need to edit my essay and the video edit is late")
    Split(kept='I need to edit my essay and the video edit is late', added=None)
    """
    kept: list[str] = []
    added: list[str] = []
    at = 0  # everything before is decided
    top = True  # nothing but segments so far
    inside = False  # a segment that runs to the end has begun
    for found in _CANDIDATE.finditer(text):
        mark = _mark(text, found) if found.start() >= at else None
        if mark is None:
            continue
        head = text[at : mark.start]
        if inside:
            added.append(head)
            at = mark.words
            continue
        top = top and not head.strip(" \t\r\n*_#>-")
        stop = _segment_end(text, mark, top=top)
        if stop == mark.start:
            continue
        kept.append(head)
        inside = stop == len(text)
        if not inside:
            added.append(text[mark.words : stop].rstrip(")]} \n"))
        at = mark.words if inside else stop
    if not kept:
        return Split(text, None)
    (added if inside else kept).append(text[at:])
    words = "\n".join(part for part in (a.strip() for a in added) if part)
    return Split(_tidy("".join(kept)), words)


def _segment_end(text: str, mark: _Mark, *, top: bool) -> int:
    """Where a segment ends; the mark's own start: it is none."""
    if mark.bracket:
        close = text.find(_CLOSER[mark.bracket], mark.words, mark.words + _BRACKET)
        if close >= 0:
            return close + 1
    if top:
        gap = _PARAGRAPH.search(text, mark.words)
        if gap and gap.end() < len(text):
            return gap.end()
        if mark.update:
            return mark.start
    return len(text)


def _tidy(text: str) -> str:
    """Without the blank lines and rules ("---") that a cut leaves at the end."""
    text = text.rstrip()
    while (at := text.rfind("\n") + 1) and not text[at:].strip(" \t*_~-–—=#"):
        text = text[:at].rstrip()
    return text


def added_text(old: str, new: str) -> str | None:
    """What `new` says that `old` did not, sentence by sentence; None where that is nothing.

    For dumps that keep the text before an edit. Linear: a multiset of sentences, no alignment.

    >>> added_text("I feel low. Help?", "I feel low. Help? Thanks, all of you.")
    'Thanks, all of you.'
    """
    known = Counter(part.strip() for part in SENTENCE.findall(old))
    fresh = []
    for part in SENTENCE.findall(new):
        key = part.strip()
        if known[key] > 0:
            known[key] -= 1
        elif any(c.isalnum() for c in key):
            fresh.append(part)
    words = "".join(fresh).strip()
    return words or None


# ---- quotes ----------------------------------------------------------------------------------

_QUOTE = re.compile(r"^[ \t]{0,3}(?:>|&gt;)(?!!).*(?:\n|\Z)", re.M)  # ">!" opens a spoiler


def cut_quotes(text: str) -> str:
    """Without the lines that quote another (`>` or its escape); a spoiler `>!…!<` stays.

    >>> cut_quotes("> have you tried a walk?\\nYes, it helped")
    'Yes, it helped'
    """
    return _QUOTE.sub("", text).strip()


# ---- columns ---------------------------------------------------------------------------------


def split_edits_column(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """(n,) texts -> (n,) kept texts, (n,) added words (null: no mark)."""
    found = _apply(texts, pc.match_substring_regex(texts, _EDIT_HINT), split_edits)
    rows = [i for i, split in found.items() if split.added is not None]
    kept = _replaced(texts, rows, [found[i].kept for i in rows])
    none = pa.nulls(len(texts), pa.string())
    return kept, _replaced(none, rows, [found[i].added for i in rows])


def cut_feedback_column(texts: pa.Array, where: pa.Array) -> tuple[pa.Array, pa.Array]:
    """(n,) texts, (n,) where to look -> (n,) kept texts, (n,) int32 sentences taken out."""
    hint = pc.and_(where, pc.match_substring_regex(texts, FEEDBACK))
    found = _apply(texts, hint, cut_feedback)
    n_cut = np.zeros(len(texts), dtype=np.int32)
    n_cut[list(found)] = [cut.n for cut in found.values()]
    return _replaced(texts, list(found), [cut.kept for cut in found.values()]), pa.array(n_cut)


def cut_quotes_column(texts: pa.Array) -> pa.Array:
    """(n,) texts -> (n,) texts without quoted lines."""
    hint = pc.or_(pc.match_substring(texts, ">"), pc.match_substring(texts, "&gt;"))
    found = _apply(texts, hint, cut_quotes)
    return _replaced(texts, list(found), list(found.values()))


def _apply(texts: pa.Array, where: pa.Array, rule: Callable[[str], T]) -> dict[int, T]:
    rows = np.flatnonzero(where.to_numpy(zero_copy_only=False))
    return dict(zip(rows.tolist(), map(rule, texts.take(pa.array(rows)).to_pylist()), strict=True))


def _replaced(texts: pa.Array, rows: list[int], new: list[str | None]) -> pa.Array:
    """`texts` with `new` at `rows` (ascending)."""
    if not rows:
        return texts
    mask = np.zeros(len(texts), dtype=bool)
    mask[rows] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(new, pa.string()))
