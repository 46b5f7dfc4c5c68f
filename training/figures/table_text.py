"""The table drawn: Markdown for a card, rich for a terminal. Both read the JSON form."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ...corpus.selection import printable
from ...release.card import plain
from .baselines import LENGTH, MAJORITY, TFIDF
from .figure import FIGURES, IN_STRATA, MOVED, Figure
from .table import Table, caption, table_json

if TYPE_CHECKING:
    from rich.console import RenderableType

DASH = "–"
_KINDS = {
    "length": "Length of the comment (fifths of train)",
    "subreddit": "Community",
    "era": "Era of the dump",
    "day": "Early and late (cut where 80 % of train rows lie before)",
    "basis": "Kind of evidence",
}
_FIRST, _FIGURE = 16, 8  # columns of a terminal: names of rows at most, figures at least
_SHORT = {"pair_accuracy": "pairs", "roc_auc": "AUC", "macro_f1": "macro-F1"}


Safe = Callable[[str], str]
"""Makes a name that came with data harmless: for Markdown, or for a terminal."""


class Grid(NamedTuple):
    """What both renderings draw."""

    title: str
    heads: list[str]
    rows: list[list[str]]


def table_markdown(table: Table | Mapping[str, Any]) -> str:
    """The whole table as Markdown; takes a Table, or what `table_json` made of one."""
    found = _plain(table)
    blocks = [main_markdown(found).rstrip("\n")]
    blocks += [f"**{grid.title}**\n\n{_md(grid)}" for grid in _more(found, _inert)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def main_markdown(table: Table | Mapping[str, Any]) -> str:
    """Caption, main table and what must be said with it, without strata: for a short card."""
    found = _plain(table)
    parts = [
        "\n\n".join(caption(found)), _md(_main(found, _inert)), _list(_after(found, _inert))
    ]  # fmt: skip
    return "\n\n".join(part for part in parts if part) + "\n"


def table_rich(table: Table | Mapping[str, Any]) -> RenderableType:
    """The same for a terminal: at most 80 columns, intervals under their figures."""
    from rich.console import Group
    from rich.text import Text

    found = _plain(table)
    lines = [Text(line.replace("*", "")) for line in caption(found)]
    after = [Text(f"- {line}") for line in _after(found, _printable)]
    grids = [_grid(grid) for grid in _more(found, _printable)]
    return Group(*lines, _grid(_main(found, _printable)), *after, *grids)


def grids(table: Table | Mapping[str, Any]) -> tuple[Grid, list[str], list[Grid]]:
    """The main table, what must be said under it, and the tables below: for a page to draw."""
    found = _plain(table)
    return _main(found, _printable), _after(found, _printable), list(_more(found, _printable))


def short(figure: Figure | None) -> str:
    """A figure with its interval; a dash where it cannot be known.

    >>> short({"value": 0.7412, "low": 0.7, "high": 0.78})
    '.74 [.70, .78]'
    >>> short({"value": None, "low": None, "high": None})
    '–'
    """
    if not figure or figure["value"] is None:
        return DASH
    if figure.get("low") is None or figure.get("high") is None:
        return _two(figure["value"])
    return f"{_two(figure['value'])} [{_two(figure['low'])}, {_two(figure['high'])}]"


def _two(x: float) -> str:
    """Two decimals without the 0 before them; a real minus sign."""
    said = f"{abs(x):.2f}"
    sign = "−" if x < 0 and float(said) else ""
    return sign + (said.removeprefix("0") if said != "0.00" else "0")


def _printable(text: str) -> str:
    return printable(text, 500)


def _inert(text: str) -> str:
    """For Markdown: on one line, no markup."""
    return plain(_printable(text))


def _plain(table: Table | Mapping[str, Any]) -> dict[str, Any]:
    return table_json(table) if isinstance(table, Table) else dict(table)


def _main(found: Mapping[str, Any], safe: Safe) -> Grid:
    rows = [
        [safe(row["name"]), *(short(row["figures"].get(key)) for key in FIGURES)]
        for row in found["rows"]
    ]
    return Grid("", ["", *FIGURES.values()], rows)


def _after(found: Mapping[str, Any], safe: Safe) -> list[str]:
    """What must be said right under the main table."""
    return [
        *(f"LEAK? {safe(alarm)}" for alarm in found["alarms"]),
        *_lazy(found),
        *_gains(found, safe),
        *_seeds(found, safe),
        *map(safe, found["notes"]),
    ]


def _lazy(found: Mapping[str, Any]) -> Iterator[str]:
    """What majority gets, in one sentence."""
    for row in found["rows"]:
        if row["name"] == MAJORITY and row["figures"]:
            f = row["figures"]
            yield (
                f"Without reading anything (majority): macro-F1 {short(f['macro_f1'])}, "
                f"F1 of the frequent label "
                f"{_two(max(f[k]['value'] or 0 for k in ('f1_effective', 'f1_not_effective')))}, "
                f"pairs .50"
            )


def _gains(found: Mapping[str, Any], safe: Safe) -> Iterator[str]:
    for row in found["rows"]:
        if row["gain"] and row["gain"]["value"] is not None:
            n = row["gain"]["n"]
            yield f"{safe(row['name'])} minus {TFIDF}, same {n:,} pairs: {short(row['gain'])}"


def _seeds(found: Mapping[str, Any], safe: Safe) -> Iterator[str]:
    """Mean and sd over seeds: how far another run may lie, which no interval above holds."""
    for row in found["rows"]:
        if row["seeds"]:
            said = [
                f"{FIGURES[key]} {_two(s['mean'])} (sd {s['sd']:.3f})"
                for key, s in row["seeds"].items()
            ]
            n = max(s["n_seeds"] for s in row["seeds"].values())
            yield f"{safe(row['name'])} over {n} seeds, means: {', '.join(said)}"


def _more(found: Mapping[str, Any], safe: Safe) -> Iterator[Grid]:
    """The tables below the main one."""
    natural = found["prevalence"]["natural"]
    if natural is not None:
        rows = [
            [safe(row["name"]), *(short(row["natural"].get(key)) for key in MOVED)]
            for row in found["rows"]
            if row["natural"]
        ]
        title = f"Were {100 * natural:.0f} % of the rows effective, as of all comments"
        yield Grid(title, ["", *(FIGURES[key] for key in MOVED)], rows)
    shown = _shown(found)
    heads = [f"{name} {_SHORT[key]}" for name, key in shown]
    for kind, title in _KINDS.items():
        parts = [part for part in found["strata"] if part["by"] == kind]
        if parts:
            rows = [_part(part, shown, safe) for part in parts]
            yield Grid(title, ["", "rows (effective)", *map(safe, heads)], rows)
    if found["era"]:
        yield _era(found["era"], safe)


def _shown(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(row, figure) of the columns of strata: pairs of what matters, the rest of the model."""
    models = [row["name"] for row in found["rows"] if row["kind"] == "model"]
    shown = [(name, "pair_accuracy") for name in (LENGTH, TFIDF, *models)]
    return shown + [(name, key) for name in models or [TFIDF] for key in IN_STRATA[1:]]


def _part(part: Mapping[str, Any], shown: Sequence[tuple[str, str]], safe: Safe) -> list[str]:
    size = f"{part['n']:,} ({part['n_effective']:,})"
    cells = [short(part["rows"].get(name, {}).get(key)) for name, key in shown]
    if part["why"]:
        cells = [f"{DASH} {part['why']}", *([""] * (len(shown) - 1))]
    return [safe(part["name"]), size, *cells]


def _era(era: Mapping[str, Any], safe: Safe) -> Grid:
    title = (
        f"Learnt on days to {era['cut']} ({era['n_train']:,} rows), "
        f"tested on later ones ({era['n_test']:,})"
    )
    rows = [
        [safe(name), *(short(figures.get(key)) for key in IN_STRATA)]
        for name, figures in era["rows"].items()
    ]
    rows += [[safe(name), f"{DASH} {why}", "", ""] for name, why in era["left_out"].items()]
    if era["why"]:
        rows = [["", f"{DASH} {era['why']}", "", ""]]
    return Grid(title, ["", *(FIGURES[key] for key in IN_STRATA)], rows)


def _md(grid: Grid) -> str:
    lines = [grid.heads, ["---", *(["---:"] * (len(grid.heads) - 1))], *grid.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _grid(grid: Grid) -> RenderableType:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(
        title=Text(grid.title, "bold") if grid.title else None, title_justify="left",
        box=SIMPLE_HEAD, padding=(0, 0, 0, 1), collapse_padding=True, pad_edge=False,
        show_edge=False,
    )  # fmt: skip
    cells = [[_two_lines(cell) for cell in row] for row in grid.rows]
    for i, head in enumerate(grid.heads):
        wanted = max((len(line) for row in cells for line in row[i].split("\n")), default=0)
        said = head.replace("effective", "eff.").replace(LENGTH, "length")
        word = max(map(len, said.split()), default=0) + 1
        width = max(_FIGURE, wanted, min(word, _FIRST)) if i else min(wanted, _FIRST)
        drawn.add_column(
            Text(said), justify="right" if i else "left", overflow="fold", width=width,
        )  # fmt: skip
    for row in cells:
        drawn.add_row(*map(Text, row))
    return drawn


def _two_lines(cell: str) -> str:
    """A figure with its interval below it: seven columns of them fit beside their names.

    >>> _two_lines(".74 [.70, .78]")
    '.74\\n.70–.78'
    """
    if cell.startswith(DASH):
        return cell.replace(" ", "\n")  # a reason, a word a line
    figure, _, ends = cell.partition(" [")
    return f"{figure}\n{ends.removesuffix(']').replace(', ', DASH)}" if ends else cell
