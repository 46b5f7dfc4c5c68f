"""The command line as a person meets it: first words, errors in one sentence, exit status."""

from __future__ import annotations

import errno
import re
from importlib import import_module
from pathlib import Path

import pytest

from redditess.corpus.refusals import refusal

command = import_module("redditess.__main__")


def run(*words: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The exit status of `redditess <words>`."""
    monkeypatch.setattr("sys.argv", ["redditess", *words])
    try:
        return int(command.main())
    except SystemExit as end:
        return int(end.code or 0)


def test_help_opens_with_start_here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--help", monkeypatch=monkeypatch) == 0
    said = capsys.readouterr().out
    assert said.index("Start here") < said.index("redditess demo") < said.index("Usage")
    assert said.index("redditess build") < said.index("Usage")


def test_what_start_here_names_exists() -> None:
    app = command.make_app()
    verbs = {info.name or info.callback.__name__ for info in app.registered_commands}
    groups = {info.name for info in app.registered_groups}
    assert {line.split()[1] for line, _ in command.START_HERE} <= verbs | groups


def test_no_words_show_the_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch=monkeypatch) in (0, 2)
    said = capsys.readouterr()
    assert "Start here" in said.out + said.err


def test_an_expected_error_is_one_sentence_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("presets", "show", "papr", monkeypatch=monkeypatch) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(r"[^\n]*'papr'[^\n]*paper[^\n]*[.?]\n", said.err)


@pytest.mark.parametrize(
    "words", [["--debug", "presets", "show", "x"], ["presets", "show", "x", "--debug"]]
)
def test_debug_shows_the_traceback_wherever_it_stands(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(command.RedditessError, match="no such preset 'x'"):
        run(*words, monkeypatch=monkeypatch)


@pytest.mark.parametrize("words", [["biuld"], ["build", "--no-such-option"], ["presets", "lst"]])
def test_wrong_usage_ends_with_status_2(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words, monkeypatch=monkeypatch) == 2
    assert capsys.readouterr().out == ""


def test_version_is_the_one_of_the_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import redditess

    assert run("--version", monkeypatch=monkeypatch) == 0
    assert capsys.readouterr().out == f"redditess {redditess.__version__}\n"


def test_citation_and_changelog_know_the_version(repository: Path) -> None:
    import redditess

    assert f"version: {redditess.__version__}" in (repository / "CITATION.cff").read_text("utf8")
    assert f"## {redditess.__version__}" in (repository / "CHANGELOG.md").read_text("utf8")


def test_a_place_that_cannot_be_written_is_one_sentence(
    small_build: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path, tmp_path / "file" / "sheet.csv"):
        words = ("release", "export", str(small_build), "--out", str(out))
        assert run(*words, monkeypatch=monkeypatch) == 1
        said = capsys.readouterr().err
        assert re.fullmatch(r"[^\n]+: [^\n]+; [^\n]*choose another place\.\n", said)
        assert ".tmp-" not in said
    with pytest.raises(FileExistsError):
        run(*words, "--debug", monkeypatch=monkeypatch)


def test_a_full_disk_has_a_next_step_and_a_bug_keeps_its_traceback() -> None:
    full = refusal(OSError(errno.ENOSPC, "No space left on device"))
    assert str(full).startswith("No space left on device; make room there")
    assert refusal(FileNotFoundError(errno.ENOENT, "No such file", "x")) is None
    assert refusal(OSError("a library's own words")) is None
