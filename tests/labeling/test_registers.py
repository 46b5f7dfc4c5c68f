"""Twelve registers of English: the readers' misses abstain, and the set is what it says it is."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from redditess.labeling.invented import read_uptake

ITEMS = Path(__file__).parent / "registers.toml"
REGISTERS = tomllib.loads(ITEMS.read_text("utf8"))


@pytest.fixture
def registers(repository: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    import registers as bench

    yield bench
    sys.modules.pop("registers", None)


def test_the_set_has_twelve_registers_of_thirty_and_trains_nothing() -> None:
    assert len(REGISTERS) >= 12
    for register, items in REGISTERS.items():
        texts = [text for each in items.values() for text in each]
        assert len(set(texts)) == len(texts) >= 30, register
        assert set(items) <= {"thanks", "uptake", "rejection", "neutral"}
    trained = {text.strip(".!? ").lower() for text in read_uptake()[0]}
    tested = {t.strip(".!? ").lower() for r in REGISTERS.values() for e in r.values() for t in e}
    assert not trained & tested


@pytest.mark.parametrize("register", REGISTERS)
def test_a_kind_reply_is_not_turned_into_a_rejection(registers, register: str) -> None:
    hits, n = registers.score("linear", REGISTERS[register])["turned"]
    assert hits == 0, f"{hits} of {n}"


def test_thanks_are_heard_in_every_register_and_false_alarms_are_few(registers) -> None:
    rows = {row["register"]: row for row in registers.lines(["linear"], ITEMS)}
    assert rows["all"]["recall_thanks"][0] >= 0.9
    assert rows["all"]["recall_uptake"][0] >= 0.9
    assert rows["all"]["false_alarms"][0] <= 0.04
    assert len(rows) == len(REGISTERS) + 1 and "| linear | all |" in registers.table(rows.values())


HELD_OUT = ITEMS.with_name("registers_held_out.toml")


def test_the_held_out_set_trains_nothing_and_has_its_size() -> None:
    held_out = tomllib.loads(HELD_OUT.read_text("utf8"))
    trained = {text.strip(".!? ").lower() for text in read_uptake()[0]}
    assert len(held_out) >= 12
    for register, items in held_out.items():
        texts = {text for each in items.values() for text in each}
        assert len(texts) >= 30, register
        assert not trained & {text.strip(".!? ").lower() for text in texts}, register


def test_the_default_hears_held_out_replies_no_worse_than_when_published(registers) -> None:
    """Measured once: thanks .41, uptake .44, false alarms .06, turned .01 (docs/readers.md)."""
    rows = {row["register"]: row for row in registers.lines(["linear"], HELD_OUT)}
    assert rows["all"]["recall_thanks"][0] >= 0.38
    assert rows["all"]["recall_uptake"][0] >= 0.40
    assert rows["all"]["false_alarms"][0] <= 0.08
    assert rows["all"]["turned"][0] <= 0.015
