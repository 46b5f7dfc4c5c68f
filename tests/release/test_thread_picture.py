"""The picture on the card says what the rules say, alone, in any light and at any width."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from redditess.corpus.folder import BuildFolder
from redditess.corpus.settings import load_settings
from redditess.labeling.label import fit_labels, label_bucket
from redditess.labeling.vote import vote_bucket
from redditess.release.thread_picture import ALT, ANSWERS, POST, TITLE, WIDTH, thread_picture

SVG = "{http://www.w3.org/2000/svg}"
T0 = 1_590_969_600  # 2020-06-01
MINUTES = (20, 35, 120)


def as_rows() -> list[dict[str, Any]]:
    """The thread of the picture as interactions: the poster answered the first and the third."""
    day = 86_400
    common = {
        "op": "sleeper", "title": TITLE, "post": " ".join(POST), "n_siblings": 2, "score": 2,
        "op_last_seen_utc": T0 + day, "post_created_utc": T0, "followup_days": 30.0,
        "n_op_answered": 2,
    }  # fmt: skip
    return [
        {
            **common, "comment": " ".join(a.comment), "position": n,
            "created_utc": T0 + 60 * minutes,
            "op_replies": [" ".join(a.reply)] if a.reply else [],
            "op_reply_depths": [1] if a.reply else [],
            "op_reply_utc": [T0 + day] if a.reply else [],
            "op_answered_later_sibling": n < 2,
        }
        for n, (a, minutes) in enumerate(zip(ANSWERS, MINUTES, strict=True))
    ]  # fmt: skip


def test_the_labels_are_those_of_the_released_rules(made: Callable[..., BuildFolder]) -> None:
    settings = load_settings("default", n_buckets=1)
    folder = made(as_rows(), n_buckets=1)
    vote_bucket(folder, 0, settings)
    fit_labels(folder, settings)
    label_bucket(folder, 0, settings)
    rows = pq.read_table(folder.bucket_file(folder.labels, 0)).to_pylist()
    names = {0: "not_effective", 1: "effective", None: None}
    drawn = [(a.label, a.basis, a.why) for a in ANSWERS]
    assert [(names[r["label"]], r["basis"], r["why"].split(";")[0]) for r in rows] == drawn
    votes = pq.read_table(folder.bucket_file(folder.votes, 0)).to_pylist()
    for answer, vote in zip(ANSWERS, votes, strict=True):
        heard = " ".join(str(vote[k]) for k in vote if k.endswith(":evidence"))
        assert answer.heard.lower() in heard.lower()
        assert not answer.heard or any(answer.heard in line for line in answer.reply)


def test_it_stands_alone_and_asks_for_nothing() -> None:
    picture = thread_picture()
    root = ET.fromstring(picture)
    assert root.tag == f"{SVG}svg" and root.get("viewBox", "").startswith(f"0 0 {WIDTH} ")
    assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
        "svg", "title", "desc", "style", "defs", "pattern", "rect", "circle", "path", "g", "text",
        "tspan",
    }  # fmt: skip
    assert not [k for e in root.iter() for k in e.attrib if "href" in k or k.startswith("on")]
    style = root.findtext(f"{SVG}style") or ""
    assert "prefers-color-scheme: dark" in style and "url(http" not in style
    used = {c for e in root.iter() for c in (e.get("class") or "").split()}
    assert [c for c in used if c.startswith("fill-") and f".{c}" not in style] == []
    assert root.findtext(f"{SVG}desc") == ALT
    assert thread_picture() == picture


def test_each_label_has_a_word_and_a_pattern_of_its_own() -> None:
    root = ET.fromstring(thread_picture())
    bars = [e.get("class") for e in root.iter(f"{SVG}rect") if e.get("width") == "1.5%"]
    assert bars == ["fill-effective", "fill-not_effective", "fill-unlabelled"]
    words = " ".join(t or "" for e in root.iter(f"{SVG}text") for t in e.itertext())
    assert all(word in words for word in ("● effective", "○ not effective", "· no label"))
    assert all(word in ALT for word in ("labelled effective", "labelled not effective", "no label"))


@pytest.mark.needs_system
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_words_keep_inside_and_apart(browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    (tmp_path / "thread.svg").write_text(thread_picture(), "utf8")
    (tmp_path / "page.html").write_text(
        '<meta name="color-scheme" content="light dark"><img src="thread.svg"'
        f' width="{WIDTH}" style="max-width:100%">' + thread_picture(), "utf8",
    )  # fmt: skip
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto((tmp_path / "page.html").as_uri())
    image = page.locator("img").bounding_box()
    assert image["width"] == min(WIDTH, width - 16) and image["height"] > image["width"]
    svg = page.locator("svg[viewBox]").bounding_box()
    boxes = [text.bounding_box() for text in page.locator("svg text").all() if text.text_content()]
    assert len(boxes) > 15
    assert all(b["x"] + b["width"] <= svg["x"] + svg["width"] - 4 for b in boxes)
    for above, below in pairwise(boxes):
        assert above["y"] + above["height"] <= below["y"] + 4, (above, below)
    ink = page.locator("svg text").first.evaluate("e => getComputedStyle(e).fill")
    assert ink == ("rgb(92, 98, 105)" if scheme == "light" else "rgb(163, 168, 173)")
    page.close()
