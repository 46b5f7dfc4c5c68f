"""Letters and digits that only look like ASCII: how identifiers are hidden from filters.

Full-width and mathematical forms, Cyrillic letters inside Latin words, invisible characters. A
text is folded only to look at it again (`corpus/masking.py`); in most texts nothing folds.
"""

from __future__ import annotations

import re
import unicodedata

INVISIBLE = "\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_STYLED = "\uff01-\uff5e\U0001d400-\U0001d7ff\u24b6-\u24e9\u2044\u2215\ufe52\ufe6b"
_LOOK = dict(zip("аеорсхуіѕԁӏјһАВЕКМНОРСТХоνΑΒΕΗΙΚΜΝΟΡΤΧ",
                 "aeopcxyisdljhABEKMHOPCTXovABEHIKMNOPTX", strict=True))  # fmt: skip
_LETTERS = "".join(_LOOK)
_SIGNS = re.compile(f"[{INVISIBLE}{_STYLED}]")
_MIXED = re.compile(rf"[A-Za-z@][{_LETTERS}]|[{_LETTERS}][A-Za-z@]")
_WORD = re.compile(rf"[A-Za-z0-9@._+{_LETTERS}-]+")
_LOOKS = re.compile(f"[{_LETTERS}]")
_REMOVED = re.compile(f"[{INVISIBLE}]")
_STYLED_ONE = re.compile(f"[{_STYLED}]")
_ENTITY = re.compile(r"&(?:(#0*64|#x0*40|commat)|#0*46|#x0*2[eE]|period);")
_SLASHES = {"\u2044": "/", "\u2215": "/"}


def has_lookalikes(text: str) -> bool:
    """Could `fold` change this text?

    >>> has_lookalikes("jo@example.org"), has_lookalikes("jo＠example.org")
    (False, True)
    """
    return bool(_ENTITY.search(text)) or (
        not text.isascii() and bool(_SIGNS.search(text) or _MIXED.search(text))
    )


def fold(text: str) -> str:
    """The text in the letters it looks like; folding twice changes nothing.

    >>> fold("ｊｏ＠example．org"), fold("gm\u0430il"), fold("да")
    ('jo@example.org', 'gmail', 'да')
    """
    text = _ENTITY.sub(lambda m: "@" if m[1] else ".", text)
    text = _STYLED_ONE.sub(_plain, _REMOVED.sub("", text))
    return _WORD.sub(_latin, text) if _LOOKS.search(text) else text


def _plain(match: re.Match[str]) -> str:
    sign = match[0]
    return _SLASHES.get(sign) or unicodedata.normalize("NFKC", sign)


def _latin(match: re.Match[str]) -> str:
    """Only words that hold ASCII letters, too: a Cyrillic word stays Cyrillic."""
    word = match[0]
    if not re.search("[A-Za-z@]", word):
        return word
    return "".join(_LOOK.get(c, c) for c in word)
