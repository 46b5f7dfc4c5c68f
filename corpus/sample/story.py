"""A thread as it happened: who wrote what, when, under what; and what became of it later.

Still without an era: how a dump shows an edit or a removal is for `dump`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .dice import Dice
from .ids import Ids
from .people import BOTS, MODERATORS, Crowd, Person
from .phrases import Teller, bank
from .text import Author
from .world import DAY, HOUR, CommentPlan, ThreadPlan


@dataclass
class Words:
    """What posts and comments have in common."""

    id: str  # fullname
    author: str
    utc: int
    body: str
    score: int = 1
    added: str = ""  # text of a later edit
    edit_utc: int | None = None
    removal: str | None = None  # "author", "moderator"
    account_gone: bool = False
    distinguished: str | None = None
    stickied: bool = False


@dataclass
class Said(Words):
    """A comment."""

    parent_id: str = ""
    role: str = "support"  # one of truth.ROLES
    by_op: bool = False
    plan: CommentPlan | None = None  # of support comments
    copies: str | None = None  # "same", "rescored", "removed": stands in the dump twice


@dataclass
class Story(Words):
    """A post and its comments."""

    community: str = ""
    title: str = ""
    kind: str = "self"  # "self", "link", "crosspost", "promoted"
    comments: list[Said] = field(default_factory=list)
    plan: ThreadPlan | None = None  # of help-seeking threads
    in_dump: bool = True  # False: only its comments were archived


def tell(plan: ThreadPlan, seed: int, crowd: Crowd, ids: Ids) -> Story:
    """The plan in words, with what else happens in a thread."""
    author, dice = Author(seed, plan), Dice(seed, "story", plan.number)
    story = Story(
        id=ids.post(plan.utc), author=plan.op.name, utc=plan.utc, title=author.title(),
        body=author.post(), score=plan.score,
        community=f"sample_{plan.topic}", plan=plan,
    )  # fmt: skip
    for comment in plan.comments:
        _branch(story, comment, author, dice, crowd, ids)
    if plan.general_utc is not None:
        text = author.everyone()
        story.comments.append(_op_says(story, story.id, plan.general_utc, text, ids, dice))
    if plan.edit:
        story.added, story.edit_utc = author.edit(), plan.edit_utc
    _visitors(story, dice, ids)
    _fates(story, dice)
    return story


def _branch(
    story: Story, comment: CommentPlan, author: Author, dice: Dice, crowd: Crowd, ids: Ids
) -> None:
    """A top-level comment and everything under it."""
    top = Said(
        id=ids.comment(comment.utc), author=comment.author.name, utc=comment.utc,
        body=author.comment(comment), score=comment.score, parent_id=story.id, plan=comment,
    )  # fmt: skip
    story.comments.append(top)
    stranger: Said | None = None
    if dice.chance(0.13):
        stranger = _stranger(top, author, dice, crowd.commenter(dice), ids)
        story.comments.append(stranger)
    if comment.reply and comment.saw_utc:
        _conversation(story, top, author, dice, ids)
    elif stranger and author.plan.visits and dice.chance(0.1):  # OP answers the third person only
        utc = max(stranger.utc, author.plan.visits[-1]) + dice.integer(60, HOUR)
        text = author.reply(dice.pick(("agree", "inform", "thanks")), stranger.body)
        story.comments.append(_op_says(story, stranger.id, utc, text, ids, dice))


def _conversation(story: Story, top: Said, author: Author, dice: Dice, ids: Ids) -> None:
    """OP's direct answer, and how the two go on."""
    comment = top.plan
    assert comment and comment.reply and comment.saw_utc
    utc = comment.saw_utc + dice.integer(60, 40 * 60)
    first = _op_says(story, top.id, utc, author.reply(comment.reply, top.body), ids, dice)
    story.comments.append(first)
    if dice.chance(0.28) and comment.reply not in ("hostile", "sarcasm"):
        utc += int(dice.lognormal(HOUR, 1.0))
        back = Said(
            id=ids.comment(utc), author=top.author, utc=utc, body=author.back(comment.author),
            score=1 + dice.poisson(0.8), parent_id=first.id, role="nested",
        )  # fmt: skip
        story.comments.append(back)
        if dice.chance(0.3):
            way = "agree" if comment.felt < 0 else dice.pick(("thanks", "agree", "uptake"))
            text = author.reply(way, back.body)
            story.comments.append(
                _op_says(story, back.id, utc + dice.integer(90, 9 * HOUR), text, ids, dice)
            )
    if comment.reply in ("uptake", "thanks_uptake") and dice.chance(0.3):
        text = author.later(better=comment.helpfulness + dice.normal(sd=0.5) > 0)
        utc += int(dice.lognormal(1.5 * DAY, 0.7))
        story.comments.append(_op_says(story, first.id, utc, text, ids, dice))


def _op_says(story: Story, parent: str, utc: int, text: str, ids: Ids, dice: Dice) -> Said:
    return Said(
        id=ids.comment(utc), author=story.author, utc=utc, body=text,
        score=1 + dice.poisson(1.1), parent_id=parent, role="op", by_op=True,
    )  # fmt: skip


def _stranger(top: Said, author: Author, dice: Dice, person: Person, ids: Ids) -> Said:
    utc = top.utc + int(dice.lognormal(2 * HOUR, 1.2))
    return Said(
        id=ids.comment(utc), author=person.name, utc=utc, body=author.stranger(person),
        score=1 + dice.poisson(0.9), parent_id=top.id, role="nested",
    )  # fmt: skip


def _visitors(story: Story, dice: Dice, ids: Ids) -> None:
    """Machines, moderators and adverts come to help-seeking threads too."""
    extras = bank("extras")
    teller = Teller(dice, {**bank("common"), "community": [story.community], "name": ["sleep"]})

    def come(role: str, author: str, phrases: list[str], delay: int) -> Said:
        utc = story.utc + delay
        said = Said(
            id=ids.comment(utc), author=author, utc=utc, body=teller.tell(phrases),
            parent_id=story.id, role=role,
        )  # fmt: skip
        story.comments.append(said)
        return said

    if dice.chance(0.22):
        sticky = come("bot", BOTS[0], extras["bots"][BOTS[0]], 2)
        sticky.distinguished, sticky.stickied = "moderator", True
    if dice.chance(0.05):
        come("bot", BOTS[1], extras["bots"][BOTS[1]], dice.integer(20, HOUR))
    if dice.chance(0.03):
        who, delay = dice.pick(MODERATORS), dice.integer(HOUR, DAY)
        come("moderator", who, extras["moderators"]["comments"], delay).distinguished = "moderator"
    if dice.chance(0.025):
        seller = f"sample_shop_{dice.integer(2, 40)}"
        come("advert", seller, extras["adverts"]["comments"], dice.integer(HOUR, 2 * DAY))


_REMOVED_SHARE = {"hostile": 0.25, "risky": 0.08, "dismissive": 0.05}


def _fates(story: Story, dice: Dice) -> None:
    """Edits of comments, removals, vanished accounts, lines that stand in the dump twice."""
    story.account_gone = dice.chance(0.05)
    fate = dice.uniform()
    story.removal = "author" if fate < 0.05 else "moderator" if fate < 0.075 else None
    for said in story.comments:
        chances = [dice.uniform() for _ in range(5)]
        content = said.plan.content if said.plan else ""
        share = 0.4 if said.role == "advert" else _REMOVED_SHARE.get(content, 0.01)
        said.account_gone = story.account_gone if said.by_op else chances[0] < 0.04
        said.removal = (
            "moderator" if chances[1] < share else "author" if chances[2] < 0.018 else None
        )
        if said.role == "bot":
            said.removal, said.account_gone = None, False
        elif chances[3] < 0.03:
            said.edit_utc = said.utc + dice.integer(200, DAY)
            said.added = "\n\nEdit: typo" if chances[3] < 0.008 else ""
        if chances[4] < 0.012:
            said.copies = dice.pick(("same", "rescored", "removed"))
