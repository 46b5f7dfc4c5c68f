"""A story as lines of dump files, with the fields, types and losses of each month."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .dice import Dice
from .eras import API_MONTH, MERGED_MONTH, Fetch, absent, fetch, typed_as
from .people import BOTS, account_id
from .story import Said, Story, Words
from .world import DAY

Line = tuple[float, str]
"""Where a line stands in its file (nearly its time), and the line."""
_DELETED, _REMOVED = "[deleted]", "[removed]"
_ESCAPES = (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"))
_SUBREDDIT_IDS = {
    "sample_anxiety": "t5_smpanx", "sample_lowmood": "t5_smplow", "sample_sleep": "t5_smpslp",
    "sample_knitting": "t5_smpknt",
}  # fmt: skip


def post_lines(story: Story, seed: int) -> Iterator[Line]:
    """The post's line; none where the dump lost it."""
    if not story.in_dump:
        return
    dice = Dice(seed, "dump", story.id)
    seen = fetch("submissions", story.utc, dice)
    line = {
        **_shared(story, seen, "submissions", story.community, dice),
        "title": _escaped(story.title),
        **_selftext(story, seen),
        "num_comments": len(story.comments),
        "is_self": story.kind == "self",
        "domain": f"self.{story.community}" if story.kind == "self" else "example.com",
        "url": _url(story),
        "over_18": False,
        "stickied": story.stickied,
        "permalink": _permalink(story),
        "hide_score": seen.score_hidden,
        "removed_by_category": _removed_by(story, seen),
        "locked": story.removal == "moderator",
        "upvote_ratio": round(0.7 + 0.3 * dice.uniform(), 2),
        "link_flair_text": None,
    }
    if story.kind == "crosspost":
        line["crosspost_parent"] = f"t3_smx{story.id[6:]}"
    if story.kind == "promoted":
        line["promoted"] = True
    line["archived"] = seen.last_utc - story.utc > 180 * DAY
    yield _place(story.utc, seen, dice), _json(line, "submissions", seen)


def comment_lines(story: Story, seed: int) -> Iterator[Line]:
    """Each comment's line, and the second lines of those that stand in the dump twice."""
    for said in story.comments:
        dice = Dice(seed, "dump", said.id)
        seen = fetch("comments", said.utc, dice)
        line = _comment(story, said, seen, dice)
        place = _place(said.utc, seen, dice)
        yield place, _json(line, "comments", seen)
        if said.copies:
            line = _later(line, said.copies)
            yield place + dice.integer(1, 40) * DAY, _json(line, "comments", seen)


def _comment(story: Story, said: Said, seen: Fetch, dice: Dice) -> dict[str, Any]:
    line = {
        **_shared(said, seen, "comments", story.community, dice),
        **_body(said, seen),
        "link_id": story.id,
        "parent_id": said.parent_id,
        "is_submitter": said.by_op,
        "stickied": said.stickied,
        "permalink": f"{_permalink(story)}{said.id[3:]}/",
        "score_hidden": seen.score_hidden,
        "controversiality": int(said.score < 0),
        "archived": seen.last_utc - said.utc > 180 * DAY,
        "subreddit_type": "public",
        "removal_reason": None,
    }
    if seen.month == "2017-07" and dice.chance(0.11):
        del line["is_submitter"]  # the month in which it began
    if seen.month in ("2017-10", "2017-11") and dice.chance(0.02):
        line["score"] = None
    if seen.month == API_MONTH:
        top = said.parent_id.startswith("t3_")
        line["parent_id"] = None if top else int(said.parent_id[3:], 36)
    return line


def _later(line: dict[str, Any], how: str) -> dict[str, Any]:
    """The second copy of a comment: the same, with another score, or gone by then."""
    again = dict(line)
    if how != "same":
        again["retrieved_on"] = line["retrieved_on"] + 12 * DAY
        again["score"] = (line["score"] or 1) + 1
    if how == "removed":
        again.update(body=_REMOVED, author=_DELETED, author_fullname=None)
    return again


def _shared(words: Words, seen: Fetch, kind: str, community: str, dice: Dice) -> dict[str, Any]:
    """Fields of posts and comments alike."""
    gone = _author_gone(words, seen)
    types = typed_as(kind, seen.month)
    as_string = "created_utc_string" in types and not (
        seen.month == "2015-02" and dice.chance(0.01)
    )
    created: Any = str(words.utc) if as_string else words.utc
    line = {
        "id": words.id[3:],
        "name": words.id,
        "author": _DELETED if gone else words.author,
        "author_fullname": None if gone else account_id(words.author),
        "subreddit": community,
        "subreddit_id": _SUBREDDIT_IDS[community],
        "created_utc": float(words.utc) if seen.month == MERGED_MONTH else created,
        "edited": _edited(words, seen, types),
        "score": _score(words, seen),
        "distinguished": words.distinguished,
        "gilded": 0,
        "retrieved_on": seen.utc,
        "retrieved_utc": seen.utc,
        "author_flair_text": None,
        "_meta": _meta(words, seen),
        "redditess_invented": True,
    }
    line["ups"] = line["score"]
    line["downs"] = 0
    if words.author == BOTS[0]:
        line["author_flair_text"] = "bot"
    if seen.month == MERGED_MONTH:
        line["updated_on"] = seen.last_utc
    return line


def _score(words: Words, seen: Fetch) -> int:
    """A look before a day has passed sees hardly a vote."""
    if seen.mature:
        return words.score
    return 1 + (words.score > 3 and words.utc % 7 == 0)


def _shows_edit(words: Words, seen: Fetch) -> bool:
    """Did the look that fixed the text come after the edit?"""
    return words.edit_utc is not None and words.edit_utc < seen.utc


def _edited(words: Words, seen: Fetch, types: frozenset[str]) -> Any:
    if not _shows_edit(words, seen):
        return False
    if "edited_true" in types:
        return True
    return float(words.edit_utc or 0) if "edited_float" in types else words.edit_utc


def _sees_removal(words: Words, seen: Fetch) -> bool:
    """2023-07 to 10 was fetched too early; from 2023-11 `_meta` tells, and the text may stay."""
    return words.removal is not None and not "2023-07" <= seen.month <= "2023-10"


def _text_gone(words: Words, seen: Fetch) -> bool:
    return _sees_removal(words, seen) and (not seen.frozen or _initially(words))


def _initially(words: Words) -> bool:
    """One in seven removals came before the first look."""
    return words.removal is not None and words.utc % 7 == 0


def _author_gone(words: Words, seen: Fetch) -> bool:
    if _text_gone(words, seen) and (words.removal == "author" or isinstance(words, Said)):
        return True
    return words.account_gone and not seen.frozen and seen.mature


def _text(words: Words, seen: Fetch) -> str:
    if _text_gone(words, seen):
        late = words.removal == "moderator" and seen.month > "2012-05"
        return _REMOVED if late else _DELETED
    return _escaped(words.body + (words.added if _shows_edit(words, seen) else ""))


def _body(said: Said, seen: Fetch) -> dict[str, Any]:
    return {"body": _text(said, seen)}


def _selftext(story: Story, seen: Fetch) -> dict[str, Any]:
    if story.kind in ("link", "crosspost"):
        return {"selftext": ""}
    if seen.month == MERGED_MONTH and story.added and not _text_gone(story, seen):
        both = _escaped(story.body), _escaped(story.body + story.added)
        return {"previous_selftext": both[0], "selftext": both[1]}
    return {"selftext": _text(story, seen)}


def _removed_by(story: Story, seen: Fetch) -> str | None:
    if not _text_gone(story, seen):
        return None
    return "deleted" if story.removal == "author" else "moderator"


def _meta(words: Words, seen: Fetch) -> dict[str, Any]:
    if seen.last_utc == seen.utc:
        return {}
    meta: dict[str, Any] = {"retrieved_2nd_on": seen.last_utc}
    if words.edit_utc is not None and words.edit_utc < seen.last_utc:
        meta["is_edited"] = True
    if words.removal:
        meta["removal_type"] = "deleted" if words.removal == "author" else "moderator"
        meta["was_initially_deleted" if _initially(words) else "was_deleted_later"] = True
    return meta


def _permalink(story: Story) -> str:
    return f"/r/{story.community}/comments/{story.id[3:]}/sample/"


def _url(story: Story) -> str:
    if story.kind == "self":
        return f"https://www.reddit.com{_permalink(story)}"
    return f"https://example.com/{story.kind}/{story.id[3:]}"


def _escaped(text: str) -> str:
    """Dumps hold text as HTML."""
    for sign, entity in _ESCAPES:
        text = text.replace(sign, entity)
    return text


def _place(utc: int, seen: Fetch, dice: Dice) -> float:
    """Months to 2023-03 are only nearly in order."""
    return utc + (dice.normal(sd=400.0) if seen.month <= "2023-03" else 0.0)


def _json(line: dict[str, Any], kind: str, seen: Fetch) -> str:
    """Without the fields that the month does not have; emoji as surrogate pairs, like Reddit's."""
    gone = absent(kind, seen.month)
    kept = {k: v for k, v in line.items() if k not in gone}
    if kind == "comments":
        kept.pop("retrieved_utc", None)
    if kept.get("author_fullname", "") is None and "author_fullname_null" not in typed_as(
        kind, seen.month
    ):
        del kept["author_fullname"]
    return json.dumps(dict(sorted(kept.items())))
