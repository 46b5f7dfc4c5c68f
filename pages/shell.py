"""The one HTML shell: a self-contained page that asks nothing of the network or of a script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from typing import NamedTuple

from .escape import Html, join, tag
from .svg import patterns


class Screen(NamedTuple):
    """One part of a page, reachable from the bar at its top."""

    id: str
    short: str  # in the bar; must fit a phone, three in a line
    title: str
    body: Html


def page(title: str, header: Html, screens: Sequence[Screen], footer: Html) -> str:
    """A whole HTML document.

    Its content policy forbids every request, script and form; the style sheet is allowed by its
    digest, so that not even a smuggled `style` attribute would count.
    """
    style = resources.files(__package__).joinpath("style.css").read_text("utf8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("link", rel="icon", href="data:,"),  # or a browser asks the server for one
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag(
        "body",
        tag("a", "Skip to the content", class_="skip", href="#content"),
        patterns(),
        header,
        _bar(screens),
        tag("main", *(_section(n, s) for n, s in enumerate(screens, 1)), id="content"),
        tag("footer", footer),
    )
    return f'<!doctype html>\n<html lang="en">{head}{body}</html>\n'


def _policy(style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _bar(screens: Sequence[Screen]) -> Html:
    links = (
        tag("li", tag("a", tag("b", n), " ", s.short, href=f"#{s.id}"))
        for n, s in enumerate(screens, 1)
    )
    return tag("nav", tag("ol", *links), aria_label="Parts of this page")


def _section(n: int, screen: Screen) -> Html:
    heading = tag("h2", tag("span", n, class_="number"), screen.title, id=f"{screen.id}-title")
    return tag("section", heading, screen.body, id=screen.id, aria_labelledby=f"{screen.id}-title")


def fold(summary: object, *content: object, open_: bool = False) -> Html:
    """A part that opens on demand, without a script."""
    return tag("details", tag("summary", summary), *content, open=open_)


def table(
    caption: str, head: Sequence[object], rows: Sequence[Sequence[object]], numeric: int = 0
) -> Html:
    """Rows of cells; the first column names the row, the last `numeric` columns hold figures.

    A table wider than the screen scrolls inside its own frame, never the page.
    """
    first_figure = len(head) - numeric

    def cell(at: int, value: object) -> Html:
        kind = "figure" if at >= first_figure else None
        return tag("td", value, class_=kind) if at else tag("th", value, scope="row")

    heads = (
        tag("th", value, scope="col", class_="figure" if at >= first_figure else None)
        for at, value in enumerate(head)
    )
    body = (tag("tr", *(cell(at, value) for at, value in enumerate(row))) for row in rows)
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *heads)),
        tag("tbody", *body),
    )
    return tag("div", whole, class_="scroll", role="region", aria_label=caption, tabindex="0")


def figure(picture: Html, caption: object, behind: Html | None = None) -> Html:
    """A picture, what it says in words, and the table behind it."""
    table_behind = fold("The figures behind this picture", behind) if behind else None
    return tag("figure", picture, tag("figcaption", caption), table_behind)


def paragraphs(value: str) -> Html:
    """Plain text with blank lines -> paragraphs; single line breaks stay."""
    parts = [part.strip() for part in value.replace("\r\n", "\n").split("\n\n")]
    return join(*(tag("p", part, dir="auto") for part in parts if part))
