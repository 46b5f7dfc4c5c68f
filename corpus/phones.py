"""Which runs of digits in a text are somebody's phone number, and which are a crisis line.

Candidates come from patterns of bounded length (no backtracking to fear); the numbering plans of
the `phonenumbers` package decide about those whose shape alone does not tell.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import pairwise

MAX_JUDGED = 200
"""Candidates looked up per pattern and text (ours): a text with more is a list of numbers, not
prose, and the rest is masked unseen. Keeps hostile text from costing minutes."""

_SEP = r"[ .()\-\u00a0\u2010-\u2014]"
_BEFORE = r"(?<![^\W_])(?<![\]+/$€£=#-])(?<!\d[.,:])"
_AFTER = r"(?![^\W_\[]|\[|[.,]\d)"
_INTERNATIONAL = re.compile(
    rf"(?:(?<![+\]])\+|{_BEFORE}(?:00|011[ .-]))[ (]?\d(?:{_SEP}{{0,2}}\d){{6,14}}(?![^\W_\[]|\[)"
)
_AMERICAN = re.compile(
    rf"{_BEFORE}(?:1{_SEP}{{0,2}})?(?:\([2-9]\d\d\){_SEP}{{0,2}}|[2-9]\d\d{_SEP}{{0,3}})"
    rf"\d{{3}}{_SEP}{{0,3}}\d{{4}}{_AFTER}"
    rf"|{_BEFORE}(?:1[/ .-])?[2-9]\d\d[/_*~|]\d{{3}}[/_*~| .-]\d{{4}}{_AFTER}"
)
_TEN_DIGITS = re.compile(rf"1?{_SEP}{{0,2}}[2-9]\d\d{_SEP}{{0,3}}\d{{3}}{_SEP}{{0,3}}\d{{4}}")
_TRUNK_ZERO = re.compile(rf"{_BEFORE}\(?0\d(?:/|{_SEP}{{0,2}})(?:{_SEP}{{0,2}}\d){{6,10}}{_AFTER}")
_GROUPED = re.compile(
    rf"{_BEFORE}(?:\(\d\d\) ?9?\d{{4}}[ -]\d{{4}}|[6-9]\d{{4}}[ -]\d{{5}}){_AFTER}"
)
_AFTER_CUE = re.compile(
    r"(?i)(?<![^\W_])(?=[ctpmwsrdn])"
    r"(?:call|text|phone|cell|mobile|whats?app|telephone|tel|sms|ring|dial|number)\b"
    rf"[^\d\n\[\]$€£#]{{0,24}}?{_BEFORE}(?P<n>\d(?:{_SEP}{{0,2}}\d){{6,12}}){_AFTER}"
)
_DATE = re.compile(
    r"\(?(?:\d{1,2}[ ./-]\d{1,2}[ ./-](?:19|20)\d\d"
    r"|(?:19|20)\d\d[ ./-]?(?:0\d|1[0-2])[ ./-]?(?:[0-2]\d|3[01])(?!\d{3}$))"
)

# The home countries of most English-writing users, then large countries whose national numbers
# start with 0 or come in a shape of their own. A number of any of them is masked.
_ZERO_REGIONS = ("GB", "AU", "NZ", "IE", "ZA", "DE", "FR", "NL", "IT", "SE", "PH", "MY", "IN")
_GROUPED_REGIONS = ("IN", "BR")

Judge = Callable[[str], bool]


def phone_spans(text: str) -> Iterator[tuple[int, int]]:
    """[start, end) of each phone number in `text` that is not a crisis line; may overlap."""
    for pattern, judge in _RULES:
        yield from _scan(text, pattern, judge)


def _scan(text: str, pattern: re.Pattern[str], judge: Judge) -> Iterator[tuple[int, int]]:
    group = "n" if "n" in pattern.groupindex else 0
    judged = 0
    match = pattern.search(text)
    while match:
        start = match.start(group)
        judged += 1
        helpline, number = _longest(match[group], judge if judged <= MAX_JUDGED else _anything)
        if number and not helpline:
            yield start, start + number
        match = pattern.search(text, start + (helpline or number or 1))


def _longest(run: str, judge: Judge) -> tuple[int, int]:
    """(length of the crisis line that `run` begins with, length of the number it begins with).

    A run may go on into the next words' digits ("0800 1111 24 hours"), so it is also tried cut at
    its separators, longest first.
    """
    cuts = [len(run), *(i for i in range(len(run) - 1, 2, -1) if not run[i].isdigit())]
    for cut in cuts:
        if is_helpline(run[:cut]) and (cut == len(run) or not _TEN_DIGITS.fullmatch(run)):
            return cut, 0
    for cut in cuts:
        if judge(run[:cut].rstrip(" .()-")):
            return 0, len(run[:cut].rstrip(" .(-"))
    return 0, 0


_DIGITS = {w: i for i, w in enumerate(
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
)} | {"oh": 0}  # fmt: skip
_ONE = "|".join(_DIGITS)
_WORDED = re.compile(rf"(?i)\b(?=[zotfsen])(?:{_ONE})(?:[ ,.-]{{1,2}}(?:{_ONE})){{6,14}}\b")


def worded_spans(text: str) -> Iterator[tuple[int, int]]:
    """[start, end) of each number of seven digits or more in words that nobody is counting.

    >>> list(worded_spans("five five five zero one two three")), list(worded_spans("one two three"))
    ([(0, 33)], [])
    """
    for match in _WORDED.finditer(text):
        digits = [_DIGITS[w.lower()] for w in re.findall(r"[A-Za-z]+", match[0])]
        steps = {b - a for a, b in pairwise(digits)}
        if len(steps) > 1 and len(set(digits)) > 1 and not _counts(digits):
            yield match.span()


def _counts(digits: list[int]) -> bool:
    """Somebody counts up or down, perhaps more than once (breathing: four seven eight)."""
    steps = [b - a for a, b in pairwise(digits)]
    return max(steps.count(1), steps.count(-1)) >= len(steps) - 2


_NO_DIGITS = re.compile("[^0-9]+")


def digits_of(text: str) -> str:
    """The decimal digits of a text, in any script, as ASCII.

    >>> digits_of("+1 (212) 555-01٢٣")
    '12125550123'
    """
    if text.isascii():
        return _NO_DIGITS.sub("", text)
    return "".join(str(int(c)) for c in text if c.isdecimal())


def is_helpline(number: str) -> bool:
    """Is this, in any spelling, a number of `helplines.toml`?

    >>> [is_helpline(n) for n in ("1-800-273-8255", "+44 116 123", "988", "(212) 555-0123")]
    [True, True, True, False]
    """
    return digits_of(number) in helplines()


@cache
def helplines() -> frozenset[str]:
    """Every number of the list, as digits, with and without country code and trunk prefix."""
    file = resources.files(__package__) / "helplines.toml"
    known: set[str] = set()
    for entry in tomllib.loads(file.read_text("utf8"))["lines"]:
        code = entry["code"]
        for number in map(digits_of, entry["numbers"]):
            bare = number.removeprefix("0")
            if code == "1" and len(number) == 11:
                bare = number.removeprefix("1")
                known.add(bare)
            known |= {number} | ({code + bare, f"00{code}{bare}"} if code else set())
    return frozenset(known)


def _international(number: str) -> bool:
    digits = digits_of(number)
    if number.startswith("+"):
        return len(digits) >= 9 and _possible("+" + digits)
    return _valid("+" + digits.removeprefix("011").removeprefix("00"), None)


def _american(number: str) -> bool:
    """3-3-4 digits are enough, valid or not: people write numbers that no plan knows."""
    return len(digits_of(number)) >= 10 and not _DATE.match(number)


def _trunk_zero(number: str) -> bool:
    return (
        len(digits_of(number)) >= 9
        and not _DATE.match(number)
        and any(_valid(number, region) for region in _ZERO_REGIONS)
    )


def _grouped(number: str) -> bool:
    return any(_valid(number, region) for region in _GROUPED_REGIONS)


def _after_cue(number: str) -> bool:
    return 7 <= len(digits_of(number)) <= 13 and not _DATE.match(number)


def _anything(number: str) -> bool:
    return len(digits_of(number)) >= 7


def _valid(number: str, region: str | None) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, region))
    except phonenumbers.NumberParseException:
        return False


def _possible(number: str) -> bool:
    import phonenumbers

    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


_RULES: tuple[tuple[re.Pattern[str], Judge], ...] = (
    (_INTERNATIONAL, _international),
    (_AMERICAN, _american),
    (_TRUNK_ZERO, _trunk_zero),
    (_GROUPED, _grouped),
    (_AFTER_CUE, _after_cue),
)
