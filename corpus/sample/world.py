"""The causal world of the sample: what helps, what OP sees, and what OP and the community do.

Nothing here is text. `docs/design/0004-the-sample-world.md` draws the arrows; every coefficient is
ours, chosen so that rates look like those of real support threads, and none is fitted to a label.
`confounding` (c) scales the arrows that carry no helpfulness: place, delay, visits, politeness,
talkativeness, earliness. At 0 they are cut; the sample's own world has 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .dice import Dice, log_odds, sigmoid
from .people import Crowd, Person

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Content:
    """One kind of comment: its share, and what it does to the latents (standard units)."""

    share: float
    helps: float
    appeal: float = 0.0  # feels better (or worse) than it helps
    asks: float = 0.0  # log odds of an answer that it adds: a question wants one
    harm: str | None = None
    votes: float = 0.0  # log of the community's liking that it adds


CONTENTS = {
    "validation": Content(0.17, 0.35, appeal=0.25),
    "experience": Content(0.19, 0.45, appeal=0.1),
    "step": Content(0.18, 0.9),
    "referral": Content(0.10, 0.55, appeal=-0.15),
    "question": Content(0.10, 0.0, asks=1.3, votes=-0.3),
    "platitude": Content(0.10, -0.8, appeal=0.2),
    "dismissive": Content(0.05, -1.5, appeal=-0.2, harm="dismissal", votes=-0.9),
    "hostile": Content(0.02, -2.2, appeal=-0.4, asks=0.4, harm="hostility", votes=-1.8),
    "risky": Content(0.04, -1.3, appeal=2.3, harm="risky_advice", votes=0.1),
    "joke": Content(0.05, -0.6, appeal=0.2, votes=1.5),
}

THANKING = ("thanks", "thanks_uptake", "thanks_question")
REPLIES = (
    *THANKING, "uptake", "agree", "inform", "question", "decoy", "reject", "sarcasm", "hostile",
)  # fmt: skip

TOPICS = ("anxiety", "lowmood", "sleep")
EXPOSURE_WITHOUT_CONFOUNDING = 0.33  # ours: about the mean exposure at c = 1


@dataclass
class CommentPlan:
    """A top-level comment by somebody else than OP, before it has words."""

    author: Person
    utc: int
    content: str
    fit: int  # 1: about this very trouble, 0: general, -1: about a neighbouring trouble
    wordiness: float
    helpfulness: float
    position: int = 0
    exposure: float = 0.0
    saw_utc: int | None = None
    reply: str | None = None
    score: int = 1
    exhibit: str | None = None

    @property
    def kind(self) -> Content:
        return CONTENTS[self.content]

    @property
    def felt(self) -> float:
        """How helpful it feels to OP at the time."""
        return self.helpfulness + self.kind.appeal

    @property
    def thanked(self) -> bool:
        return self.reply in THANKING


@dataclass
class ThreadPlan:
    """A post and what happens to it, before it has words."""

    number: int
    utc: int
    topic: str
    trouble: int  # index into the topic's troubles
    minor: bool  # OP says they are under 18; nobody in the sample pleases a child into harm
    op: Person
    visits: list[int]
    comments: list[CommentPlan] = field(default_factory=list)
    edit: str | None = None  # "thanks", "update_good", "update_bad", "typo"
    edit_utc: int = 0
    general_utc: int | None = None  # OP's own top-level comment to everybody
    score: int = 1


def plan_thread(
    number: int, utc: int, seed: int, crowd: Crowd, n_troubles: int, confounding: float
) -> ThreadPlan:
    """One thread's events. Depends on the seed and the number only, never on other threads."""
    dice = Dice(seed, "thread", number)
    op = crowd.poster(dice)
    # Own streams: however often OP comes back, the same comments come in every world.
    coming_back, answering = Dice(seed, "visits", number), Dice(seed, "comments", number)
    plan = ThreadPlan(
        number=number,
        utc=utc,
        topic=dice.weighted({"anxiety": 0.4, "lowmood": 0.34, "sleep": 0.26}),
        trouble=dice.integer(0, n_troubles - 1),
        minor=dice.chance(0.025),
        op=op,
        visits=_visits(coming_back, utc, op, confounding),
    )
    plan.comments = _comments(answering, plan, crowd)
    for comment in plan.comments:
        react(dice, plan, comment, confounding)
        comment.score = _score(dice, comment, confounding)
    _afterwards(dice, plan, confounding)
    return plan


def _visits(dice: Dice, utc: int, op: Person, c: float) -> list[int]:
    """When OP comes back to the thread; half of the posters hardly do."""
    n = dice.poisson(math.exp(-0.1 + c * (0.95 * op.talkativeness + 0.15 * op.politeness)))
    visits, at = [], float(utc)
    for _ in range(min(n, 9)):
        at += dice.lognormal(2.6 * HOUR, 1.1)
        visits.append(int(at))
    return visits


def _comments(dice: Dice, plan: ThreadPlan, crowd: Crowd) -> list[CommentPlan]:
    n = min(int(dice.lognormal(5.4, 0.7)), 38)
    delays = sorted(60 + dice.lognormal(2.1 * HOUR, 1.35) for _ in range(n))
    shares = {name: kind.share for name, kind in CONTENTS.items()}
    if plan.minor:
        shares["risky"] = 0.0
    comments = []
    for position, delay in enumerate(delays):
        author = crowd.commenter(dice)
        content = dice.weighted(shares)
        fit = dice.weighted({1: 0.55, 0: 0.3, -1: 0.15})
        wordiness = dice.normal()
        helpfulness = (
            CONTENTS[content].helps
            + 0.4 * fit
            + 0.3 * author.skill
            + 0.06 * wordiness
            + dice.normal(sd=0.5)
            - 0.35
        )
        comments.append(
            CommentPlan(
                author=author, utc=plan.utc + int(delay), content=content, fit=fit,
                wordiness=wordiness, helpfulness=helpfulness, position=position,
            )
        )  # fmt: skip
    return comments


def react(dice: Dice, plan: ThreadPlan, comment: CommentPlan, c: float) -> None:
    """Whether OP sees the comment, answers it, and how."""
    later = [visit for visit in plan.visits if visit > comment.utc]
    unread = 1.0
    for _ in later:
        unread *= 1 - sigmoid(1.5 - 0.3 * comment.position)
    seen_here = min(max(1 - unread, 0.002), 0.995)
    flat = log_odds(EXPOSURE_WITHOUT_CONFOUNDING)
    comment.exposure = sigmoid(flat + c * (log_odds(seen_here) - flat))
    # Chance is drawn for every comment alike, so that worlds of different c stay comparable.
    saw, answers, thanks = dice.uniform(), dice.uniform(), dice.uniform()
    notified = comment.utc + int(dice.lognormal(1.5 * HOUR, 0.8))
    style = dice.uniform()
    if saw >= comment.exposure:
        return
    comment.saw_utc = later[0] + 60 * comment.position if later else notified
    if answers < sigmoid(answer_log_odds(plan.op, comment, c)):
        comment.reply = _reply(plan.op, comment, c, thanks, style)


def answer_log_odds(op: Person, comment: CommentPlan, c: float) -> float:
    """Of an answer, once seen."""
    return (
        -1.15
        + 0.7 * comment.felt
        + comment.kind.asks
        + c * (0.6 * op.talkativeness + 0.2 * op.politeness)
    )


def thanks_log_odds(op: Person, comment: CommentPlan, c: float) -> float:
    """Of thanks, once answered. A question is answered with information first."""
    base = -2.9 if comment.content == "question" else -1.9
    return base + 1.0 * comment.felt + c * 1.2 * op.politeness


def _reply(op: Person, comment: CommentPlan, c: float, thanks: float, style: float) -> str:
    """What OP's answer does, from two uniform numbers."""
    if thanks < sigmoid(thanks_log_odds(op, comment, c)):
        ways = {"thanks": 0.68, "thanks_uptake": 0.2 + 0.1 * (comment.felt > 0.8)}
        return _at(style, {**ways, "thanks_question": 0.12})
    good, bad = max(comment.felt, 0.0), max(-comment.felt, 0.0)
    rude = bad * math.exp(-0.4 * c * op.politeness)
    return _at(
        style,
        {
            "uptake": 0.25 * good,
            "agree": 0.3 * math.exp(-bad) + 0.35 * good,
            "inform": 2.2 if comment.content == "question" else 0.4,
            "question": 0.15 + 0.1 * good,
            "decoy": 0.1,
            "reject": 0.12 + 0.35 * bad,
            "sarcasm": 0.4 * rude,
            "hostile": 0.35 * rude * (2 if comment.content == "hostile" else 1),
        },
    )


def _at(u: float, weights: dict[str, float]) -> str:
    """The key at the share `u` of the total weight."""
    left = u * sum(weights.values())
    for name, weight in weights.items():
        left -= weight
        if left < 0:
            return name
    return next(iter(weights))


def _score(dice: Dice, comment: CommentPlan, c: float) -> int:
    """Votes go to early and long comments, to jokes, and a little to what helps."""
    early = 1.2 - 0.28 * comment.position
    liking = 0.25 + c * (0.45 * early + 0.22 * comment.wordiness) + 0.25 * comment.helpfulness
    mean = math.exp(liking + comment.kind.votes + dice.normal(sd=0.9))
    ups = dice.poisson(min(mean, 60.0))
    downs = dice.poisson(0.06 + 0.8 * max(0.0, -comment.kind.votes))
    return 1 + ups - downs


def _afterwards(dice: Dice, plan: ThreadPlan, c: float) -> None:
    """OP's edit and OP's word to everybody, both after what OP has seen."""
    seen = [x for x in plan.comments if x.saw_utc is not None]
    good = sum(x.felt for x in seen) / len(seen) if seen else 0.0
    politeness = c * plan.op.politeness
    plan.score = 1 + dice.poisson(dice.lognormal(5.0, 1.1))
    n_kind = sum(x.reply is not None and x.felt > 0 for x in plan.comments)
    last = max([*plan.visits, plan.utc + 600, *(x.saw_utc or 0 for x in seen)])
    edits, kind, general = dice.uniform(), dice.uniform(), dice.uniform()
    if edits < sigmoid(-2.7 + 0.35 * min(n_kind, 4) + 0.4 * politeness + 0.2 * bool(seen)):
        plan.edit_utc = last + dice.integer(60, 5 * HOUR)
        thanks = math.exp(0.3 * politeness + 0.4 * good) if seen else 0.0
        ways = {"thanks": 1.4 * thanks, "update_good": 0.5 * thanks, "update_bad": 0.25}
        plan.edit = _at(kind, {**ways, "typo": 0.9})
    if seen and general < sigmoid(-2.6 + 0.5 * politeness + 0.3 * good):
        plan.general_utc = last + dice.integer(30, 2 * HOUR)
