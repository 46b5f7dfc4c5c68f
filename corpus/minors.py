"""Does the writer say that they are under 18? A post that does must not be in the dataset.

Protective, ours: where a sentence can be read both ways the text counts as a minor's; a row lost
costs less than a child kept. Ages of others ("my 15 year old daughter", "my sister (15F)"), other
numbers ("15 years ago", "15 minutes late") and the past ("when I was 15") do not count.
"""

from __future__ import annotations

import re

MINOR_HINT = (
    r"(?i)\b1[0-7]|[fm]1[0-7]\b|\b(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)\b"
    r"|\bgrade\b|\bminor\b|under ?age|under (?:18|eighteen)|(?:high|middle|secondary) ?school"
    r"|\byear (?:7|8|9|10|11)\b"
)
"""RE2: a text without this cannot disclose it."""

_AGE = r"(?:1[0-7]|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen)"
_I_AM = (
    r"\bi(?:['’]?m| am)(?: (?:only|just|currently|a|an|now|still|also|literally|like|about to be))*"
)
_OLD = r"[ -]?(?:y/?o\b|y\.o|yrs?\b|years?[ -]old|year[ -]?old|years of age)"
_SEX = r"(?:f|m|nb|ftm|mtf|male|female|girl|boy|trans|enby)\b"
_END = (
    r"(?:\s*(?:\Z|[.,;!?)\]\n/&]|and\b(?! a half)|but\b|so\b|with\b|right now|now\b|rn\b|"
    r"btw\b|by the way\b|if\b|today\b|in\b))"
)
_STATED = re.compile(
    rf"{_I_AM} {_AGE}(?:{_OLD}|[ /]?{_SEX}|{_END})"
    rf"|{_I_AM}[,:]? [(\[]?(?:{_SEX}[ /,]?1[0-7]\b)"
    rf"|\bas an? {_AGE}{_OLD}(?!\s+(?:i was|i had|i used))"
    rf"|(?:\A|[.!?\n]\s*)(?:hi|hey|hello)?[ ,!.]*{_AGE}{_OLD}(?: \w+)? here\b"
    rf"|\bi(?:['’]?m| am)? (?:just )?turn(?:ing|ed)? {_AGE}"
    r"(?: soon| in| next| this| today| yesterday| last week)"
    rf"|\bi(?:['’]ve| have)? just turned {_AGE}\b|\bi(?:['’]m| am) turning {_AGE}\b"
    rf"|\b(?:my age is|i(?:['’]?m| am) aged?|age:?) ?{_AGE}\b(?!\s*(?:-|to|and)\s*\d)",
    re.I,
)
_SCHOOL = re.compile(
    r"\bi(?:['’]?m| am)(?: (?:only|just|currently|still|a|an|going|about to be))* (?:"
    r"in (?:the )?(?:(?:5|6|7|8|9|10|11)th|fifth|sixth|seventh|eighth|ninth|tenth|eleventh) grade"
    r"|in (?:grade|year) (?:[6-9]|1[01])\b|in (?:middle|high|secondary) ?school\b"
    r"|(?:6|7|8|9|10|11)th grader"
    r"|(?:middle|high)[ -]?school(?:er| student| freshman| sophomore| junior)"
    r"|(?:freshman|sophomore|junior) in high ?school|(?:a )?minor\b(?! (?:in|league|at))"
    r"|under (?:18|eighteen)\b|under ?age\b)",
    re.I,
)
_TAG = re.compile(  # (16m) [F/15] 15F
    r"(?P<open>[(\[{])\s*(?:1[0-7]\s?[/,-]?\s?(?:f|m|nb|ftm|mtf|female|male|girl|boy)|"
    r"(?:f|m|nb|ftm|mtf|female|male)\s?[/,-]?\s?1[0-7]|1[0-7]\s?(?:y/?o|yrs?|years? old))\b"
    r"|(?<![\w$€£.,:/-])1[0-7]\s?(?:f|nb|ftm|mtf|m)\b(?![/'’])",
    re.I,
)
_BEFORE = 24
_ME = re.compile(
    r"(?:\A|[.!?\n,:;|\-–—]\s*|\b(?:i|i['’]?m|im|am|me|myself|as an?|we|i,|hey|hi|hello)\W{0,3})\Z",
    re.I,
)
_OTHER = re.compile(
    r"\b(?:daughter|son|sister|brother|sis|bro|siblings?|friends?|bf|gf|bff|boyfriend|girlfriend|ex|cousin|"
    r"niece|nephew|kids?|child|children|teen(?:ager)?|student|partner|crush|he|she|they|him|her|them|girl|"
    r"boy|guy|someone|person|victim|stepson|stepdaughter|stepsister|stepbrother|twin|roommate|neighbou?r|"
    r"dad|mom|mum|father|mother|the|a|his|their|for|in|at|last|about|ran|only|every|of|to|than)\W{0,3}\Z",
    re.I,
)  # fmt: skip
_WHEN = re.compile(
    r"(?:when|since|if|until|till|before|like|was|says?|said|told|think|thinks|though|\")\W{0,2}\Z",
    re.I,
)


def discloses_minor(text: str) -> bool:
    """Does the writer say in the present tense that they are younger than 18?

    >>> discloses_minor("I'm 15 and I can't sleep"), discloses_minor("Feeling lost (16m)")
    (True, True)
    >>> discloses_minor("my 15 year old daughter; I'm 15 minutes late, 15 years ago")
    False
    """
    for pattern in (_STATED, _SCHOOL):
        for found in pattern.finditer(text):
            if not _WHEN.search(text[max(0, found.start() - _BEFORE) : found.start()]):
                return True
    return any(_tag_of_writer(text, found) for found in _TAG.finditer(text))


def _tag_of_writer(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - _BEFORE) : found.start()]
    if found.start() > _BEFORE:
        before = "x" + before  # the cut is not the beginning of the text
    if found["open"]:
        return not _OTHER.search(before)  # "my (15F) mother": the writer; "my sister (15F)": not
    return bool(_ME.search(before))  # a bare "15m" is also fifteen minutes
