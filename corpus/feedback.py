"""Sentences in a post that answer its readers: "thanks everyone, reading all replies".

A post may have been changed after the comments without an edit mark. Where it was edited, or
nobody can know, such sentences leave it: they tell how the comments were received. Ours; errs
towards cutting. Linear: one RE2 search over a column picks the texts out, and within them one
search a sentence with bounded repeats.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SENTENCE = re.compile(r"[^.!?\n]+[.!?]*[\"”')\]]*\s*|[.!?\s]+")
"""Every character of a text falls into exactly one piece; a piece holds one sentence at most."""

_READERS = (
    r"(?:all\b|every(?:one|body|1)\b|guys\b|y['’]?all\b|folks\b|people\b|reddit|strangers\b|"
    r"(?:kind |lovely |wonderful |amazing )*(?:internet|commenters|community|sub\b))"
)
_ANSWERS = (
    r"(?:repl(?:y|ies)|respon[sd]|comment|advice|suggestion|support|kind(?: words|ness)|upvote|"
    r"award|gold\b|silver\b|message|dms?\b|pms?\b|input|feedback|answers?\b|encourag|insight|"
    r"perspective|well[- ]wishes|love\b|help\b)"
)
_THANKS = r"\b(?:thank(?:s|\s?you| u)?|thx|thnx|tysm|ty)\b"
_FILL = (
    r"(?:[ ,!]+(?:you|so|very|much|again|a|lot|bunch|heaps|loads|tons?|million|to|really|for))*"
    r"[ ,!]+"
)
_ALL_OF = r"(?:all|every|each|most)(?: (?:single )?(?:one )?of)?"
_READ = (
    r"(?:read(?:ing)?|respond(?:ed|ing)?(?: to)?|repl(?:y|ied|ying)(?: to)?|answer(?:ed|ing)?|"
    r"(?:going|gone|went) through|look(?:ed|ing) (?:at|through|over))(?: through)?"
)
_WHICH = (
    r"(?:all |the |your |ur |these |those |so |many |every |such |kind |great |good |helpful |"
    r"amazing |lovely |nice |quick |sweet |supportive |thoughtful )*"
)
_PATTERNS = (
    rf"{_THANKS}{_FILL}{_READERS}",
    rf"{_THANKS}[^.!?\n]{{0,24}} for {_WHICH}{_ANSWERS}",
    rf"\b{_READ} {_ALL_OF} (?:the |your |ur |of |these |my )*(?:{_ANSWERS}|them\b|you\b|$)",
    r"\b(?:did ?n['’]?t|did not|never|was ?n['’]?t|not) expect(?:ed|ing)? "
    r"(?:this|so|such|that|any|the)[^.!?\n]{0,40}"
    r"(?:repl|respon|comment|attention|support|upvote|feedback|blow)",
    r"\b(?:this|my|the)(?: little| post| thread| question)? (?:\w+ )?"
    r"(?:blew|blown|blowing|exploded) up",
    r"\b(?:wow|woah|whoa|omg)\b[^.!?\n]{0,30}(?:repl(?:y|ies)|respons|comments|answers)",
    r"\b(?:all (?:of )?(?:the|your|these|ur)|these|so many|every(?:one|body)['’]?s) (?:\w+ ){0,2}"
    r"(?:replies|responses|comments|answers|kind words|messages|dms|upvotes|suggestions)\b",
    r"\bfrom (?:the|your|all the) (?:comments|replies|responses|answers|suggestions)\b",
    r"\b(?:as|like) (?:many|some|most|a lot|several|a few) (?:of you|people|commenters)?"
    r"[^.!?\n]{0,12}(?:suggested|said|pointed out|recommended|mentioned|commented)",
    r"\b(?:every single one of you|each and every one of you|all of you (?:who|here|that))\b",
    r"\brip (?:my )?inbox|\bfront ?page\b",
    r"\bappreciate (?:all|every|each)\b",
    r"\b(?:means|meant) (?:so much|a lot|the world)[^.!?\n]{0,40}"
    r"(?:repl|respon|comment|of you|you all)",
    r"\b(?:you(?: all| guys| lot| people|['’]ve all)|y['’]?all|everyone(?: here)?) "
    r"(?:are|have been|is|has been|r|were)(?: all| so| very| really| just| truly| seriously)* "
    r"(?:kind|amazing|awesome|wonderful|great|helpful|supportive|sweet|lovely|the best|incredible|"
    r"legends|angels)",
)
FEEDBACK = "(?i)" + "|".join(_PATTERNS)
"""One pattern that RE2 and Python read alike."""
_FEEDBACK = re.compile(FEEDBACK)
_NO_FEEDBACK = re.compile(  # requests made at first writing, causes and stories
    r"(?i)in advance|\bfor (?:reading|listening)\b|\bfor (?:any|some)\b|\bany (?:advice|help)|"
    r"thanks? to (?:my|the|his|her|their|this|that|all the)\b|blew up (?:in|into|at|on|over)\b"
)


class Cut(NamedTuple):
    kept: str
    n: int  # sentences taken out


def cut_feedback(text: str) -> Cut:
    """Takes out the sentences that answer readers.

    >>> cut_feedback("I can't sleep. Thanks everyone, reading all replies! What now?")
    Cut(kept="I can't sleep. What now?", n=1)
    >>> cut_feedback("Thanks in advance, everyone.").n
    0
    """
    parts = SENTENCE.findall(text)
    kept = [p for p in parts if not _FEEDBACK.search(p) or _NO_FEEDBACK.search(p)]
    n = len(parts) - len(kept)
    return Cut("".join(kept).strip() if n else text, n)
