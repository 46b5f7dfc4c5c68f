"""The options of `redditess build`: what goes in and out, what the settings say, how it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Dumps = Annotated[
    list[str], typer.Argument(help="Dump files, or folders that hold some; also s3://…, gs://….")
]
Out = Annotated[
    str, typer.Option(help="Folder of the build; new, or one to continue; also s3://…, gs://….")
]
Preset = Annotated[str | None, typer.Option(help="Ready-made settings: `redditess presets list`.")]
Subreddits = Annotated[
    str | None, typer.Option(help="Communities, with commas; `all` for every one.")
]
Config = Annotated[
    Path | None, typer.Option(help="TOML file with settings, over those of the preset.")
]
Functions = Annotated[
    str | None, typer.Option(help="Labeling functions, with commas; your own as module:name.")
]
LabelModel = Annotated[
    str | None,
    typer.Option(help="How votes become a label: ensemble, recipient, majority, paper, …"),
]
Workers = Annotated[int | None, typer.Option(help="Processes; as many as cores and memory allow.")]
MemoryLimit = Annotated[
    str | None, typer.Option(help="Memory of all workers together, after reading, such as 4GB.")
]
Tmp = Annotated[
    str | None,
    typer.Option(help="Folder for what does not fit in memory; else it waits in OUT."),
]
Engine = Annotated[
    str | None, typer.Option(help="Who runs it: local (this machine), or spark: docs/cluster.md.")
]
Master = Annotated[
    str | None,
    typer.Option(help="With --engine spark: spark://…, yarn, k8s://…, sc://…, local[2]."),
]
Tolerate = Annotated[
    bool | None,
    typer.Option("--tolerate", help="Count rows a labeling function fails on, and go on."),
]
Limit = Annotated[
    int | None, typer.Option(help="Take only so many wanted lines of each dump file.")
]
Gold = Annotated[
    Path | None, typer.Option(help="Labels by people (id, label, rater): docs/gold.md.")
]
SheetKey = Annotated[
    Path | None, typer.Option(help="Key of the sheet that the ids of --gold are from.")
]
Cuts = Annotated[
    Path | None,
    typer.Option(
        help="An earlier build by time: its cuts, so that its test rows never become train."
    ),
]
Fresh = Annotated[
    bool,
    typer.Option("--fresh/--resume", help="Replace another build in --out, or continue this one."),
]
