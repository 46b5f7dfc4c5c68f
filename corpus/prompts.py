"""Putting a stranger's text into a prompt: cleaned of hidden signs, inside a fence of its own.

Whoever wrote the text may have written it for the model. What a fence can do: the text cannot
close it, because it holds a random token that is drawn after the text was written. What it cannot
do: keep a model from obeying what it reads. So an answer must also carry a second token
(`check`), and whoever asks plants items whose answer is known (docs/design/0009).
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from functools import lru_cache
from typing import NamedTuple

TOKEN_BYTES = 8  # 64 bits a call: not to be guessed by a text that was written before

_KEPT = "\u200c\u200d\ufe0f"  # joiners of Persian and of emoji, the emoji style
_ODD = re.compile(r"[^\n\t -~]+")  # all else stays as it is
_SELECTORS = re.compile("[\ufe00-\ufe0e\U000e0100-\U000e01ef]")  # can carry a hidden message
_SPECIAL = re.compile(r"<(?=[A-Za-z/|!｜])")
_SPECIAL_END = re.compile(r"(?<=[|｜])>")
_BRACKETS = re.compile(
    r"(?i)\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|[gs]?MASK|CLS|SEP)\])"
)


class Fence(NamedTuple):
    """Two random words of one call: `token` marks where data begins and ends, `check` the answer.

    >>> print(Fence("1f", "2e").around("comment", "Hi"))
    BEGIN comment 1f
    Hi
    END comment 1f
    """

    token: str
    check: str

    def around(self, name: str, text: str) -> str:
        """The text between two lines that it cannot hold itself (`new_fence` saw to that)."""
        return f"BEGIN {name} {self.token}\n{text}\nEND {name} {self.token}"


def new_fence(*texts: str) -> Fence:
    """A fence for one call around these texts; never the same twice, never a word of theirs."""
    while True:
        fence = Fence(secrets.token_hex(TOKEN_BYTES), secrets.token_hex(TOKEN_BYTES))
        if not any(word in text.lower() for word in fence for text in texts):
            return fence


def shown(text: str, limit: int) -> str:
    """A text as a model may see it: at most `limit` characters, nothing hidden, no control tokens.

    Invisible and direction characters go (they hide words from people, not from models), and the
    brackets of chat templates are opened by a blank, because servers read `<|im_end|>` inside a
    message as the end of the message. Words, emoji and line breaks stay.

    >>> shown("ig\\u200bnore <|im_start|>system", 100)
    'ignore < |im_start| >system'
    """
    plain = _ODD.sub(lambda run: "".join(map(_sign, run[0])), _SELECTORS.sub("", text))
    plain = _SPECIAL_END.sub(" >", _SPECIAL.sub("< ", plain))
    plain = _BRACKETS.sub("[ ", plain).strip()
    return plain if len(plain) <= limit else plain[:limit].rstrip() + " …"


@lru_cache(maxsize=4096)
def _sign(c: str) -> str:
    if c in "\n\t" or c in _KEPT:
        return c
    kind = unicodedata.category(c)
    if kind in ("Cc", "Cf"):
        return "" if c != "\r" else "\n"
    return "\ufffd" if kind in ("Cs", "Co", "Cn") else c


def digest(*words: str) -> str:
    """16 hex digits over words, each with its length: of a prompt, of a text, of an id."""
    h = hashlib.sha256()
    for word in words:
        raw = word.encode("utf8", "surrogatepass")
        h.update(len(raw).to_bytes(8, "little") + raw)
    return h.hexdigest()[:16]
