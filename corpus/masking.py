"""Direct identifiers out of a text: addresses, accounts, numbers. Plain words stay as they are.

Linear in the length of the text, whatever it holds, and masking a masked text changes nothing.
Masking goes by pattern: names, places and life stories pass, so a masked text is pseudonymous,
not anonymous. Numbers of crisis lines stay: they are safety information (`helplines.toml`).
`r/subreddit` stays.
"""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from . import accounts, addresses
from .lookalikes import fold, has_lookalikes
from .phones import digits_of, phone_spans, worded_spans
from .suspects import BITS, EVERY, UNCOVERED, families, suspects

KINDS = ("EMAIL", "URL", "USER", "HANDLE", "IP", "CARD", "SSN", "GEO", "PHONE")
"""What is masked; its placeholder is the kind in square brackets."""

_MAX_ROUNDS = 8  # ours: a placeholder uncovers a neighbour once or twice, never for long

# ---- numbers -------------------------------------------------------------------------------

_FREE = r"(?<![^\W_])"  # no letter or digit before; `_emphasis_` and "so..." are no part of it
_IPV4 = re.compile(r"(?<![\w.])(?<!ersion )\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{4,38}(?![\w:])")
_CARD = re.compile(
    rf"{_FREE}(?<![\]-])[2-6](?:[ .\u00a0\u2009/_*\u2010-\u2014-]{{0,2}}\d){{12,18}}"
    rf"(?![^\W_\[]|-\d|\[)"
)
_SSN = re.compile(rf"{_FREE}(?<![\]-])(?!000|666|9)\d{{3}}-(?!00)\d\d-(?!0000)\d{{4}}(?![\w\[-])")
_LONG_DECIMAL = re.compile(r"\d\.\d{3}")
_DECIMAL = r"[+-]?\d{1,3}\.\d{3,15}"
_LATITUDE, _LONGITUDE = (
    r"\"?(?:lat(?:itude)?|[NSns])\"? ?[:=]? ?",
    r"\"?(?:lon(?:g|gitude)?|lng|[EWew])\"? ?[:=]? ?",
)
_GEO = re.compile(
    rf"{_FREE}(?<![\]])(?<!\d\.)(?<![+-])(?:(?i:{_LATITUDE}))?({_DECIMAL})°? ?(?:[NSns](?![^\W_]))?"
    rf"[,;/]?\s?(?:(?i:{_LONGITUDE}))?(?<![\d.])({_DECIMAL})(?:°? ?[EWew])?(?![^\W_])"
)
_MINUTES, _SECONDS = r"\d{1,2}(?:\.\d{1,8})?[′'’]", r"\d{1,2}(?:\.\d{1,8})?[″\"”]"
_DMS = re.compile(
    rf"{_FREE}(?<!\d\.)\d{{1,3}}° ?(?:{_MINUTES} ?)?(?:{_SECONDS} ?)?[NSEWnsew](?![^\W_])"
)


def _is_ipv4(match: re.Match[str]) -> bool:
    return all(int(part) <= 255 for part in match[0].split("."))


def _is_ipv6(match: re.Match[str]) -> bool:
    if not any(c.isdigit() for c in match[0]):
        return False
    try:
        ipaddress.IPv6Address(match[0])
    except ValueError:
        return False
    return True


def _is_place(match: re.Match[str]) -> bool:
    return abs(float(match[1])) <= 90 and abs(float(match[2])) <= 180


def _passes_luhn(match: re.Match[str]) -> bool:
    """The check digit of card numbers: one in ten of other long numbers passes, too."""
    digits = [int(c) for c in reversed(digits_of(match[0]))]
    doubled = [d * 2 - 9 * (d > 4) for d in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _is_nick(match: re.Match[str]) -> bool:
    """Where a rule has no group `nick`, or another way of its pattern matched, it is sure."""
    nick = match["nick"]
    groups = match.re.groupindex
    sure = "how" not in groups or ("what" in groups and match["what"])
    how = " is " if sure else match["how"].lower()
    return nick is None or accounts.is_nick(nick, how)


def _is_local(match: re.Match[str]) -> bool:
    return accounts.is_nick(match["local"]) or match["local"].lower() not in accounts.common_words()


def _has_signs(match: re.Match[str]) -> bool:
    return accounts.is_nick(match["nick"], " is " if match["keep"] else " ")


# ---- one round -----------------------------------------------------------------------------


_Counts = TypeVar("_Counts")
_Steps = Generator[str, int, tuple[str, _Counts]]
_Change = Callable[[str, str, Counter[str]], str]  # text, a hint's text in lower case, counts


class _Rule(NamedTuple):
    kind: str
    family: str  # of corpus/suspects.py
    pattern: re.Pattern[str]
    hints: tuple[str, ...]  # in lower case; none of them in the text: the pattern cannot match
    is_one: Callable[[re.Match[str]], bool] | None = None
    needs: re.Pattern[str] | None = None  # a quicker pattern without which this one cannot match


_RULES = (  # longer things first: an address may hold what looks like a handle or a domain
    _Rule("USER", "signs", accounts.LINKED_USER, ("](",)),
    _Rule("URL", "signs", addresses.URL, ("//",)),
    _Rule("EMAIL", "signs", addresses.EMAIL, ("@",)),
    _Rule("EMAIL", "hidden", addresses.HIDDEN_EMAIL, ("@", "at"), None, addresses.AT_SIGN),
    _Rule("EMAIL", "at", addresses.WORDED_EMAIL, (" at ",)),
    _Rule("EMAIL", "at", addresses.NAMED_HOST_EMAIL, (" at ",), _is_local),
    _Rule("URL", "dot", addresses.SPELT_URL, ("dot", ".]", ".)", ".}", ".>")),
    _Rule("URL", "domain", addresses.BARE_URL, (".",)),
    _Rule("USER", "user", accounts.USER, ("/",), _is_nick),
    _Rule("HANDLE", "signs", accounts.AT_HANDLE, ("@",)),
    _Rule("HANDLE", "signs", accounts.TAG, ("#",)),
    _Rule("HANDLE", "contact", accounts.CONTACT, (" on ", " at ", " via ", " thr"), _is_nick),
    _Rule("HANDLE", "named", accounts.NAMED_HANDLE, accounts.PLACE_HINTS, _is_nick, accounts.PLACE),
    _Rule("HANDLE", "on", accounts.HANDLE_ON, (" on ", " @ "), _has_signs, accounts.PLACE),
    _Rule("USER", "said", accounts.SAID_USER, accounts.USER_HINTS, _is_nick),
    _Rule("IP", "ip", _IPV4, (".",), _is_ipv4),
    _Rule("IP", "ip", _IPV6, (":",), _is_ipv6),
    _Rule("CARD", "card", _CARD, ("2", "3", "4", "5", "6"), _passes_luhn),
    _Rule("SSN", "ssn", _SSN, ("-",)),
    _Rule("GEO", "geo", _GEO, (".",), _is_place, _LONG_DECIMAL),
    _Rule("GEO", "signs", _DMS, ("°",)),
)
_MANY_DIGITS = re.compile(r"\d(?:(?:[^\w\n]|_){0,6}\d){6}")


def mask(text: str) -> tuple[str, dict[str, int]]:
    """A text -> the text with placeholders, and how many of each kind were put in.

    Where only look-alikes hide an identifier (`corpus/lookalikes.py`), the text comes back in the
    letters it looks like.

    >>> mask("jo@example.org or u/jo_l; in need 1-800-273-8255, see r/Anxiety")
    ('[EMAIL] or [USER]; in need 1-800-273-8255, see r/Anxiety', {'EMAIL': 1, 'USER': 1})
    """
    steps = _steps(text)
    next(steps)
    while True:
        try:
            steps.send(EVERY)
        except StopIteration as end:
            return end.value


def _steps(text: str) -> _Steps[dict[str, int]]:
    """Masks step by step: asks which families (`BITS`) can match a text whenever there is a new
    one, so that a column's texts are looked at together (`mask_column`)."""
    may = yield text
    masked, counts = yield from _mask(text, may)
    if may & BITS["look"] and has_lookalikes(text):
        folded = fold(text)
        seen, more = yield from _mask(folded, (yield folded))
        if more != counts:
            return seen, dict(more)
    if counts and has_lookalikes(masked):  # what was masked may have hidden more
        folded = fold(masked)
        seen, more = yield from _mask(folded, (yield folded))
        if more:
            return seen, dict(counts + more)
    return masked, dict(counts)


def _mask(text: str, may: int) -> _Steps[Counter[str]]:
    counts: Counter[str] = Counter()
    for _ in range(_MAX_ROUNDS if may else 0):
        before, low = text, text.lower()
        for family, change in _CHANGES:
            if may & BITS[family]:
                was, text = text, change(text, low, counts)
                if text != was:
                    may = (yield text) & (may | UNCOVERED)
        if text == before:
            break
    return text, counts


def _by_rule(rule: _Rule) -> _Change:
    def change(text: str, low: str, counts: Counter[str]) -> str:
        return _apply(rule, text, counts) if _can_match(rule, low) else text

    return change


def _by_digits(text: str, _low: str, counts: Counter[str]) -> str:
    spans = phone_spans(text) if _MANY_DIGITS.search(text) else ()
    return _cut(text, "PHONE", spans, counts)


def _by_words(text: str, _low: str, counts: Counter[str]) -> str:
    return _cut(text, "PHONE", worded_spans(text), counts)


def _can_match(rule: _Rule, low: str) -> bool:
    return any(hint in low for hint in rule.hints) and (
        rule.needs is None or rule.needs.search(low) is not None
    )


def _apply(rule: _Rule, text: str, counts: Counter[str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        if rule.is_one is not None and not rule.is_one(match):
            return match[0]
        counts[rule.kind] += 1
        groups = rule.pattern.groupindex
        kept = (match["keep"] or "") if "keep" in groups else ""
        after = match["after"] if "after" in groups else ""
        tail = addresses.END_OF_SENTENCE.search(match[0]) if rule.kind == "URL" else None
        return f"{kept}[{rule.kind}]{tail[0] if tail else after}"

    return rule.pattern.sub(replaced, text)


def _cut(text: str, kind: str, spans: Iterable[tuple[int, int]], counts: Counter[str]) -> str:
    """Puts one placeholder for each group of overlapping spans."""
    pieces, at = [], 0
    for start, end in _merged(spans):
        pieces += [text[at:start], f"[{kind}]"]
        counts[kind] += 1
        at = end
    return "".join(pieces) + text[at:]


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    held: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if held and start < held[1]:
            held = held[0], max(held[1], end)
        else:
            if held:
                yield held
            held = start, end
    if held:
        yield held


_CHANGES: tuple[tuple[str, _Change], ...] = (
    *((rule.family, _by_rule(rule)) for rule in _RULES),
    ("phone", _by_digits),
    ("worded", _by_words),
)

# ---- a column ------------------------------------------------------------------------------


def mask_column(texts: Sequence[str | None]) -> tuple[list[str | None], Counter[str]]:
    """`mask` for a column; None stays None. Most texts hold nothing and cost one RE2 search.

    A call has a fixed cost of some milliseconds (RE2 compiles): give it batches, not single texts.
    """
    given = [text or "" for text in texts]
    masked, found = mask_each(given)
    counts: Counter[str] = Counter()
    for each in found.values():
        counts.update(each)
    return [None if a is None else b for a, b in zip(texts, masked, strict=True)], counts


def mask_each(texts: Sequence[str]) -> tuple[list[str], dict[int, dict[str, int]]]:
    """`mask` for a column, and for the places of texts with a placeholder what was put in."""
    masked, counts = list(texts), {}
    work = {i: _steps(texts[i]) for i in suspects(texts)}
    asked = {i: next(steps) for i, steps in work.items()}
    while asked:
        bits = families(list(asked.values()))
        for (i, _), may in zip(list(asked.items()), bits, strict=True):
            try:
                asked[i] = work[i].send(may)
            except StopIteration as end:
                masked[i], counts[i] = end.value
                del asked[i]
    return masked, {i: found for i, found in counts.items() if found}
