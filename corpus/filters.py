"""Which posts and comments leave, each by a named rule with its count (paper, section 3).

A rule sees columns and answers with a mask. `settings.filters` names rules and their order; the
first that fires takes the row, so the counts add up. What a rule may read is in `POST_COLUMNS` and
`COMMENT_COLUMNS`. Patterns are searched by RE2 over whole columns: linear, whatever the text holds.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from .errors import SettingsError
from .minors import MINOR_HINT, discloses_minor
from .settings import Settings

Mask = NDArray[np.bool_]
Rule = Callable[[pa.Table, Settings], Mask]

POST_COLUMNS = (
    "author", "title", "text", "body", "removal", "edited", "is_self", "crosspost", "promoted",
    "stickied", "distinguished", "has_op_reply", "has_deleted_comment",
)  # fmt: skip
"""`body`: all of the text; `text`: without edit segments. The last two columns look at all
comments of the post."""
COMMENT_COLUMNS = ("author", "text", "body", "removal", "stickied", "distinguished")


class Filter(NamedTuple):
    """One rule. `post` and `comment`: where it applies; None: it has nothing to say there."""

    name: str
    doc: str
    post: Rule | None = None
    comment: Rule | None = None
    is_answer: bool = True
    """Whether a comment it drops was still an answer that OP saw: those keep their place among
    the siblings; a bot's or an advert's never had one."""


# ---- helpers ---------------------------------------------------------------------------------


def _mask(values: pa.Array | pa.ChunkedArray) -> Mask:
    found: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return found


def _has(texts: pa.ChunkedArray, pattern: str) -> Mask:
    return _mask(pc.match_substring_regex(texts, pattern))


def _where(hint: Mask, texts: pa.ChunkedArray, rule: Callable[[pa.Array], Mask]) -> Mask:
    """`rule` on the rows that `hint` picks out; False elsewhere. Cheap where hints are rare."""
    rows = np.flatnonzero(hint)
    found = np.zeros(len(texts), dtype=bool)
    if len(rows):
        found[rows] = rule(texts.take(pa.array(rows)))
    return found


def _whole(posts: pa.Table) -> pa.ChunkedArray:
    """Title and body of a post as one: who is under 18 or sells something may say so in an edit."""
    return pc.binary_join_element_wise(posts["title"], posts["body"], "\n")


# ---- rules -----------------------------------------------------------------------------------

_BOT_NAME = r"(?i)^(?:automoderator|.*[-_]?bot[-_]?\d*)$"
_NO_BOT_NAME = r"(?i)(?:abbot|talbot|cabot|turbot|robot)[-_]?\d*$"
_BOT_SAYS = (
    r"(?i)(?:^|[.!?\n*^(\[_>|]\s*|\bbeep boop[.,!\s]*)(?:beep boop[.,!\s]*)?(?:hi[,!.]? )?"
    r"\^*\(?i(?:['’]?m| am) a \^*bot\b|\bthis action was performed automatically\b|^\s*!?remindme\b"
)


def _bot(rows: pa.Table, settings: Settings) -> Mask:
    named = _has(rows["author"], _BOT_NAME) & ~_has(rows["author"], _NO_BOT_NAME)
    return named | _has(rows["body"], _BOT_SAYS)


def _moderator(rows: pa.Table, settings: Settings) -> Mask:
    return _mask(rows["distinguished"].is_valid()) | _mask(rows["stickied"])


_URL = r"(?:https?://|www\.)\S+"
_LINK_ONLY = rf"(?i)^(?:\s*\[[^\]]*\]\({_URL})?(?:\s*\S*{_URL})*\s*$"
_ADVERT = (
    r"(?i)\b(?:promo|discount|coupon|referral|voucher) ?codes?\b|\buse (?:my )?code [a-z0-9]|"
    r"\baffiliate link|\breferral link|\b(?:\d{1,2}|100) ?% off (?:your|with|on|if|all|the first)|"
    r"\b(?:check out|visit|subscribe to|follow) my (?:new )?(?:youtube|channel|etsy|shop|store|"
    r"web ?site|app|podcast|blog|patreon|onlyfans|course|instagram|ebook|book)\b|"
    r"\b(?:dm|message|contact|whatsapp|text) (?:me|us) for (?:prices|rates|pricing|a quote|"
    r"orders?)\b|"
    r"\bbuy now\b|\blimited[- ]time offer\b|\bfree trial\b.{0,80}https?://"
)


def _advert_text(texts: pa.ChunkedArray) -> Mask:
    urls = _mask(pc.or_(pc.match_substring(texts, "://"), pc.match_substring(texts, "www.")))
    many = _where(
        urls,
        texts,
        lambda t: (
            (pc.count_substring_regex(t, f"(?i){_URL}").to_numpy() >= 3) | _has(t, _LINK_ONLY)
        ),
    )
    return many | _has(texts, _ADVERT)


def _advertising_post(posts: pa.Table, settings: Settings) -> Mask:
    return _mask(posts["promoted"]) | _advert_text(posts["body"]) | _has(posts["title"], _ADVERT)


def _advertising_comment(comments: pa.Table, settings: Settings) -> Mask:
    return _advert_text(comments["body"])


_FORM = (
    r"(?i)forms\.gle|docs\.google\.com/forms|qualtrics\.|surveymonkey\.|typeform\.com|\bredcap\b|"
    r"limesurvey|forms\.office\.com|tally\.so/|jotform\.|onlinesurveys\.ac\.uk|soscisurvey|"
    r"prolific\.(?:co|com)|gorilla\.sc|unipark\.de|surveys?\.[a-z]|/surveys?/|smartsurvey|alchemer"
)
_SURVEY_WORDS = (
    r"(?i)survey|questionnaire|research|\bstudy\b|participa|recruit|dissertation|thesis|volunteer|"
    r"interview|anonymous|poll\b|form\b"
)
_RECRUITS = (
    r"(?i)\b(?:recruiting|looking for|seeking|searching for|need|invite|inviting) (?:\w+ ){0,3}"
    r"(?:participants|respondents|volunteers|people to (?:take part|participate)|interviewees)\b|"
    r"\b(?:take|complete|fill (?:out|in)|answer) (?:my|our|this|a|the) (?:\w+ ){0,3}"
    r"(?:survey|questionnaire)\b|\b(?:irb|ethics committee|ethics board) (?:approv|number)"
)


def _survey_text(texts: pa.ChunkedArray) -> Mask:
    return _where(_has(texts, _FORM), texts, lambda t: _has(t, _SURVEY_WORDS)) | _has(
        texts, _RECRUITS
    )


def _removed(rows: pa.Table, settings: Settings) -> Mask:
    gone = pc.is_in(rows["removal"], value_set=pa.array(["author", "moderator", "later"]))
    return _mask(gone) | _has(rows["text"], r"^\s*\[(?:deleted|removed)\]\s*$")


def _link_post(posts: pa.Table, settings: Settings) -> Mask:
    """A text that was taken away is not a missing one: that is for `removed` to say."""
    gone = pc.is_in(posts["removal"], value_set=pa.array(["author", "moderator"]))
    empty = ~_has(posts["text"], r"\S") & ~_mask(gone)
    return _mask(pc.invert(posts["is_self"])) | _mask(posts["crosspost"]) | empty


_WORD = r"[\p{L}\p{N}]"
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"


def _too_short(rows: pa.Table, settings: Settings) -> Mask:
    if settings.min_words < 1:
        return np.zeros(len(rows), dtype=bool)
    word_and_gap = rf"{_WORD}(?:{_WORD}|['’])*[^\p{{L}}\p{{N}}'’][^\p{{L}}\p{{N}}]*"
    sign_and_gap = rf"[{_UNSPACED}][^\p{{L}}\p{{N}}]*"
    gap = rf"{word_and_gap}|{sign_and_gap}"
    return ~_has(rows["text"], rf"(?:{gap}){{{settings.min_words - 1}}}{_WORD}")


def _minor_text(texts: pa.ChunkedArray) -> Mask:
    return _where(
        _has(texts, MINOR_HINT),
        texts,
        lambda t: np.fromiter(map(discloses_minor, t.to_pylist()), dtype=bool, count=len(t)),
    )


def _other_language(texts: pa.ChunkedArray, language: str) -> Mask:
    if not language:
        return np.zeros(len(texts), dtype=bool)
    clearly_not = importlib.import_module(".language", __package__).clearly_not
    said = (clearly_not(text, language) for text in texts.to_pylist())
    return np.fromiter(said, dtype=bool, count=len(texts))


FILTERS: Mapping[str, Filter] = {
    rule.name: rule
    for rule in (
        Filter("bot", "author named as a bot, or a text that says it is one", _bot, _bot, False),
        Filter("moderator", "distinguished or stickied", _moderator, _moderator, False),
        Filter(
            "advertising", "promoted, offers and codes, three links or more, nothing but links",
            _advertising_post, _advertising_comment, False,
        ),
        Filter(
            "survey", "asks for participants, or survey words beside a form's address",
            lambda p, _: _survey_text(_whole(p)), lambda c, _: _survey_text(c["body"]), False,
        ),
        Filter("link_post", "a link, a crosspost, or no text of its own", _link_post),
        Filter("removed", "text deleted or removed, also later", _removed, _removed),
        Filter("too_short", "fewer than min_words words", _too_short, _too_short),
        Filter(
            "minor", "the writer says they are under 18",
            lambda p, _: _minor_text(_whole(p)), lambda c, _: _minor_text(c["body"]),
        ),
        Filter(
            "language", "clearly not in settings.language",
            lambda p, s: _other_language(_whole(p), s.language),
            lambda c, s: _other_language(c["text"], s.language),
        ),
        Filter(
            "not_edited", "the post was never edited, or nobody can know (paper, section 3)",
            lambda p, _: ~_mask(pc.is_in(p["edited"], value_set=pa.array(["at", "yes"]))),
        ),
        Filter(
            "no_op_reply", "OP answered no comment (paper, section 3)",
            lambda p, _: ~_mask(p["has_op_reply"]),
        ),
        Filter(
            "has_deleted_comment", "a comment of the post is deleted or removed, or its author gone"
            " (paper, section 3)",
            lambda p, _: _mask(p["has_deleted_comment"]),
        ),
    )
}  # fmt: skip
"""Every rule by its name. Words and thresholds are ours; the paper names the classes only."""


def resolve_filters(settings: Settings) -> list[Filter]:
    """The rules of `settings.filters` in order; `language` joins where a language is set.

    Raises SettingsError for an unknown name, listing the known ones.
    """
    names = list(settings.filters)
    if settings.language and "language" not in names:
        names.append("language")
    for name in names:
        if name not in FILTERS:
            near = difflib.get_close_matches(name, FILTERS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            known = f"{hint}the known ones are {', '.join(FILTERS)}"
            raise SettingsError(f"unknown filter {name!r}", "filters", known)
    return [FILTERS[name] for name in dict.fromkeys(names)]


def first_fired(
    rows: pa.Table, rules: Sequence[Filter], settings: Settings, kind: str
) -> NDArray[np.int16]:
    """(n,) index into `rules` of the first that fires on each row, or -1. `kind`: post, comment."""
    fired = np.full(len(rows), -1, dtype=np.int16)
    for i, rule in enumerate(rules):
        apply: Rule | None = getattr(rule, kind)
        if apply is not None:
            fired[(fired < 0) & apply(rows, settings)] = i
    return fired
