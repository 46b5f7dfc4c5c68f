"""`load_dataset("redditess")`: every trap that the cache and the loader of `datasets` lay."""

from __future__ import annotations

import importlib
import json
import logging
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets import load_dataset, load_dataset_builder, packaged_modules

import redditess
from redditess.corpus.errors import InputError, SettingsError
from redditess.release import local, write
from redditess.release.features import features

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

Dumps = Callable[..., Path]
SMALL = {"preset": "sample", "n_buckets": 2, "workers": 1}


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds, caches and key of a test are its own."""
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "key").write_text("5a" * 32)
    monkeypatch.setenv("REDDITESS_KEY", str(tmp_path / "key"))


@pytest.fixture
def dumps(tmp_path: Path) -> Dumps:
    return write_dumps_in(tmp_path)


def write_dumps_in(root: Path) -> Dumps:
    def write_dumps(where: str = "dumps", n: int = 30, words: str = "first") -> Path:
        """One month of invented threads: every poster thanks one answer and rejects another."""
        folder = root / where
        folder.mkdir(parents=True, exist_ok=True)
        posts, comments = [], []
        for i in range(n):
            utc = 1_590_969_600 + 3600 * i
            common = {"subreddit": "sample_sleep", "redditess_invented": True, "edited": False}
            post = {"id": f"p{i:03}", "author": f"sleeper_{i}", "created_utc": utc}
            text = {"title": f"awake {i}", "selftext": f"{words} night number {i} without sleep"}
            posts.append({**common, **post, **text, "score": 5, "is_self": True, "num_comments": 3})
            for j, (parent, author, body) in enumerate(
                [
                    (f"t3_p{i:03}", f"lark_{i}", f"{words} just go to bed earlier than you do now"),
                    (f"t3_p{i:03}", f"owl_{i}", f"{words} try to read a book until you are tired"),
                    (f"t1_c{i:03}1", f"sleeper_{i}", "Thank you so much, this really helped me!"),
                    (f"t1_c{i:03}0", f"sleeper_{i}", "That is terrible advice and it made me cry."),
                ]
            ):
                ids = {"id": f"c{i:03}{j}", "link_id": f"t3_p{i:03}", "parent_id": parent}
                told = {"author": author, "body": body, "created_utc": utc + 60 * (j + 1)}
                rest = {"score": 2, "is_submitter": j > 1, "retrieved_on": utc + 40 * 86_400}
                comments.append({**common, **ids, **told, **rest})
        for name, rows in (("RS_2020-06.jsonl", posts), ("RC_2020-06.jsonl", comments)):
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / name).write_text(text, "utf8")
        return folder

    return write_dumps


def words_in(loaded: Any) -> set[str]:
    """The first words of all comments: they tell which dumps a dataset was made from."""
    return {row["comment"].split()[0] for split in loaded.values() for row in split}


def ids_in(loaded: Any) -> list[str]:
    return sorted(row["id"] for split in loaded.values() for row in split)


def test_the_name_builds_from_dumps_and_loads(dumps: Dumps) -> None:
    loaded = load_dataset("redditess", data_dir=str(dumps()), **SMALL)
    assert {"train", "test"} <= set(loaded)
    assert loaded["train"].features == features("effectiveness")
    labels = {row["label"] for split in loaded.values() for row in split}
    assert labels == {0, 1}


def test_full_is_a_config_and_reuses_the_build(dumps: Dumps) -> None:
    folder = dumps()
    load_dataset("redditess", data_dir=str(folder), **SMALL)
    before = sorted((local.home() / "builds").glob("*/manifest.json"))
    loaded = load_dataset("redditess", "full", data_dir=str(folder), **SMALL)
    assert loaded["train"].features == features("full")
    assert len(ids_in(loaded)) == 60
    assert sorted((local.home() / "builds").glob("*/manifest.json")) == before


def test_all_local_ways_in_give_the_same_rows(dumps: Dumps) -> None:
    folder = dumps()
    named = load_dataset("redditess", "full", data_dir=str(folder), **SMALL)
    direct = redditess.load("full", folder, **SMALL)
    [build] = (local.home() / "builds").glob("*/redditess")
    released = load_dataset(str(build), "full")
    assert {s: named[s].to_list() for s in named} == {s: direct[s].to_list() for s in direct}
    assert {s: named[s].to_list() for s in named} == {s: released[s].to_list() for s in released}
    assert named["train"].features == released["train"].features


@pytest.mark.slow
def test_files_may_be_named_and_only_these_are_read(dumps: Dumps) -> None:
    folder = dumps()
    names = ["RS_2020-06.jsonl", "RC_2020-06.jsonl"]
    (folder / "RC_2020-07.jsonl").write_text("not asked for, and no dump")
    here = [str(folder / name) for name in names]
    by_path = redditess.Redditess(data_files=here, **SMALL)
    for named in (
        redditess.Redditess(data_dir=folder, data_files=names, **SMALL),
        load_dataset_builder("redditess", data_files=here, **SMALL),
        load_dataset_builder("redditess", data_files={"train": here}, **SMALL),
        load_dataset_builder("redditess", data_dir=str(folder), data_files=names, **SMALL),
    ):
        assert named.cache_dir == by_path.cache_dir
    assert len(ids_in(load_dataset("redditess", "full", data_files=here, **SMALL))) == 60


def test_no_folder_is_searched_for_files_that_lie_elsewhere(
    dumps: Dumps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = [str(dumps() / "RS_2020-06.jsonl"), str(dumps() / "RC_2020-06.jsonl")]
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setattr("datasets.data_files.get_data_patterns", lambda _: pytest.fail("searched"))
    load_dataset_builder("redditess", data_files=here, **SMALL)


def test_a_named_file_that_is_missing_is_an_error(dumps: Dumps) -> None:
    with pytest.raises(InputError, match="RS_2021-06"):
        redditess.load(data_dir=dumps(), data_files="RS_2021-06.jsonl", **SMALL)


def test_streaming_builds_first_and_then_streams(dumps: Dumps) -> None:
    folder = dumps()
    streamed = load_dataset("redditess", "full", data_dir=str(folder), streaming=True, **SMALL)
    assert isinstance(streamed["train"], datasets.IterableDataset)
    assert streamed["train"].features == features("full")
    assert ids_in(streamed) == ids_in(redditess.load("full", folder, streaming=True, **SMALL))
    assert len(ids_in(streamed)) == 60
    assert not list(Path(datasets.config.HF_DATASETS_CACHE).rglob("*.arrow"))


def test_several_processes_read_the_shards(dumps: Dumps, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(write.write_release.__kwdefaults__, "shard_bytes", 4_000)
    folder = dumps()
    loaded = load_dataset("redditess", "full", data_dir=str(folder), num_proc=2, **SMALL)
    [data] = (local.home() / "builds").glob("*/redditess/data/full")
    assert len(list(data.glob("train-*"))) > 1
    assert len(ids_in(loaded)) == 60


# --- stale caches -----------------------------------------------------------------------------


def test_a_changed_dump_is_read_again(dumps: Dumps) -> None:
    folder = dumps(words="first")
    assert words_in(load_dataset("redditess", data_dir=str(folder), **SMALL)) == {"first"}
    dumps(words="other")
    assert words_in(load_dataset("redditess", data_dir=str(folder), **SMALL)) == {"other"}


def test_one_relative_path_in_two_folders_is_two_datasets(
    dumps: Dumps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dumps("a/dumps", words="first")
    dumps("b/dumps", words="other")
    for where, words in (("a", "first"), ("b", "other")):
        monkeypatch.chdir(tmp_path / where)
        assert words_in(load_dataset("redditess", data_dir="dumps", **SMALL)) == {words}


def test_another_key_gives_other_ids(dumps: Dumps, tmp_path: Path) -> None:
    folder = dumps()
    first = ids_in(load_dataset("redditess", data_dir=str(folder), **SMALL))
    (tmp_path / "key").write_text("6b" * 32)
    second = ids_in(load_dataset("redditess", data_dir=str(folder), **SMALL))
    assert len(first) == len(second) and not set(first) & set(second)


def test_an_edited_settings_file_is_another_dataset(dumps: Dumps, tmp_path: Path) -> None:
    folder, toml = dumps(), tmp_path / "s.toml"
    counts = []
    for limit in (10, 20):
        toml.write_text(f'preset = "sample"\nlimit = {limit}\n')
        loaded = load_dataset(
            "redditess", "full", data_dir=str(folder), settings=str(toml), workers=1
        )
        counts.append(len(ids_in(loaded)))
    assert counts[0] < counts[1]


def test_what_a_killed_run_left_is_not_published(dumps: Dumps) -> None:
    builder = redditess.Redditess(data_dir=dumps(), **SMALL)
    left = Path(builder.cache_dir + ".incomplete")
    left.mkdir(parents=True)
    (left / "redditess-train-00007-of-00009.arrow").write_bytes(b"half a shard")
    (left / "folder").mkdir()
    builder.download_and_prepare()
    assert {p.suffix for p in Path(builder.cache_dir).iterdir()} == {".arrow", ".json"}
    assert not list(Path(builder.cache_dir).glob("*00007*"))
    assert not left.exists()


def test_two_release_folders_of_one_name_are_two_datasets(dumps: Dumps, tmp_path: Path) -> None:
    seen = []
    for words in ("first", "other"):
        redditess.load(None, dumps(words, words=words), **SMALL)
        builds = (local.home() / "builds").glob("*/redditess")
        for build in sorted(builds, key=lambda p: p.stat().st_mtime_ns):
            found = words_in(load_dataset(str(build)))
            assert len(found) == 1
            seen.append(*found)
    assert sorted(set(seen)) == ["first", "other"]


# --- what lies in the folder ------------------------------------------------------------------


def test_a_stray_text_file_does_not_hide_the_dumps(dumps: Dumps) -> None:
    folder = dumps()
    (folder / "test_notes.txt").write_text("buy milk")
    (folder / "train.csv").write_text("a,b\n1,2\n")
    assert words_in(load_dataset("redditess", data_dir=str(folder), **SMALL)) == {"first"}


def test_a_folder_without_dumps_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("buy milk")
    with pytest.raises(InputError, match=r"notes: no dump in this folder"):
        load_dataset("redditess", data_dir=str(tmp_path / "notes"), **SMALL)


def test_a_bare_call_reads_the_dumps_here(
    dumps: Dumps, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = dumps()
    (folder / "test_notes.txt").write_text("buy milk")
    monkeypatch.chdir(folder)
    assert words_in(load_dataset("redditess", **SMALL)) == {"first"}
    assert caplog.messages == []


@pytest.mark.slow
def test_a_bare_call_without_dumps_is_the_sample_and_says_so_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notes.txt").write_text("buy milk")
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING, "redditess"):
        loaded = load_dataset("redditess", "full", limit=300, workers=1)
    assert all(all(split["invented"]) for split in loaded.values())
    assert [m for m in caplog.messages if "invented" in m] == caplog.messages
    assert len(caplog.messages) == 1 and "\n" not in caplog.messages[0]


def test_a_bare_call_in_an_empty_folder_is_refused_by_datasets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(FileNotFoundError):  # EmptyDatasetError; README says to use load()
        load_dataset("redditess")


@pytest.mark.slow
def test_load_without_arguments_is_the_sample_with_public_ids() -> None:
    loaded = redditess.load(limit=300, workers=1)
    assert all(all(split["invented"]) for split in loaded.values())
    [manifest] = (local.home() / "builds").glob("*/manifest.json")
    assert json.loads(manifest.read_text())["key_id"] == local.SAMPLE_KEY.id
    assert not list((local.home() / "builds").glob("*.sample"))


def test_a_damaged_dump_is_told_and_kept_as_far_as_it_goes(
    dumps: Dumps, caplog: pytest.LogCaptureFixture
) -> None:
    folder = dumps()
    path = folder / "RC_2020-06.jsonl"
    path.write_bytes(path.read_bytes()[:-40])
    with caplog.at_level(logging.WARNING, "redditess"):
        loaded = load_dataset("redditess", "full", data_dir=str(folder), **SMALL)
    assert len(ids_in(loaded)) == 60
    assert ["RC_2020-06.jsonl" in m and "manifest.json" in m for m in caplog.messages] == [True]


# --- wrong words ------------------------------------------------------------------------------


def test_unknown_words_are_refused(dumps: Dumps) -> None:
    folder = str(dumps())
    with pytest.raises(ValueError, match="doesn't have a 'colour' key"):
        load_dataset("redditess", data_dir=folder, colour="red")
    with pytest.raises(ValueError, match="'half' not found"):
        load_dataset("redditess", "half", data_dir=folder)
    with pytest.raises(SettingsError, match="did you mean paper"):
        load_dataset("redditess", data_dir=folder, preset="papr")


def test_dumps_that_hold_nothing_wanted_say_so_in_their_own_words(dumps: Dumps) -> None:
    with pytest.raises(InputError, match="nothing would be selected"):
        load_dataset("redditess", data_dir=str(dumps()), preset="paper", workers=1)


def test_how_a_build_runs_does_not_make_another_dataset(dumps: Dumps) -> None:
    folder = dumps()
    one = redditess.Redditess(data_dir=folder, preset="sample", workers=1)
    two = redditess.Redditess(data_dir=folder, preset="sample", workers=2, memory_limit="1GB")
    far = redditess.Redditess(data_dir=folder, preset="sample", engine="spark", master="yarn")
    assert one.cache_dir == two.cache_dir == far.cache_dir
    assert one.cache_dir != redditess.Redditess(data_dir=folder, preset="sample", limit=9).cache_dir


# --- the loader's private parts ---------------------------------------------------------------


def test_the_private_table_of_datasets_still_takes_our_name() -> None:
    """Fails loudly when `datasets` changes what `register` and the builder rely on."""
    assert packaged_modules._PACKAGED_DATASETS_MODULES["redditess"][0] == "redditess"
    assert datasets.load.import_main_class("redditess") is redditess.Redditess
    taken = {module for module, _ in packaged_modules._EXTENSION_TO_MODULE.values()}
    assert "redditess" not in taken  # `load_dataset(folder)` of other people is as before
    assert "_download_and_prepare" in vars(datasets.DatasetBuilder)
    assert redditess.Redditess.__module__ == "redditess"


def test_without_that_table_a_warning_names_the_other_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(packaged_modules, "_PACKAGED_DATASETS_MODULES")
    with pytest.warns(UserWarning, match=r"redditess\.load\(\)"):
        redditess.register()


def test_registering_twice_changes_nothing() -> None:
    before = dict(packaged_modules._PACKAGED_DATASETS_MODULES)
    redditess.register()
    assert before == packaged_modules._PACKAGED_DATASETS_MODULES


def run_python(code: str, where: Path, **environment: str) -> str:
    """A program in an interpreter of its own; its stdout."""
    path = os.pathsep.join([str(Path(redditess.__file__).parent), *sys.path])
    # Importing redditess has set the variable in this process.
    own = {k: v for k, v in os.environ.items() if k != "HF_UPDATE_DOWNLOAD_COUNTS"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=where, capture_output=True, text=True,
        env={**own, "PYTHONPATH": path, **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


COUNTING = "import datasets, redditess; print(datasets.config.HF_UPDATE_DOWNLOAD_COUNTS)"


@pytest.mark.slow
def test_loads_are_not_reported_unless_asked(tmp_path: Path) -> None:
    assert run_python(COUNTING, tmp_path).split() == ["False"]
    assert run_python(COUNTING, tmp_path, HF_UPDATE_DOWNLOAD_COUNTS="1").split() == ["True"]


def test_no_way_in_touches_the_network(dumps: Dumps, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def refuse(*words: Any) -> None:
        tried.append(words)  # `datasets` swallows what a request raises
        raise OSError("no network here")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    folder = dumps()
    load_dataset("redditess", data_dir=str(folder), **SMALL)
    load_dataset("redditess", data_dir=str(folder), streaming=True, **SMALL)
    redditess.load("full", folder, **SMALL)
    [build] = (local.home() / "builds").glob("*/redditess")
    load_dataset(str(build), "full")
    assert tried == []


SPAWN = """
import multiprocess, sys
import redditess
from datasets import load_dataset
from redditess.release import write

if __name__ == "__main__":
    multiprocess.set_start_method("spawn")
    write.write_release.__kwdefaults__["shard_bytes"] = 4000
    words = {"data_dir": sys.argv[1], "preset": "sample", "workers": 1}
    loaded = load_dataset("redditess", "full", num_proc=2, **words)
    print(sum(split.num_rows for split in loaded.values()))
"""


@pytest.mark.slow
def test_processes_may_be_spawned(dumps: Dumps, tmp_path: Path) -> None:
    script = tmp_path / "spawn.py"
    script.write_text(SPAWN)
    code = f"import runpy, sys; sys.argv = ['spawn.py', {str(dumps())!r}]; "
    code += f"runpy.run_path({str(script)!r}, run_name='__main__')"
    environment = {"HF_DATASETS_CACHE": str(tmp_path / "c2")}
    assert run_python(code, tmp_path, **environment).split()[-1] == "60"


TWICE = """
import redditess, sys
print(redditess.load("full", sys.argv[1], preset="sample", workers=1)["train"].num_rows)
"""


@pytest.mark.slow
def test_two_programs_at_once_share_one_build(dumps: Dumps, tmp_path: Path) -> None:
    folder = dumps()
    script = tmp_path / "twice.py"
    script.write_text(TWICE)
    path = os.pathsep.join([str(Path(redditess.__file__).parent), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "HF_DATASETS_CACHE": str(tmp_path / "c3")}
    both = [
        subprocess.Popen(
            [sys.executable, str(script), str(folder)], env=environment, text=True,
            stdout=subprocess.PIPE,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [program.communicate()[0].split()[-1] for program in both]
    assert said[0] == said[1]
    assert len(list((local.home() / "builds").glob("*/manifest.json"))) == 1


def test_the_module_survives_what_datasets_patches_into_it(dumps: Dumps) -> None:
    redditess.Redditess(data_dir=dumps(), **SMALL)
    module = importlib.import_module("redditess")
    assert module.__version__ and importlib.import_module("redditess.corpus").__name__
