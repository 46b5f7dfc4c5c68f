"""Defects, planted one at a time: in a copy of a released folder, of a tiny model, or in a recipe.

Used by the tests of `train check` and by benchmarks/preflight.py.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from redditess.corpus.artefacts import read_json, write_json, write_parquet
from redditess.training.data.source import open_source
from redditess.training.models.tiny import tiny
from redditess.training.preflight import Finding, check
from redditess.training.recipes.recipe import KINDS, Recipe
from tests.training.invented_runs import recipe_of
from tests.training.made_release import GENERATOR, make_release

Row = dict[str, Any]
OF_KIND: dict[str, dict[str, Any]] = {
    "sft": {}, "reward": {},
    "dpo": {"beta": 0.1, "loss": "sigmoid"},
    "kto": {"beta": 0.1, "desirable_weight": 1.0, "undesirable_weight": 1.0},
    "grpo": {"n_generations": 4, "temperature": 1.0, "reward_screen": 1.0, "max_completion": 32},
    "classifier": {"model": "tiny-encoder", "target": "posterior", "n_seeds": 1, "max_length": 192},
}  # fmt: skip


class Planted:
    """A place with a clean release and clean tiny models, of which copies can be spoilt."""

    def __init__(self, root: Path):
        self.root = root
        self.release = make_release(root / "release")
        source = open_source(str(self.release), allow_invented=True)
        self.models = {name: tiny(name, source) for name in ("tiny-causal", "tiny-encoder")}
        self.n_copies = 0

    def recipe(self, kind: str, **more: Any) -> Recipe:
        """A clean recipe of a kind on the clean release, with changes."""
        known = {field.name for field in fields(KINDS[kind])}
        settled = {name: value for name, value in GENERATOR.items() if name in known}
        made = {**settled, "data": str(self.release), **OF_KIND[kind], **more}
        found = recipe_of(kind, **made)
        assert isinstance(found, Recipe)
        return found

    def copy_of_release(self) -> Release:
        return Release(shutil.copytree(self.release, self._new("release")))

    def copy_of_model(self, name: str) -> Path:
        return Path(shutil.copytree(self.models[name], self._new(name)))

    def template(self, old: str, new: str) -> Path:
        """A tiny-causal whose chat template says something else in one place."""
        folder = self.copy_of_model("tiny-causal")
        place = folder / "chat_template.jinja"
        text = place.read_text("utf8")
        assert old in text
        place.write_text(text.replace(old, new), "utf8")
        return folder

    def _new(self, name: str) -> Path:
        self.n_copies += 1
        return self.root / f"{name}-{self.n_copies}"


class Release:
    """A released folder whose rows can be changed; release.json goes along with them."""

    def __init__(self, folder: Path):
        self.folder = folder

    def rows(self, config: str, split: str = "train") -> list[Row]:
        return list(pq.read_table(self._file(config, split)).to_pylist())

    def change(
        self, config: str, edit: Callable[[Row], None], split: str = "train",
        chosen: Callable[[int], bool] = lambda n: True,
    ) -> Release:  # fmt: skip
        """Edits rows in place, those whose number is `chosen`."""
        rows = self.rows(config, split)
        for n, row in enumerate(rows):
            if chosen(n):
                edit(row)
        return self.write(config, rows, split)

    def write(self, config: str, rows: Sequence[Row], split: str = "train") -> Release:
        schema = pq.read_schema(self._file(config, split)).remove_metadata()
        columns = {f.name: pa.array([r[f.name] for r in rows], f.type) for f in schema}
        return self.put(config, pa.table(columns), split)

    def put(self, config: str, table: pa.Table, split: str = "train") -> Release:
        """Another table instead of a split's."""
        path = self._file(config, split)
        write_parquet(path, table, table.schema)
        document = read_json(self.folder / "release.json")
        for record in document["stages"][config]["files"]:
            if record["path"] == path.relative_to(self.folder).as_posix():
                record["bytes"] = path.stat().st_size
        document["splits"][config][split]["rows"] = table.num_rows
        write_json(self.folder / "release.json", document)
        return self

    def _file(self, config: str, split: str) -> Path:
        return self.folder / "data" / config / f"{split}-00000-of-00001.parquet"


def edit_json(path: Path, **values: Any) -> None:
    """Keys of a JSON file with other values; None takes a key out."""
    told = {**json.loads(path.read_text("utf8")), **values}
    path.write_text(json.dumps({k: v for k, v in told.items() if v is not None}), "utf8")


def wrong(recipe: Recipe) -> dict[str, Finding]:
    """Errors and warnings of a recipe by the name of their check."""
    return {found.check: found for found in check(recipe) if found.level != "ok"}
