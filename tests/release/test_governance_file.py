"""Nothing goes up before people have written down what they agreed to."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import write_json
from redditess.corpus.errors import SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.corpus.governance import remote_purpose
from redditess.release.card import write_card
from redditess.release.governance import (
    Governance,
    find_governance,
    init_governance,
    read_governance,
    read_signoff,
    require_governance,
)  # fmt: skip

# Written out: the tests would agree with any list of the code.
MUST = ("purpose", "source", "basis", "retention", "removal_contact", "who_may_use")
FILLED = {name: f"what we say about {name}" for name in MUST} | {"ethics": "IRB 2026-114"}


def written(folder: Path, fields: dict[str, str], more: str = "") -> Path:
    path = folder / "governance.toml"
    path.write_text("".join(f'{k} = "{v}"\n' for k, v in fields.items()) + more, "utf8")
    return path


def test_the_template_explains_every_field_and_is_refused_as_it_is(tmp_path: Path) -> None:
    path = init_governance(tmp_path)
    text = path.read_text("utf8")
    for name in (*MUST, "ethics", "ethics_exemption"):
        before = text.split(f'\n{name} = ""')[0].splitlines()
        assert before[-1].startswith("# e.g. "), name
        assert before[-2].startswith("#"), name
    with pytest.raises(SettingsError) as refused:
        read_governance(path)
    for name in (*MUST, "ethics"):
        assert name in str(refused.value)
    assert str(path) in str(refused.value)


def test_the_commented_sections_of_the_template_can_be_used(tmp_path: Path) -> None:
    path = init_governance(tmp_path)
    lines = path.read_text("utf8").split("# ---- optional")[1].splitlines()[1:]
    keys = ("# [", "# purpose", "# endpoints", "# name", "# role", "# date", "# scope")
    opened = "\n".join(line[2:] for line in lines if line.startswith(keys))
    assert set(tomllib.loads(opened)) == {"date", "remote", "signoff"}
    written(tmp_path, FILLED, opened)
    url = "https://llm.example.org/v1"
    assert "500 rows" in str(remote_purpose(url, allowed=True, path=path))
    assert "500 rows" in read_governance(path).remote
    assert read_governance(path).date == "2026-11-21"
    assert (read_signoff(path) or {})["role"] == "clinical psychologist"


def test_a_template_is_never_written_over_a_file(tmp_path: Path) -> None:
    written(tmp_path, FILLED)
    with pytest.raises(SettingsError, match="already there"):
        init_governance(tmp_path)
    assert read_governance(tmp_path / "governance.toml").purpose == FILLED["purpose"]


@pytest.mark.parametrize("name", [*MUST, "ethics"])
@pytest.mark.parametrize("value", ["", "   ", "...", "TODO", None])
def test_each_field_must_say_something(tmp_path: Path, name: str, value: str | None) -> None:
    fields = {k: v for k, v in (FILLED | {name: value}).items() if v is not None}
    path = written(tmp_path, fields)
    with pytest.raises(SettingsError, match=name) as refused:
        read_governance(path)
    assert str(refused.value).count(";") == 1  # file, value, next step: one sentence


def test_an_exemption_with_its_reason_stands_for_a_reference(tmp_path: Path) -> None:
    fields = {k: v for k, v in FILLED.items() if k != "ethics"}
    found = read_governance(written(tmp_path, fields | {"ethics_exemption": "secondary use"}))
    assert (found.ethics, found.ethics_exemption) == ("", "secondary use")


def test_without_a_file_the_next_step_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="redditess governance init"):
        require_governance(tmp_path / "build", what="models")


def test_invented_rows_need_no_agreement(tmp_path: Path) -> None:
    assert require_governance(tmp_path, what="preview") == Governance()


def test_what_goes_up_prints_the_agreement(
    made: Callable[..., BuildFolder], manifest_of: Callable[[BuildFolder], dict[str, Any]]
) -> None:
    folder = made([{} for _ in range(20)])
    manifest = manifest_of(folder)
    write_card(folder, manifest)
    written(folder.root, FILLED | {"purpose": "learning | what *helps*"})
    with pytest.raises(SettingsError, match="redditess release card"):
        require_governance(folder.root, what="text")
    write_card(folder, manifest)
    assert require_governance(folder.root, what="text").ethics == "IRB 2026-114"
    readme = (folder.release / "README.md").read_text("utf8")
    assert r"learning \| what \*helps\*" in readme
    assert "IRB 2026-114" in readme
    assert "compl" not in readme.split("## Governance")[1].split("\n## ")[0].lower()


@pytest.mark.parametrize("left_out", ["name", "role", "date", "scope"])
def test_a_sign_off_says_who_when_and_over_what(tmp_path: Path, left_out: str) -> None:
    whole = {"name": "A", "role": "B", "date": "2026-11-20", "scope": "C"}
    lines = "".join(f'{k} = "{v}"\n' for k, v in whole.items() if k != left_out)
    path = written(tmp_path, FILLED, f"[signoff]\n{lines}")
    with pytest.raises(SettingsError, match=left_out):
        read_signoff(path)


def test_the_verb_writes_the_file_and_names_the_next_step(tmp_path: Path) -> None:
    done = CliRunner().invoke(make_app(), ["governance", "init", str(tmp_path)])
    assert done.exit_code == 0
    assert done.stdout.strip() == str(tmp_path / "governance.toml")
    assert "release card" in done.stderr


def test_a_card_is_not_written_over_half_an_agreement(
    made: Callable[..., BuildFolder],
    manifest_of: Callable[[BuildFolder], dict[str, Any]],
) -> None:
    folder = made([{} for _ in range(20)])
    manifest = manifest_of(folder)
    write_json(folder.manifest, manifest)
    written(folder.root, FILLED | {"retention": ""})
    write_card(folder, manifest)  # a build goes on, and its card says that nobody has agreed
    assert "Nobody" in (folder.release / "README.md").read_text("utf8").split("## Governance")[1]
    done = CliRunner().invoke(make_app(), ["release", "card", str(folder.root)])
    assert isinstance(done.exception, SettingsError) and "retention" in str(done.exception)


def test_the_agreement_may_lie_beside_or_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = tmp_path / "some" / "where" / "build"
    build.mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert find_governance(build) is None
    for place in (Path(), build.parent, build):  # the nearest to the build has the word
        written(place, FILLED)
        assert find_governance(build) == place / "governance.toml"
