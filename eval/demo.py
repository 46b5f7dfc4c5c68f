"""`redditess demo`: the whole road on the invented sample, for a newcomer without dumps."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..release.build import Progress


def run_demo(out: Path, *, fresh: bool = False, progress: Progress | None = None) -> dict[str, Any]:
    """Sample dumps -> build -> report, in `out`; returns the build's manifest.

    The dumps go beside the build (`<out>-dumps`), as a user's own would. Their sealed truth file
    is read by the report only, to hold the labels against it.
    """
    from ..corpus.folder import BuildFolder
    from ..corpus.sample import write_sample
    from ..corpus.settings import load_settings
    from ..labeling.validity import read_validity, validity
    from ..release.build import build
    from ..release.card import write_card
    from ..release.pseudonyms import SAMPLE_KEY
    from .report import write_report
    from .report.known_world import write_known_world

    dumps = dumps_beside(out)
    write_sample(dumps)
    manifest = build(
        [dumps], out, load_settings("sample"), key=SAMPLE_KEY, fresh=fresh, progress=progress
    )
    folder = BuildFolder(out)
    if read_validity(folder) is None or not folder.known_world.is_file():
        validity(folder)
        write_known_world(folder, dumps / "truth.parquet")
        write_card(folder, manifest)
    write_report(folder, out / "report.html", dumps / "truth.parquet")
    return manifest


def dumps_beside(out: Path) -> Path:
    """Where the demo puts its dumps.

    >>> dumps_beside(Path("build/demo")).as_posix()
    'build/demo-dumps'
    """
    return out.with_name(f"{out.name}-dumps")


def what_next(out: Path, manifest: dict[str, Any]) -> str:
    """What lies where, and what to try: the demo's last words."""
    rows = sum(split["rows"] for split in manifest["splits"]["effectiveness"].values())
    dataset = (out / "redditess").as_posix()
    return f"""\
{rows} labelled comments, all of them invented, are in {dataset}.

Look:   open {out / "report.html"} in a browser
Load:   from datasets import load_dataset
        load_dataset("{dataset if out.is_absolute() else f"./{dataset}"}", split="train")
Yours:  redditess inspect YOUR_DUMPS
        redditess build YOUR_DUMPS --out build/mine
"""


def add_verbs(app: typer.Typer) -> None:
    @app.command()
    def demo(
        out: Annotated[Path, typer.Option(help="The build folder to make.")] = Path("build/demo"),
        fresh: Annotated[
            bool, typer.Option("--fresh", help="Replace another build in that folder.")
        ] = False,
    ) -> None:
        """Make dumps of an invented sample, build them, and draw the report.

        Needs no dumps and no network; takes well under two minutes.
        """
        from ..release.progress import shown

        with shown() as progress:
            manifest = run_demo(out, fresh=fresh, progress=progress)
        print(what_next(out, manifest), end="")
