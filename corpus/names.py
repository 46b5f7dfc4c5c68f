"""Names of people out of a text, and addresses, dates of birth and schools: `mask_names = true`.

Lists and the words around a name decide; no model is asked (docs/design/0018-privacy.md has the
figures, also of presidio with a blank spaCy pipeline). A name that is also a word ("Will", "Hope")
is a name only where the words around it say so. What nobody introduces and no list knows passes.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import resources
from typing import NamedTuple

from .accounts import common_words

PERSONAL_KINDS = ("NAME", "ADDRESS", "BORN", "ORG")
"""What is masked here; marked like the kinds of `corpus/masking.py`."""

_WORD = r"(?!I\b)[^\W\d_]+(?:['’-][^\W\d_]{2,})?"
_CAP = rf"(?-i:(?=[^\W\d_a-zß-öø-ÿ])){_WORD}"
_FREE = r"(?<![\w\[@/'’-])"
_REST = rf"(?P<rest>(?: (?:(?-i:[A-Z])\.|{_CAP})){{0,2}})"
_RELATION = (
    "brother|sister|mom|mum|mother|dad|father|son|daughter|husband|wife|girlfriend|boyfriend|gf|bf"
    "|so|partner|ex|fiance|fiancé|fiancée|friend|bestie|best friend|roommate|flatmate|housemate"
    "|cousin|aunt|auntie|uncle|grandma|grandpa|nan|niece|nephew|therapist|psychiatrist|counselor"
    "|counsellor|doctor|nurse|boss|manager|coworker|colleague|teacher|professor|coach|neighbor"
    "|neighbour|crush|stepdad|stepmom|stepmum|stepson|stepdaughter|step-dad|step-mom|baby|kid|child"
    "|dog|cat|twin|landlord|classmate|abuser"
)
_SAYING = (
    r"said|says|told|tells|texted|asked|asks|called me|died|passed away|left me|dumped me|hates"
    r"|loves me|cheated|yelled|hit me|moved out|broke up"
)

_ANYWHERE = re.compile(rf"{_FREE}(?P<name>{_CAP}){_REST}(?P<end>(?![\w\]]))")
_SURE = re.compile(
    rf"(?i){_FREE}(?P<keep>(?:(?:my|his|her|their|the|whose) name(?:'s|’s| is| was)|name's|call me"
    rf"|(?:named|call|called) (?:her|him|them)|named|goes by|go by|i was called"
    rf"|is called|(?:my|our|his|her|their) (?:\w+ ){{0,1}}?"
    rf"(?:{_RELATION})(?:,| is called| named|:)?) )(?P<name>{_WORD}){_REST}(?P<end>(?![\w\]]))"
)
_TITLE = re.compile(
    rf"{_FREE}(?P<keep>(?i:mr|mrs|ms|miss|mx|dr|prof|professor|doctor|nurse|coach|pastor|rabbi"
    rf"|aunt|auntie|uncle|grandma|grandpa)\.? )(?P<name>{_CAP}){_REST}(?P<end>(?![\w\]]))"
)
_ADDRESSED = re.compile(
    rf"(?i){_FREE}(?P<keep>(?:i'm|i’m|im|i am|this is|it's|thanks|thank you|thank u|thx|ty|hi|hey"
    rf"|hello|dear|cheers|sorry|rip|bye|goodbye|love you|miss you|happy birthday|congrats|sincerely"
    rf"|regards|love|xoxo|yours),? |[-–—~]\s?)(?P<name>{_WORD}){_REST}(?P<end>(?![\w\]]))"
)
_BESIDE = re.compile(
    rf"(?i){_FREE}(?P<keep>(?:(?P<person>told|asked|texted|dated|dating|met|saw"
    rf"|broke up with|married"
    rf"|seeing|divorced|talked to|spoke to|talking to|hugged|called)|with|for|about"
    rf"|and|than|like|loved"
    rf"|love|miss|missed|lost|hate|hated) )(?P<name>{_CAP}){_REST}(?P<end>(?![\w\]]))"
)
_WITH_ME = re.compile(
    rf"(?i){_FREE}(?P<name>{_CAP})(?P<rest>)(?P<end> and (?:me|i)\b|['’]s (?:{_RELATION})\b)"
)
_DOES = re.compile(rf"(?i){_FREE}(?P<name>{_WORD})(?P<rest>)(?P<end> (?:{_SAYING})(?!\w))")

_STREET = (
    "Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Terrace|Close"
    "|Crescent|Square|Parkway|Pkwy|Highway|Hwy|Gardens|Grove"
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]"
    "|T[NX]|UT|V[AT]|W[AIVY]"
)
_ADDRESS = re.compile(
    rf"{_FREE}(?:\d{{1,5}}[A-Za-z]? (?:[A-Z][\w'’.-]{{0,30}} ){{1,3}}(?:{_STREET})\b"
    rf"(?:,? (?i:apt|apartment|unit|suite|flat|#)\.? ?#?\w{{1,6}})?(?:, [A-Z][a-z]{{2,20}}"
    rf"(?: [A-Z][a-z]{{2,20}})?)?(?:,? (?:{_STATES})(?: \d{{5}}(?:-\d{{4}})?)?)?"
    rf"|(?i:(?<=live at )|(?<=address is )|(?<=lives at ))\d{{1,5}} (?:[\w'’]{{2,20}} ){{1,3}}"
    rf"(?i:street|st|avenue|ave|road|rd|lane|drive|court|way)\b"
    rf"|[A-Z]{{1,2}}\d[A-Z\d]? \d[A-Z]{{2}}\b|(?:{_STATES}),? \d{{5}}(?:-\d{{4}})?(?!\d))"
)
_MONTH = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_BORN = re.compile(
    r"(?i)(?<!\w)(?P<keep>(?:i was |was )?born(?: on)?(?: the)? |(?:dob|d\.o\.b\.?|date of birth"
    r"|birth ?date|(?:my|her|his) (?:\d\d(?:st|nd|rd|th) )?birthday)(?: is| was|:| -)?(?: on)?"
    rf"(?: the)? )(?:\d{{1,4}}[/.-]\d{{1,2}}[/.-]\d{{1,4}}"
    rf"|(?:{_MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?"
    rf"(?:,? \d{{4}})?|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTH})\.?(?:,? \d{{4}})?)(?!\w)"
)
_ORG = re.compile(
    rf"{_FREE}(?:University of (?:[A-Z][\w'’.-]{{1,30}} ?){{1,3}}"
    rf"|(?P<own>(?:[A-Z][\w'’.&-]{{1,30}} )"
    r"{1,4}?)(?:High School|High|Elementary(?: School)?|Middle School"
    r"|Secondary School|Grammar School"
    r"|Primary School|College|University|Academy|Hospital|Medical Cent(?:er|re)|Clinic))(?![\w\]])"
)


def mask_names(text: str) -> tuple[str, dict[str, int]]:
    """A text -> the text with marks, and how many of each of PERSONAL_KINDS were put in.

    >>> mask_names("My brother Will said Hope is not lost, I hope. Love, Priya")[0]
    'My brother [NAME] said Hope is not lost, I hope. Love, [NAME]'
    >>> mask_names("We met in May at 12 Oak Street. I will try.")[0]
    'We met in May at [ADDRESS]. I will try.'
    """
    counts: Counter[str] = Counter()
    shouted = _mostly_capitals(text)
    for _ in range(4):  # a mark may uncover a neighbour
        before = text
        for rule in _RULES:
            if not (shouted and rule.trusts_capitals):
                text = _apply(rule, text, counts)
        if text == before:
            break
    return text, dict(counts)


def mask_names_column(texts: Sequence[str | None]) -> tuple[list[str | None], Counter[str]]:
    """`mask_names` for a column; None stays None."""
    counts: Counter[str] = Counter()
    masked: list[str | None] = []
    for text in texts:
        found = None if text is None else mask_names(text)
        masked.append(None if found is None else found[0])
        counts.update(found[1] if found else {})
    return masked, counts


def _mostly_capitals(text: str) -> bool:
    """A title, or a text in capitals: there a capital says nothing."""
    words = re.findall(r"[^\W\d_]{2,}", text)
    return len(words) > 3 and sum(w[0].isupper() for w in words) > 0.6 * len(words)


@cache
def clear_names() -> frozenset[str]:
    """First names in lower case that are nothing else."""
    return frozenset(_lines("first_names.txt"))


@cache
def unclear_names() -> frozenset[str]:
    """First names in lower case that are also words, places or months."""
    return frozenset(line.rstrip("*") for line in _lines("first_names_or_words.txt"))


@cache
def _places() -> frozenset[str]:
    return frozenset(line[:-1] for line in _lines("first_names_or_words.txt") if line[-1] == "*")


@cache
def _not_names() -> frozenset[str]:
    return frozenset(_lines("not_names.txt"))


def _lines(name: str) -> Iterator[str]:
    text = (resources.files(__package__) / name).read_text("utf8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _bare(word: str) -> str:
    plain = unicodedata.normalize("NFKD", re.sub(r"['’]s$", "", word).lower())
    return "".join(c for c in plain if not unicodedata.combining(c))


def _is_clear(m: re.Match[str]) -> bool:
    return _bare(m["name"]) in clear_names() and not m["name"].isupper()


def _is_named(m: re.Match[str]) -> bool:
    """After "my name is" or "my sister": any name, and any capital word that is no known word."""
    word = _bare(m["name"])
    if m["name"][0].isupper():
        return word in unclear_names() - _not_names() or _is_unknown(m)
    return word in clear_names()


def _is_unknown(m: re.Match[str]) -> bool:
    word = _bare(m["name"])
    known = {word, word.removesuffix("s")} & (common_words() | _not_names())
    return word in clear_names() or (len(word) > 2 and not known and not m["name"].isupper())


def _is_addressed(m: re.Match[str]) -> bool:
    word = _bare(m["name"])
    if not m["name"][0].isupper():
        return word in clear_names()
    return (word in unclear_names() - _places() - _not_names()) or (
        m["keep"].strip()[:1] not in "-–—~" and _is_unknown(m)
    )


def _is_beside(m: re.Match[str]) -> bool:
    word = _bare(m["name"])
    unclear = word in unclear_names() - _places() - _not_names()
    return m["name"].istitle() and (unclear or (bool(m["person"]) and _is_unknown(m)))


def _is_close(m: re.Match[str]) -> bool:
    """ "X and me", "X's mother": not at the start of a sentence if X is a word."""
    return _is_titled(m) and _bare(m["name"]) not in _places()


def _is_titled(m: re.Match[str]) -> bool:
    return _is_unknown(m) or (_bare(m["name"]) in unclear_names() and m["name"].istitle())


def _does(m: re.Match[str]) -> bool:
    word = _bare(m["name"])
    if word in clear_names():
        return True
    if m["name"][0].isupper() and _is_unknown(m) and m["name"].istitle():
        return True
    starts = m.start() == 0 or m.string[: m.start()].rstrip(" \"'(")[-1:] in ".!?\n"
    return m["name"].istitle() and word in unclear_names() - _not_names() and (
        not starts or " me" in m["end"] or m["end"].split()[0] in ("told", "texted")
    )  # fmt: skip


def _is_org(m: re.Match[str]) -> bool:
    own = m["own"]
    return own is None or any(_bare(w) not in common_words() for w in own.split())


class _Rule(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    is_one: Callable[[re.Match[str]], bool] | None = None
    trusts_capitals: bool = False


_RULES = (
    _Rule("ADDRESS", _ADDRESS), _Rule("BORN", _BORN), _Rule("ORG", _ORG, _is_org, True),
    _Rule("NAME", _SURE, _is_named), _Rule("NAME", _TITLE, _is_titled),
    _Rule("NAME", _WITH_ME, _is_close, True),
    _Rule("NAME", _ADDRESSED, _is_addressed), _Rule("NAME", _DOES, _does),
    _Rule("NAME", _ANYWHERE, _is_clear), _Rule("NAME", _BESIDE, _is_beside, True),
)  # fmt: skip


def _apply(rule: _Rule, text: str, counts: Counter[str]) -> str:
    def replaced(m: re.Match[str]) -> str:
        if rule.is_one is not None and not rule.is_one(m):
            return m[0]
        counts[rule.kind] += 1
        groups = m.re.groupindex
        keep = m["keep"] if "keep" in groups else ""
        if rule.kind != "NAME":
            return f"{keep}[{rule.kind}]{' ' if m[0].endswith(' ') else ''}"
        owner = re.search(r"['’]s$", m["name"])
        return f"{keep}[NAME]{owner[0] if owner else ''}{_kept(m['rest'])}{m['end']}"

    return rule.pattern.sub(replaced, text)


def _kept(rest: str) -> str:
    """Of the capital words after a first name, those that are no family name."""
    words = rest.split()
    for i, word in enumerate(words):
        if _bare(word) in common_words() or _bare(word) in _not_names() or word == "I":
            return " " + " ".join(words[i:])
    return "'s" if words and re.search(r"['’]s$", words[-1]) else ""
