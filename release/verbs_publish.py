"""`redditess release publish`: a release, or the invented preview, on the Hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from .publish_plan import Prepared


def add(group: typer.Typer) -> None:
    """Adds `publish` to the group `release`."""
    group.command("publish")(publish)


def publish(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[FOLDER] NAME",
            help="A finished build (or its release folder) and user/redditess on the Hub. "
            "With --preview the name alone.",
        ),
    ],
    preview: Annotated[
        bool,
        typer.Option("--preview", help="The invented sample, ungated: what visitors can look at."),
    ] = False,
    private: Annotated[
        bool, typer.Option("--private", help="Only you and your organisation see the repository.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what would happen; write nothing.")
    ] = False,
    tag: Annotated[
        str | None, typer.Option(help="Name of this version, such as v1.0; else by content.")
    ] = None,
    forget_older: Annotated[
        bool,
        typer.Option(
            "--forget-older",
            help="Remove all older versions from the Hub for good: tags, history, files.",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Publish a finished build on the Hub, whole or not at all.

    Uploads to a branch, compares every digest, loads every row count back, and only then changes
    `main`, by one commit. Started again after any fault, it goes on where it stopped. Text asks
    for access by hand (gated), and needs `governance.toml`. The token comes from `hf auth login`
    or HF_TOKEN.
    """
    from .hub import Hub

    plan, journal = _prepared(words, preview, private, tag, forget_older)
    hub = Hub(plan.repo_id, plan.repo_type, note=_note)
    if dry_run:
        _tell(_dry(plan, hub), as_json)
        return
    from .progress import shown
    from .publish import carry_out
    from .publish_plan import described

    with shown() as told:
        done = carry_out(plan, hub, journal, told=told)
    _tell({**described(plan), "dry_run": False, **done}, as_json)


def _prepared(
    words: list[str], preview: bool, private: bool, tag: str | None, forget: bool
) -> Prepared:
    if len(words) != (1 if preview else 2):
        wanted = "NAME alone with --preview" if preview else "FOLDER and NAME"
        raise typer.BadParameter(f"give {wanted}")
    if preview:
        if forget:
            raise typer.BadParameter("a preview has nothing to forget")
        from .preview import plan_preview

        return plan_preview(words[0], private=private, tag=tag)
    from .publish_plan import plan_release

    return plan_release(Path(words[0]), words[1], private=private, tag=tag, forget=forget)


def _note(words: str) -> None:
    typer.echo(words, err=True)


def _dry(plan: Any, hub: Any) -> dict[str, Any]:
    """The plan and, where the Hub can be asked, what it would change there."""
    from ..corpus.errors import RemoteError
    from .publish import compare
    from .publish_plan import described

    try:
        changes: dict[str, Any] = compare(plan, hub)
    except RemoteError as error:
        _note(f"note: {error}")
        changes = {"exists": None, "upload": [], "delete": [], "keep": 0, "forget": []}
    return {**described(plan), "dry_run": True, **changes, "commit": None}


def _tell(found: dict[str, Any], as_json: bool) -> None:
    import json

    if as_json:
        print(json.dumps(found, sort_keys=True))
        return
    for line in _lines(found):
        print(line)


def _lines(found: dict[str, Any]) -> list[str]:
    """The result as a person reads it."""
    access = ", ".join(w for w, on in (("private", found["private"]), ("gated", found["gated"]))
                       if on)  # fmt: skip
    lines = [
        f"{found['repo']} ({found['type']}, {found['form']}{', ' + access if access else ''})",
        f"files: {len(found['files'])}, {found['bytes']:,} bytes, digest {found['digest'][:12]}",
    ]
    for config, splits in found["configs"].items():
        lines.append(f"{config}: " + ", ".join(f"{name} {n:,}" for name, n in splits.items()))
    if found["gate_fields"]:
        lines.append("asked of readers: " + ", ".join(found["gate_fields"]))
    if found["dry_run"]:
        return [*lines, *_changes(found), "nothing was written"]
    return [*lines, f"main is {found['commit'][:12]}, tag {found['tag']}"]


def _changes(found: dict[str, Any]) -> list[str]:
    if found["exists"] is None:
        return []
    if not found["exists"]:
        return ["the repository would be made"]
    gone = ", ".join(found["delete"])
    return [
        f"would go up: {len(found['upload'])} files, {found['keep']} are there already",
        f"would be removed from main: {gone or 'nothing'}",
        *([f"would be forgotten: {', '.join(found['forget'])}"] if found["forget"] else []),
    ]
