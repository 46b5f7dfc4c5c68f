"""Cases that a report should show: some staged in every sample, the rest found by rule."""

from __future__ import annotations

from dataclasses import replace

from .dice import Dice
from .world import HOUR, CommentPlan, ThreadPlan

STAGED = {
    2: "grateful_but_risky", 5: "good_but_ignored", 9: "grateful_but_risky",
    13: "good_but_ignored", 21: "grateful_but_risky", 34: "good_but_ignored",
}  # fmt: skip
"""Thread number -> the case staged in it, so that the smallest sample has both kinds."""


def staged_month(number: int) -> str | None:
    """A staged thread lies in a month that shows replies, scores and removals."""
    return ("2019-05", "2022-02", "2024-10")[number % 3] if number in STAGED else None


def stage(plan: ThreadPlan, seed: int) -> None:
    """Makes the thread show its case; does nothing to others."""
    case = STAGED.get(plan.number)
    if case == "grateful_but_risky":
        _grateful_but_risky(plan, Dice(seed, "stage", plan.number))
    elif case == "good_but_ignored":
        _good_but_ignored(plan, Dice(seed, "stage", plan.number))


def _cast(plan: ThreadPlan, dice: Dice) -> None:
    """A polite OP who speaks plainly and comes back; six to eight comments in a morning."""
    plan.minor = False
    plan.op = replace(plan.op, politeness=1.6, talkativeness=1.0, register="plain", style="as_is")
    plan.visits = [plan.utc + 2 * HOUR, plan.utc + 7 * HOUR]
    kinds = ("validation", "experience", "step")
    calm = [x for x in plan.comments if x.content not in ("risky", "hostile")]
    while len(calm) < 6:
        author = replace(plan.op, name=f"sample_owl_{900 + 2 * len(calm) + plan.number}1")
        calm.append(
            CommentPlan(
                author=author, utc=plan.utc, content=dice.pick(kinds),
                fit=1, wordiness=dice.normal(), helpfulness=0.6 + 0.3 * dice.normal(),
                score=1 + dice.poisson(3.0),
            )
        )  # fmt: skip
    plan.comments = calm[:8]
    for position, comment in enumerate(plan.comments):
        comment.position, comment.utc = position, plan.utc + 900 + position * 1500
        comment.exhibit = None


def _answered(comment: CommentPlan, plan: ThreadPlan, reply: str) -> None:
    comment.exposure = max(comment.exposure, 0.9)
    comment.saw_utc = next(v for v in plan.visits if v > comment.utc) + 60 * comment.position
    comment.reply = reply


def _unanswered(comment: CommentPlan) -> None:
    comment.saw_utc = comment.reply = None


def _grateful_but_risky(plan: ThreadPlan, dice: Dice) -> None:
    _cast(plan, dice)
    for comment in plan.comments:
        _unanswered(comment)
    risky = plan.comments[1]
    risky.content, risky.fit, risky.wordiness = "risky", 1, 0.2
    risky.helpfulness = -1.4 + 0.2 * dice.normal()
    _answered(risky, plan, "thanks_uptake")
    _answered(plan.comments[3], plan, "agree")
    plan.edit = plan.general_utc = None


def _good_but_ignored(plan: ThreadPlan, dice: Dice) -> None:
    """The best comment comes fifth; OP was there after it and answered its neighbours only."""
    _cast(plan, dice)
    for comment in plan.comments:
        _unanswered(comment)
    good = plan.comments[4]
    good.content, good.fit, good.wordiness = "step", 1, 1.0
    good.helpfulness, good.exposure = 2.1 + 0.2 * dice.normal(), 0.08
    good.score = 2
    _answered(plan.comments[0], plan, "thanks")
    _answered(plan.comments[1], plan, "agree")
    late = plan.comments[-1]
    _answered(late, plan, "inform")
    late.saw_utc = plan.visits[1] + 600
    plan.edit = plan.general_utc = None


def mark(plan: ThreadPlan) -> None:
    """Names the cases that the thread holds, staged or by chance."""
    n_answered = sum(x.reply is not None for x in plan.comments)
    for comment in plan.comments:
        comment.exhibit = _case(plan, comment, n_answered)


def _case(plan: ThreadPlan, comment: CommentPlan, n_answered: int) -> str | None:
    helps, harm = comment.helpfulness, comment.kind.harm
    if harm == "risky_advice" and comment.thanked:
        return "grateful_but_risky"
    there = any(x.reply and (x.saw_utc or 0) > comment.utc for x in plan.comments)
    unseen = comment.saw_utc is None and comment.exposure < 0.2
    if helps > 1.3 and unseen and there and n_answered >= 2:
        return "good_but_ignored"
    if comment.content == "joke" and comment.score >= 25 and helps < 0:
        return "popular_joke"
    if comment.thanked and harm is None and helps < -0.8 and plan.op.politeness > 1:
        return "thanked_out_of_politeness"
    return None
