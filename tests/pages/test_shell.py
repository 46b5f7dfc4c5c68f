"""One shell: a policy that forbids requests and scripts, headings in order, readable colours."""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources

import pytest

from redditess.pages.escape import tag
from redditess.pages.shell import Screen, fold, page, paragraphs, table

STYLE = resources.files("redditess.pages").joinpath("style.css").read_text("utf8")


def made() -> str:
    screens = [Screen(x, x, f"Screen {x}", tag("p", "words")) for x in ("one", "two")]
    return page("A title", tag("header", tag("h1", "A title")), screens, tag("p", "the end"))


def test_the_policy_allows_the_style_sheet_and_nothing_else() -> None:
    html = made()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', html)
    style = re.search(r"<style>(.*?)</style>", html, re.S)
    assert policy
    assert style
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].replace("&#x27;", "'").split(";"))
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert rules == {
        "default-src": "'none'", "style-src": f"'sha256-{digest}'", "img-src": "data:",
        "base-uri": "'none'", "form-action": "'none'",
    }  # fmt: skip


def test_nothing_on_the_page_points_outside() -> None:
    assert not re.search(r"""(?:src|href|url)\s*[=(]\s*["']?+(?!#|data:,)""", made())
    assert "<script" not in made()
    assert ' style="' not in made()


def test_headings_and_landmarks_are_in_order() -> None:
    html = made()
    assert re.findall(r"<(h\d|nav|main|footer)\b", html) == [
        "h1",
        "nav",
        "main",
        "h2",
        "h2",
        "footer",
    ]
    for name in ("one", "two"):
        assert f'href="#{name}"' in html
        assert f'<section id="{name}" aria-labelledby="{name}-title">' in html


def test_a_table_names_its_rows_and_columns() -> None:
    html = table("Counts", ("what", "n"), [("a < b", "3")], numeric=1)
    assert '<th scope="row">a &lt; b</th><td class="figure">3</td>' in html
    assert html.count('scope="col"') == 2
    assert "<caption>Counts</caption>" in html


def test_blank_lines_make_paragraphs_and_each_finds_its_own_direction() -> None:
    html = paragraphs("one\r\n\r\n\n  \ntwo\nthree")
    assert html == '<p dir="auto">one</p><p dir="auto">two\nthree</p>'
    assert paragraphs(" \n\n ") == ""


def test_a_fold_opens_without_a_script() -> None:
    assert fold("more", tag("p", "x")) == "<details><summary>more</summary><p>x</p></details>"


# ---- colours


def schemes() -> dict[str, dict[str, str]]:
    blocks = re.findall(r":root \{(.*?)\n ? ?\}", STYLE, re.S)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", b)) for b in blocks[:2])
    return {"light": light, "dark": light | dark}


def contrast(a: str, b: str) -> float:
    """WCAG 2.2 contrast ratio of two #rrggbb colours, 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    ("ink", "paper"), ("ink", "card"), ("ink", "wash"), ("ink", "mark"), ("ink", "warn-wash"),
    ("quiet", "paper"), ("quiet", "card"), ("quiet", "wash"), ("accent", "paper"),
    ("accent", "card"), ("accent", "warn-wash"), ("yes", "yes-wash"), ("no", "no-wash"),
    ("warn", "warn-wash"), ("ink", "none-wash"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT_ON)
def test_text_can_be_read_in_light_and_dark(scheme: str, front: str, back: str) -> None:
    colours = schemes()[scheme]
    assert contrast(colours[front], colours[back]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("front", ["yes", "no", "none"])
def test_fills_stand_out_from_the_page(scheme: str, front: str) -> None:
    assert contrast(schemes()[scheme][front], schemes()[scheme]["paper"]) >= 3
