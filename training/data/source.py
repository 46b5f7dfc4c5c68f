"""What a recipe calls `data`, opened: a build, a released folder, or a dataset on the Hub."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ...corpus.errors import SettingsError
from ...corpus.folder import BuildFolder
from ...release.found import Found, find_release
from ..recipes.named import folder_named
from ..recipes.recipe import Recipe
from .fetched import fetch
from .released import read_released

LOCAL = "redditess"  # what a card calls a build of this machine: its path tells names
_WHAT = "name a build, a released folder, or a dataset of the Hub (user/name)"


class Source(NamedTuple):
    """A dataset that can be read; `training.data.rows` gives its rows."""

    name: str  # the Hub id, or LOCAL; never a path
    fingerprint: str  # of the build
    revision: str  # the commit of a Hub id; "" for a folder
    release: Path  # holds data/ and release.json
    build: BuildFolder | None  # None: only the released part is at hand
    document: Mapping[str, Any]  # release.json
    allow_invented: bool = False  # may invented rows be read? a trial run


def open_source(data: str, revision: str = "", *, allow_invented: bool = False) -> Source:
    """Opens what `data` names; a folder that is here wins over a Hub id of the same name.

    Raises InputError where nothing here or on the Hub can be meant and for the dehydrated form,
    BuildError for a build that has not finished or files that are damaged, RemoteError where the
    Hub does not give it, SettingsError for a revision of a folder.
    """
    place = folder_named(data, "data", _WHAT)
    if place is None:
        fetched = fetch(data, revision)
        return _opened(Found(fetched.folder, None), data, fetched.commit, allow_invented)
    if revision:
        raise SettingsError(
            f"data_revision is {revision!r}, and {data} is a folder", "data_revision",
            'only a dataset of the Hub has revisions: write ""',
        )  # fmt: skip
    return _opened(find_release(place), LOCAL, "", allow_invented)


def source_of(recipe: Recipe) -> Source:
    """The data of a recipe, with its word on invented rows: what every trainer calls."""
    return open_source(recipe.data, recipe.data_revision, allow_invented=recipe.allow_invented)


def _opened(found: Found, name: str, revision: str, allow_invented: bool) -> Source:
    document = read_released(found.release)
    fingerprint = str(document["fingerprint"])
    return Source(name, fingerprint, revision, found.release, found.build, document, allow_invented)
