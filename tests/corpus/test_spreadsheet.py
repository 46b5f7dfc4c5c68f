"""No cell of a sheet is a formula, and a lossless sheet is the table again."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from redditess.corpus.spreadsheet import neutral, read_sheet, write_sheet

SCHEMA = pa.schema(
    [("text", pa.string()), ("n", pa.int32()), ("p", pa.float32()), ("yes", pa.bool_()),
     ("day", pa.date32()), ("many", pa.list_(pa.string())),
     ("votes", pa.list_(pa.struct([("name", pa.string()), ("score", pa.float32())])))]
)  # fmt: skip
FORMULAS = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "\ufeff=1",
    '"=1', "'=1", '"" =1', "＝1", "＋1", "－1", "＠x", "−1", "﹦1", "\u200b=1", "\u202e=1", "“=1",
    "|x", "%x", "\t", "\r", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")', "\x00=1", "  \t =1",
)  # fmt: skip
_TRIGGERS = "=+-@"
_STRIPPED = " \t\r\n\v\f\x00\u00a0\u200b\u200e\u200f\u202a\u202e\u2060\ufeff\"'`“”‘’"


def runs(cell: str) -> bool:
    """What a spreadsheet does at its worst: strips, folds widths, then looks at the first sign."""
    if cell.startswith("'"):
        return False
    bare = unicodedata.normalize("NFKC", cell.lstrip(_STRIPPED)).replace("\u2212", "-")
    return bare[:1] in set(_TRIGGERS) and bool(bare)


@given(
    st.text(alphabet=st.one_of(st.sampled_from(_STRIPPED + "=+-@＝＋－＠−ab1"), st.characters()))
)
@example("=1+1")
@example("'=1+1")
def test_no_text_runs_after_it_was_made_neutral(text: str) -> None:
    made = neutral(text)
    assert not runs(made)
    assert made in (text, f"'{text}")


@pytest.mark.parametrize("text", FORMULAS)
def test_every_known_start_of_a_formula_gets_an_apostrophe(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["", "fine", "1 - 2", "a=b", "(+1)", "🙂 @ work", "é"])
def test_other_texts_stay(text: str) -> None:
    assert neutral(text) == text


def table() -> pa.Table:
    texts = [*FORMULAS, "", None, "null", "NA", 'a "quoted", cell\r\nof\ttwo lines', "plain", "é🙂"]
    texts = [t if t is None else t.replace("\x00", "") for t in texts]
    n = len(texts)
    return pa.table(
        {
            "text": texts, "n": [None, *range(-5, n - 6)], "p": [0.1, None] + [1 / 3] * (n - 2),
            "yes": [True, None] + [False] * (n - 2), "day": [None, *range(1, n)],
            "many": [None, [], ["=1", "", None], *[["a,b\n\"c\""]] * (n - 3)],
            "votes": [None, []] + [[{"name": "=x", "score": 0.1}]] * (n - 2),
        },
        SCHEMA,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_a_lossless_sheet_is_the_table_again(tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"x.{kind}"
    rows = table()
    assert write_sheet(
        out, [rows.slice(0, 7), rows.slice(7)], SCHEMA, kind=kind, lossless=True
    ) == (rows.num_rows)
    assert read_sheet(out, SCHEMA, kind=kind).equals(rows)


@pytest.mark.parametrize("kind", ["csv", "tsv"])
def test_no_cell_of_a_sheet_runs_and_nothing_else_changes(tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"x.{kind}"
    write_sheet(out, [table()], SCHEMA, kind=kind)
    with out.open(encoding="utf8", newline="") as f:
        head, *lines = csv.reader(f, delimiter={"csv": ",", "tsv": "\t"}[kind])
    assert head == SCHEMA.names
    strings = [i for i, f in enumerate(SCHEMA) if not pa.types.is_primitive(f.type)]
    assert len(lines) == table().num_rows
    assert not any(runs(line[i]) for line in lines for i in strings)
    wanted = [neutral(t or "") for t in table()["text"].to_pylist()]
    assert [line[0] for line in lines] == wanted
