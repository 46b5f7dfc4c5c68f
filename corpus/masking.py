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
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from .phones import digits_of, phone_spans

KINDS = ("EMAIL", "URL", "USER", "HANDLE", "IP", "CARD", "SSN", "GEO", "PHONE")
"""What is masked; its placeholder is the kind in square brackets."""

_MAX_ROUNDS = 8  # ours: a placeholder uncovers a neighbour once or twice, never for long

# ---- addresses and accounts ----------------------------------------------------------------

_TLD = (
    "com|org|net|edu|gov|mil|int|info|biz|io|co|app|dev|gg|ly|xyz|online|site|shop|store|blog|club"
    "|uk|eu|de|fr|nl|ca|au|nz|ie|se|dk|fi|ch|pl|jp|cn|kr|br|ru|za|mx"
)
_TLD_IF_PATH = "me|is|in|to|it|be|at|us|so|la|ai|id|my|am|fm|sh|st|im|cc|es|no|tv|link|page|chat"
"""Endings that are also words ("tell.me"): an address only with a path after them."""
_PROVIDERS = "gmail|googlemail|yahoo|hotmail|outlook|proton|protonmail|icloud|aol|gmx|live|mail"
_PLACES = (
    "instagram|insta|ig|snapchat|snap|kik|discord|telegram|tiktok|twitter|skype|steam|psn|xbox"
)

_URL = re.compile(r"(?i)(?:https?|hxxps?|ftp)://(?:[^\s<>()\[\]]|\([^\s<>()\[\]]{0,200}\))+")
_END_OF_SENTENCE = re.compile(r"[.,;:!?'\"*_]{1,4}\Z")  # stands after an address, not in it
_EMAIL = re.compile(r"(?<![\w.+%-])(?<![\w.+%-]')[\w.+%-]+(?:'[\w.+%-]+)*@(?:[\w-]+\.)+\w{2,24}")
_SPELT_EMAIL = re.compile(
    r"(?i)(?<![\w.+-])[\w.+-]{2,64} ?"
    r"(?:[(\[{] ?at ?[)\]}] ?[\w-]{2,63} ?(?:[(\[{] ?dot ?[)\]}]|\.| dot )"
    rf"| at (?:{_PROVIDERS}) ?(?: dot |\.)) ?[a-z]{{2,10}}(?!\w)"
)
_BARE_URL = re.compile(
    rf"(?i)(?<![\w.@-])(?:[\w-]+\.)+(?:(?:{_TLD})(?![\w-])(?::\d{{2,5}})?(?:[/?#][^\s<>()\[\]]*)?"
    rf"|(?:{_TLD_IF_PATH})/[^\s<>()\[\]]+)"
)
_USER = re.compile(r"(?i)(?<![\w/])(?:/?u/|/user/|/?r/u_)(?:\\?[\w-]){3,}")
_AT_HANDLE = re.compile(r"(?<![\w@/])@(?!\d{1,2}[ap]m\b)(?=\d{0,10}[^\W\d])\w[\w.]+\w")
_TAG = re.compile(r"(?<![\w.#])[\w.]{2,32}#\d{4}(?!\w)")
_NAMED_HANDLE = re.compile(
    rf"(?i)(?<=\b)(?P<keep>(?:{_PLACES}) ?(?:id|name|username|handle|user)? ?[:=] ?)"
    r"(?:\w[\w.]{0,30}[\d_.][\w.]{0,30}\w|\w[\w.]{1,30}\w(?= ?(?:[\n,;!?)]|\. |\.?$)))"
)

# ---- numbers -------------------------------------------------------------------------------

_IPV4 = re.compile(r"(?<![\w.])(?<!ersion )\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{4,38}(?![\w:])")
_CARD = re.compile(r"(?<![\w\]-])[2-6](?:[ -]?\d){12,18}(?![\w\[]|-\d)")
_SSN = re.compile(r"(?<![\w\]-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\w\[-])")
_DECIMAL = r"[+-]?\d{1,3}\.\d{3,15}"
_GEO = re.compile(
    rf"(?<![\w.\]])({_DECIMAL})°? ?[NSns]?[,;/ ] ?({_DECIMAL})(?!\w)(?:°? ?[EWew]\b)?"
)
_MINUTES, _SECONDS = r"\d{1,2}(?:\.\d{1,8})?[′'’]", r"\d{1,2}(?:\.\d{1,8})?[″\"”]"
_DMS = re.compile(rf"(?<![\w.])\d{{1,3}}° ?(?:{_MINUTES} ?)?(?:{_SECONDS} ?)?[NSEWnsew]\b")


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


# ---- one round -----------------------------------------------------------------------------


class _Rule(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    hints: tuple[str, ...]  # none of them in the text: the pattern cannot match
    is_one: Callable[[re.Match[str]], bool] | None = None


_RULES = (  # longer things first: an address may hold what looks like a handle or a domain
    _Rule("URL", _URL, ("://",)),
    _Rule("EMAIL", _EMAIL, ("@",)),
    _Rule("EMAIL", _SPELT_EMAIL, ("at", "AT", "At", "aT")),
    _Rule("URL", _BARE_URL, (".",)),
    _Rule("USER", _USER, ("/",)),
    _Rule("HANDLE", _AT_HANDLE, ("@",)),
    _Rule("HANDLE", _TAG, ("#",)),
    _Rule("HANDLE", _NAMED_HANDLE, (":", "=")),
    _Rule("IP", _IPV4, (".",), _is_ipv4),
    _Rule("IP", _IPV6, (":",), _is_ipv6),
    _Rule("CARD", _CARD, ("2", "3", "4", "5", "6"), _passes_luhn),
    _Rule("SSN", _SSN, ("-",)),
    _Rule("GEO", _GEO, (".",), _is_place),
    _Rule("GEO", _DMS, ("°",)),
)
_MANY_DIGITS = re.compile(r"\d(?:[^\w\n]{0,6}\d){6}")


def mask(text: str) -> tuple[str, dict[str, int]]:
    """A text -> the text with placeholders, and how many of each kind were put in.

    >>> mask("jo@example.org or u/jo_l; in need 1-800-273-8255, see r/Anxiety")
    ('[EMAIL] or [USER]; in need 1-800-273-8255, see r/Anxiety', {'EMAIL': 1, 'USER': 1})
    """
    counts: Counter[str] = Counter()
    for _ in range(_MAX_ROUNDS):
        before = text
        for rule in _RULES:
            if any(hint in text for hint in rule.hints):
                text = _apply(rule, text, counts)
        if _MANY_DIGITS.search(text):
            text = _cut(text, "PHONE", phone_spans(text), counts)
        if text == before:
            break
    return text, dict(counts)


def _apply(rule: _Rule, text: str, counts: Counter[str]) -> str:
    def replaced(match: re.Match[str]) -> str:
        if rule.is_one is not None and not rule.is_one(match):
            return match[0]
        counts[rule.kind] += 1
        kept = match["keep"] if "keep" in rule.pattern.groupindex else ""
        tail = _END_OF_SENTENCE.search(match[0]) if rule.kind == "URL" else None
        return f"{kept}[{rule.kind}]{tail[0] if tail else ''}"

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


# ---- a column ------------------------------------------------------------------------------

_SUSPECT = (
    r"(?i)@|://|/u/|\bu/|/user/|r/u_|#\d{4}|°|[(\[{] ?at ?[)\]}]"
    rf"| at (?:{_PROVIDERS})|\.(?:{_TLD})\b|\.(?:{_TLD_IF_PATH})/"
    rf"|(?:{_PLACES}) ?(?:id|name|username|handle|user)? ?[:=]"
    r"|(?:\p{Nd}[^\pL_\n]*){7}|\p{Nd}\.\p{Nd}+\.\p{Nd}|\p{Nd}\.\p{Nd}{3}"
    r"|[0-9a-f]?:[0-9a-f]*:[0-9a-f]"
)
"""For RE2: true for every text that `mask` would change, and for few others. No counted repeats
of more than a step: {0,6} inside {6} reads 20 times slower than * does."""


def mask_column(texts: Sequence[str | None]) -> tuple[list[str | None], Counter[str]]:
    """`mask` for a column; None stays None. Most texts hold nothing and cost one RE2 search.

    A call has a fixed cost of some milliseconds (RE2 compiles): give it batches, not single texts.
    """
    masked = list(texts)
    counts: Counter[str] = Counter()
    column = pa.array([None if t is None else _encodable(t) for t in texts], pa.large_string())
    for i in pc.indices_nonzero(pc.match_substring_regex(column, _SUSPECT)).to_pylist():
        text = masked[i]
        if text is not None:
            masked[i], found = mask(text)
            counts.update(found)
    return masked, counts


def _encodable(text: str) -> str:
    """Arrow takes no lone surrogates; none of them is part of an identifier."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf8", "replace").decode()
    return text
