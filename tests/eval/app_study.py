"""Small studies with texts of our choice, and the app that serves them in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redditess.corpus.artefacts import write_json
from redditess.eval.study import tokens
from redditess.eval.study.folder import (
    FORMAT,
    Item,
    StudyFolder,
    new_study_folder,
    write_items,
    write_plan,
)
from redditess.eval.study.log import Log
from redditess.eval.study.plan import plan
from redditess.eval.study.protocols import PROTOCOLS

ROOT = Path(__file__).parents[2]
TITLE = "I do not know how to tell my sister that I cannot come home for the holidays"
POST = (
    "Every year I say yes and every year I spend the week counting hours. This time I want to stay "
    "in my own flat, sleep, and see one friend.\n\nShe will say that I am selfish. I have written "
    "the message four times and deleted it four times. My stomach hurts when I think of it.\n\n"
    "How do you say no to somebody who never did anything wrong?"
)
COMMENTS = (
    "You can love her and still not come. When I did this the first time I wrote two lines, no "
    "reasons, and one thing that I was looking forward to doing with her later. It hurt for a day. "
    "Then it was only a plan that had changed.",
    "Just go, it is one week.",
    "I am sorry about your stomach; mine does that too. Maybe ask the friend to sit with you while "
    "you press send? You need not be alone with it.",
    "holidays are overrated anyway lol",
)
REPLY = "I had not thought of asking somebody to sit with me. I will try that on Sunday."


def comment(n: int, **shown: str) -> Item:
    """One comment of two a post, half of them labelled effective, with a reply by the poster."""
    told = {"title": TITLE, "post": POST, "comment": COMMENTS[n % 4], "op_reply": REPLY} | shown
    private = {
        "label": "effective" if n % 2 else "not_effective", "cluster": f"c{n // 2}",
        "probability": 0.5, "id": f"row{n}", "thread_id": f"thread{n // 2}",
    }  # fmt: skip
    return Item(f"item{n:03d}", told, private)


def pair(n: int, **shown: str) -> Item:
    told = {"prompt": f"{TITLE}\n\n{POST}", "one": COMMENTS[0], "two": COMMENTS[2]} | shown
    private = {
        "cluster": f"c{n}", "probability": 1.0, "models": ["tuned", "base"], "prompt_id": str(n),
        "n_characters": [len(told["one"]), len(told["two"])],
    }  # fmt: skip
    return Item(f"item{n:03d}", told, private)


def make(
    root: Path, protocol: str, items: Sequence[Item], raters: int = 2, minutes: float = 45.0
) -> tuple[StudyFolder, dict[str, str]]:
    """(study, rater -> invitation) with these items; everybody rates everything."""
    folder = new_study_folder(root)
    names = [f"r{n:02d}" for n in range(1, raters + 1)]
    write_items(folder, items)
    write_plan(folder, plan(items, names, raters, 0))
    Log(folder.answers)
    given = tokens.invite(folder, names) | tokens.invite(folder, [tokens.OWNER], "owner")
    asked = PROTOCOLS[protocol]
    document = {
        "format": FORMAT, "protocol": protocol, "version": asked.version, "title": asked.title,
        "study": f"made for a test {root}", "seed": 0, "session_minutes": minutes,
    }  # fmt: skip
    write_json(folder.study, document)
    return folder, given


class App:
    """`redditess eval app` in a process of its own, as its users start it."""

    def __init__(self, folder: StudyFolder, *more: str):
        self.folder = folder
        command = [sys.executable, "-m", "redditess", "eval", "app", str(folder.root), *more]
        own = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        # Who starts the tests in the background has Ctrl-C ignored, and children inherit that.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.process = subprocess.Popen(
            command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        signal.signal(signal.SIGINT, before)
        assert self.process.stdout
        self.url = self.process.stdout.readline().strip()
        if not self.url:
            _, said = self.process.communicate()
            raise AssertionError(said)

    @property
    def port(self) -> str:
        return self.url.rstrip("/").rsplit(":", 1)[1]

    def line(self) -> str:
        """The next line it prints."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        """No goodbye: as when the power goes."""
        self.process.kill()
        self.process.communicate()

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; (status, what it said)."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said

    def turn(self, **sent: Any) -> dict[str, Any]:
        """One turn without a browser, as the page asks for it."""
        body = {
            "session_hash": "test",
            "component_id": self._block(),
            "fn_name": "turn",
            "data": sent,
        }
        request = urllib.request.Request(
            f"{self.url}gradio_api/component_server/", json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))

    def _block(self) -> int:
        with urllib.request.urlopen(f"{self.url}config", timeout=60) as answer:
            found = json.load(answer)["components"]
        return next(one["id"] for one in found if one["type"] == "html")


@contextmanager
def running(folder: StudyFolder, *more: str) -> Iterator[App]:
    app = App(folder, *more)
    try:
        yield app
    finally:
        app.kill()


def through_the_door(page: Any, url: str, token: str) -> None:
    """Opens a study by the link, as far as the first screen."""
    page.goto(f"{url}#{token}")
    page.wait_for_selector("#study h1")


def say(page: Any, words: str) -> None:
    """Taps the button of these words and waits for the screen that follows."""
    tap(page, page.get_by_role("button", name=words).first)


def tap(page: Any, button: Any) -> None:
    """Taps, and waits until the turn has been answered."""
    before = page.inner_html("#screen")
    button.click()
    page.wait_for_function(
        "before => document.querySelector('#screen').innerHTML !== before"
        " && !document.querySelector('#screen[aria-busy]')",
        arg=before,
    )


def heading(page: Any) -> str:
    return str(page.inner_text("#study h1"))


def answer_all(page: Any, nth: int = 0) -> None:
    """Chooses the nth option of every question that wants an answer."""
    names = page.eval_on_selector_all(
        "fieldset input[required]", "all => [...new Set(all.map(one => one.name))]"
    )
    for name in names:
        page.locator(f"fieldset input[name={name}]").nth(nth).check()


def go_on(page: Any) -> None:
    """The button that leads onwards, on whatever screen this is."""
    tap(page, page.locator("form button.main, #screen > p button.main").first)


def to_the_work(page: Any) -> None:
    """Through consent, credentials and practice, by the first answers that there are."""
    end = time.monotonic() + 60
    while page.locator("form[data-do=answer]").count() == 0:
        assert time.monotonic() < end, heading(page)
        answer_all(page)
        go_on(page)
