"""`redditess methods`: what a paper says is what the manifest says."""

from __future__ import annotations

from typing import Any

from redditess.corpus.folder import BuildFolder
from redditess.release.funnel import steps
from redditess.release.methods import flow, latex, latex_table, methods, paragraph

Built = tuple[BuildFolder, dict[str, Any]]


def test_steps_balance_and_name_the_largest_reason_first(built: Built) -> None:
    found = steps(built[1])
    assert [s.name for s in found] == ["ingest", "posts", "assemble", "full", "effectiveness"]
    for step in found:
        assert step.n_in == step.n_out + sum(step.dropped.values())
    assert list(found[2].dropped) == ["post:bot", "orphan"]


def test_the_paragraph_carries_the_numbers(built: Built) -> None:
    text = paragraph(built[1])
    for part in (
        "70,007 lines", "10,004 were posts or comments of one community (r/sample_sleep)",
        "op_response (recipient, votes on 43.2 %)", "40 of 40 released interactions (100.0 %)",
        "does not say that the comment helped in a clinical sense",
    ):  # fmt: skip
        assert part in text, part


def test_invented_rows_are_shouted(built: Built) -> None:
    assert paragraph(built[1]).startswith("THIS BUILD CONTAINS INVENTED ROWS")
    built[1]["content"]["invented"] = 0
    assert "INVENTED" not in paragraph(built[1])


def test_the_flow_has_n_for_every_exclusion(built: Built) -> None:
    text = flow(built[1])
    assert "dump lines (n = 70,007)\n  - not candidate: n = 60,003\n" in text
    assert "  - post: bot: n = 997\n  - orphan: n = 1\n  = interactions (n = 4,003)" in text


def test_latex_has_a_row_for_each_split_and_no_bare_sign(built: Built) -> None:
    table = latex_table(built[1])
    assert table.count(r" \\") == 1 + 15  # head, five configs of three splits
    assert latex("100% _of_ {them} \\ & ~^") == (
        r"100\% \_of\_ \{them\} \textbackslash{} \& \textasciitilde{}\textasciicircum{}"
    )


def test_all_three_parts_come_out(built: Built) -> None:
    text = methods(built[1])
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Methods", "## Flow", "## LaTeX",
    ]  # fmt: skip
