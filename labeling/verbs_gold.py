"""`redditess label sample` and `redditess label gold`: rows for people, and what people said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def add(group: typer.Typer) -> None:
    """Adds `sample` and `gold check` to `redditess label`."""
    group.command("sample")(sample)
    gold = typer.Typer(no_args_is_help=True, help="Labels by people.")
    gold.command("check")(check)
    group.add_typer(gold, name="gold")


def sample(
    build: Annotated[Path, typer.Argument(help="A finished build folder (what --out named).")],
    out: Annotated[Path, typer.Option(help="The sheet to write (CSV); its key lies beside it.")],
    design: Annotated[
        str, typer.Option(help="paper: 2 + 2 comments a post; patterns: every vote pattern.")
    ] = "paper",
    n: Annotated[
        int | None, typer.Option("-n", help="Posts (paper, 141) or comments (patterns, 564).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Another number draws another sample.")] = 0,
) -> None:
    """A blind sheet for raters: masked texts, no labels; the key keeps ids and chances."""
    from ..corpus.folder import BuildFolder
    from .sampling import draw, write_sheet

    folder = BuildFolder(build)
    drawn = draw(folder, design, n, seed=seed)
    key = write_sheet(folder, drawn, out, design=design, seed=seed)
    typer.echo(
        f"{len(drawn)} comments of {len({d.thread_id for d in drawn})} posts in {out}. "
        f"Keep {key} from the raters.",
        err=True,
    )


def check(
    file: Annotated[Path, typer.Argument(help="Ratings: CSV with id, label, rater.")],
    build: Annotated[Path, typer.Argument(help="The build that the comments are of.")],
    key: Annotated[Path | None, typer.Option(help="Key of the sheet the ids are from.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Reads a gold file, says what is wrong with it, and how far raters and labels agree."""
    from ..corpus.folder import BuildFolder
    from .gold import check_gold, read_gold
    from .sampling import read_key

    gold = read_gold(file, names=read_key(key) if key else None)
    found = check_gold(gold, BuildFolder(build))
    if as_json:
        kappa = {k: None if v != v else v for k, v in found.kappa._asdict().items()}
        typer.echo(json.dumps({**found._asdict(), "kappa": kappa}))
        return
    n_labelled, n_alike = found.labelled
    lines = [
        f"{found.n_ratings} ratings of {found.n_comments} comments by {len(found.raters)} raters",
        f"decided   {found.n_decided}, of them effective {found.n_effective}",
        f"kappa     {found.kappa.value:.2f} [{found.kappa.low:.2f}, {found.kappa.high:.2f}], "
        f"n = {found.kappa.n}, posts {found.kappa.n_clusters}",
        f"labels    {n_alike} of {n_labelled} labelled ones say the same",
    ]
    typer.echo("\n".join(lines))
