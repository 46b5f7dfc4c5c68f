"""The key that makes ids: made once, private, never guessed around."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from redditess.corpus.errors import SettingsError
from redditess.release.pseudonyms import SAMPLE_KEY, Key, key_path, load_key, pseudonym


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDDITESS_KEY", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_the_own_key_is_made_once_and_only_its_owner_reads_it() -> None:
    first = load_key()
    assert stat.S_IMODE(key_path().stat().st_mode) == 0o600
    assert load_key() == first
    assert [p.name for p in key_path().parent.iterdir()] == ["key"]


def test_a_named_file_wins_and_sample_names_the_public_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine"
    mine.write_text("ab" * 32)
    monkeypatch.setenv("REDDITESS_KEY", str(mine))
    assert load_key() == Key(b"\xab" * 32)
    assert not key_path().exists()
    monkeypatch.setenv("REDDITESS_KEY", "sample")
    assert load_key() == SAMPLE_KEY


@pytest.mark.parametrize("text", ["", "not hex", "abcd"])
def test_a_file_that_is_no_key_is_refused_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken"
    path.write_text(text)
    with pytest.raises(SettingsError, match="backup"):
        load_key(path)
    assert path.read_text() == text


def test_a_missing_named_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent"):
        load_key(tmp_path / "absent")


def test_pseudonyms_depend_on_key_and_name_and_reveal_neither() -> None:
    other = Key(b"k" * 32)
    ids = {pseudonym(k, n) for k in (SAMPLE_KEY, other) for n in ("t1_a", "t3_a", "t1_b")}
    assert len(ids) == 6
    assert all(len(i) == 16 and int(i, 16) >= 0 for i in ids)


def test_a_key_never_prints_its_secret() -> None:
    key = Key(b"very secret bytes of thirty-two..")
    assert "secret" not in repr(key) and key.id in repr(key)
    assert key.id != other_id(key)


def other_id(key: Key) -> str:
    return Key(key.secret + b"!").id
