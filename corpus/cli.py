"""The verbs of this room: inspect, presets."""

from __future__ import annotations

from typing import Annotated

import typer

DAMAGED = 3  # exit status: finished, but the input is damaged (docs/house.md)


def add_verbs(app: typer.Typer) -> None:
    """Puts this room's verbs on the command line."""
    app.command("inspect")(inspect)
    group = typer.Typer(no_args_is_help=True)
    app.add_typer(group, name="presets", help="Ready-made settings of a build.")
    group.callback()(presets)
    group.command("list")(list_presets)
    group.command("show")(show_preset)


def inspect(
    dumps: Annotated[
        list[str], typer.Argument(help="Dump files, or folders that hold some; also s3://… etc.")
    ],
    subreddits: Annotated[
        str | None, typer.Option(help="Communities you want, with commas; `all` for every one.")
    ] = None,
    preset: Annotated[
        str | None, typer.Option(help="Whose communities to look for, without --subreddits.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Read every file to its end instead of a sample.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """What can these dumps show? Kind, months, signals, presets that can work, time and memory.

    Reads the first megabytes of each file and says where it estimates. Exit status 3: what was
    read is damaged.
    """
    import json

    from rich.console import Console

    from .dumps.inputs import find_dumps
    from .inspect import SAMPLE_BYTES, inspect_file
    from .overview import overview
    from .prospects import report
    from .settings import load_settings

    names = None if subreddits is None else () if subreddits == "all" else _names(subreddits)
    paths = find_dumps(dumps)
    talk = Console(stderr=True)
    with talk.status("reading") as status:
        files = []
        for i, path in enumerate(paths, 1):
            status.update(f"reading {i} of {len(paths)}")
            files.append(inspect_file(path, None if whole else SAMPLE_BYTES))
    default = "sample" if any(f.invented for f in files) else "default"
    found = report(files, load_settings(preset or default, subreddits=names))
    if as_json:
        typer.echo(json.dumps(found, indent=2, sort_keys=True))
    else:
        Console().print(overview(found))
        talk.print("next: redditess build DUMP... --out DIR", markup=False, highlight=False)
    if any(f.damage for f in files):
        raise typer.Exit(DAMAGED)


def _names(text: str) -> list[str]:
    """ "r/Anxiety, ptsd" -> ["Anxiety", "ptsd"]."""
    names = [name.strip().removeprefix("/").removeprefix("r/") for name in text.split(",")]
    return [name for name in names if name]


def presets() -> None:
    """Ready-made settings: subreddits, filters, labeling functions, splits, with their reasons."""


def list_presets() -> None:
    """Names of the presets, each with its first line."""
    from .settings import preset_text
    from .settings import presets as names

    for name in names():
        first = preset_text(name).split("\n", 1)[0].lstrip("# ")
        typer.echo(f"{name:10} {first}")


def show_preset(
    name: Annotated[str, typer.Argument(help="One of `redditess presets list`.")],
) -> None:
    """A preset as a TOML file: change a copy and give it to `redditess build --config`."""
    from .settings import preset_text

    typer.echo(preset_text(name), nl=False)
