"""`redditess label text`: one JSON a line, from a file or stdin, and errors in a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from redditess.labeling.cli import add_verbs

APP = typer.Typer()
add_verbs(APP)


def lines_of(*args: str, given: bytes | None = None) -> list[dict[str, object]]:
    result = CliRunner().invoke(APP, ["label", "text", *args], input=given)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("reader", ["linear", "lexicon"])
def test_every_line_is_one_object_of_signals(tmp_path: Path, reader: str) -> None:
    file = tmp_path / "replies.txt"
    file.write_bytes("Thank you, I'll try that\r\n\nno thanks 😀\n\xff".encode("utf8", "replace"))
    said = lines_of(str(file), "--reader", reader)
    assert len(said) == 4
    for one in said:
        assert list(one) == ["gratitude", "uptake", "sentiment"]
        assert list(one["sentiment"]) == ["negative", "neutral", "positive"]
        assert sum(one["sentiment"].values()) == pytest.approx(1, abs=2e-3)
    assert said[0]["gratitude"] > 0.5 and said[0]["uptake"] > 0.5
    assert said[2]["gratitude"] < 0.5


def test_a_dash_reads_stdin_and_damaged_letters_are_no_end() -> None:
    assert len(lines_of("-", given=b"thanks\nbroken \xff\xfe\nok")) == 3
    assert lines_of("-", given=b"") == []


def test_a_missing_file_is_named() -> None:
    result = CliRunner().invoke(APP, ["label", "text", "nowhere.txt"])
    assert result.exit_code == 1
    assert "nowhere.txt" in str(result.exception or result.output)
