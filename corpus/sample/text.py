"""Words for a thread's plan: its post, comments, OP's answers and edits.

What is said follows from the plan; how it is said is this thread's own chance. A comment speaks
about the very trouble of the post (fit 1), a neighbouring one of the topic (0) or one of another
topic (-1), which a reader can see.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

from .dice import Dice, sigmoid
from .people import Person
from .phrases import Teller, bank, sentence
from .world import TOPICS, CommentPlan, ThreadPlan

_SHORT_KINDS = {"platitude", "dismissive", "hostile", "joke"}
_LINES = {
    "platitude": 2.8,
    "dismissive": 2.6,
    "hostile": 2.3,
    "joke": 2.2,
    "step": 1.2,
    "referral": 1.3,
}
"""Sentences of a comment of mean wordiness. Whoever has nothing to say says it at length too:
what helps is only a little longer than what does not."""
_AFTER_STOP = re.compile(r"(?<=[a-z][.!?] )([a-z])")
_END = re.compile(r"(?<=[.!?])\s+")
_CONTACTS = (
    "You can mail me at {email} if you like.", "My number is {phone}, text me any time.",
    "There's a sample listening line, {phone}.", "{handle} wrote a good post about this.",
    "This helped me: {link}", "r/{sub} has a thread on it.",
)  # fmt: skip


def troubles(topic: str) -> list[dict[str, Any]]:
    """What one can be troubled by, per topic."""
    found: list[dict[str, Any]] = bank(topic)["troubles"]
    return found


N_TROUBLES = 5
"""Per topic; a test holds it against the phrases."""


class Author:
    """Writes one thread. The same seed and plan give the same words."""

    def __init__(self, seed: int, plan: ThreadPlan):
        self.plan = plan
        self.dice = Dice(seed, "text", plan.number)
        comments = bank("comments")
        common = {k: v for k, v in {**bank("common"), **comments}.items() if isinstance(v, list)}
        self.teller = Teller(self.dice, common)
        self.kinds, self.nested, self.elsewhere = (
            comments["kinds"], comments["nested"], comments["elsewhere"],
        )  # fmt: skip
        self.lists = {**_lists(plan.topic, plan.trouble), **_cast(self.dice, plan)}
        self.crisis = self.dice.chance({"lowmood": 0.07}.get(plan.topic, 0.02))
        self.post_text = ""

    # ---- the post ----------------------------------------------------------------------------

    def title(self) -> str:
        way = self.dice.weighted({"titles": 0.6, "title_heads": 0.26, "asks": 0.14})
        words = f"{self.say(self.lists[way])} {self.say(self.lists['title_tails'])}".strip()
        return typed(words[:1].upper() + words[1:], self.plan.op, self.dice)

    def post(self) -> str:
        """Opening, details, what was tried, the question; in one to three paragraphs."""
        d = self.dice
        opening = [self.say(self.lists["greeting"]), self.line(self.lists["opening"])]
        if self.plan.minor:
            opening.insert(1, self.say(bank("extras")["minors"]["lines"]))
        n_details = d.weighted({0: 0.08, 1: 0.17, 2: 0.25, 3: 0.25, 4: 0.15, 6: 0.1})
        middle = [self.line(self.lists["details"]) for _ in range(n_details)]
        if d.chance(0.5):
            middle.append(self.line(self.lists["feeling"]))
        if self.crisis:
            middle.append(self.say(self.lists["mild_crisis"]))
        end = [self.line(self.lists["tried"]) for _ in range(d.integer(0, 2))]
        end += [self.line(self.lists["asks"]), self.say(self.lists["hope"])]
        if d.chance(sigmoid(-1.0 + 0.7 * self.plan.op.politeness)):
            end.append(self.say(self.lists["advance"]))
        if d.chance(0.008):
            end.append(self.say(_CONTACTS[:2]))
        gap = d.weighted({" ": 0.35, "\n\n": 0.62, "\n\n&#x200B;\n\n": 0.03})
        parts = [" ".join(p for p in part if p) for part in (opening, middle, end)]
        self.post_text = typed(gap.join(parts), self.plan.op, d)
        return self.post_text

    def edit(self) -> str:
        """What the plan's edit adds to the post, with its mark; sometimes nobody marks it."""
        texts, kind = bank("edits"), self.plan.edit or "typo"
        if kind == "thanks" and self.dice.chance(0.1):
            return "\n\n" + self.say(texts["unmarked"])
        words = " ".join(self.line([p]) for p in self.say(texts[kind], self.voice()).split("\n"))
        return f"\n\n{self.say(texts['marks'])} {typed(words, self.plan.op, self.dice)}"

    # ---- comments ----------------------------------------------------------------------------

    def comment(self, comment: CommentPlan) -> str:
        """Its kind's core, more of it by wordiness, and the frills of its writer."""
        d, kind = self.dice, self.kinds[comment.content]
        if comment.content == "validation" and d.chance(0.03):
            return self.say(self.elsewhere[d.pick(("spanish", "portuguese"))])
        lists = self.lists if comment.fit == 1 else self._neighbour(comment.fit)
        short = comment.content in _SHORT_KINDS
        w = comment.wordiness
        n = round(_LINES.get(comment.content, 1.9) + 1.5 * w + 3 * max(0.0, w - 1.2))
        lines = [self.line(kind["core"], lists)]
        lines += [self.line(kind["more"], lists) for _ in range(min(max(n, 1), 13) - 1)]
        if d.chance(0.3):
            lines.insert(d.integer(1, len(lines)), self.say(bank("variants")["asides"]))
        if not short:
            lines = [self.say(self.lists["openers"]), *lines, self.say(self.lists["closers"])]
        if self.crisis and comment.content in ("validation", "referral", "experience"):
            lines.append(self.line(self.lists["crisis_care"]))
        if d.chance(0.012 if short else 0.05):
            lines.append(self.say(_CONTACTS))
        body = self._quoted(self.post_text, 0.05) + _paragraphs(lines, d)
        return typed(body, comment.author, d)

    def stranger(self, author: Person) -> str:
        """Somebody else under a comment."""
        way = self.dice.weighted({"agree": 0.62, "disagree": 0.16, "ask": 0.22})
        short = bank("extras")["short"]["comments"]
        words = self.say(short) if self.dice.chance(0.12) else self.line(self.nested[way])
        return typed(words, author, self.dice)

    def back(self, author: Person) -> str:
        """The commenter answers OP."""
        return typed(self.line(self.nested["answer"]), author, self.dice)

    # ---- OP speaks ---------------------------------------------------------------------------

    def voice(self) -> dict[str, Sequence[str]]:
        """Lists of OP's register over those of the trouble; what it lacks is said plainly."""
        plain, own = bank("registers")["plain"], bank("registers")[self.plan.op.register]
        return {**self.lists, **plain, **own}

    def reply(self, kind: str, to: str) -> str:
        """OP's direct answer, of one of the kinds of world.REPLIES."""
        voice, moods = self.voice(), bank("registers")["moods"]
        first = kind.split("_")[0]
        lists = {"question": "ask", "thanks": "thanks"}
        source = moods[first] if first in moods else voice[lists.get(first, first)]
        words = [self.line(source, voice)]
        if kind == "thanks_uptake":
            words.append(self.line(voice["uptake"], voice))
        elif self.plan.op.register not in ("emoji", "terse"):
            words += self._tail(kind, voice)
        return typed(self._quoted(to, 0.07) + " ".join(words), self.plan.op, self.dice)

    def _tail(self, kind: str, voice: dict[str, Sequence[str]]) -> list[str]:
        moods = bank("registers")["moods"]
        if kind == "thanks_question":
            return [self.line(moods["more"], voice)]
        if kind in ("thanks", "agree", "inform", "reject") and self.dice.chance(0.28):
            return [self.line(voice["details"], voice)]
        if kind == "inform" and self.dice.chance(0.06):
            return [self.line(moods["decoy"], voice)]
        return []

    def everyone(self) -> str:
        """OP's own comment to all."""
        voice = self.voice()
        return typed(self.line(voice["everyone"], voice), self.plan.op, self.dice)

    def later(self, *, better: bool) -> str:
        """OP comes back to a comment after having tried it."""
        voice = self.voice()
        words = self.line(voice["update" if better else "setback"], voice)
        return typed(words, self.plan.op, self.dice)

    # ---- helpers -----------------------------------------------------------------------------

    def say(self, phrases: Sequence[str], lists: dict[str, Sequence[str]] | None = None) -> str:
        return self.teller.tell(phrases, lists or self.lists)

    def line(self, phrases: Sequence[str], lists: dict[str, Sequence[str]] | None = None) -> str:
        return sentence(self.say(phrases, lists))

    def _neighbour(self, fit: int) -> dict[str, Sequence[str]]:
        topic = self.plan.topic
        if fit < 0:
            topic = self.dice.pick([t for t in TOPICS if t != topic])
        others = [
            i for i in range(N_TROUBLES) if topic != self.plan.topic or i != self.plan.trouble
        ]
        cast = {k: self.lists[k] for k in ("lost", "he", "him", "his")}
        return {**_lists(topic, self.dice.pick(others)), **cast}

    def _quoted(self, text: str, share: float) -> str:
        """Now and then a line of what is answered, as Reddit quotes it."""
        if not self.dice.chance(share):
            return ""
        found = [
            x for x in _END.split(text) if 20 <= len(x) <= 140 and "\n" not in x and x[0] != ">"
        ]
        return f"> {self.dice.pick(found).strip()}\n\n" if found else ""


def _lists(topic: str, trouble: int) -> dict[str, Sequence[str]]:
    """A trouble's lists over the common ones."""
    own = troubles(topic)[trouble]
    comments = {k: v for k, v in bank("comments").items() if isinstance(v, list)}
    return {**bank("common"), **comments, **own, "name": [own["name"]]}


_PRONOUNS = {
    "he": ("he", "him", "his"),
    "she": ("she", "her", "her"),
    "they": ("they", "them", "their"),
}
_MEN = ("dad", "brother", "granddad")


def _cast(dice: Dice, plan: ThreadPlan) -> dict[str, Sequence[str]]:
    """The people OP speaks of stay the same ones through a thread."""
    common = bank("common")
    single = troubles(plan.topic)[plan.trouble]["name"] == "a break-up"
    near = [p for p in common["person"] if not (single and p in common["partners"])]
    lost = dice.pick(common["lost"])
    gender = dice.pick(tuple(_PRONOUNS)) if single else "he" if lost in _MEN else "she"
    he, him, his = _PRONOUNS[gender]
    return {"person": [dice.pick(near)], "lost": [lost], "he": [he], "him": [him], "his": [his]}


def _paragraphs(lines: Sequence[str], dice: Dice) -> str:
    text = ""
    for i, line in enumerate(x for x in lines if x):
        if text.endswith((",", " but")) and not line.startswith(("I ", "I'")):
            line = line[:1].lower() + line[1:]
        gap = "\n\n" if i > 1 and dice.chance(0.22) else " "
        text += (gap if text else "") + line
    return text


def typed(text: str, author: Person, dice: Dice) -> str:
    """The text as its author types it."""
    text = _varied(_AFTER_STOP.sub(lambda m: m[1].upper(), text), dice)
    if dice.chance(0.006):
        text = text.replace(" ", "\u200b ", 1)  # pasted from an app
    if author.style == "lower" or author.register == "teen":
        return text.lower()
    if author.style == "no_apostrophes":
        return text.replace("'", "")
    if author.style == "dots":
        return re.sub(r"(?<=[a-z])\. ", "... ", text)
    return text


@cache
def _variants() -> tuple[re.Pattern[str], dict[str, list[str]]]:
    """One pattern for every word that can be said otherwise, and what else it can be."""
    groups: list[list[str]] = bank("variants")["groups"]
    others = {group[0].lower(): group[1:] for group in groups}
    words = "|".join(re.escape(group[0]) for group in sorted(groups, key=lambda g: -len(g[0])))
    return re.compile(rf"(?i)(?<![\w'/.@&;>-])(?:{words})(?![\w'/@-]|\.\w)"), others


def _varied(text: str, dice: Dice) -> str:
    """Some words said otherwise; in quotes and links nothing changes."""
    pattern, others = _variants()

    def other(m: re.Match[str]) -> str:
        if not dice.chance(0.14):
            return m[0]
        word = dice.pick(others[m[0].lower()])
        return word[:1].upper() + word[1:] if m[0][0].isupper() else word

    lines = text.split("\n")
    return "\n".join(x if x.startswith(">") or "://" in x else pattern.sub(other, x) for x in lines)
