"""What is known of one label, and how it reads on a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..corpus.selection import printable
from .parts import rounded

_LONGEST = 240  # ours: characters of a user's text, three lines
_MARGIN = 11  # where text begins beside its heading
_UNDER = 9  # where evidence begins, under its function's name
_SILENT = ("abstain", "not observable", "not asked")


class Explanation(NamedTuple):
    """Everything known about one comment's label; JSON values but for the row's times."""

    row: dict[str, Any]  # of interactions/, and `opportunity`
    label: dict[str, Any]  # of labels/
    votes: list[dict[str, Any]]  # function, vote (word), score, evidence, weight, why without
    parts: dict[str, Any] | None  # start, votes, habit and its reason add up to p; None: no p
    flips: list[str]  # plain sentences

    def text(self, width: int = 80) -> str:
        """For a terminal, user text cut to a few lines. It stays on the screen of its reader."""
        return "\n".join(_lines(self, width))


def _lines(found: Explanation, width: int) -> list[str]:
    """All lines, each at most `width` columns but for words that are longer."""
    row = found.row
    blocks = [
        [printable(f"{row['comment_id']} in {row['thread_id']} ({row['subreddit']})")],
        [
            *_beside("post", _short(f"{row['title']} / {row['post']}"), width),
            *_beside("comment", _short(row["comment"]), width),
            *(line for what, t in _poster(found) for line in _beside(what, _short(t), width)),
            *_beside("place", _place(row), width),
        ],
        _label(found.label, width),
        _sum(found, width),
        _apart(found.votes, width),
        _silent(found.votes, width),
        ["what would change the label", *_flips(found, width)],
    ]
    return [line for block in blocks if block for line in (*block, "")][:-1]


def _poster(found: Explanation) -> Iterator[tuple[str, str]]:
    """Replies, and what else of the poster evidence speaks of, under the names it uses."""
    evidence = " ".join(vote["evidence"] or "" for vote in found.votes)
    row = found.row
    yield from ((f"reply {i}", text) for i, text in enumerate(row["op_replies"]))
    for i, text in enumerate(row["op_general"]):
        if f"general {i}: " in evidence:
            yield f"general {i}", text
    if row["op_edit"] and "edit: " in evidence:
        yield "edit", row["op_edit"]


def _label(label: Mapping[str, Any], width: int) -> list[str]:
    said = {None: "no label", 0: "not effective", 1: "effective"}[label["label"]]
    p = label["p_effective"]
    known = "" if p is None else f", p = {p:.2f} ({_range(label)})"
    return [
        *_beside("label", said + known, width),
        *_beside("basis", label["basis"] or "none", width),
        *_beside("why", label["why"], width),
    ]


def _sum(found: Explanation, width: int) -> list[str]:
    """How p comes about, one part a line; the rounded parts add up to the rounded p."""
    if found.parts is None:
        return ["no p: nobody voted about what the poster made of this comment"]
    by_name = {vote["function"]: vote for vote in found.votes}
    named = [(f, by_name[f]["vote"], by_name[f]["evidence"]) for f in found.parts["votes"]]
    values = [found.parts["start"], *found.parts["votes"].values()]
    if found.parts["habit_why"]:
        named.append(("habit of thanking", "taken out", found.parts["habit_why"]))
        values.append(found.parts["habit"])
    start, *shown = rounded(values, found.label["p_effective"])
    out = ["how p comes about (the parts add up; above 0 speaks for effective)"]
    out.append(f"   {start:.2f}  with nothing heard")
    for value, (name, vote, evidence) in zip(shown, named, strict=True):
        out.append(f"  {value:+.2f}  {name}: {vote}")
        out += _wrapped(evidence or "", width, _UNDER)
    return [*out, f"  ={found.label['p_effective']:.2f}  p"]


def _apart(votes: Iterable[Mapping[str, Any]], width: int) -> list[str]:
    """Votes that have no part in p, with the reason."""
    heard = [v for v in votes if v["apart"] and v["vote"] not in _SILENT]
    if not heard:
        return []
    out = ["said beside it (no part in p)"]
    for vote in heard:
        out.append(f"  {printable(vote['function'], 80)}: {vote['vote']} ({vote['apart']})")
        out += _wrapped(vote["evidence"] or "", width, _UNDER)
    return out


def _silent(votes: Iterable[Mapping[str, Any]], width: int) -> list[str]:
    by_word: dict[str, list[str]] = {}
    for vote in votes:
        if vote["vote"] in _SILENT:
            by_word.setdefault(vote["vote"], []).append(printable(vote["function"], 80))
    words = {"abstain": "heard nothing", "not observable": "the dump cannot show it"}
    named = [f"{words.get(word, word)}: {', '.join(names)}" for word, names in by_word.items()]
    return [line for one in named for line in textwrap.wrap(one, width, subsequent_indent="  ")]


def _flips(found: Explanation, width: int) -> Iterator[str]:
    for sentence in found.flips or ["no change of up to three votes gives another label"]:
        yield from _wrapped(sentence, width, 2)


def _beside(heading: str, text: str, width: int) -> list[str]:
    """Text beside its heading, further lines below it."""
    body = textwrap.wrap(text, width - _MARGIN) or [""]
    return [
        f"{word:<{_MARGIN}}{line}".rstrip()
        for word, line in zip([heading, *[""] * len(body)], body, strict=False)
    ]


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    """Indented lines; what a terminal would obey is spelt out, length is kept."""
    gap = " " * indent
    safe = printable(" ".join(text.split()), 4 * _LONGEST)
    return textwrap.wrap(safe, width, initial_indent=gap, subsequent_indent=gap)


def _range(label: Mapping[str, Any]) -> str:
    return f"{label['p_low']:.2f} to {label['p_high']:.2f} over the declared priors"


def _place(row: Mapping[str, Any]) -> str:
    chance = row["opportunity"]
    known = "unknown" if chance is None else f"{chance:.2f}"
    return f"{row['position'] + 1} of {row['n_siblings'] + 1}, chance of an answer here: {known}"


def _short(text: str) -> str:
    return printable(" ".join(text.split()), _LONGEST)
