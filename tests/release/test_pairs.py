"""Which pairs are chosen: every rule, against a checker that looks at one candidate at a time."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redditess.labeling.schema import BASES
from redditess.labeling.screen import SCREENS
from redditess.release import pairs as module
from redditess.release.balance import KINDS, balanced, fewest_out
from redditess.release.chosen import Chosen
from redditess.release.lessons import Lessons
from redditess.release.pair_columns import pairs_of
from redditess.release.pair_rules import LEVELS, PER_POST, REASONS, Level
from redditess.release.pairs import Selection, alike_pairs, capped, settle

pytestmark = pytest.mark.slow

LEVEL_NAMES = list(LEVELS)
seeds = st.integers(0, 2**32 - 1)


def random_lessons(seed: int, n: int = 60, n_threads: int = 6) -> Lessons:
    """Labelled rows as a release might hold them; most of them can stand in a pair."""
    rng = np.random.default_rng(seed)
    thread = np.sort(rng.integers(0, n_threads, n)).astype(np.uint64)
    effective = rng.random(n) < 0.5
    liked = rng.choice([0, 0, 1, 2, 6], n)
    other = rng.choice([3, 4, 4, 4, 5], n)
    p = np.round(np.where(effective, 0.6, 0.1) + rng.random(n) * 0.35, 2)
    p[rng.random(n) < 0.03] = np.nan
    opportunity = np.round(rng.random(n) * 0.3, 2)
    opportunity[rng.random(n) < 0.2] = np.nan
    return Lessons(
        row=rng.permutation(10 * n)[:n].astype(np.int64),
        split=(thread % 3).astype(np.int8),
        id=rng.permutation(1000 * n)[:n].astype(np.uint64),
        thread=thread,
        effective=effective,
        basis=np.where(effective, liked, other).astype(np.int8),
        p=p,
        p_low=np.round(p - rng.random(n) * 0.4, 2),
        p_high=np.round(p + rng.random(n) * 0.2, 2),
        opportunity=opportunity,
        screen=rng.choice([0, 1, 1, 1, 1, 1, 2], n).astype(np.int8),
        at_risk=(thread % 5 == 4),
        protects=rng.choice([0, 0, 0, 1, 2, 3, 4], n).astype(np.uint8),
        own_life=rng.random(n) < 0.2,
        stratum=rng.integers(0, 3, n).astype(np.int8),
        place=rng.permutation(n).astype(np.int32),
        created=rng.integers(0, 10**6, n),
        length=rng.integers(0, 500, n).astype(np.int32),
        text_key=rng.integers(0, 40, n).astype(np.uint64),
    )


def reason_of(x: Lessons, a: int, b: int, level: Level) -> str:
    """Why chosen a against rejected b is no pair, rule by rule; "" where it may be one."""

    def basis(i: int) -> str:
        return BASES[int(x.basis[i])]

    def quiet(i: int) -> bool:
        return SCREENS[int(x.screen[i])] == "no_flag"

    if x.at_risk[a]:
        return "post_at_risk"
    if not quiet(a):
        return "chosen_flagged"
    if x.own_life[a]:
        return "own_life"
    if basis(a) not in level.chosen:
        return "chosen_basis"
    if math.isnan(x.p[a]) or (level.least_low is not None and x.p_low[a] < level.least_low):
        return "chosen_unsure"
    if not quiet(b):
        return "rejected_flagged"
    if x.protects[b]:
        return "protective_rejected"
    if basis(b) not in level.rejected:
        return "rejected_basis"
    if math.isnan(x.p[b]):
        return "rejected_unsure"
    if x.text_key[a] == x.text_key[b] or 0 in (x.text_key[a], x.text_key[b]):
        return "same_text"
    if not x.length[a] or not x.length[b] or not 0.5 <= x.length[a] / x.length[b] <= 2:
        return "length"
    if round(float(x.p[a] - x.p[b]), 2) < level.margin:
        return "margin"
    if level.apart and not x.p_low[a] > x.p_high[b]:
        return "margin"
    gap = round(abs(float(x.opportunity[a] - x.opportunity[b])), 2)
    seen_alike = x.stratum[a] == x.stratum[b] if math.isnan(gap) else gap <= level.caliper
    return "" if seen_alike else "exposure"


def near_by_parity(made: Selection) -> np.ndarray:
    """Stands for the comparison of texts, which has its own tests."""
    return made.ends.sum(axis=1) % 11 == 0


def of_split(x: Lessons, ends: np.ndarray) -> dict[int, list[tuple[int, int]]]:
    found = defaultdict(list)
    for a, b in ends.tolist():
        found[int(x.split[a])].append((a, b))
    return found


def right(values: list[int]) -> float:
    return sum(1.0 if v > 0 else 0.5 if v == 0 else 0.0 for v in values) / len(values)


@pytest.mark.parametrize("name", LEVEL_NAMES)
@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_every_pair_keeps_every_rule_and_every_candidate_is_accounted_for(
    name: str, seed: int
) -> None:
    x, level = random_lessons(seed), LEVELS[name]
    made = alike_pairs(x, level)
    found = settle(x, made, near_by_parity(made))
    candidates = [
        (a, b) for a, b in itertools.permutations(range(len(x.row)), 2)
        if x.thread[a] == x.thread[b] and x.effective[a] and not x.effective[b]
    ]  # fmt: skip
    why = {pair: reason_of(x, *pair, level) for pair in candidates}
    pairs = [tuple(pair) for pair in found.ends.tolist()]
    assert len(set(pairs)) == len(pairs)
    assert all(why[pair] == "" for pair in pairs)
    assert found.n_candidates == len(candidates) == len(pairs) + found.dropped.total()
    counts = Counter(why.values())
    late = {"near_text", "per_post", "balance"}
    assert {r: n for r, n in found.dropped.items() if n and r not in late} == {
        r: n for r, n in counts.items() if r
    }
    assert set(found.dropped) <= set(REASONS)
    assert max(Counter(x.thread[a] for a, _ in pairs).values(), default=0) <= PER_POST
    for held in of_split(x, found.ends).values():
        assert 0.48 <= right([int(x.length[a]) - int(x.length[b]) for a, b in held]) <= 0.52
        assert 0.48 <= right([int(x.place[b]) - int(x.place[a]) for a, b in held]) <= 0.52


def test_random_tables_make_pairs_and_need_every_rule() -> None:
    """Or the test above would say nothing."""
    dropped: Counter[str] = Counter()
    n_pairs = 0
    for seed in range(60):
        x = random_lessons(seed)
        for level in LEVELS.values():
            made = alike_pairs(x, level)
            found = settle(x, made, near_by_parity(made))
            dropped += found.dropped
            n_pairs += len(found.ends)
    assert n_pairs > 100
    assert set(dropped) == set(REASONS)


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_the_order_of_rows_and_the_size_of_blocks_change_nothing(seed: int) -> None:
    x, level = random_lessons(seed, 80, 4), LEVELS["loose"]

    def chosen(x: Lessons) -> tuple[set[tuple[int, int]], Counter[str]]:
        made = alike_pairs(x, level)
        found = settle(x, made, np.zeros(len(made.ends), bool))
        return {(int(x.id[a]), int(x.id[b])) for a, b in found.ends}, found.dropped

    whole = chosen(x)
    rng = np.random.default_rng(seed)
    mixed = x._replace(row=rng.permutation(len(x.row)).astype(np.int64))
    mixed = mixed.take(rng.permutation(len(x.row)))
    assert chosen(mixed.take(np.argsort(mixed.thread, kind="stable"))) == whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", 3)
        assert chosen(x) == whole


def test_a_thread_of_thousands_is_never_held_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BLOCK", 10_000)
    x = random_lessons(1, 3_000, 1)
    sizes: list[int] = []
    real = module._first

    def seen(x: Lessons, ends: np.ndarray, most: int) -> np.ndarray:
        sizes.append(len(ends))
        return real(x, ends, most)

    monkeypatch.setattr(module, "_first", seen)
    made = alike_pairs(x._replace(at_risk=np.zeros(3_000, bool)), LEVELS["loose"])
    assert made.n_candidates > 1_000_000 and len(made.ends) <= 20
    assert max(sizes) <= 10_000


@settings(max_examples=30, deadline=None)
@given(seed=seeds, n_files=st.integers(1, 4))
def test_pairs_chosen_file_by_file_are_those_of_the_whole_release(seed: int, n_files: int) -> None:
    x, level = random_lessons(seed, 90, 12), LEVELS["loose"]
    x = x._replace(row=np.arange(90, dtype=np.int64))  # as files have them: by thread here
    made = alike_pairs(x, level)
    whole = settle(x, made, np.zeros(len(made.ends), bool))
    chosen = Chosen()
    for file in range(n_files):
        part = x.take(np.flatnonzero(x.thread * np.uint64(n_files) // np.uint64(12) == file))
        of_part = alike_pairs(part, level)
        kept = capped(part, of_part, np.zeros(len(of_part.ends), bool))
        chosen.add(pairs_of(part, kept.ends), kept.n_candidates, kept.dropped)
    chosen.balance()
    assert chosen.pairs.rows.tolist() == x.row[whole.ends].tolist()
    assert (chosen.n_candidates, chosen.dropped) == (whole.n_candidates, whole.dropped)


def test_levels_go_from_more_pairs_to_fewer() -> None:
    totals = {}
    for name, level in LEVELS.items():
        totals[name] = sum(len(alike_pairs(random_lessons(s), level).ends) for s in range(40))
    assert totals["loose"] > totals["default"] > totals["strict"] > 0


def most_kept(counts: list[int]) -> int:
    """By trying everything."""
    best = 0
    for left in itertools.product(*(range(k + 1) for k in counts)):
        n = sum(left)
        sums = [sum(kind[i] * k for kind, k in zip(KINDS, left, strict=True)) for i in (0, 1)]
        if n > best and all(abs(s) <= 0.04 * n + 1e-9 for s in sums):
            best = n
    return best


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([0, 0, 1, 2, 3]), min_size=9, max_size=9))
def test_no_other_choice_keeps_more_pairs(counts: list[int]) -> None:
    left = fewest_out(counts)
    assert all(0 <= k <= has for k, has in zip(left, counts, strict=True))
    assert sum(left) == most_kept(counts)


@pytest.mark.parametrize("four", [(28, 9, 0, 20), (11, 0, 26, 3), (14, 13, 12, 3)])
def test_no_other_choice_keeps_more_pairs_where_the_band_is_wider_than_one(
    four: tuple[int, ...],
) -> None:
    counts = [0] * 9
    for kind, k in zip((0, 2, 6, 8), four, strict=True):
        counts[kind] = k
    assert sum(fewest_out(counts)) == most_kept(counts)


def test_a_split_where_chosen_is_always_longer_keeps_nothing() -> None:
    n = 40
    ones, mixed = np.ones(n, np.int8), np.array([1, -1] * (n // 2), np.int8)
    order = np.arange(n, dtype=np.uint64)
    assert not balanced(np.zeros(n, np.int8), ones, mixed, order).any()
    assert balanced(np.zeros(n, np.int8), mixed, mixed, order).all()


def test_of_a_kind_the_pairs_with_the_highest_order_leave() -> None:
    sign = np.array([1, 1, 1, -1], np.int8)
    order = np.array([5, 9, 7, 1], np.uint64)
    assert balanced(np.zeros(4, np.int8), sign, sign, order).tolist() == [True, False, False, True]


def test_no_post_gives_more_than_five_pairs_and_large_ones_give_five() -> None:
    n = 400
    x = random_lessons(3, n, 20)
    effective = np.arange(n) % 2 == 0
    clean = x._replace(
        effective=effective, basis=np.where(effective, 0, 4).astype(np.int8),
        p=np.where(effective, 0.9, 0.2), p_low=np.full(n, 0.6), opportunity=np.full(n, 0.2),
        screen=np.ones(n, np.int8), at_risk=np.zeros(n, bool), own_life=np.zeros(n, bool),
        protects=np.zeros(n, np.uint8), text_key=np.arange(1, n + 1).astype(np.uint64),
        length=(100 + np.arange(n) * 7 % 90).astype(np.int32),
    )  # fmt: skip
    made = alike_pairs(clean, LEVELS["default"])
    found = settle(clean, made, np.zeros(len(made.ends), bool))
    counts = Counter(clean.thread[a] for a, _ in found.ends.tolist())
    assert max(counts.values()) == PER_POST == 5
    assert sum(counts.values()) > 80
