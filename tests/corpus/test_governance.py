"""Text leaves this machine only where three things agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from redditess.corpus.errors import RemoteError
from redditess.corpus.governance import place_of, remote_purpose

URL = "https://llm.example.org/v1"
AGREED = f'[remote]\npurpose = "a second opinion"\nendpoints = ["{URL}"]\n'


def purpose(
    folder: Path, text: str | None = AGREED, url: str = URL, allowed: bool = True
) -> object:
    path = folder / "governance.toml"
    if text is not None:
        path.write_text(text, "utf8")
    return remote_purpose(url, allowed=allowed, path=path)


def test_flag_https_and_entry_together_are_enough(tmp_path: Path) -> None:
    assert purpose(tmp_path) == "a second opinion"
    assert purpose(tmp_path, url="https://LLM.example.org:443/other") == "a second opinion"


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "http://127.9.9.9/v1", "http://[::1]:1"]
)
def test_this_machine_needs_no_agreement(tmp_path: Path, url: str) -> None:
    assert purpose(tmp_path, None, url, allowed=False) is None


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1.example.org", "localhost.example.org", "10.0.0.1", "0.0.0.0", "[::]",
     "192.168.1.5", "127.1.example", "[::ffff:10.0.0.1]"],
)  # fmt: skip
def test_what_only_looks_like_this_machine_is_outside(tmp_path: Path, host: str) -> None:
    assert not place_of(f"https://{host}/v1").loopback
    with pytest.raises(RemoteError):
        purpose(tmp_path, AGREED, f"https://{host}/v1")


@pytest.mark.parametrize(
    ("text", "url", "allowed", "word"),
    [
        (AGREED, URL, False, "--allow-remote"),
        (None, URL, True, "no agreement"),
        ("", URL, True, "no agreement"),
        ("remote = 3", URL, True, "no agreement"),
        (AGREED, "https://other.example.org/v1", True, "no agreement"),
        (AGREED, "https://llm.example.org:8443/v1", True, "no agreement"),
        (AGREED, "http://llm.example.org/v1", True, "https"),
        (AGREED.replace("a second opinion", " "), URL, True, "purpose"),
        ('[remote]\nendpoints = "https://llm.example.org/v1"', URL, True, "no agreement"),
        ("[remote", URL, True, "TOML"),
    ],
)
def test_anything_less_is_refused(
    tmp_path: Path, text: str | None, url: str, allowed: bool, word: str
) -> None:
    with pytest.raises(RemoteError, match=word):
        purpose(tmp_path, text, url, allowed)
