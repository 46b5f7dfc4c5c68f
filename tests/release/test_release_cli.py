"""The verbs columns and methods, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import BuildError, SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.release.cli import add_verbs
from redditess.release.columns import COLUMNS


def run(*words: str) -> str:
    app = typer.Typer()
    add_verbs(app)
    result = CliRunner().invoke(app, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.stdout


def test_columns_as_json_is_one_object_a_column() -> None:
    rows = [json.loads(line) for line in run("columns", "--config", "full", "--json").splitlines()]
    assert [r["name"] for r in rows] == [c.name for c in COLUMNS["full"]]
    assert rows[0]["names"] == ["not_effective", "effective"]


def test_columns_of_the_default_config_are_readable() -> None:
    text = run("columns")
    assert "p_community" in text and "op_replies" not in text


def test_an_unknown_config_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="full or preferences or unpaired or sft"):
        run("columns", "--config", "pairs")


def test_methods_of_a_build(built: tuple[BuildFolder, dict[str, Any]]) -> None:
    folder, manifest = built
    write_json(folder.manifest, manifest)
    assert "70,007" in run("methods", str(folder.root))


def test_methods_of_a_folder_without_a_build(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="manifest"):
        run("methods", str(tmp_path))
