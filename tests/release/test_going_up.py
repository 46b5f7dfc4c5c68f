"""What must not go up is refused before any network is used, with the file's name."""

from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from redditess.corpus.errors import BuildError, RedditessError, SettingsError
from redditess.release.going_up import DATASET_FILES, File, listed, rows_by_split
from redditess.release.hub import Entry, Snapshot, git_blob
from redditess.release.preview import plan_preview, refuse_real_rows, stamp_card
from redditess.release.publish import BATCH_FILES, Plan, _batch
from redditess.release.publish_plan import gate_fields, plan_release

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds


def passes(folder: Path) -> None:
    """A check that finds nothing: the real one has tests of its own."""


def plan(build: Path, name: str = "ns/redditess", tag: str | None = None) -> Plan:
    return plan_release(build, name, tag=tag, check=passes).plan


def write(build: Path, name: str, data: bytes) -> Path:
    path = build / "redditess" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_a_plan_names_every_file_and_row(salted: Callable[..., Path]) -> None:
    build = salted("plan")
    found = plan(build)
    names = [p.relative_to(build / "redditess").as_posix() for p in
             sorted((build / "redditess").rglob("*")) if p.is_file()]  # fmt: skip
    assert [file.name for file in found.files] == names
    manifest = json.loads((build / "manifest.json").read_bytes())
    filled = {
        name for name, of in manifest["splits"].items() if any(r["rows"] for r in of.values())
    }
    assert found.rows == rows_by_split(manifest) and set(found.rows) == filled
    assert plan(build / "redditess").digest == found.digest
    assert found.branch == f"publish-{found.digest[:12]}" and found.gated


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("redditess.py", b"import datasets", "a program"),
        ("tool.sh", b"echo", "a program"),
        ("data/full/train", b"#!/bin/sh", "a program"),
        ("LICENSE", b"\x7fELF\x02", "a program"),
        ("model.pkl", b"x", "a pickle"),
        ("training_args.bin", b"x", "a pickle"),
        ("LICENSE.txt", pickle.dumps({"a": 1}), "a pickle"),
        ("votes/b00000.parquet", b"PAR1....PAR1", "not a part"),
        ("data/full/extra.parquet", b"PAR1....PAR1", "not a part"),
        ("notes.txt", b"x", "not a part"),
        ("publish.json", b"{}", "not a part"),
        ("data/full/train-00007-of-00009.parquet", b"PAR1....PAR1", "not in the manifest"),
        ("data/full/train-00007-of-00009.parquet", b"PAR1....", "not a whole Parquet"),
        ("assets/thread.svg", b"<svg><script>x</script></svg>", "a script"),
    ],
)
def test_what_no_release_has_is_refused(
    salted: Callable[..., Path], name: str, data: bytes, word: str
) -> None:
    build = salted("one")
    path = write(build, name, data)
    with pytest.raises(BuildError, match=word) as error:
        plan(build)
    assert str(path.relative_to(build)) in str(error.value) or name in str(error.value)


def test_links_executables_and_pipes_are_refused(salted: Callable[..., Path]) -> None:
    build = salted("kinds")
    card = build / "redditess" / "README.md"
    card.chmod(0o755)
    with pytest.raises(BuildError, match="executable"):
        plan(build)
    card.chmod(0o644)
    link = build / "redditess" / "LICENSE"
    link.symlink_to("/etc/hostname")
    with pytest.raises(BuildError, match="a link"):
        plan(build)
    link.unlink()
    os.mkfifo(link)
    with pytest.raises(BuildError, match="not a plain file"):
        plan(build)
    link.unlink()
    (build / "redditess" / "raw").symlink_to(build / "raw")
    with pytest.raises(BuildError, match="a link"):
        plan(build)


def test_a_file_that_is_not_the_manifests_is_refused(salted: Callable[..., Path]) -> None:
    build = salted("bytes")
    shard = next((build / "redditess" / "data" / "full").glob("train-*"))
    good = shard.read_bytes()
    shard.write_bytes(good[:4] + bytes([good[4] ^ 1]) + good[5:])
    with pytest.raises(BuildError, match="bytes are not those of the manifest"):
        plan(build)
    shard.unlink()
    with pytest.raises(BuildError, match="missing"):
        plan(build)


def test_a_manifest_that_its_build_did_not_write_is_refused(salted: Callable[..., Path]) -> None:
    build = salted("manifest")
    place = build / "redditess" / "release.json"
    told = json.loads(place.read_bytes())
    told["splits"]["full"]["train"]["rows"] += 1
    place.write_text(json.dumps(told))
    with pytest.raises(BuildError, match="manifest of its build"):
        plan(build)


def test_nothing_is_planned_without_an_agreement(
    salted: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    build = salted("agreement")
    monkeypatch.chdir(build)
    (build / "governance.toml").unlink()
    with pytest.raises(SettingsError, match=r"governance\.toml"):
        plan(build)


def test_a_folder_that_is_no_release_is_refused(
    salted: Callable[..., Path], tmp_path: Path
) -> None:
    build = salted("stages")
    for place in (build / "votes", build / "redditess" / "data", tmp_path / "nothing"):
        with pytest.raises(BuildError):
            plan(place)
    (build / "redditess" / "README.md").unlink()
    with pytest.raises(BuildError, match=r"no README\.md"):
        plan(build)


def test_what_the_check_finds_stops_a_publish(salted: Callable[..., Path]) -> None:
    def finds(folder: Path) -> None:
        raise BuildError("a thread in two splits", folder, "build again")

    with pytest.raises(BuildError, match="two splits"):
        plan_release(salted("check"), "ns/redditess", check=finds)


@pytest.mark.parametrize(
    "name", ["redditess", "a/b/c", "../x", "ns/", "ns/a b", "ns/x.git", "-a/b"]
)
def test_names_that_the_hub_would_not_take(salted: Callable[..., Path], name: str) -> None:
    with pytest.raises(SettingsError, match="NAME"):
        plan(salted("names"), name)


@pytest.mark.parametrize("tag", ["", "v 1", "../main", "-v", "a..b", "refs/tags/x"])
def test_tags_that_git_would_not_take(salted: Callable[..., Path], tag: str) -> None:
    with pytest.raises(SettingsError, match="--tag"):
        plan(salted("tags"), tag=tag)


def test_a_card_without_configs_is_refused(salted: Callable[..., Path]) -> None:
    build = salted("card")
    for text in ("# no YAML\n", "---\na: [\n---\n", "---\nlicense: other\n---\n"):
        write(build, "README.md", text.encode())
        with pytest.raises(RedditessError, match="YAML"):
            plan(build)


def test_a_card_that_asks_nothing_of_readers_is_refused(salted: Callable[..., Path]) -> None:
    build = salted("no gate")
    card = (build / "redditess" / "README.md").read_text()
    assert "Ethics approval" in card and len(plan(build).gate) >= 5
    write(build, "README.md", card.replace("extra_gated_fields", "other_fields").encode())
    with pytest.raises(BuildError, match="asks nothing"):
        plan(build)


def test_the_questions_of_a_gate_are_told() -> None:
    asked = {"Affiliation": "text", "Use": {"type": "select", "options": ["research"]}}
    assert gate_fields({"extra_gated_fields": asked}) == {"Affiliation": "text", "Use": "select"}
    assert gate_fields({}) == {}


def some(tmp_path: Path, n: int) -> list[File]:
    (tmp_path / "README.md").write_text("x")
    [file] = listed(tmp_path, DATASET_FILES)
    return [file] * n


def test_batches_are_bounded_and_never_empty(tmp_path: Path) -> None:
    files = some(tmp_path, 120)
    assert len(_batch(files, BATCH_FILES)) == BATCH_FILES
    huge = [File(f.name, f.place, 4 * 10**9, f.sha256) for f in files]
    assert len(_batch(huge, BATCH_FILES)) == 1
    assert _batch([], BATCH_FILES) == []


def test_a_digest_that_differs_is_seen(tmp_path: Path) -> None:
    [file] = some(tmp_path, 1)
    assert Snapshot("c", {file.name: Entry("", file.sha256)}).holds(file)
    assert not Snapshot("c", {file.name: Entry("", "0" * 64)}).holds(file)
    assert Snapshot("c", {file.name: Entry(git_blob(b"x"), None)}).holds(file)
    assert not Snapshot("c", {file.name: Entry(git_blob(b"y"), None)}).holds(file)
    assert not Snapshot("c", {}).holds(file)
    (tmp_path / "README.md").write_text("y")
    with pytest.raises(BuildError, match="changed while"):
        file.read()


def test_only_invented_rows_go_up_without_a_gate(
    salted: Callable[..., Path], tmp_path: Path
) -> None:
    from redditess.release.going_up import open_release

    release = open_release(salted("real"))
    refuse_real_rows(release)
    content = {**release.manifest["content"], "invented": 3}
    with pytest.raises(BuildError, match="not all rows are invented"):
        refuse_real_rows(release._replace(manifest={**release.manifest, "content": content}))
    import pyarrow as pa
    import pyarrow.parquet as pq

    shard = next((release.folder / "data" / "full").glob("test-*"))
    table = pq.read_table(shard)
    at = table.schema.get_field_index("invented")
    real = pa.array([False] + [True] * (len(table) - 1))
    pq.write_table(table.set_column(at, "invented", real), shard)
    with pytest.raises(BuildError, match="nobody invented"):
        refuse_real_rows(release)


def test_a_stamped_card_asks_nothing_and_says_invented(tmp_path: Path) -> None:
    card = tmp_path / "README.md"
    card.write_text(
        "---\npretty_name: x\ntags:\n- a\nextra_gated_prompt: promise\nextra_gated_fields:\n"
        "  Name: text\nlicense: other\nlicense_name: reddit-terms\nconfigs:\n- config_name: full\n"
        "  data_files: x\n---\n\n*`effective` means ...*\n\n# redditess\n"
    )
    text = stamp_card(card, tmp_path / "preview" / "README.md").read_text()
    assert "extra_gated" not in text and "> **Preview: invented.**" in text
    assert "config_name: full" in text and "- synthetic" in text and text.endswith("# redditess\n")
    assert "license: apache-2.0" in text and "reddit-terms" not in text
    assert text.split("\n---\n")[1].strip().startswith("*`effective` means ...*\n\n> **Preview")


def test_a_preview_has_a_name_of_its_own() -> None:
    with pytest.raises(SettingsError, match="NAME"):
        plan_preview("no such name!")
