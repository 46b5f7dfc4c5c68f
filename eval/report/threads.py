"""Screen 2, read five threads: who said what, what was heard, what would have changed the label."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...corpus.records import ABSTAIN, EFFECTIVE, NOT_EFFECTIVE
from ...labeling.evidence import Heard
from ...pages.escape import Html, join, tag
from ...pages.plots import label_legend
from ...pages.shell import fold, paragraphs
from .dialogue import Dialogue, Turn, Vote
from .reasons import BASES, OUTCOMES, era

SIGNS = {"effective": "●", "not_effective": "○", "unlabelled": "·"}
_SAID = (("not_effective", "▽", "not effective"), ("effective", "▲", "effective"))
_CHARS_SHOWN = 900  # of a post, before it folds; ours
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def read_threads(dialogues: Sequence[Dialogue]) -> Html:
    """The whole screen."""
    if not dialogues:
        return tag("p", "This build holds no thread to read.")
    return join(
        tag(
            "p",
            "Numbers hide what a label is made of. These threads were picked by rule, not by "
            "taste: one for each thing worth knowing, then by a hash of their id. Names are "
            "letters, identifiers are masked.",
        ),
        label_legend(),
        tag(
            "p",
            "Each comment ends with what the rules said: ▲ effective, ▽ not effective, – silent "
            "because the signal is silent, ? because the dump could not show it. ",
            tag("mark", "Marked words"),
            " in the poster's replies are what a rule heard.",
            class_="quiet",
        ),
        *(_thread(n, dialogue) for n, dialogue in enumerate(dialogues, 1)),
    )


def _thread(n: int, dialogue: Dialogue) -> Html:
    row = dialogue.first
    heard = [heard for turn in dialogue.turns for heard in turn.heard]
    return tag(
        "article",
        _reason(n, dialogue),
        tag("h3", row.title or "(no title)", id=f"thread-{n}", dir="auto"),
        tag("p", _about(dialogue), class_="asides"),
        _post(row.post),
        _op_block("The poster later added to the post", [(row.op_edit or "", "edit")], heard),
        *(_comment(turn, _is_focus(turn, dialogue)) for turn in dialogue.turns),
        _op_block(
            "The poster, to everybody",
            [(words, f"general {i}") for i, words in enumerate(row.op_general)],
            heard,
        ),
        tag("p", f"{dialogue.n_hidden} more comments are not shown.", class_="asides")
        if dialogue.n_hidden
        else None,
        class_="thread",
        aria_labelledby=f"thread-{n}",
    )


def _reason(n: int, dialogue: Dialogue) -> Html:
    slot = dialogue.chosen.slot
    return tag("p", tag("strong", f"{n}. {slot.title}. "), slot.caption, class_="reason")


def _about(dialogue: Dialogue) -> str:
    row = dialogue.first
    n = row.n_siblings + 1
    invented = " · invented" if row.invented else ""
    return f"r/{row.subreddit} · {n} answer{'s' * (n != 1)} · {era(row.era)}{invented}"


def _post(words: str) -> Html:
    body = tag("div", paragraphs(words), class_="words")
    if len(words) <= _CHARS_SHOWN:
        return body
    start = words[:_CHARS_SHOWN].rsplit(" ", 1)[0]
    return join(tag("div", paragraphs(f"{start} …"), class_="words"), fold("The whole post", body))


def _comment(turn: Turn, is_focus: bool) -> Html:
    outcome = turn.seen.outcome
    row = turn.row
    replies = zip(row.op_replies, row.op_reply_depths, row.op_reply_utc, strict=True)
    return tag(
        "div",
        tag(
            "div",
            tag("b", turn.speaker),
            tag("span", f"{_span(row.created_utc - row.post_created_utc)} after the post"),
            tag("span", _badge(turn), class_=f"badge {outcome}"),
            tag("span", "← the one meant above", class_="here") if is_focus else None,
            class_="speaker",
        ),
        tag("div", paragraphs(row.comment), class_="words"),
        *(
            tag(
                "div",
                _speaker_op(utc - row.created_utc, depth),
                _marked(words, [h for h in turn.heard if h.place == f"reply {i}"]),
                class_="op",
            )
            for i, (words, depth, utc) in enumerate(replies)
        ),
        _chips(turn.votes),
        *_explained(turn),
        class_=f"comment {outcome}",
    )


def _speaker_op(seconds: int, depth: int) -> Html:
    where = "" if depth == 1 else ", further down"
    return tag(
        "div",
        tag("b", "OP"),
        tag("span", f"answered {_span(seconds)} later{where}"),
        class_="speaker",
    )


def _badge(turn: Turn) -> str:
    said = f"{SIGNS[turn.seen.outcome]} {OUTCOMES[turn.seen.outcome]}"
    p, low, high = (turn.label[key] for key in ("p_effective", "p_low", "p_high"))
    if p is not None:
        said += f", p = {p:.2f}"
        said += f" ({low:.2f} to {high:.2f})" if low is not None and high - low >= 0.005 else ""
    basis = turn.label["basis"]
    return f"{said} · {BASES.get(basis, basis)}" if basis else said


def _is_focus(turn: Turn, dialogue: Dialogue) -> bool:
    """Whether this is what its thread was chosen for, and others are not."""
    shows = dialogue.chosen.slot.shows
    return shows(turn.seen) and sum(shows(t.seen) for t in dialogue.turns) == 1


def _chips(votes: Sequence[Vote]) -> Html:
    """Votes one by one; those that abstain, and those that cannot know, together."""
    said = [_chip(vote) for vote in votes if vote.vote in (EFFECTIVE, NOT_EFFECTIVE)]
    for kind, sign, says in (("abstain", "–", "silent"), ("not_observable", "?", "cannot know")):
        names = [v.function for v in votes if v.vote == {"abstain": ABSTAIN}.get(kind)]
        if names:
            said.append(tag("li", sign, f" {says}: {', '.join(names)}", class_=kind))
    return tag("ul", *said, class_="chips", aria_label="Votes")


def _chip(vote: Vote) -> Html:
    kind, sign, says = _SAID[vote.vote == EFFECTIVE]
    integers = vote.evidence and '"' not in vote.evidence
    detail = f" ({vote.evidence})" if integers else ""  # words are marked in the reply itself
    return tag(
        "li",
        tag("span", sign, aria_hidden="true"),
        f" {vote.function}: {says}{detail}",
        class_=kind,
    )


def _explained(turn: Turn) -> list[Html]:
    """Why, and what would flip it; one line where there is neither a label nor a flip."""
    why = tag("p", tag("b", "Why: "), f"{turn.label['why']}.", class_="why")
    if turn.seen.outcome == "unlabelled" and not turn.flips:
        only = " Only a clear reaction of the poster would give it a label."
        return [tag("p", tag("b", "Why none: "), f"{turn.label['why']}.", only, class_="why")]
    return [why, tag("p", tag("b", "What would flip it: "), _flip(turn), class_="why")]


def _flip(turn: Turn) -> str:
    """The first smallest change for each label that the row could get instead."""
    by_label = {flip.label: flip.sentence() for flip in reversed(turn.flips)}
    if by_label:
        return "; ".join(by_label[label] for label in sorted(by_label)) + "."
    return "nothing: no change of up to three votes would."


def _op_block(title: str, texts: Sequence[tuple[str, str]], heard: Sequence[Heard]) -> Html | None:
    shown = [(words, place) for words, place in texts if words]
    if not shown:
        return None
    return tag(
        "div",
        tag("div", tag("b", "OP"), tag("span", title.removeprefix("The poster").strip(" ,")),
            class_="speaker"),
        *(_marked(words, [h for h in heard if h.place == place]) for words, place in shown),
        class_="op",
    )  # fmt: skip


def _marked(words: str, heard: Sequence[Heard]) -> Html:
    """Text with the heard words marked; marks of an identifier that was masked away are lost."""
    kinds = {phrase.lower(): item.kind for item in heard for phrase in item.words}
    longest_first = sorted((k for k in kinds if k), key=len, reverse=True)
    if not longest_first:
        return tag("div", paragraphs(words), class_="words")
    either = "|".join(r"\s+".join(map(re.escape, k.split())) for k in longest_first)
    pieces: list[Html] = []
    at = 0
    for match in re.finditer(rf"(?i)(?<!\w)(?:{either})(?!\w)", words):
        kind = kinds.get(" ".join(match[0].lower().split()), "")
        pieces += [join(words[at : match.start()]), tag("mark", match[0], class_=kind or None)]
        at = match.end()
    return tag("div", tag("p", *pieces, words[at:], dir="auto"), class_="words")


def _span(seconds: int) -> str:
    """A time span in its largest fitting unit.

    >>> _span(5400)
    '2 h'
    """
    if seconds < _HOUR:
        return f"{max(0, round(seconds / _MINUTE))} min"
    if seconds < 2 * _DAY:
        return f"{round(seconds / _HOUR)} h"
    return f"{round(seconds / _DAY)} days"
