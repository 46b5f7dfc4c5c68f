"""Is a text clearly not in a language? For the optional setting `language`; errs on keeping.

No model and no dependency: which script the letters are of, and whose little words are in it. A
short text, a mixed one, slang and names are kept; what leaves is a paragraph in another language.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from functools import cache
from importlib import resources

from .errors import SettingsError

MIN_LETTERS = 20  # ours: below, a text says too little
MIN_WORDS = 8  # ours
_FOREIGN_SCRIPT = 0.6  # share of letters outside Latin
_OWN_WORDS = 0.10  # from this share of its little words on, a text is kept: English has 0.4
_OTHER_WORDS = 0.20  # little words of one other language
_LOOK = 4000  # characters looked at: the language of a text shows early

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_NOT_PROSE = re.compile(r"https?://\S+|[\[(]?(?:/?u/|/?r/|@)[\w-]+")


def clearly_not(text: str | None, language: str = "en") -> bool:
    """True only where `text` is clearly in something else than `language`.

    Raises SettingsError for a language without a word list.

    >>> clearly_not("ich weiß nicht was ich machen soll, es ist immer das gleiche")
    True
    >>> clearly_not("no se, pero thank you so much for this, it really helped me amigo")
    False
    """
    words = _words()
    if language not in words:
        raise SettingsError(
            f"no word list for language {language!r}", "language", f"use one of {', '.join(words)}"
        )
    if not text:
        return False
    prose = _NOT_PROSE.sub(" ", text[:_LOOK])
    letters = [c for c in prose if c.isalpha()]
    if len(letters) < MIN_LETTERS:
        return False
    if sum(not _is_latin(c) for c in letters) > _FOREIGN_SCRIPT * len(letters):
        return True
    return _other_words_outnumber(prose, language)


def _other_words_outnumber(prose: str, language: str) -> bool:
    found = [word.lower().replace("’", "'") for word in _WORD.findall(prose)]
    if len(found) < MIN_WORDS:
        return False
    owner = _owners()
    counts = Counter(owner[word] for word in found if word in owner)
    own = counts.pop(language, 0)
    if own >= _OWN_WORDS * len(found) or not counts:
        return False
    return max(counts.values()) >= max(_OTHER_WORDS * len(found), 3 * own, 3)


def _is_latin(c: str) -> bool:
    """Latin letters, also the styled ones ("𝓱𝓮𝓵𝓵𝓸", "Ｈｉ")."""
    n = ord(c)
    return n < 0x250 or 0x1E00 <= n < 0x1F00 or 0x1D400 <= n < 0x1D800 or 0xFF21 <= n < 0xFF5B


@cache
def _words() -> dict[str, frozenset[str]]:
    text = (resources.files(__package__) / "stopwords.toml").read_text("utf8")
    return {language: frozenset(words.split()) for language, words in tomllib.loads(text).items()}


@cache
def _owners() -> dict[str, str]:
    """Word -> the one language that lists it."""
    listed = Counter(word for words in _words().values() for word in words)
    return {
        word: language
        for language, words in _words().items()
        for word in words
        if listed[word] == 1
    }
