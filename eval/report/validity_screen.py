"""Convergent validity in the report, where `redditess label validity` was run on the build."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...labeling.validity.page import part
from ...pages.escape import Html, tag
from ...pages.shell import fold


def validity_part(found: Mapping[str, Any] | None) -> Html:
    """The tables, folded; or the command that makes them."""
    if found is None:
        return tag(
            "p",
            "Not computed for this build. ",
            tag("code", "redditess label validity BUILD"),
            " trains a small text model on each signal, tests it on every other, and its tables "
            "then stand here.",
        )
    return fold("Which signal predicts which, beside length and place", part(found))
