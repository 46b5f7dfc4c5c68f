"""One thread, drawn with what the labels make of it: the dataset in half a minute.

Invented by us; nobody wrote it. A test runs the released rules on these very texts, so the picture
says what the rules say (tests/release/test_thread_picture.py).
"""

from __future__ import annotations

from typing import NamedTuple

from ..pages.escape import Html, join, tag
from ..pages.svg import bar, document, per_cent, words

NAME = "assets/thread.svg"  # in the release folder
WIDTH = 400  # pixels; ours: a phone shows it at four fifths, where its words stay readable
_LINE, _PAD, _LEFT = 21, 14, 16


class Answer(NamedTuple):
    """A comment, what the poster did about it, and the label. Lines are broken to fit."""

    said: str  # minutes after the post
    comment: tuple[str, ...]
    reply: tuple[str, ...]  # of the poster; () where there was none
    heard: str  # words in the reply that a rule heard; "" for none
    label: str | None
    basis: str | None
    why: str  # the column `why`, as the rules word it, without the score


TITLE = "Awake at three again, dreading work"
POST = ("Third week of this. I lie there and count", "how little sleep is left.")
ANSWERS = (
    Answer(
        "20 min", ("Turn the clock to the wall. Without it", "there is nothing to count."),
        ("Thank you, I tried it last night", "and slept until six."), "Thank you",
        "effective", "thanked", "poster thanked this comment",
    ),
    Answer(
        "35 min", ("Have you tried just not worrying?",), (), "",
        "not_effective", "passed_over", "poster answered others and passed over this comment",
    ),
    Answer(
        "2 hours", ("Could it be the coffee after lunch?",),
        ("Which kind do you mean?",), "",
        None, None, "poster answered this comment without a clear sign",
    ),
)  # fmt: skip
SIGNS = {"effective": "● effective", "not_effective": "○ not effective", None: "· no label"}
ALT = (
    "An invented thread. The post: awake at three again, dreading work. First comment: turn the "
    "clock to the wall; the poster thanked it, so it is labelled effective. Second comment: have "
    "you tried just not worrying; the poster answered others and passed over it, so it is labelled "
    "not effective. Third comment: could it be the coffee; the poster asked back, which shows "
    "nothing, so it has no label."
)


def thread_picture() -> str:
    """The picture as SVG; the same bytes for every release."""
    shapes, y = [_post()], 112.0
    for answer in ANSWERS:
        drawn, y = _answer(answer, y)
        shapes.append(drawn)
    height = int(y) + 26
    note = _text(_LEFT, height - 14, "Invented. Bars and words tell labels apart.", "quiet")
    paper = bar(0, 100, 0, height, "paper")
    return document(WIDTH, height, "A thread and its labels", ALT, paper, *shapes, note)


def _post() -> Html:
    return join(
        _text(_LEFT, 26, "Somebody posts", "quiet"),
        _text(_LEFT, 50, TITLE, "strong"),
        *(_text(_LEFT, 73 + _LINE * n, line) for n, line in enumerate(POST)),
    )


def _answer(answer: Answer, y: float) -> tuple[Html, float]:
    """A comment with a rule at its left, the poster's reply in a box, the label below."""
    kind = answer.label or "unlabelled"
    shapes: list[Html] = []
    left = _LEFT + 16
    at = y + 18
    shapes.append(_text(left, at, f"Somebody answers, {answer.said} later", "quiet"))
    for line in answer.comment:
        at += _LINE
        shapes.append(_text(left, at, line))
    if answer.reply:
        drawn, at = _reply(answer, left, at + 10)
        shapes.append(drawn)
    at += _LINE + 4
    basis = f", {answer.basis.replace('_', ' ')}" if answer.basis else ""
    shapes.append(_text(left, at, f"{SIGNS[answer.label]}{basis}", "strong"))
    at += 19
    shapes.append(_text(left, at, answer.why, "quiet"))
    rule = bar(_x(_LEFT), _x(_LEFT + 6), y + 4, at - y + 4, kind)
    return join(rule, *shapes), at + 26


def _reply(answer: Answer, left: float, y: float) -> tuple[Html, float]:
    height = 2 * _PAD + _LINE * len(answer.reply) + 8
    box = bar(_x(left), _x(WIDTH - _LEFT), y, height, "wash")
    shapes, at = [box, _text(left + _PAD, y + 20, "The poster replies", "quiet")], y + 20
    for line in answer.reply:
        at += _LINE
        shapes.append(_marked(left + _PAD, at, line, answer.heard))
    return join(*shapes), y + height


def _marked(x: float, y: float, line: str, heard: str) -> Html:
    """A line whose heard words are set apart by weight and underline: no width is guessed."""
    before, found, after = line.partition(heard) if heard else (line, "", "")
    span = tag("tspan", found, font_weight="600", text_decoration="underline") if found else None
    return tag("text", before, span, after, x=per_cent(_x(x)), y=y)


def _text(x: float, y: float, line: str, kind: str = "") -> Html:
    return words(_x(x), y, line, kind)


def _x(pixels: float) -> float:
    return 100 * pixels / WIDTH
