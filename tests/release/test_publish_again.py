"""A publish that was killed goes on; two at once do not mix."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redditess.release.journal import Journal

REPO = "datasets/ns/redditess"
PUBLISH = ("-m", "redditess", "release", "publish")
WHERE = {
    "while files go up": "PUT /_lfs",
    "before the branch has them": "POST .*/commit/publish-",
    "while rows are loaded back": "GET /_cdn/",
    "before main moves": "POST .*/commit/main",
    "before the tag": "POST .*/tag/",
    "before the branch goes": "DELETE .*/branch/",
}
MAIN_HAS_IT = ("before the tag", "before the branch goes")


def local(build: Path) -> set[str]:
    release = build / "redditess"
    return {p.relative_to(release).as_posix() for p in release.rglob("*") if p.is_file()}


@pytest.mark.slow
@pytest.mark.parametrize("place", WHERE)
def test_a_killed_publish_goes_on(hub: Any, salted: Callable[..., Path], place: str) -> None:
    build = salted(place)
    hub.client(xet=False, do="commit", repo="ns/redditess", add={"old.txt": "x"})
    hub.fault(WHERE[place], hold=True)
    running = hub.start(*PUBLISH, str(build), "ns/redditess", xet=False)
    hub.wait_for_fault()
    running.send_signal(signal.SIGKILL)
    running.communicate()
    expected = local(build) if place in MAIN_HAS_IT else {"old.txt"}
    assert hub.files(REPO).keys() == expected
    hub.calm()
    again = hub.client(xet=False, do="publish", place=str(build), repo="ns/redditess")
    assert "error" not in again, again["error"]
    assert hub.files(REPO).keys() == local(build)
    assert hub.refs(REPO) == {"refs/heads/main": again["commit"],
                              f"refs/tags/{again['tag']}": again["commit"]}  # fmt: skip
    titles = [c["title"] for c in hub.ask("GET", f"/api/{REPO}/commits/main")]
    assert titles == [f"Release {again['tag']}", "by hand", "initial commit"]
    if place in MAIN_HAS_IT:
        sent = [e["line"] for e in hub.ask("GET", "/_log") if "/commit/" in e["line"]]
        assert not [line for line in sent if line.startswith("POST")]  # nothing goes up twice


@pytest.mark.slow
def test_two_publish_the_same_release_at_once(hub: Any, salted: Callable[..., Path]) -> None:
    build = salted("twice")
    both = [hub.start(*PUBLISH, str(build), "ns/redditess", xet=x) for x in (False, False)]
    ends = [(p.communicate(), p.returncode) for p in both]
    assert [code for _, code in ends] == [0, 0], ends
    titles = [c["title"] for c in hub.ask("GET", f"/api/{REPO}/commits/main")]
    assert len(titles) == 2 and titles[0].startswith("Release ")
    assert hub.files(REPO).keys() == local(build)


@pytest.mark.slow
@pytest.mark.parametrize("there", ["old.txt", "croissant.json"])
def test_who_comes_second_is_told_and_may_publish_over_it(
    hub: Any, salted: Callable[..., Path], there: str
) -> None:
    """The Hub says 404 where a commit removes what is gone already, else 412."""
    first, second = salted(f"first {there}"), salted(f"second {there}")
    hub.client(xet=False, do="commit", repo="ns/redditess", add={there: "x"})
    hub.calm()
    hub.fault("POST .*/commit/main", hold=True)
    slow = hub.start(*PUBLISH, str(second), "ns/redditess", xet=False)
    hub.wait_for_fault()
    fast = hub.client(xet=False, do="publish", place=str(first), repo="ns/redditess")
    hub.ask("POST", "/_go")
    _, said = slow.communicate()
    assert slow.returncode == 1
    last = said.strip().splitlines()[-1]
    assert "ns/redditess: main was changed by somebody else meanwhile" in last
    assert "run the command again" in last
    assert hub.refs(REPO)["refs/heads/main"] == fast["commit"]
    over = hub.client(xet=False, do="publish", place=str(second), repo="ns/redditess")
    assert hub.refs(REPO)["refs/heads/main"] == over["commit"] != fast["commit"]
    assert hub.refs(REPO)[f"refs/tags/{fast['tag']}"] == fast["commit"]


@pytest.mark.slow
def test_a_change_between_two_runs_is_not_overwritten_unseen(
    hub: Any, salted: Callable[..., Path]
) -> None:
    """Killed before `main` moved, then somebody corrects the page on the Hub by hand."""
    build = salted("between")
    hub.fault("POST .*/commit/main", status=403)
    assert "403" in hub.client(xet=False, do="publish", place=str(build), repo="ns/r")["error"]
    hub.client(xet=False, do="commit", repo="ns/r", add={"README.md": "---\n{}\n---\nby hand"})
    stopped = hub.client(xet=False, do="publish", place=str(build), repo="ns/r")
    assert "somebody else" in stopped["error"]
    assert list(hub.files("datasets/ns/r")) == ["README.md"]
    over = hub.client(xet=False, do="publish", place=str(build), repo="ns/r")
    assert hub.refs("datasets/ns/r")["refs/heads/main"] == over["commit"]


def test_the_journal_forgets_where_main_stood_once_a_release_is_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "publish.json", "ns/a")
    assert journal.main_before("d1") is None
    journal.begin("d1", "publish-d1", "c0")
    assert journal.main_before("d1") == "c0" and journal.main_before("d2") is None
    journal.finish("d1", "c1", "v1")
    assert journal.main_before("d1") is None
    other = Journal(tmp_path / "publish.json", "ns/b")
    other.begin("d1", "publish-d1", "c5")
    other.forget()
    assert json.loads((tmp_path / "publish.json").read_bytes()) == {
        "ns/a": {"branch": "publish-d1", "commit": "c1", "digest": "d1", "main_before": "c0",
                 "tag": "v1"},
    }  # fmt: skip
