"""A whole run: rows of a build -> calls -> a table, with everything that can happen between."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import read_stats
from redditess.corpus.errors import BuildError, RemoteError, SettingsError
from redditess.corpus.folder import BuildFolder
from redditess.labeling.callstore import CallStore
from redditess.labeling.canaries import CanaryFailed, canaries
from redditess.labeling.endpoint import Answer, Endpoint, NoAnswer
from redditess.labeling.ledger import Ledger
from redditess.labeling.llm_rows import plan
from redditess.labeling.llm_run import label_llm
from redditess.labeling.llm_votes import LLM_SCHEMA, llm_functions, slug, table_file
from redditess.labeling.pacing import Pace
from tests.labeling.llm_server import Reply, Scripted, Seen, always, answer, honest, read, serving

N_CANARIES = len(canaries())
PLANTED = {c.item.comment for c in canaries()}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def comments(
    rows: Callable[..., pa.Table], build: Callable[..., BuildFolder]
) -> Callable[[int], BuildFolder]:
    """`comments(n)`: a build of n different comments in two buckets."""

    def make(n: int) -> BuildFolder:
        table = rows(*({"comment": f"Try the walk number {i} in the evening."} for i in range(n)))
        return build(table.slice(0, n // 2), table.slice(n // 2))

    return make


def table(folder: BuildFolder, name: str = "scripted") -> list[dict[str, Any]]:
    return pq.read_table(table_file(folder, name)).to_pylist()


def test_a_run_leaves_one_row_per_comment_in_the_order_of_the_build(
    comments: Callable[[int], BuildFolder],
) -> None:
    folder = comments(12)
    stats = label_llm(folder, Scripted(honest), CallStore(), concurrency=3)
    found = table(folder)
    assert [r["comment_id"] for r in found] == [f"t1_{i}" for i in range(12)]
    assert pq.read_schema(table_file(folder, "scripted")).equals(LLM_SCHEMA)
    assert found[5] == {
        "comment_id": "t1_5", "vote": 1, "confidence": pytest.approx(0.8),
        "evidence": "Try the walk number 5 in the evening.", "support_types": ["emotional"],
        "screen": [], "unscored": None,
    }  # fmt: skip
    assert (stats["rows"], stats["scored"], stats["calls"]) == (12, 12, 12 + N_CANARIES + 2)
    assert read_stats(table_file(folder, "scripted"))["votes"]["effective"] == 12


def test_a_second_run_asks_nothing(comments: Callable[[int], BuildFolder]) -> None:
    folder, asker = comments(10), Scripted(honest)
    label_llm(folder, asker, CallStore())
    before, first = asker.n_calls, table_file(folder, "scripted").read_bytes()
    stats = label_llm(folder, asker, CallStore())
    assert (asker.n_calls, stats["stored"], stats["calls"]) == (before, 10, 0)
    assert pq.read_table(table_file(folder, "scripted")).num_rows == 10
    assert len(first) > 0


def test_the_same_text_is_asked_once(
    rows: Callable[..., pa.Table], build: Callable[..., BuildFolder]
) -> None:
    folder = build(rows(*[{"comment": "The very same words again."}] * 5))
    stats = label_llm(folder, Scripted(honest), CallStore())
    assert (stats["scored"], stats["same_text"]) == (5, 4)
    assert stats["calls"] == 1 + N_CANARIES + 2


def test_unreadable_rows_are_unscored_with_a_reason_and_asked_again_later(
    comments: Callable[[int], BuildFolder],
) -> None:
    folder = comments(9)
    bad = {"Try the walk number 3 in the evening.", "Try the walk number 4 in the evening."}

    def rambles(seen: Seen) -> str:
        return "Well, hard to say." if seen.comment in bad else honest(seen)

    asker = Scripted(rambles)
    stats = label_llm(folder, asker, CallStore())
    assert stats["unscored"] == {"no_json": 2}
    assert stats["scored"] + sum(stats["unscored"].values()) == stats["rows"] == 9
    assert table(folder)[3] == {
        "comment_id": "t1_3", "vote": None, "confidence": None, "evidence": None,
        "support_types": None, "screen": None, "unscored": "no_json",
    }  # fmt: skip
    asker.say = honest
    again = label_llm(folder, asker, CallStore())
    assert (again["scored"], again["stored"], again["unscored"]) == (9, 7, {})


@pytest.mark.parametrize(
    ("finish", "reason"), [("length", "cut_off"), ("content_filter", "refused")]
)
def test_the_servers_reason_is_kept(
    comments: Callable[[int], BuildFolder], finish: str, reason: str
) -> None:
    class Stops(Scripted):
        def ask(self, messages: Any) -> Answer:
            seen = read(messages)
            text = honest(seen)
            return Answer(text) if seen.comment in PLANTED else Answer(text[:20], finish)

    assert label_llm(comments(3), Stops(honest), CallStore())["unscored"] == {reason: 3}


def test_a_limit_takes_a_nested_sample(comments: Callable[[int], BuildFolder]) -> None:
    folder, asker = comments(30), Scripted(honest)
    label_llm(folder, asker, CallStore(), limit=5)
    five = [r["comment_id"] for r in table(folder)]
    assert len(five) == 5
    assert label_llm(folder, asker, CallStore(), limit=12)["stored"] == 5
    twelve = [r["comment_id"] for r in table(folder)]
    assert set(five) < set(twelve)
    assert twelve != [f"t1_{i}" for i in range(12)]


def test_a_gone_server_stops_the_run_and_keeps_what_was_heard(
    comments: Callable[[int], BuildFolder],
) -> None:
    class Dies(Scripted):
        def ask(self, messages: Any) -> Answer:
            if self.n_calls >= N_CANARIES + 8:
                raise NoAnswer("connection")
            return super().ask(messages)

    folder = comments(60)
    with pytest.raises(RemoteError, match="in a row"):
        label_llm(folder, Dies(honest), CallStore(), concurrency=2)
    assert len(CallStore()) == 8
    assert not table_file(folder, "scripted").exists()


@pytest.mark.parametrize("way", ["effective", "not_effective"])
def test_a_labeller_that_turns_is_stopped_and_its_answers_taken_back(
    comments: Callable[[int], BuildFolder], way: str
) -> None:
    """Good for 70 calls, then hijacked: what was stored since the last good canary is void."""

    class Turns(Scripted):
        def ask(self, messages: Any) -> Answer:
            if self.n_calls >= 70:
                self.say = lambda seen: answer(seen, way)
            return super().ask(messages)

    folder = comments(200)
    with pytest.raises(CanaryFailed, match="planted item"):
        label_llm(folder, Turns(honest), CallStore(), concurrency=2)
    kept = len(CallStore())
    assert 40 <= kept <= 60
    assert not table_file(folder, "scripted").exists()
    assert label_llm(folder, Scripted(honest), CallStore())["stored"] == kept


def test_a_labeller_that_fails_before_is_asked_about_no_row(
    comments: Callable[[int], BuildFolder],
) -> None:
    asker = Scripted(lambda seen: "effective")
    with pytest.raises(CanaryFailed):
        label_llm(comments(5), asker, CallStore())
    assert asker.n_calls <= 2 * N_CANARIES
    assert len(CallStore()) == 0


def test_another_models_table_is_not_overwritten(comments: Callable[[int], BuildFolder]) -> None:
    folder, other = comments(2), Scripted(honest)
    label_llm(folder, Scripted(honest), CallStore())
    other.model = "Scripted!"
    with pytest.raises(SettingsError, match="--name"):
        label_llm(folder, other, CallStore())
    label_llm(folder, other, CallStore(), name="second")
    assert [f.name for f in llm_functions(folder)] == ["llm:scripted", "llm:second"]


def test_a_second_run_at_the_same_time_is_refused(comments: Callable[[int], BuildFolder]) -> None:
    folder = comments(2)

    def meddles(seen: Seen) -> str:
        with pytest.raises(BuildError, match="another run"):
            label_llm(folder, Scripted(honest), CallStore())
        return honest(seen)

    assert label_llm(folder, Scripted(meddles), CallStore())["scored"] == 2


def test_the_votes_are_a_function_that_sees_the_input_and_never_decides(
    comments: Callable[[int], BuildFolder],
) -> None:
    folder = comments(6)

    def mixed(seen: Seen) -> str:
        n = seen.comment[20:21]
        return honest(seen, {"1": "not_effective", "2": "unclear"}.get(n, "effective"))

    label_llm(folder, Scripted(mixed), CallStore(), limit=5)
    (function,) = llm_functions(folder)
    whole = pa.concat_tables(pq.read_table(f) for f in folder.buckets(folder.interactions))
    votes = function(whole)
    said = {r["comment_id"]: r["vote"] for r in table(folder)}
    ids = whole.column("comment_id").to_pylist()
    assert votes.vote.tolist() == [said.get(i, -2) for i in ids]
    assert (votes.vote == -2).sum() == 1
    assert (function.sees_input, function.decides, function.family) == (True, False, "llm")
    assert slug("a/B c") == "a-b-c"


def test_a_plan_asks_nothing_and_counts_what_a_run_would_do(
    comments: Callable[[int], BuildFolder],
) -> None:
    folder, asker = comments(20), Scripted(honest)
    made = plan(folder, asker, CallStore(), limit=8, price_in=0.5, price_out=2.0)
    assert (made.rows, made.stored, made.calls, asker.n_calls) == (8, 0, 8 + N_CANARIES + 2, 0)
    assert made.cost == pytest.approx(made.tokens_in * 0.0005 + made.tokens_out * 0.002)
    label_llm(folder, asker, CallStore(), limit=8)
    after = plan(folder, asker, CallStore(), limit=8)
    assert (after.stored, after.calls, after.tokens_in, after.cost) == (8, 0, 0, None)


# ---- through the command line ------------------------------------------------------------


def command(*words: str) -> Any:
    return CliRunner().invoke(make_app(), ["label", "llm", *words])


@pytest.fixture
def server() -> Iterator[Any]:
    with serving(always()) as running:
        yield running


def test_the_verb_asks_an_endpoint(comments: Callable[[int], BuildFolder], server: Any) -> None:
    folder = comments(8)
    done = command(str(folder.root), "--endpoint", server.url, "--model", "org/M-1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["scored"] == 8
    assert len(table(folder, "org-m-1")) == 8
    assert {b["model"] for b in server.bodies} == {"org/M-1"}


def test_faults_of_a_server_cost_no_row(comments: Callable[[int], BuildFolder]) -> None:
    faults = [Reply(status=429, headers=(("Retry-After", "0"),)), Reply(status=500),
              Reply(raw=b"garbage"), Reply("x", cut=True)]  # fmt: skip

    def script(body: dict[str, Any], n: int) -> Reply:
        return faults[n // 3 % 4] if n % 3 == 0 else always()(body, n)

    folder = comments(20)
    with serving(script) as server:
        asker = Endpoint(server.url, "m", timeout_s=5, pace=Pace(backoff_s=0.001))
        stats = label_llm(folder, asker, CallStore(), concurrency=4)
    assert (stats["scored"], stats["unscored"]) == (20, {})


def test_the_verb_plans_without_a_server(comments: Callable[[int], BuildFolder]) -> None:
    done = command(
        str(comments(8).root), "--endpoint", "https://llm.example.org/v1", "--model", "m",
        "--plan", "--price-in", "1", "--price-out", "1",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "calls       16" in done.stdout


def test_a_folder_that_is_no_build_is_said_to_be_none(tmp_path: Path) -> None:
    for more in ([], ["--plan"]):
        there = ["--endpoint", "http://127.0.0.1:9/v1", "--model", "m", *more]
        done = command(str(tmp_path / "none"), *there)
        assert isinstance(done.exception, BuildError)
    assert not (tmp_path / "none").exists()


def test_nothing_leaves_without_flag_and_agreement(
    comments: Callable[[int], BuildFolder], tmp_path: Path, home: Path
) -> None:
    there = ["--endpoint", "https://llm.example.org/v1", "--model", "m"]
    build = str(comments(2).root)
    for more, word in ([], "--allow-remote"), (["--allow-remote"], "no agreement"):
        done = command(build, *there, "--governance", str(tmp_path / "none.toml"), *more)
        assert isinstance(done.exception, RemoteError)
        assert word in str(done.exception)
    assert not (home / "llm" / "ledger.jsonl").exists()


def test_what_left_is_in_the_ledger_before_it_leaves(
    rows: Callable[..., pa.Table], build: Callable[..., BuildFolder]
) -> None:
    folder = build(rows({"comment": "Write to jo.le@example.org about the evening walk."}))
    ledger, texts = Ledger(), []

    def looks(seen: Seen) -> str:
        if seen.comment not in PLANTED:
            assert [e["n"] for e in ledger.entries()] == [1]
            texts.append(seen.comment)
        return honest(seen)

    asker = Scripted(looks)
    asker.server = "llm.example.org"
    label_llm(folder, asker, CallStore(), ledger=ledger, purpose="a second opinion")
    assert texts == ["Write to [EMAIL] about the evening walk."]
    assert ledger.left("t1_0")[0]["purpose"] == "a second opinion"
    label_llm(folder, asker, CallStore(), ledger=ledger, purpose="a second opinion")
    assert len(ledger.entries()) == 1


# ---- killed ------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_killed_run_repeats_no_stored_call_and_loses_no_row(
    comments: Callable[[int], BuildFolder], home: Path, repository: Path
) -> None:
    folder = comments(60)
    asked: Counter[str] = Counter()

    def script(body: dict[str, Any], n: int) -> Reply:
        seen = read(body["messages"])
        asked[seen.comment] += seen.comment not in PLANTED
        return Reply(honest(seen), wait_s=0.03)

    stored: set[str] = set()
    repeated: Counter[str] = Counter()
    with serving(script) as server:
        line = [sys.executable, "-m", "redditess", "label", "llm", str(folder.root),
                "--endpoint", server.url, "--model", "m", "--concurrency", "4"]  # fmt: skip
        environment = os.environ | {"REDDITESS_HOME": str(home)}
        for at_least in (12, 30):
            run = subprocess.Popen(line, cwd=repository, env=environment, stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + 60
            while len(CallStore()) < at_least and time.monotonic() < deadline:
                time.sleep(0.02)
            run.send_signal(signal.SIGKILL)
            run.wait()
            assert not table_file(folder, "m").exists()
            repeated.update({t: n for t, n in asked.items() if t in stored})
            asked.clear()
            stored = _stored_comments(folder)
            assert at_least <= len(stored) < 60
        done = subprocess.run(line, cwd=repository, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    repeated.update({t: n for t, n in asked.items() if t in stored})
    assert +repeated == Counter()
    assert [r["vote"] for r in table(folder, "m")] == [1] * 60
    assert CallStore().n_damaged <= 2


def _stored_comments(folder: BuildFolder) -> set[str]:
    """Comments whose answer is on the disk."""
    records = []
    for path in CallStore().folder.glob("calls-*.jsonl"):
        records += [json.loads(raw[17:]) for raw in path.read_bytes().splitlines(True)
                    if raw.endswith(b"}\n")]  # fmt: skip
    return {f"Try the walk number {r['row'][3:]} in the evening." for r in records}


def test_explain_shows_the_model_beside_the_votes_without_weight(
    comments: Callable[[int], BuildFolder],
) -> None:
    from redditess.corpus.settings import load_settings
    from redditess.labeling.explain import explain
    from redditess.labeling.label import fit_labels, label_bucket
    from redditess.labeling.vote import vote_bucket

    folder, settings = comments(4), load_settings("default")
    for bucket in range(2):
        vote_bucket(folder, bucket, settings)
    fit_labels(folder, settings)
    for bucket in range(2):
        label_bucket(folder, bucket, settings)
    before = explain(folder, "t1_1")
    rambling = "Try the walk number 2 in the evening."
    say = {rambling: "no idea"}
    label_llm(folder, Scripted(lambda s: say.get(s.comment) or honest(s)), CallStore())
    after = explain(folder, "t1_1")
    assert after.label == before.label
    assert after.votes[:-1] == before.votes
    said = after.votes[-1]
    assert (said["function"], said["vote"], said["weight"]) == ("llm:scripted", "effective", None)
    assert explain(folder, "t1_2").votes[-1]["evidence"] == "unscored: no_json"
