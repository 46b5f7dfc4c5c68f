"""`redditess release check`: a clean release passes, and each fault is named by its own check."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from redditess.__main__ import make_app
from redditess.corpus.artefacts import read_json, write_json, write_parquet, write_text
from redditess.corpus.errors import BuildError
from redditess.release.check import check_release
from redditess.release.check import probe as probe_module
from redditess.release.check.report import Report, Result
from redditess.release.pseudonyms import SAMPLE_KEY, pseudonym

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

Found = dict[str, Result]


def named(report: Report) -> Found:
    return {result.name: result for result in report.results}


@pytest.fixture(scope="module")
def leaks(load_benchmark: Callable[[str], ModuleType]) -> ModuleType:
    return load_benchmark("leaks")


@pytest.fixture
def copy(small_build: Path, tmp_path: Path, leaks: ModuleType) -> Any:
    """A build whose released rows can be changed (`benchmarks/leaks.py`)."""
    return leaks.Copy(small_build, tmp_path / "copy")


@pytest.fixture(scope="module")
def clean(small_build: Path) -> Found:
    return named(check_release(small_build))


def test_a_clean_build_has_no_failure_and_every_check_has_a_name_of_its_own(
    small_build: Path,
) -> None:
    report = check_release(small_build)
    assert [r.name for r in report.of("fail")] == []
    assert len({r.name for r in report.results}) == len(report.results) > 30
    assert {r.name for r in report.of("not checkable here")} <= {
        "test rows of the earlier build", "label from the post alone", "pairs",
        "attack: the other form",
    }  # fmt: skip
    report.require(small_build)


def test_every_check_is_explained(small_build: Path, repository: Path) -> None:
    page = (repository / "docs" / "check.md").read_text("utf8")
    rows = {line.split("|")[1].strip() for line in page.splitlines() if line.startswith("|")}
    names = {r.name for r in check_release(small_build).results} - {"pairs"}
    assert names - rows == set()
    assert "`pairs`" in page


def test_a_copy_without_its_build_says_what_cannot_be_checked(
    small_build: Path, tmp_path: Path
) -> None:
    import shutil

    shutil.copytree(small_build / "redditess", tmp_path / "bare")
    found = named(check_release(tmp_path / "bare"))
    private = (
        "poster in two splits",
        "commenters of train in test",
        "usernames",
        "attack: the dump",
    )
    assert {found[name].verdict for name in private} == {"not checkable here"}
    assert [r.name for r in found.values() if r.verdict == "fail"] == []
    assert found["near-duplicate in two splits"].verdict == "pass"


def test_a_folder_that_is_no_release_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="neither a finished build nor a released folder"):
        check_release(tmp_path)


# ---- files and schema ----------------------------------------------------------------------


def shard(root: Path, config: str = "full", split: str = "train") -> Path:
    return next((root / "redditess" / "data" / config).glob(f"{split}-*.parquet"))


def rewrite(path: Path, change: Callable[[pa.Table], pa.Table], **more: Any) -> None:
    table = change(pq.read_table(path))
    pq.write_table(table, path, **more)


def fault_bytes(root: Path) -> None:
    rewrite(shard(root), lambda t: t.slice(1), write_page_index=True)


def fault_stranger(root: Path) -> None:
    (root / "redditess" / "notes.txt").write_text("x")


def fault_type(root: Path) -> None:
    rewrite(shard(root, split="test"), lambda t: t.set_column(
        t.schema.get_field_index("score"), "score", t["score"].cast(pa.int64())
    ))  # fmt: skip


def fault_missing_column(root: Path) -> None:
    rewrite(shard(root, split="validation"), lambda t: t.drop_columns(["era"]))


def fault_footer(root: Path) -> None:
    rewrite(shard(root), lambda t: t.replace_schema_metadata({}))


def fault_card_features(root: Path) -> None:
    card = root / "redditess" / "README.md"
    card.write_text(
        card.read_text().replace(
            "name: conflict\n    dtype: bool", "name: conflict\n    dtype: string"
        )
    )


def fault_figure(root: Path) -> None:
    path = root / "redditess" / "release.json"
    document = read_json(path)
    document["splits"]["full"]["test"]["rows"] += 1
    write_json(path, document)


def fault_yaml(root: Path) -> None:
    write_text(root / "redditess" / "README.md", "---\nconfigs: [\n---\n")


def fault_pattern(root: Path) -> None:
    card = root / "redditess" / "README.md"
    card.write_text(
        card.read_text().replace("data/full/test-*.parquet", "data/full/tests-*.parquet")
    )


def fault_tag(root: Path) -> None:
    card = root / "redditess" / "README.md"
    card.write_text(card.read_text().replace("- peer-support", "- not-for-all-audiences"))


def fault_script(root: Path) -> None:
    (root / "redditess" / "redditess.py").write_text("")


def fault_format(root: Path) -> None:
    (root / "redditess" / "data" / "full" / "train-00000-of-00001.jsonl").write_text("{}")


def fault_split_name(root: Path) -> None:
    path = shard(root)
    path.with_name("tr ain-00000-of-00001.parquet").write_bytes(path.read_bytes())


def fault_index(root: Path) -> None:
    rewrite(shard(root), lambda t: t, write_page_index=False)


def fault_map(root: Path) -> None:
    for split in ("train", "validation", "test"):
        rewrite(shard(root, split=split), lambda t: t.append_column(
            "extra", pa.array([[("a", 1)]] * len(t), pa.map_(pa.string(), pa.int32()))
        ))  # fmt: skip


def put(column: str, value: Any, at: int = 0) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = table[column].to_pylist()
        values[at] = value
        field = table.schema.field(column)
        return table.set_column(
            table.schema.get_field_index(column), field, pa.array(values, field.type)
        )

    return change


def fault_nul(root: Path) -> None:
    rewrite(shard(root), put("op_replies", ["thank\0you"]))


def fault_mail(root: Path) -> None:
    rewrite(shard(root), put("op_general", ["write to jo.l@example.org"]))


def fault_user(root: Path) -> None:
    rewrite(shard(root), put("comment", "as u/sleepy_owl_77 said"))


def fault_reddit_id(root: Path) -> None:
    rewrite(shard(root), put("post", "see t3_abc123"))


def fault_bare_id(root: Path) -> None:
    rewrite(shard(root), put("id", "t1_abc123"))


def people(root: Path) -> dict[str, str]:
    """Pseudonym of a comment -> who wrote it, of names that are no words."""
    found = {}
    for path in (root / "interactions").glob("*.parquet"):
        for row in pq.read_table(path, columns=["comment_id", "commenter"]).to_pylist():
            if re.search(r"[\d_]", row["commenter"] or ""):
                found[pseudonym(SAMPLE_KEY, row["comment_id"])] = row["commenter"]
    return found


def fault_name(root: Path) -> None:
    named, path = people(root), shard(root)
    ids = pq.read_table(path)["id"].to_pylist()
    at = next(i for i, own in enumerate(ids) if own in named)
    rewrite(path, put("op_replies", [f"thank you {named[ids[at]].upper()}, you were right"], at))


def fault_reaction(root: Path) -> None:
    rewrite(
        shard(root, "effectiveness"), lambda t: t.append_column("score", pa.array([1] * len(t)))
    )


def fault_order(root: Path) -> None:
    rewrite(shard(root), lambda t: t.take(pc.sort_indices(t, sort_keys=[("day", "ascending")])))


def fault_key(root: Path) -> None:
    path = root / "redditess" / "release.json"
    document = read_json(path)
    document["content"]["invented"] -= 3
    write_json(path, document)


def fault_repeated_row(root: Path) -> None:
    rewrite(shard(root), lambda t: pa.concat_tables([t, t.slice(0, 1)]))


def fault_moved_row(root: Path) -> None:
    row = pq.read_table(shard(root, "effectiveness", "test")).slice(0, 1)
    rewrite(shard(root, "effectiveness", "train"), lambda t: pa.concat_tables([t, row]))


FAULTS = {
    "files": fault_bytes,
    "strangers": fault_stranger,
    "schema": fault_type,
    "schema of the card": fault_card_features,
    "rows in one place": fault_repeated_row,
    "direct identifiers": fault_mail,
    "reddit ids": fault_reddit_id,
    "usernames": fault_name,
    "reactions": fault_reaction,
    "order of rows": fault_order,
    "key": fault_key,
    "viewer: card": fault_pattern,
    "viewer: switched off": fault_tag,
    "viewer: names of splits": fault_split_name,
    "viewer: one format": fault_format,
    "viewer: map columns": fault_map,
    "viewer: page index": fault_index,
    "viewer: U+0000": fault_nul,
    "viewer: scripts": fault_script,
    "card": fault_figure,
}
MORE = [
    ("schema", fault_missing_column),
    ("schema", fault_footer),
    ("viewer: card", fault_yaml),
    ("direct identifiers", fault_user),
    ("reddit ids", fault_bare_id),
    ("rows in one place", fault_moved_row),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "fault"), [*FAULTS.items(), *MORE], ids=lambda v: getattr(v, "__name__", "")
)
def test_a_fault_is_found_by_its_check(
    name: str, fault: Callable[[Path], None], copy: Any, clean: Found
) -> None:
    assert clean[name].verdict == "pass"
    fault(copy.folder.root)
    found = named(check_release(copy.folder.root))
    assert found[name].verdict == "fail", found[name]
    assert found[name].sentence.endswith(".")


@pytest.mark.parametrize(
    ("limit", "value", "name"),
    [("MAX_CONFIGS", 1, "viewer: how many"), ("MAX_SPLITS", 2, "viewer: how many"),
     ("MAX_COLUMNS", 9, "viewer: how many"), ("MAX_NAME", 4, "viewer: how many"),
     ("MAX_GROUP", 100, "viewer: row groups"), ("MAX_PLAIN", 100, "viewer: large files")],
)  # fmt: skip
def test_limits_of_the_viewer_are_kept(
    limit: str, value: int, name: str, small_build: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from redditess.release.check import viewer
    from redditess.release.check.subject import Subject

    monkeypatch.setattr(viewer, limit, value)
    found = {r.name: r.verdict for r in viewer.check_viewer(Subject(small_build))}
    assert found[name] == "fail"


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("n", [3, 4, 3]),
        ("words", ["ab", "abc", None]),
        ("lists", [[], ["a"], []]),
        ("one", [None, 7, None]),
    ],
)
def test_columns_that_cost_a_split_its_charts_are_warned_of(
    column: str, values: list[Any], copy: Any
) -> None:
    from redditess.release.check.subject import Subject
    from redditess.release.check.viewer import check_viewer

    table = pa.table({column: values})
    write_parquet(
        copy.folder.release / "data" / "extra" / "test-00000-of-00001.parquet", table, table.schema
    )
    found = {r.name: r for r in check_viewer(Subject(copy.folder.root))}["viewer: charts"]
    assert found.verdict == "warn" and f"extra/test.{column}" in found.figures["columns"]


def test_a_name_from_another_thread_is_warned_of(copy: Any, clean: Found) -> None:
    from redditess.release.check.names import check_names
    from redditess.release.check.subject import Subject

    root = copy.folder.root
    named, path = people(root), shard(root)
    threads: dict[str, set[str]] = {}
    for row in copy.rows["full"]:
        threads.setdefault(named.get(row["id"], ""), set()).add(row["thread_id"])
    first = pq.read_table(path).slice(0, 1).to_pylist()[0]["thread_id"]
    stranger = next(n for n, of in sorted(threads.items()) if n and first not in of)
    rewrite(path, put("comment", f"ask {stranger}"))
    [found] = check_names(Subject(root))
    assert clean["usernames"].verdict == "pass"
    assert found.verdict == "warn" and found.figures["elsewhere"] == 1


# ---- leaks ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_planted_leaks_of_five_kinds_are_all_found(leaks: ModuleType) -> None:
    """The 1,000 of `benchmarks/leaks.py` are 200 of each kind; here 25 of each."""
    outcomes = leaks.measure(25, seed=3, n_threads=500)
    assert [o.kind for o in outcomes] == [*leaks.KINDS, "nothing planted"]
    for kind, planted, found, alarms in outcomes:
        assert (found, alarms) == (planted, 0), kind
        assert planted >= 25 or kind == "nothing planted"


def test_a_test_row_that_is_trained_on_later_is_found(copy: Any, small_build: Path) -> None:
    row = next(r for r in copy.rows["full"] if r["_split"] == "test")
    copy.change(lambda r: r["thread_id"] == row["thread_id"], _split="train")
    copy.write()
    name = "test rows of the earlier build"
    found = named(check_release(copy.folder.root, against=small_build))[name]
    assert found.verdict == "fail" and row["id"] in found.figures["ids"]
    assert named(check_release(small_build, against=small_build))[name].verdict == "pass"


def test_an_earlier_build_with_another_key_cannot_be_compared(copy: Any, small_build: Path) -> None:
    path = copy.folder.release / "release.json"
    write_json(path, read_json(path) | {"key_id": "0" * 8})
    found = named(check_release(small_build, against=copy.folder.root))
    assert found["test rows of the earlier build"].verdict == "not checkable here"


def test_seen_commenters_fail_only_where_none_were_promised(copy: Any, clean: Found) -> None:
    name = "commenters of train in test"
    assert clean[name].verdict == "pass" and clean[name].figures["test_share"] > 0
    path = copy.folder.release / "release.json"
    document = read_json(path)
    document["settings"]["drop_seen_commenters"] = True
    write_json(path, document)
    assert named(check_release(copy.folder.root))[name].verdict == "fail"


def test_a_row_beyond_the_cut_of_its_split_is_found(copy: Any) -> None:
    from redditess.release.check.people import check_people
    from redditess.release.check.subject import Subject

    days = sorted({r["day"] for r in copy.rows["full"]})
    low, high = days[len(days) // 2], days[-5]
    copy.change(lambda r: r["day"] < low, _split="train")
    copy.change(lambda r: low <= r["day"] < high, _split="validation")
    copy.change(lambda r: r["day"] >= high, _split="test")
    copy.write()
    path = copy.folder.release / "release.json"
    write_json(path, read_json(path) | {"cuts": {"validation": str(low), "test": str(high)}})

    def verdict() -> str:
        return {r.name: r for r in check_people(Subject(copy.folder.root))}["time order"].verdict

    assert verdict() == "pass"
    last = max((r["day"], r["id"]) for r in copy.rows["full"] if r["_split"] == "test")
    copy.change(lambda r: r["id"] == last[1], _split="train")
    copy.write()
    assert verdict() == "fail"


# ---- the post-only probe -------------------------------------------------------------------


def probed(copy: Any, monkeypatch: pytest.MonkeyPatch) -> Result:
    from redditess.release.check.subject import Subject

    copy.write()
    [result] = probe_module.check_probe(Subject(copy.folder.root))
    return result


@pytest.mark.parametrize(("told", "verdict"), [(0.0, "pass"), (1.0, "fail")])
def test_labels_that_the_post_tells_are_found(
    told: float, verdict: str, copy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_module, "FEWEST", 5)
    rng = random.Random(1)
    base = copy.rows["full"]
    copy.rows["effectiveness"] = rows = [
        {**{k: base[i % len(base)].get(k) for k in copy.schema["effectiveness"].names},
         "id": f"{i:016x}", "thread_id": f"{i:016x}", "label": i % 2,
         "_split": ("train", "test")[i % 3 == 0]}
        for i in range(600)
    ]  # fmt: skip
    for row in rows:
        mood = row["label"] if rng.random() < told else rng.randrange(2)
        row["title"], row["post"] = ("hopeful", "bleak")[mood], f"day {rng.randrange(99)} again"
    found = probed(copy, monkeypatch)
    assert found.verdict == verdict
    assert (found.figures["low"] > probe_module.BOUND) == (verdict == "fail")


def test_too_few_labels_are_not_a_pass(copy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    copy.rows["effectiveness"] = copy.rows["effectiveness"][:10]
    assert probed(copy, monkeypatch).verdict == "not checkable here"


# ---- the command ---------------------------------------------------------------------------


def test_the_command_exits_1_where_a_check_fails_and_prints_one_object(
    small_build: Path, copy: Any
) -> None:
    def run(*words: str) -> Any:
        return CliRunner().invoke(make_app(), ["release", "check", *words])

    good = run(str(small_build), "--json")
    assert good.exit_code == 0 and json.loads(good.stdout)["failed"] == []
    table = run(str(small_build))
    assert table.exit_code == 0 and table.stdout == "" and "near-duplicate" in table.stderr
    fault_stranger(copy.folder.root)
    bad = run(str(copy.folder.root), "--json")
    assert bad.exit_code == 1 and json.loads(bad.stdout)["failed"] == ["strangers"]
    with pytest.raises(BuildError, match="check strangers failed: 1 file"):
        check_release(copy.folder.root).require(copy.folder.root)


def test_a_broken_file_fails_its_checks_and_the_others_go_on(copy: Any) -> None:
    shard(copy.folder.root).write_bytes(b"PAR1 no")
    report = check_release(copy.folder.root)
    assert len(report.of("fail")) > 3
    assert named(report)["strangers"].verdict == "pass"


@pytest.fixture(autouse=True)
def few_ids() -> Iterator[None]:
    """The benchmark asks for all ids; a person is shown a few."""
    from redditess.release.check import subject

    before = subject.SHOWN
    yield
    subject.SHOWN = before
