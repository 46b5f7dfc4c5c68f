"""How people name an account: u/name, @name, "my insta is name", "add me on discord, name#1234".

After the name of a place anything can stand ("my snap is broken"), so what follows counts as an
account only if it looks like one (`is_nick`): signs inside, or no English word.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

PLACES = (
    "instagram|insta|ig|snapchat|snap|sc|kik|discord|disc|telegram|tiktok|twitter|skype|steam|psn"
    "|xbox|gamertag|whatsapp|facebook|fb|tumblr|twitch|onlyfans|wechat|viber"
)
_AFTER_PLACE = "id|name|username|user ?name|user|handle|tag|account|acct|acc|profile"
_CONTACT = (
    "(?:add|find|message|msg|dm|pm|text|hit|follow|reach|contact|hmu)(?: me)?(?: up)?,? "
    "(?:on|at|via|thru|through) (?:my )?"
)
_I_AM = "(?:i'm|im|i am|called|it's|its) "
USER_WORDS = "user ?name|user|screen ?name|reddit name|redditor|gamertag"
_NICK = r"@?[\w.-]*\w"
_NAME = r"(?:\\?[\w-]){3,}"
_B = r"(?<![^\W_])"  # a word begins here; `_emphasis_` is no word


def _first(words: str) -> str:
    """A look at the first letter: `re` without case tries alternatives one by one."""
    return "(?=[" + "".join(sorted({word[0] for word in words.split("|")})) + "])"


USER = re.compile(
    rf"(?i)(?<![^\W_])(?<!/)(?:/?u\\?/|/user/|/?r/u_){_NAME}"
    r"|(?<![^\W_])(?<!/)/?u/ (?P<nick>[\w-]{3,})"
)
LINKED_USER = re.compile(
    rf"(?i)(?<=\[){_NAME}(?=\]\((?:https?://[^\s()/]{{1,80}}|(?:www\.|old\.)?reddit\.com)?/?"
    r"(?:u|user)/)"
)
"""The words of a link to a profile."""
SAID_USER = re.compile(
    rf"(?i){_B}{_first(USER_WORDS)}(?P<keep>(?:{USER_WORDS})"
    rf"(?P<how> (?:is|was|are) |'s | ?[:=] ?| - | ))(?P<nick>{_NICK})"
)
AT_HANDLE = re.compile(r"(?<![^\W_])(?<![@/])@(?!\d{1,2}[ap]m\b)(?=[\d_]{0,10}[^\W\d_])\w[\w.]*\w")
TAG = re.compile(r"(?<![^\W_])(?<![.#])[\w.]{2,32}#\d{4}(?![^\W_])")
NAMED_HANDLE = re.compile(
    rf"(?i){_B}{_first(PLACES)}(?P<keep>(?:{PLACES})(?:'s)?(?P<what> (?:{_AFTER_PLACE}))?"
    r"(?P<how> ?[:=] ?| ?[-–] | ?@ ?|, | (?:name )?is:? | as | me (?:at|on|@) | me:? | at | under "
    rf"|'s | )(?:@ ?)?)(?P<nick>{_NICK})"
)
CONTACT = re.compile(
    rf"(?i){_B}(?=[afmdpthrc])(?P<keep>{_CONTACT}(?:{PLACES})"
    r"(?:[,:.]? (?:as |at |@ ?|under |it's |its |i'm )?|[:=] ?))(?P<nick>"
    rf"{_NICK})"
)
PLACE = re.compile(rf"\b_?(?:{PLACES})(?![^\W_])")
"""Quick, of text in lower case."""
HANDLE_ON = re.compile(
    rf"(?i)(?<![\w.-])(?P<keep>{_I_AM})?(?P<nick>{_NICK})"
    rf"(?P<after> (?:on|@|over on) (?:my )?(?:{PLACES}))(?![^\W_])"
)

PLACE_HINTS = tuple(sorted(set(PLACES.split("|"))))
USER_HINTS = ("user", "screen", "reddit", "gamertag")

_WIDE = r"\x{80}-\x{10ffff}"  # for \pN, that takes long to compile
_SIGNS = rf"[^ \n]*(?:[0-9_@{_WIDE}]|\.[^ ])"
_ON = rf"(?:on|@|over on) (?:my )?(?:{PLACES})"
CONTACT_SUSPECT = rf"{_CONTACT}(?:{PLACES})"
ON_SUSPECT = rf"{_I_AM}[^ ]+ {_ON}|(?:[0-9_@{_WIDE}]|\.[^ ])[^ ]* {_ON}"
NAMED_SUSPECT = (
    rf"(?:\b|_)(?:{PLACES})(?:'s)?(?: ?[:=@,-]| ?–|'s | (?:is|as|me|at|under) | name is"
    rf"| (?:{_AFTER_PLACE})\b| {_SIGNS})"
)
SAID_SUSPECT = rf"(?:\b|_)(?:{USER_WORDS})(?: (?:is|was|are) |'s | ?[:=]| - | {_SIGNS})"
"""For RE2 (`corpus/suspects.py`): true for every text in which the pattern of that name finds an
account, and for few others."""

_UNIT = re.compile(r"(?i)\d+(?:[.,:]\d+)*(?:[a-z]{0,3}|ish|min|mins|hours?)")
_WEAK = {", ", " ", " at ", " under ", "'s "}
"""Ways of going on that need a name with signs in it: "on snap, sadly" is none."""


def is_nick(word: str, how: str = " is ") -> bool:
    """Is this word, after the name of a place and `how` the text goes on, an account?

    >>> [is_nick(w) for w in ("jo_lee99", "copperbeech", "broken", "24/7", "20mg", "so-called")]
    [True, True, False, False, False, False]
    """
    bare = word.lstrip("@").strip("._-")
    if len(bare) < 3 or _UNIT.fullmatch(bare) or not any(c.isalpha() for c in bare):
        return False
    if word.startswith("@") or any(c.isdigit() for c in bare) or "_" in bare:
        return True
    parts = re.split(r"[.-]", bare.lower())
    known = [len(p) < 3 or p in common_words() for p in parts]
    if len(parts) > 1:
        return not all(known) and ("." in bare or how not in _WEAK)
    return how not in _WEAK and len(bare) >= 4 and bare.islower() and not known[0]


@cache
def common_words() -> frozenset[str]:
    """Words that are no names (`common_words.txt`), in lower case, with their usual endings."""
    lines = (resources.files(__package__) / "common_words.txt").read_text("utf8").splitlines()
    words = [line for line in lines if not line.startswith("#")]
    endings = ("s", "es", "d", "ed", "ing", "ly", "er", "y")
    return frozenset(words) | {w + e for w in words if len(w) > 3 for e in endings}
