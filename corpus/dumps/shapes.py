"""The fields of a dump line that we use, with every type the eras gave them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from .drift import Meta, Number


class WireComment(Struct, gc=False):
    """A comment's fields as they may come; `title` only tells a post that strayed in here."""

    id: str | None = None
    name: str | None = None
    link_id: str | int | None = None
    parent_id: str | int | UnsetType | None = UNSET
    subreddit: str | None = None
    author: str | None = None
    body: str | None = None
    title: str | None = None
    created_utc: Number = None
    retrieved_on: Number = None
    retrieved_utc: Number = None
    updated_on: Number = None
    updated_utc: Number = None
    score: int | float | None = None
    score_hidden: bool | None = None
    edited: bool | int | float | str | None = None
    is_submitter: bool | None = None
    stickied: bool | None = None
    distinguished: str | None = None
    removed_by_category: str | None = None
    meta: Meta | None = msgspec.field(default=None, name="_meta")
    redditess_invented: bool | None = None


class WireSubmission(Struct, gc=False):
    """A post's fields as they may come; `body` only tells a comment that strayed in here."""

    id: str | None = None
    name: str | None = None
    subreddit: str | None = None
    author: str | None = None
    title: str | None = None
    selftext: str | None = None
    body: str | None = None
    created_utc: Number = None
    retrieved_on: Number = None
    retrieved_utc: Number = None
    updated_on: Number = None
    updated_utc: Number = None
    score: int | float | None = None
    hide_score: bool | None = None
    edited: bool | int | float | str | None = None
    is_self: bool | None = None
    crosspost_parent: str | None = None
    promoted: bool | None = None
    is_created_from_ads_ui: bool | None = None
    over_18: bool | None = None
    stickied: bool | None = None
    distinguished: str | None = None
    removed_by_category: str | None = None
    previous_selftext: str | None = None
    meta: Meta | None = msgspec.field(default=None, name="_meta")
    redditess_invented: bool | None = None


_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "comments": msgspec.json.Decoder(WireComment),
    "submissions": msgspec.json.Decoder(WireSubmission),
}


def decoder_of(kind: str) -> msgspec.json.Decoder[Any] | None:
    """Of "comments" or "submissions"; None for any other kind."""
    return _DECODERS.get(kind)
