"""`redditess release …`: the group that every verb on a finished release joins."""

from __future__ import annotations

import typer

from . import (
    verbs_card,
    verbs_check,
    verbs_dehydrate,
    verbs_delete,
    verbs_export,
    verbs_hydrate,
    verbs_publish,
    verbs_sync,
)

VERBS = (
    verbs_check, verbs_card, verbs_export, verbs_publish, verbs_dehydrate, verbs_hydrate,
    verbs_delete, verbs_sync,
)  # fmt: skip
"""Each has `add(group)`; in the order of `--help`."""


def add(app: typer.Typer) -> None:
    """Puts the group `release` and its verbs on the command line."""
    group = typer.Typer(no_args_is_help=True, help="A finished build: check it, publish it.")
    app.add_typer(group, name="release")

    @group.callback()
    def release() -> None:
        """A finished build: check it, publish it."""

    for verbs in VERBS:
        verbs.add(group)
