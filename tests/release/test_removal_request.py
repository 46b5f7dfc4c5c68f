"""What people send as a request is understood, and what is not is told by its line only."""

from __future__ import annotations

from pathlib import Path

import pytest

from redditess.corpus.errors import InputError
from redditess.release.delete.request import account, identify, read_authors, read_ids


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("t1_k2j", "t1_k2j"),
        ("  T3_1ABC ", "t3_1abc"),
        ("https://www.reddit.com/r/x/comments/1abc/some_title/", "t3_1abc"),
        ("https://www.reddit.com/r/x/comments/1abc/some_title/k2j/?context=3", "t1_k2j"),
        ("https://reddit.com/r/x/comments/1abc/comment/k2j", "t1_k2j"),
        ("old.reddit.com/comments/1abc", "t3_1abc"),
        ("/r/x/comments/1abc/_/k2j", "t1_k2j"),
        ("https://redd.it/1abc", "t3_1abc"),
        ("00FF00ff00ff00ff", "00ff00ff00ff00ff"),
    ],
)
def test_an_id_is_understood_in_any_of_its_forms(line: str, meant: str) -> None:
    assert identify(line) == meant


@pytest.mark.parametrize(
    "line",
    ["t2_account", "t1_", "hello", "https://evil.example/r/x/comments/1abc/", "00ff", "t1_é",
     "https://www.reddit.com/r/x/s/Share", "https://notreddit.com/r/x/comments/1abc/"],
)  # fmt: skip
def test_what_names_nothing_is_not_guessed(line: str) -> None:
    assert identify(line) is None


@pytest.mark.parametrize(
    "line", ["Night_Owl-1", "u/night_owl-1", "/u/NIGHT_OWL-1",
             "https://www.reddit.com/user/Night_Owl-1/"],
)  # fmt: skip
def test_a_username_is_understood_in_any_of_its_forms(line: str) -> None:
    assert account(line) == "night_owl-1"


@pytest.mark.parametrize(
    "line", ["[deleted]", "deleted", "two words", "AutoModerator", "a", "é" * 5]
)
def test_a_name_that_stands_for_many_removes_nobody(line: str) -> None:
    assert account(line) is None


def test_unknown_lines_are_told_by_number(tmp_path: Path) -> None:
    path = tmp_path / "ids.txt"
    path.write_text("\ufefft1_a\n\n# from the mail of today\nnonsense\nt3_b\n", "utf8")
    found = read_ids(path)
    assert (found.names, found.ids, found.unknown) == ({"t1_a", "t3_b"}, set(), (4,))


def test_a_request_for_nothing_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("# nobody\n")
    with pytest.raises(InputError, match="asks for nothing"):
        read_authors(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read_authors(path)
