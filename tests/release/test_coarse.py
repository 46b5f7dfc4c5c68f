"""What would find a row again is coarse: numbers, sentences about them, rare communities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.labeling.exposure import EDGES
from redditess.labeling.functions import resolve
from redditess.release import communities as communities_module
from redditess.release.account import UNMASKED_NAMES, _warnings
from redditess.release.coarse import (
    MAX_FOLLOWUP_DAYS,
    POSITION_STEPS,
    SIBLING_STEPS,
    STEPS,
    evidence,
    followup,
    sentence,
    step,
)
from redditess.release.communities import SMALL, small_communities
from redditess.release.pseudonyms import SAMPLE_KEY, Key
from redditess.release.shape import shape_bucket
from redditess.release.splits import group_of, split_of
from redditess.release.write import write_release

Made = Callable[..., BuildFolder]
KEY = Key(b"k" * 32)


@given(st.lists(st.one_of(st.none(), st.integers(-(2**31), 2**31 - 1))))
@example([*STEPS, *(step - 1 for step in STEPS), *(-step for step in STEPS)])
def test_a_step_keeps_sign_order_and_what_is_unknown(values: list[int | None]) -> None:
    found = step(pa.array(values, pa.int32())).to_pylist()
    known = sorted((v, f) for v, f in zip(values, found, strict=True) if v is not None)
    assert [v is None for v in values] == [f is None for f in found]
    assert [f for _, f in known] == sorted(f for _, f in known)
    assert all(f == v if abs(v) < STEPS[0] else abs(f) in STEPS for v, f in known)
    assert all(abs(f) <= abs(v) and f * v >= 0 for v, f in known)
    assert all(f == v for v, f in known if abs(v) in STEPS)


def test_days_of_followup_end_where_nothing_waits_for_them() -> None:
    days = pa.array([0.2, 6.99, 30.0, 2_000.5, None])
    assert followup(days).to_pylist() == [0, 6, 30, MAX_FOLLOWUP_DAYS, None]


def test_every_number_of_a_large_thread_is_a_step(made: Made) -> None:
    row = {"score": 4321, "position": 37, "n_siblings": 61, "followup_days": 400.0,
           "why": "poster thanked this comment; 61 siblings passed over; 4321 points",
           "evidence": "score 4321, an earlier sibling has 17"}  # fmt: skip
    folder = made([row], 1)
    shape_bucket(folder, 0, load_settings("sample"), SAMPLE_KEY)
    [found] = pq.read_table(folder.bucket_file(folder.shaped, 0)).to_pylist()
    assert [found[name] for name in ("score", "position", "n_siblings")] == [1000, 20, 32]
    assert found["why"].endswith("50+ siblings passed over; 1000+ points")
    assert found["votes"][0]["evidence"] == "score 1000+, an earlier sibling has 10+"
    found = {k: v for k, v in found.items() if not k.startswith("_")}  # those stay in the build
    assert not {"4321", "61", "37", "17"} & set(repr(found).replace(",", " ").split())


def test_what_people_wrote_keeps_its_numbers() -> None:
    words = ["thanks 57 times", "thank you, 4321 helped", "I got a score 99 today"]
    assert evidence(words) == words
    assert sentence("opportunity 0.31") == "opportunity 0.31"


def test_evidence_of_every_function_that_counts_is_known_here() -> None:
    """A new function of scores would tell them exactly where its evidence began otherwise."""
    from redditess.corpus.records import INTERACTION_SCHEMA

    big = {"score": 4321, "min_score_earlier": 1234, "max_score_later": 9876,
           "observable": ["score", "op_replies"], "n_siblings": 5432, "n_op_answered": 4567,
           "created_utc": 10, "op_last_seen_utc": 99, "op_answered_later_sibling": True,
           "followup_days": 400.0, "n_earlier": 3333}  # fmt: skip
    rows = [{**big, **more} for more in ({}, {"max_score_later": None}, {"score": -4321})]
    filled = [{f.name: _zero(f.type) for f in INTERACTION_SCHEMA} | row for row in rows]
    table = pa.Table.from_pylist(filled, INTERACTION_SCHEMA)
    said: list[str] = []
    for function in resolve(load_settings("default").functions):
        said += [t for t in function(table).evidence if t and any(c.isdigit() for c in t)]
    assert len(said) >= 4
    for text in evidence(said):
        assert not {"4321", "1234", "9876", "5432", "4567", "3333"} & _numbers(str(text)), text


def _zero(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return []
    if pa.types.is_string(kind):
        return ""
    return False if pa.types.is_boolean(kind) else 0


def _numbers(text: str) -> set[str]:
    return set("".join(c if c.isdigit() else " " for c in text).split())


def communities(folder: BuildFolder) -> dict[str, int]:
    tables = [pq.read_table(p) for p in sorted(folder.release.glob("data/full/*.parquet"))]
    names = pa.concat_tables(tables)["subreddit"].to_pylist()
    return {name: names.count(name) for name in sorted(set(names))}


def rows_of(name: str, posters: int, each: int = 1, **more: Any) -> list[dict[str, Any]]:
    own = {"subreddit": name, "invented": False, **more}
    return [
        {**own, "op": f"{name.encode().hex()}_{n}"} for n in range(posters) for _ in range(each)
    ]


def test_communities_of_few_posters_stand_under_one_name(made: Made) -> None:
    rows = [*rows_of("large", 5), *rows_of("few", 4, each=3), *rows_of("one", 1, each=6),
            *rows_of("Mixed", 3), *rows_of("mixed", 3),
            *rows_of("sample_owls", 1, invented=True), *rows_of("few", 1,
            invented=True)]  # fmt: skip
    folder = made([{**row, "thread_id": f"t3_{n:x}"} for n, row in enumerate(rows)])
    settings = load_settings("sample", n_buckets=2, min_posters=5)
    found = write_release(folder, settings, KEY)
    told = {SMALL: 4 * 3 + 6, "few": 1, "Mixed": 3, "large": 5, "mixed": 3, "sample_owls": 1}
    assert communities(folder) == dict(sorted(told.items()))
    assert found["content"]["subreddits"] == communities(folder)
    assert found["small_communities"] == {"min_posters": 5, "communities": 2, "rows": 18}


@given(
    rows=st.lists(st.tuples(st.sampled_from("aAbBc"), st.integers(1, 5), st.booleans())),
    least=st.integers(1, 5), at_once=st.integers(1, 9),
)  # fmt: skip
def test_posters_are_counted_the_same_in_any_stretches(
    rows: list[tuple[str, int, bool]], least: int, at_once: int
) -> None:
    names = sorted({name for name, _, _ in rows})
    counted = [(name, who) for name, who, counts in rows if counts]
    posters = {n.lower(): {who for m, who in counted if m.lower() == n.lower()} for n in names}
    small = {name for name, _ in counted if len(posters[name.lower()]) < least}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(communities_module, "_ROWS_AT_ONCE", at_once)
        found = small_communities(
            names, np.array([names.index(name) for name, _, _ in rows], np.int32),
            np.array([who for _, who, _ in rows], np.uint64),
            np.array([counts for _, _, counts in rows], bool), least,
        )  # fmt: skip
    assert found.names == small
    assert found.told == {
        "min_posters": least, "communities": len({name.lower() for name in small}),
        "rows": sum(name in small for name, _ in counted),
    }  # fmt: skip


def test_one_poster_is_enough_where_nothing_is_to_be_merged(made: Made) -> None:
    folder = made(rows_of("one", 1))
    found = write_release(folder, load_settings("sample", n_buckets=2, min_posters=1), KEY)
    assert communities(folder) == {"one": 1}
    assert found["small_communities"] == {"min_posters": 1, "communities": 0, "rows": 0}


def test_posters_whose_rows_leave_do_not_make_a_community_large(made: Made) -> None:
    """Of these twins only those of the test split stay: three posters of thirty."""
    same = " ".join(f"word{n}" for n in range(30))
    settings = load_settings("sample", n_buckets=2, min_posters=5)
    rows = [{"op": f"op_{n}", "subreddit": "edge", "invented": False} for n in range(40)]
    of_test = [split_of(group_of(row["op"], ""), settings.splits) == "test" for row in rows]
    kept = sum(of_test[:30])
    assert 0 < kept < 5
    folder = made([{**row, "post": same} for row in rows[:30]])
    assert write_release(folder, settings, KEY)["stages"]["full"]["rows_out"] == kept
    assert communities(folder) == {SMALL: kept}


@pytest.mark.parametrize("preset", ["default", "paper"])
def test_presets_for_real_dumps_merge_small_communities(preset: str) -> None:
    assert load_settings(preset).min_posters == 5
    assert load_settings("sample").min_posters == 1


@pytest.mark.parametrize(("mask_names", "invented"), [(False, False), (True, False), (False, True)])
def test_a_build_of_real_rows_without_masked_names_says_so(
    mask_names: bool, invented: bool
) -> None:
    released = {"stages": {"full": {"rows_out": 5}}, "content": {"invented": 5 * invented}}
    settings = load_settings("default", mask_names=mask_names)
    said = _warnings([], {}, released, settings)
    assert (UNMASKED_NAMES in said) == (not mask_names and not invented)


def test_places_are_told_in_the_steps_of_the_opportunity_model() -> None:
    assert EDGES["position"] == POSITION_STEPS and EDGES["n_siblings"] == SIBLING_STEPS
