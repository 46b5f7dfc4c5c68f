"""Threads of the sample that seek no help: adverts, surveys, links, moderators' posts, knitting.

A dump is full of them; a build must drop each for its own reason.
"""

from __future__ import annotations

from .dice import Dice
from .ids import Ids
from .people import MODERATORS, Crowd
from .phrases import Teller, bank, sentence
from .story import Said, Story
from .text import troubles
from .world import DAY, HOUR, TOPICS

KINDS = {
    "adverts": 0.14, "surveys": 0.16, "links": 0.2, "moderators": 0.1, "offtopic": 0.2,
    "orphans": 0.2,
}  # fmt: skip
SHARE = 0.07  # of help-seeking threads; ours
ELSEWHERE = "sample_knitting"
_COMMENT_ROLES = {"surveys": "survey", "offtopic": "elsewhere", "orphans": "orphan"}


def extra_thread(number: int, utc: int, seed: int, crowd: Crowd, ids: Ids) -> Story:
    """One thread that is not help-seeking. `number` 0, 1, ... picks its kind by chance."""
    dice = Dice(seed, "extra", number)
    kind, topic = dice.weighted(KINDS), dice.pick(TOPICS)
    name = dice.pick(troubles(topic))["name"]
    teller = Teller(dice, {**bank("common"), "name": [name], "community": [f"sample_{topic}"]})
    words = bank("extras")[kind]
    story = Story(
        id=ids.post(utc),
        author=_author(kind, dice, crowd),
        utc=utc,
        title=teller.tell(words.get("titles", ["(not in the dump)"])),
        body=teller.tell(words["posts"]) if "posts" in words else "",
        score=1 + dice.poisson(4.0),
        community=ELSEWHERE if kind == "offtopic" else f"sample_{topic}",
        in_dump=kind != "orphans",
    )
    if kind == "links":
        story.kind = dice.pick(("link", "link", "crosspost"))
    elif kind == "adverts":
        story.kind = dice.pick(("self", "promoted"))
    elif kind == "moderators":
        story.distinguished, story.stickied = "moderator", dice.chance(0.5)
    for _ in range(dice.integer(1, 5) if kind in _COMMENT_ROLES else 0):
        story.comments.append(_comment(story, kind, words["comments"], teller, crowd, ids))
    return story


def _author(kind: str, dice: Dice, crowd: Crowd) -> str:
    if kind == "moderators":
        return dice.pick(MODERATORS)
    if kind == "adverts":
        return f"sample_shop_{dice.integer(2, 40)}"
    return crowd.poster(dice).name


def _comment(
    story: Story, kind: str, phrases: list[str], teller: Teller, crowd: Crowd, ids: Ids
) -> Said:
    dice = teller.dice
    utc = story.utc + dice.integer(300, DAY) + dice.integer(0, 6) * HOUR
    return Said(
        id=ids.comment(utc), author=crowd.commenter(dice).name, utc=utc,
        body=sentence(teller.tell(phrases)), score=1 + dice.poisson(1.0),
        parent_id=story.id, role=_COMMENT_ROLES[kind],
    )  # fmt: skip
