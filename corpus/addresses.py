"""How e-mail and web addresses look in a post, plain or spelt out ("jo at example dot org")."""

from __future__ import annotations

import re

TLD = (
    "com|org|net|edu|gov|mil|int|info|biz|io|co|app|dev|gg|ly|xyz|online|site|shop|store|blog|club"
    "|uk|eu|de|fr|nl|ca|au|nz|ie|se|dk|fi|ch|pl|jp|cn|kr|br|ru|za|mx"
)
TLD_IF_PATH = "me|is|in|to|it|be|at|us|so|la|ai|id|my|am|fm|sh|st|im|cc|es|no|tv|link|page|chat"
"""Endings that are also words ("tell.me"): an address only with a path after them."""
PROVIDERS = "gmail|googlemail|yahoo|hotmail|outlook|proton|protonmail|icloud|aol|gmx|live|mail"

OPEN, SHUT = r"[(\[{<*|~_-] ?", r" ?[)\]}>*|~_-]"
_DOT = rf"(?:\.| ?{OPEN}(?:dot|\.){SHUT} ?| dot )"
_SPELT_DOT = rf"(?: ?{OPEN}(?:dot|\.){SHUT} ?| dot )"
_AT = rf"(?:\"? ?@ ?| ?{OPEN}(?:at|@){SHUT} ?)"
_LOCAL = r"(?<![\w.+%-])(?<![\w.+%-]')[\w.+%-]{1,64}"
_LABEL = r"[^\W_](?:[^\W_]|-){0,62}"
_END = r"(?![^\W_])"

URL = re.compile(
    r"(?i)(?:https?|hxxps?|ftp) ?: ?//(?:[^\s<>()\[\]]|\[\.\]|\([^\s<>()\[\]]{0,200}\))+"
)
END_OF_SENTENCE = re.compile(r"[.,;:!?'\"*_]{1,4}\Z")  # stands after an address, not in it
EMAIL = re.compile(r"(?<![\w.+%-])(?<![\w.+%-]')[\w.+%-]+(?:'[\w.+%-]+)*@(?:[\w-]+\.)+\w{2,24}")
AT_SIGN = re.compile(rf"@|{OPEN}at{SHUT}")
"""Quick, of text in lower case."""
HIDDEN_EMAIL = re.compile(
    rf"(?i){_LOCAL}{_AT}{_LABEL}(?:{_DOT}{_LABEL}){{0,3}}{_DOT}(?:{TLD}|{TLD_IF_PATH}){_END}"
)
WORDED_EMAIL = re.compile(
    rf"(?i){_LOCAL} at (?:(?:{PROVIDERS}) ?(?: dot |\.) ?[a-z]{{2,10}}"
    rf"|(?!(?:the|a|this|that|every|each|one|my|your|which) ){_LABEL}"
    rf"(?:{_DOT}{_LABEL}){{0,3}} dot (?:{TLD}|me)){_END}"
)
NAMED_HOST_EMAIL = re.compile(
    rf"(?i)(?<![\w.+%-])(?P<local>[\w.+%-]{{1,64}}) at "
    rf"(?:(?:{_LABEL}\.){{1,4}}(?:{TLD}|{TLD_IF_PATH})|(?:{PROVIDERS})){_END}"
)
"""Only where `local` is no plain word: "look at example.org" is no e-mail address."""
BARE_URL = re.compile(
    rf"(?i)(?<![\w@-])(?<!\w\.)(?:[\w-]+\.)+(?:(?:{TLD})(?![^\W_]|-)(?::\d{{2,5}})?"
    rf"(?:[/?#][^\s<>()\[\]]*)?|(?:{TLD_IF_PATH})/[^\s<>()\[\]]+)"
)
SPELT_URL = re.compile(
    rf"(?i)(?<![^\W_])(?<![@-])(?<!\w\.)(?!(?:the|a|this|that|of|early|first|last|big|old) )"
    rf"{_LABEL}(?:\.{_LABEL}){{0,3}}(?: ?{OPEN}(?:dot|\.){SHUT} ?(?:{TLD}|{TLD_IF_PATH})"
    rf"|(?: ?{OPEN}(?:dot|\.){SHUT} ?| dot )(?:com|org|net|io|edu|gov|info|co|uk|de|fr)"
    rf"(?:{_SPELT_DOT}(?:uk|nz|au))?)(?![^\W_]|-)(?:[/?#][^\s<>()\[\]]*)?"
)
