"""`redditess train push`, `train card`, `train merge`: what happens to a model after its run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

Run = Annotated[
    Path, typer.Argument(metavar="RUN", help="A finished run: the --out of redditess train.")
]


def add_verbs(group: typer.Typer) -> None:
    """Adds the three to the group `train`."""
    group.command("card")(card)
    group.command("merge")(merge)
    group.command("push")(push)


def push(
    run: Run,
    name: Annotated[str, typer.Argument(metavar="NS/NAME", help="user/model on the Hub.")],
    private: Annotated[
        bool, typer.Option("--private", help="Only you and your organisation see the repository.")
    ] = False,
    tag: Annotated[
        str | None, typer.Option(help="Name of this version, such as v1.0; else by content.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(help="One that may write there; `hf auth login` or HF_TOKEN keep it unseen."),
    ] = None,
    although: Annotated[
        str,
        typer.Option(
            "--override",
            metavar="REASON",
            help="Publish a model that is less safe than its base; the card prints the reason.",
        ),
    ] = "",
) -> None:
    """Publish the model of a run on the Hub, with its card, whole or not at all.

    Needs `governance.toml`. Refused: a run with rows that were removed since, an adapter whose base
    only this machine has, pickles, anything that names a folder of this machine.
    """
    from .push import push as publish
    from .runs.folder import RunFolder

    done = publish(RunFolder(run), name, private=private, tag=tag, although=although, token=token)
    _say(f"{name}: main is {done['commit'][:12]}, tag {done['tag']}")


def card(
    run: Run,
    check: Annotated[
        bool, typer.Option("--check", help="Only tell what is wrong; status 1 where something is.")
    ] = False,
) -> None:
    """Write the card of a run's model again, from the files of the run; or check it.

    Do it after `safety.json`, a sign-off or governance.toml came or changed.
    """
    from .cards.card import write_model_card
    from .cards.model_card_check import check_model_card
    from .runs.folder import RunFolder

    if not check:
        typer.echo(write_model_card(RunFolder(run)))
        return
    found = check_model_card(RunFolder(run))
    for line in found:
        typer.echo(line)
    if found:
        raise typer.Exit(1)
    _say("every figure of the card is what the run says")


def merge(
    run: Run,
    out: Annotated[Path, typer.Option(help="The folder to make: a run with full weights.")],
) -> None:
    """Add an adapter into its base: full weights that load without the extra `train`.

    OUT is a run folder, too: its card says what was merged, and `redditess train push` takes it.
    """
    from .generator.merged_run import merge_run
    from .runs.folder import RunFolder

    made = merge_run(RunFolder(run), RunFolder(out))
    typer.echo(made.model)


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)
