"""What a newcomer meets before a cluster: one sentence each, and no JVM is started for it."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from redditess.corpus.errors import BuildError, MissingExtra, RedditessError, SettingsError
from redditess.corpus.settings import executed, load_settings
from redditess.release.engines import spark_session
from redditess.release.engines.choice import Local, open_engine
from redditess.release.engines.engine import fit
from redditess.release.engines.spark_errors import explained
from redditess.release.engines.spark_session import check

pytest.importorskip("pyspark", reason="pyspark is not installed: pip install 'redditess[spark]'")


@pytest.fixture(autouse=True)
def java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "_java", lambda: "/usr/bin/java")


def test_the_engine_is_no_part_of_a_fingerprint() -> None:
    one, two = load_settings(), load_settings(engine="spark", master="yarn")
    assert one.fingerprint() == two.fingerprint()
    assert {"engine", "master"} & one.identity().keys() == set()


def test_how_a_build_runs_can_be_said_later_and_what_it_makes_cannot() -> None:
    later = executed(load_settings(), engine="spark", master="yarn", workers=None)
    assert (later.engine, later.master, later.workers) == ("spark", "yarn", None)
    assert later.fingerprint() == load_settings().fingerprint()
    with pytest.raises(SettingsError, match="use local or spark"):
        executed(load_settings(), engine="dask")
    with pytest.raises(SettingsError, match="limit decides the rows"):
        executed(load_settings(), limit=3)


def test_a_master_needs_the_engine() -> None:
    with pytest.raises(SettingsError, match="add --engine spark"):
        open_engine(load_settings(master="yarn"))
    with pytest.raises(SettingsError, match="use local or spark"):
        load_settings(engine="dask")
    assert isinstance(open_engine(load_settings()), Local)


def test_a_master_of_no_known_form_is_refused_with_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"'http://x:7077' is no master.*spark://HOST:7077"):
        check("http://x:7077")


def test_a_master_that_does_not_answer_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        check(f"spark://127.0.0.1:{port}")
    with pytest.raises(BuildError, match=rf"spark://127.0.0.1:{port}: nothing answers there"):
        check(f"spark://127.0.0.1:{port}")
    with pytest.raises(BuildError, match="nothing answers there"):
        check("spark://127.0.0.1:not-a-port")


def test_a_second_master_may_answer_for_the_first() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        check(f"spark://127.0.0.1:1,127.0.0.1:{taken.getsockname()[1]}")


def test_the_token_of_a_connect_address_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: True)
    with pytest.raises(BuildError) as told:
        check("sc://127.0.0.1:1/;token=secret")
    assert "secret" not in str(told.value) and "sc://127.0.0.1:1" in str(told.value)


def test_what_is_missing_is_named_with_the_line_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "_java", lambda: None)
    with pytest.raises(MissingExtra, match="openjdk-17-jre-headless"):
        check("local[1]")
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r'pip install "redditess\[spark\]"'):
        check(None)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("[PYTHON_VERSION_MISMATCH] Python in worker has different version: 3.9 than that in"
         " driver: 3.11, PySpark cannot run", "have Python 3.9, and this is Python 3.11"),
        ("Traceback\nModuleNotFoundError: No module named 'pyarrow'", "no pyarrow"),
        ('java.io.IOException: Cannot run program "/opt/x/python": error=2', "no Python at /opt/x"),
        ("Job aborted: ExecutorLostFailure (executor 1 exited), exit code 137",
         "spark.executor.memoryOverhead"),
        ("SparkException: Could not parse Master URL: 'spark:x'", "does not know this master"),
    ],
)  # fmt: skip
def test_what_java_says_becomes_one_sentence(words: str, sentence: str) -> None:
    told = str(explained(RuntimeError(words), "ingest RC_2019-01.zst"))
    assert sentence in told and "\n" not in told and "Exception" not in told


def test_an_unknown_failure_names_its_log_and_obeys_no_terminal(tmp_path: Path) -> None:
    log = tmp_path / "spark.log"
    log.write_text("WARN nothing known")
    told = str(explained(RuntimeError("a.b.FooException: odd\x1b[31m\nmore"), "vote 3", log))
    assert str(log) in told and "\x1b" not in told and "more" not in told
    own = SettingsError("x", "y", "z")
    assert explained(own, "") is own and isinstance(own, RedditessError)


def test_neighbours_share_the_memory_limit() -> None:
    task = {"memory_limit": 4 * 10**9, "bucket": 1}
    assert fit("assemble", task, 2, 1)["memory_limit"] == "1550MB"
    assert fit("vote", {"bucket": 1}, 2, 1) == {"bucket": 1}
