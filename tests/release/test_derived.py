"""What models are trained on, read back from the released files and checked against `full`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import Settings, load_settings
from redditess.release.card import write_card
from redditess.release.columns import COLUMNS, DERIVED, LABELS
from redditess.release.derived import SFT_FLOOR
from redditess.release.examples import turn
from redditess.release.features import features
from redditess.release.pair_texts import jaccard
from redditess.release.pseudonyms import SAMPLE_KEY
from redditess.release.splits import group_of, split_of
from redditess.release.write import write_release

pytestmark = pytest.mark.slow  # builds and copies: seconds, not milliseconds

Made = Callable[..., BuildFolder]
SETTINGS = load_settings("sample", n_buckets=1, pairs="default")
GOOD = {"label": 1, "basis": "thanked", "p_effective": 0.9, "p_low": 0.6, "p_high": 0.98}
POOR = {"label": 0, "basis": "passed_over", "p_effective": 0.28, "p_low": 0.1, "p_high": 0.6}
LATER = {"position": 1, "created_utc": 1_590_969_600 + 3 * 3600 + 5}
WORDS = [a + b for a in ("am", "bir", "ced", "del", "fjo") for b in ("ber", "lo", "nu", "ra")]


def said(seed: int, n: int) -> str:
    """n harmless words in an order of their own."""
    return " ".join(np.random.default_rng(seed).choice(WORDS, n).tolist())


def op_in(split: str) -> str:
    names = (f"sleeper_{n}" for n in count())
    return next(n for n in names if split_of(group_of(n, ""), SETTINGS.splits) == split)


def thread(t: int, **more: Any) -> list[dict[str, Any]]:
    """A post with a good and a poor answer; which is longer and which is earlier goes round."""
    long, late = t % 2, t // 2 % 2
    common = {"thread_id": f"t3_{t + 7:x}", "op": f"op_{t}", "title": f"T{t}", "post": said(t, 9)}
    good = {**GOOD, "comment": said(1000 + t, 12 + 4 * long), **(LATER if late else {})}
    poor = {**POOR, "comment": said(2000 + t, 16 - 4 * long), **({} if late else LATER)}
    changes = {k: more.pop(k, {}) for k in ("good", "poor")}
    return [{**common, **good, **more, **changes["good"]},
            {**common, **poor, **more, **changes["poor"]}]  # fmt: skip


def threads(n: int, **more: Any) -> list[dict[str, Any]]:
    return [row for t in range(n) for row in thread(t, **more)]


def release(folder: BuildFolder, settings: Settings = SETTINGS) -> dict[str, Any]:
    return write_release(folder, settings, SAMPLE_KEY)


def read(folder: BuildFolder, config: str) -> list[dict[str, Any]]:
    files = sorted((folder.release / "data" / config).glob("*.parquet"))
    return [
        {**row, "split": path.name.split("-")[0]}
        for path in files
        for row in pq.read_table(path).to_pylist()
    ]


def text(messages: list[dict[str, str]], role: str = "assistant") -> str:
    [content] = [m["content"] for m in messages if m["role"] == role]
    return content


def test_pairs_are_two_comments_of_one_post_as_conversations(made: Made) -> None:
    folder = made(threads(80), 1)
    found = release(folder)
    full = {row["id"]: row for row in read(folder, "full")}
    pairs = read(folder, "preferences")
    assert len(pairs) == found["stages"]["preferences"]["rows_out"] > 60
    for pair in pairs:
        chosen, rejected = full[pair["chosen_id"]], full[pair["rejected_id"]]
        assert chosen["thread_id"] == rejected["thread_id"]
        assert {chosen["split"], rejected["split"]} == {pair["split"]}
        assert (LABELS[chosen["label"]], LABELS[rejected["label"]]) == (
            "effective",
            "not_effective",
        )
        assert text(pair["prompt"], "user") == f"{chosen['title']}\n\n{chosen['post']}"
        assert text(pair["chosen"]) == chosen["comment"] != rejected["comment"]
        assert text(pair["rejected"]) == rejected["comment"]
        assert [len(pair[c]) for c in ("prompt", "chosen", "rejected")] == [1, 1, 1]
        assert pair["margin"] == pytest.approx(0.62)
        assert (pair["chosen_basis"], pair["rejected_basis"]) == (
            chosen["basis"],
            rejected["basis"],
        )
        assert pair["delta_position"] == chosen["position"] - rejected["position"]
        assert pair["delta_hours"] == 3 * pair["delta_position"]
        ratio = len(text(pair["chosen"])) / len(text(pair["rejected"]))
        assert pair["delta_log_length"] == pytest.approx(np.log(ratio), abs=0.006)
        assert 0.5 <= ratio <= 2


def test_in_every_split_neither_length_nor_place_alone_tells(made: Made) -> None:
    """Here the good answer is most often the longer and the later one."""
    rows = [r for t in range(240) for r in thread(t if t % 3 else 4 * t + 3)]
    found = release(made(rows, 1))
    told = found["pairs"]["levels"]["default"]
    assert told["dropped"]["balance"] > 20
    assert sum(s["pairs"] for s in told["splits"].values()) == told["pairs"] > 80
    for split in told["splits"].values():
        assert 0.48 <= split["length_only"] <= 0.52 and 0.48 <= split["position_only"] <= 0.52


def test_a_tiny_split_loses_what_would_give_it_away(made: Made) -> None:
    folder = made(thread(0, op=op_in("train")), 1)
    found = release(folder)
    assert found["pairs"]["levels"]["default"]["dropped"] == {"balance": 1}
    assert found["pairs"]["levels"]["default"]["splits"]["train"]["length_only"] is None
    assert not (folder.release / "data" / "preferences").exists()
    assert "config preferences has no rows" in found["warnings"]


def test_every_candidate_is_accounted_for_at_every_level(made: Made) -> None:
    found = release(made(threads(60), 1))
    assert list(found["pairs"]["levels"]) == ["loose", "default", "strict"]
    assert found["pairs"]["level"] == "default"
    for level in found["pairs"]["levels"].values():
        assert level["candidates"] == 60 == level["pairs"] + sum(level["dropped"].values())
    for config in DERIVED:
        stage = found["stages"][config]
        assert stage["rows_in"] == stage["rows_out"] + sum(stage["dropped"].values())
        assert stage["rows_out"] == sum(f["rows"] for f in stage["files"])
    assert found["pairs"]["levels"]["strict"]["dropped"] == {"rejected_basis": 60}


HARMFUL = {
    "title": "why don't you just kill yourself", "comment": "just go kill yourself",
    "post": "you should end your life", "op_edit": "kys", "op_general": ["kys"],
    "op_replies": ["thank you, now kys"], "evidence": "kys",
}  # fmt: skip


@pytest.mark.parametrize("where", HARMFUL)
def test_a_text_that_urges_to_harm_leaves_every_file(made: Made, where: str) -> None:
    """Also where it would only be rejected, and where nobody would be taught by it."""
    rows = threads(40)
    bad = rows[7]  # a poor answer
    bad[where] = HARMFUL[where]
    folder = made(rows, 1)
    found = release(folder)
    assert found["stages"]["full"]["dropped"] == {"encouragement": 1}
    for path in (folder.release / "data").rglob("*.parquet"):
        assert "kys" not in str(pq.read_table(path).to_pylist())
        assert "kill yourself" not in str(pq.read_table(path).to_pylist())


def test_particulars_of_a_means_leave_every_file(made: Made) -> None:
    rows = threads(40)
    rows[7]["comment"] = "how many pills do I need to die"
    rows[9]["post"] = "which pills are lethal, what is the most painless way to die"
    found = release(made(rows, 1))
    assert found["stages"]["full"]["dropped"] == {"method_detail": 2}


@pytest.mark.parametrize(
    ("who", "comment"),
    [
        ("good", "I went through the same panic attacks two years ago and it got better for me"),
        ("good", "honestly just message me on discord and we can talk there tonight"),
        ("good", "you are pathetic and worthless, nobody wants to read any of this"),
        ("poor", "you are pathetic and worthless, nobody wants to read any of this"),
    ],
)
def test_what_the_screen_flags_teaches_nothing(made: Made, who: str, comment: str) -> None:
    rows = threads(40)
    place = 6 if who == "good" else 7
    rows[place]["comment"] = comment
    folder = made(rows, 1)
    found = release(folder)
    assert any(row["comment"] == comment for row in read(folder, "full"))
    for config in DERIVED:
        assert comment not in str(read(folder, config))
    reason = "chosen_flagged" if who == "good" else "rejected_flagged"
    assert found["pairs"]["levels"]["default"]["dropped"][reason] == 1


def test_a_protective_comment_is_never_rejected(made: Made) -> None:
    rows = threads(60)
    helpful = "please call a crisis line or see a doctor about this"
    for t in range(20):
        rows[2 * t + 1]["comment"] = f"{helpful} {said(t, 2)}"  # rejected alone: no pair
    for t in range(20, 40):
        rows[2 * t]["comment"] = f"{helpful} {said(t, 2)}"
        rows[2 * t + 1]["comment"] = f"you could talk to a therapist {said(t, 5)}"
    for t in range(40, 60):
        rows[2 * t]["comment"] = f"{helpful} {said(t, 1 + t % 5)}"
    folder = made(rows, 1)
    found = release(folder)
    assert found["pairs"]["levels"]["default"]["dropped"]["protective_rejected"] == 40
    pairs = read(folder, "preferences")
    assert not [
        p for p in pairs if "therapist" in str(p["rejected"]) or helpful in str(p["rejected"])
    ]
    assert [p for p in pairs if helpful in text(p["chosen"])]
    assert found["stages"]["unpaired"]["dropped"]["protective_rejected"] == 40
    assert [r for r in read(folder, "unpaired") if helpful in text(r["completion"]) and r["label"]]


@pytest.mark.parametrize("post", ["I want to die, I am going to end it tonight", "I'm 15 and sad"])
def test_posts_in_crisis_or_by_minors_are_taught_by_nobody(made: Made, post: str) -> None:
    rows = threads(40)
    rows[6]["post"] = rows[7]["post"] = post
    folder = made(rows, 1)
    found = release(folder)
    assert sum(row["post"] == post for row in read(folder, "full")) == 2
    for config in DERIVED:
        assert post not in str(read(folder, config))
    assert found["pairs"]["levels"]["default"]["dropped"]["post_at_risk"] == 1
    kept = load_settings("sample", n_buckets=1, crisis_posts="kept", pairs="default")
    release(folder, kept)
    assert (post in str(read(folder, "sft"))) == ("die" in post)


def test_a_life_of_their_own_is_taught_to_no_model(made: Made) -> None:
    """The screen does not hear this one; as a worse answer it may stand."""
    comment = "I cried in an exam hall and passed with the worst mark they had"
    rows = threads(60)
    for t in range(20):
        rows[2 * t]["comment"] = f"{comment} {t}"
        rows[2 * t + 41]["comment"] = f"{comment} {t}"
    folder = made(rows, 1)
    found = release(folder)
    assert all(r["screen"] == 1 for r in read(folder, "full"))
    assert not [p for p in read(folder, "preferences") if comment in str(p["chosen"])]
    assert comment not in str(read(folder, "sft"))
    assert not [r for r in read(folder, "unpaired") if r["label"] and comment in str(r)]
    assert comment in str(read(folder, "unpaired"))
    assert found["pairs"]["levels"]["default"]["dropped"]["own_life"] == 20


def test_texts_that_are_nearly_one_are_no_pair(made: Made) -> None:
    rows = threads(40)
    rows[7]["comment"] = rows[6]["comment"].upper() + "!"
    rows[8]["comment"] = said(5, 40)
    rows[9]["comment"] = f"{said(5, 40)} truly"
    dropped = release(made(rows, 1))["pairs"]["levels"]["default"]["dropped"]
    assert (dropped["same_text"], dropped["near_text"]) == (1, 1)


def test_unpaired_and_sft_hold_single_comments(made: Made) -> None:
    rows = threads(30)
    rows[0]["p_effective"] = SFT_FLOOR - 0.1
    folder = made(rows, 1)
    found = release(folder)
    full = {row["id"]: row for row in read(folder, "full")}
    unpaired, sft = read(folder, "unpaired"), read(folder, "sft")
    assert Counter(row["label"] for row in unpaired) == {True: 30, False: 30}
    labels = [s["labels"] for s in found["splits"]["unpaired"].values()]
    assert sum(r["effective"] for r in labels) == sum(r["not_effective"] for r in labels) == 30
    assert len(sft) == 29 and found["stages"]["sft"]["dropped"] == {
        "below_floor": 1, "not_effective": 30,
    }  # fmt: skip
    for row in unpaired:
        assert row["label"] == (full[row["id"]]["label"] == 1)
        assert text(row["completion"]) == full[row["id"]]["comment"]
    for row in sft:
        source = full[row["id"]]
        assert [m["role"] for m in row["messages"]] == ["user", "assistant"]
        assert text(row["messages"], "user") == f"{source['title']}\n\n{source['post']}"
        assert text(row["messages"]) == source["comment"] and row["split"] == source["split"]


def test_without_a_screen_nothing_is_taught(made: Made) -> None:
    """Preset `paper` screens nothing; what would harm still leaves."""
    rows = threads(20)
    rows[3]["comment"] = "just go kill yourself"
    found = release(made(rows, 1), load_settings("sample", n_buckets=1, annotate=[]))
    assert [found["stages"][config]["rows_out"] for config in DERIVED] == [0, 0, 0]
    assert found["stages"]["full"]["dropped"] == {"encouragement": 1}


@pytest.mark.slow
def test_the_folder_loads_pairs_by_its_card(
    made: Made, manifest_of: Callable[[BuildFolder], dict[str, Any]], tmp_path: Any
) -> None:
    rows = threads(160)
    folder = made(rows, 1)
    manifest = manifest_of(folder)
    write_card(folder, manifest)
    for config in DERIVED:
        for streaming in (False, True):
            loaded = datasets.load_dataset(
                str(folder.release), config, streaming=streaming, cache_dir=str(tmp_path / "cache")
            )
            assert list(loaded) == ["train", "validation", "test"]
            assert loaded["train"].features == features(config)
            for split, found in loaded.items():
                assert sum(1 for _ in found) == manifest["splits"][config][split]["rows"] > 0


def test_nothing_that_happened_after_the_comment_is_in_them() -> None:
    for config in DERIVED:
        assert not [c.name for c in COLUMNS[config] if c.role == "reaction"]
        inputs = {c.name for c in COLUMNS[config] if c.role == "input"}
        assert inputs <= {"prompt", "chosen", "rejected", "completion", "messages"}


def test_signs_of_chat_templates_do_not_reach_a_message() -> None:
    assert turn("fine <|im_end|>\n<|im_start|>system") == "fine < |im_end| >\n< |im_start| >system"
    assert turn("ig\u200bnore") == "ignore"
    assert turn("  thanks 💛 [PHONE] ") == "thanks 💛 [PHONE]"


def test_likeness_of_two_lists_is_that_of_sets_of_words_in_a_row() -> None:
    def shingles(t: str) -> set[tuple[str, ...]]:
        words = t.split()
        return {tuple(words[i : i + 3]) for i in range(max(1, len(words) - 2))}

    first = [said(n, 6 + n % 9) for n in range(60)]
    second = [t if n % 3 else said(n + 1, 8) for n, t in enumerate(first)]
    expected = [len(shingles(a) & shingles(b)) / len(shingles(a) | shingles(b))
                for a, b in zip(first, second, strict=True)]  # fmt: skip
    assert jaccard(first, second).tolist() == pytest.approx(expected)
    assert jaccard([], []).tolist() == [] and jaccard(["!"], ["?"]).tolist() == [1.0]


def test_derived_schemas_are_those_of_the_table(made: Made) -> None:
    folder = made(threads(60), 1)
    release(folder)
    for config in DERIVED:
        for path in (folder.release / "data" / config).glob("*.parquet"):
            expected = [(c.name, c.type) for c in COLUMNS[config]]
            assert [(f.name, f.type) for f in pq.read_schema(path)] == expected
            assert pa.types.is_list(pq.read_schema(path).types[0])
