"""The ungated preview: the bundled, invented sample with the full schema, stamped as invented.

A visitor of a gated dataset sees no viewer. Here they see one, and every column, with threads that
nobody wrote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..corpus.artefacts import sha256_file, write_text
from ..corpus.errors import BuildError
from .going_up import (
    DATASET_FILES,
    File,
    Release,
    listed,
    match_manifest,
    open_release,
    rows_by_split,
)
from .journal import Journal
from .local import ensure_built, source
from .publish import Plan
from .publish_plan import Check, Prepared, check_names, house_check

NAME = "redditess-preview"
STAMP = """\
> **Preview: invented.** A generator made every thread here; nobody wrote a word of it. It shows
> the columns and the viewer of the real dataset, and what the readers of that one promise. Train
> nothing on it. Its invented texts come under Apache-2.0, like the software.
"""


def plan_preview(
    name: str, *, private: bool = False, tag: str | None = None, limit: int | None = None,
    check: Check = house_check,
) -> Prepared:  # fmt: skip
    """Builds the sample (or takes it from the cache) and plans its publication.

    `name`: `user` alone means `user/redditess-preview`. `limit` makes a smaller sample, for tests.
    """
    repo_id = name if "/" in name else f"{name}/{NAME}"
    check_names(repo_id, tag)
    build = ensure_built(source(None, None, {"limit": limit}))
    release = open_release(build.root)
    files = listed(release.folder, DATASET_FILES)
    match_manifest(release, files)
    refuse_real_rows(release)
    check(release.folder)
    card = stamp_card(release.folder / "README.md", build.root / "preview" / "README.md")
    own = File("README.md", card, card.stat().st_size, sha256_file(card))
    stamped = tuple(own if file.name == "README.md" else file for file in files)
    plan = Plan(repo_id, "dataset", "preview", stamped, rows_by_split(release.manifest), private,
                tag or "")  # fmt: skip
    return Prepared(plan, Journal(release.journal, repo_id))


def refuse_real_rows(release: Release) -> None:
    """Raises BuildError unless every row of the release says that it is invented.

    Read from the Parquet itself: this is the one thing that goes up without a gate. Configs
    without the column are made of rows of `full`, which has it.
    """
    content = release.manifest["content"]
    n_full = release.manifest["stages"]["full"]["rows_out"]
    if not n_full or content["invented"] != n_full:
        raise BuildError("not all rows are invented", release.root, "publish it without --preview")
    for path in sorted((release.folder / "data").rglob("*.parquet")):
        if "invented" not in pq.read_schema(path).names:
            continue
        if not pc.all(pq.read_table(path, columns=["invented"])["invented"], min_count=0).as_py():
            raise BuildError("holds rows that nobody invented", path,
                             "publish it without --preview")  # fmt: skip


def stamp_card(card: Path, target: Path) -> Path:
    """Writes the card once more: stamped, tagged as synthetic, without questions of a gate."""
    from huggingface_hub import DatasetCard

    page = DatasetCard(card.read_text("utf8"), ignore_metadata_errors=False)
    data: Any = page.data
    for name in [name for name in data.to_dict() if name.startswith(("extra_gated", "license"))]:
        data.pop(name)
    data.license = "apache-2.0"
    data.pretty_name = "redditess preview: invented threads"
    data.tags = [*(data.tags or []), "synthetic"]
    definition, _, rest = page.text.lstrip().partition("\n")  # it stays the first line
    write_text(target, f"---\n{data.to_yaml()}\n---\n\n{definition}\n\n{STAMP}\n{rest.lstrip()}")
    return target
