from __future__ import annotations

from pathlib import Path

import pytest

from redditess.corpus.errors import SettingsError
from redditess.corpus.settings import from_identity, load_settings, preset_text, presets, to_toml


@pytest.mark.parametrize("name", presets())
def test_every_preset_survives_its_own_settings_file(name: str, tmp_path: Path) -> None:
    settings = load_settings(name, limit=5)
    (tmp_path / "settings.toml").write_text(to_toml(settings))
    again = load_settings(config=tmp_path / "settings.toml")
    assert again.identity() == settings.identity()
    assert from_identity(settings.identity()) == again


def test_flags_win_over_the_config_file_and_the_file_over_the_preset(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('preset = "paper"\nmin_words = 7\nlabel_model = "majority"\n')
    settings = load_settings("default", tmp_path / "c.toml", label_model="recipient")
    assert (settings.preset, settings.min_words, settings.label_model) == ("paper", 7, "recipient")


def test_how_the_work_is_run_never_changes_the_fingerprint() -> None:
    plain = load_settings("default")
    elsewhere = load_settings("default", workers=7, memory_limit="1GB")
    assert elsewhere.fingerprint() == plain.fingerprint()
    assert load_settings("default", min_words=4).fingerprint() != plain.fingerprint()
    assert plain.fingerprint("other code") != plain.fingerprint()


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("subredits = []", ["subredits", "subreddits"]),
        ('min_words = "three"', ["min_words", "three"]),
        ("min_words = true", ["min_words"]),
        ('filters = "bot"', ["filters", "list"]),
        ("splits = {train = 0.5, test = 0.4}", ["splits", "add up to 1"]),
        ("splits = {dev = 1.0}", ["splits", "dev"]),
        ("n_buckets = 0", ["n_buckets", "below 1"]),
        ("n_buckets = [", ["not TOML"]),
    ],
)
def test_a_bad_config_is_one_sentence_that_names_file_value_and_next_step(
    tmp_path: Path, toml: str, words: list[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(toml)
    with pytest.raises(SettingsError) as caught:
        load_settings(config=path)
    said = str(caught.value)
    assert said.startswith(str(path)) and all(w in said for w in words) and "\n" not in said


def test_a_misspelt_preset_gets_the_nearest_name() -> None:
    with pytest.raises(SettingsError, match="did you mean paper"):
        preset_text("papr")


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.toml"):
        load_settings(config=tmp_path / "nowhere.toml")
