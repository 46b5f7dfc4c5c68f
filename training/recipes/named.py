"""Does a recipe name a folder here or a repository on the Hub? A mistyped path never goes there."""

from __future__ import annotations

import re
from pathlib import Path

from ...corpus.errors import InputError

_PART = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9_])?"
_HUB_ID = re.compile(rf"{_PART}/{_PART}")
_SINGLE = re.compile(_PART)


def folder_named(name: str, key: str, next_step: str, *, single: bool = False) -> Path | None:
    """The folder of that name; None where the name can only be one of the Hub.

    A folder that is here wins over an id. `single`: names without a slash may be ids, too (old
    models such as bert-base-uncased). Raises InputError for what looks like a folder and is not
    there: an absolute path, `./x`, `~/x`, more than one slash, or `here/x` where `here` is.
    """
    if not name:
        raise InputError(f"{key} is empty", key, next_step)
    place = Path(name).expanduser()
    if place.exists():
        return place
    is_id = _HUB_ID.fullmatch(name) or (single and _SINGLE.fullmatch(name))
    if is_id and not ("/" in name and Path(name.partition("/")[0]).is_dir()):
        return None
    raise InputError(f"no such folder: {name!r}", key, next_step)
