"""Whatever the network does, `main` holds the old release or the new one; running again helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

OLD = {
    "README.md": "---\nlicense: other\n---\nold\n",
    "data/full/train-00000-of-00002.parquet": "x",
}
ALWAYS = 10_000  # times


class Fault(NamedTuple):
    name: str
    rules: tuple[dict[str, Any], ...]
    stops: str = ""  # a word of the one sentence; empty: the publish succeeds nevertheless
    fresh: bool = False  # the repository does not exist yet


def rule(match: str, **what: Any) -> dict[str, Any]:
    return {"match": match.replace("API", "/api/datasets/ns/REPO"), **what}


def fault(name: str, match: str, *, stops: str = "", fresh: bool = False, **what: Any) -> Fault:
    return Fault(name, (rule(match, **what),), stops, fresh)


BRANCH, MAIN = "POST API/commit/publish-", "POST API/commit/main"
EVERYWHERE = (
    fault("look 500", "GET API$", status=500, times=2),
    fault("look dropped", "GET API$", drop=0, times=2),
    fault("look 429 Retry-After", "GET API$", status=429, headers={"Retry-After": "7"}),
    fault("look 401", "GET API$", status=401, body="Invalid credentials", stops="token"),
    fault("create 500", "POST /api/repos/create", status=500, fresh=True),
    fault("create lost", "POST /api/repos/create", lost=True, fresh=True),
    fault("create 403", "POST /api/repos/create", status=403, stops="write access", fresh=True),
    fault("write check 503", "GET API/auth-check/write", status=503),
    fault("write check 403", "GET API/auth-check/write", status=403, stops="write access"),
    fault("settings 500", "PUT API/settings", status=500, times=2),
    fault("settings lost", "PUT API/settings", lost=True),
    fault("settings 403", "PUT API/settings", status=403, stops="change the settings"),
    fault("list 502", "GET API/revision/main", status=502, times=3),
    fault("refs 503", "GET API/refs", status=503, times=2),
    fault("branch 500", "POST API/branch/", status=500),
    fault("branch lost", "POST API/branch/", lost=True),
    fault("yaml check 500", "POST /api/validate-yaml", status=500),
    fault("preupload 500", "POST API/preupload/publish-", status=500, times=2),
    fault("preupload RateLimit", "POST API/preupload/publish-", status=429,
          headers={"RateLimit": '"api";r=0;t=4', "RateLimit-Policy": '"api";q=500;w=300'}),
    fault("preupload dropped", "POST API/preupload/publish-", drop=10),
    fault("branch commit 500", BRANCH, status=500, times=2),
    fault("branch commit 429", BRANCH, status=429, headers={"Retry-After": "3"}),
    fault("branch commit dropped", BRANCH, drop=100),
    fault("branch commit lost", BRANCH, lost=True),
    fault("both branch commits lost", BRANCH, lost=True, times=2),
    fault("branch commit 412", BRANCH, status=412, body="A commit has happened since"),
    fault("branch commit 412 for ever", BRANCH, status=412, times=ALWAYS, stops="publish-"),
    fault("branch commit 401", BRANCH, status=401, body="Invalid credentials", stops="token"),
    fault("branch commit 403", BRANCH, status=403, stops="write access"),
    fault("branch commit 413", BRANCH, status=413, body="payload too large", stops="too large"),
    fault("second branch commit 503 for ever", BRANCH, status=503, skip=1, times=ALWAYS,
          stops="503"),
    fault("verify: tree 503", "GET API/tree/", status=503, times=2),
    fault("verify: download cut", "GET /_cdn/|GET /_cas/v1/xorbs", truncate=100),
    fault("verify: storage 503", "GET /_cdn/|GET /_cas/v1/xorbs", status=503),
    fault("verify: card 503", "GET /api/resolve-cache/.*README", status=503),
    fault("copy lookup 500", "POST API/paths-info/", status=500, times=2),
    fault("main preupload 500", "POST API/preupload/main", status=500),
    fault("main commit 500", MAIN, status=500, times=2),
    fault("main commit 429", MAIN, status=429, headers={"Retry-After": "2"}),
    fault("main commit dropped", MAIN, drop=10),
    fault("main commit lost", MAIN, lost=True),
    fault("main commit 412", MAIN, status=412, body="A commit has happened since"),
    fault("main commit 412 for ever", MAIN, status=412, times=ALWAYS, stops="main keeps"),
    fault("main commit 403", MAIN, status=403, stops="write access"),
    fault("main commit 503 for ever", MAIN, status=503, times=ALWAYS, stops="503"),
    fault("tag 500", "POST API/tag/", status=500),
    fault("tag lost", "POST API/tag/", lost=True),
    fault("branch removal 500", "DELETE API/branch/", status=500),
    fault("branch removal lost", "DELETE API/branch/", lost=True),
)  # fmt: skip
LFS = (
    fault("LFS batch 500", "lfs/objects/batch", status=500, times=2),
    fault("LFS batch 401", "lfs/objects/batch", status=401, stops="token"),
    fault("LFS put dropped", "PUT /_lfs", drop=1000, times=2),
    fault("LFS put 500", "PUT /_lfs", status=500, times=2),
    fault("LFS address expired", "PUT /_lfs", status=403, body="Request has expired"),
    fault("LFS put 403 for ever", "PUT /_lfs", status=403, times=ALWAYS, stops="403"),
    fault("LFS verify 500", "POST /_lfs/.*/verify", status=500),
)
XET = (
    fault("Xet token 500", "xet-write-token", status=500),
    fault("Xet token 403 for ever", "xet-write-token", status=403, times=ALWAYS, stops="XET"),
    fault("xorb dropped", "POST /_cas/v1/xorbs", drop=1000),
    fault("xorb 500", "POST /_cas/v1/xorbs", status=500, times=2),
    fault("shard 503", "POST /_cas/v1/shards", status=503),
    fault("shard 400", "POST /_cas/v1/shards", status=400),
    fault("shard lost", "POST /_cas/v1/shards", lost=True),
)
TRANSFER = ("preupload", "commit", "verify", "LFS")  # where Xet and LFS do different things
CASES = [(True, f) for f in EVERYWHERE + XET] + [(False, f) for f in EVERYWHERE + LFS]


def _param(xet: bool, case: Fault) -> Any:
    """The requests around a transfer are the same for both ways: once is enough for every day."""
    same = not xet and not any(word in case.name for word in TRANSFER)
    way = "xet" if xet else "lfs"
    return pytest.param(xet, case, marks=pytest.mark.long if same else (), id=f"{way} {case.name}")


@pytest.mark.slow
@pytest.mark.parametrize(("xet", "case"), [_param(*case) for case in CASES])
def test_main_is_never_half_updated(
    xet: bool, case: Fault, hub_process: Any, salted: Callable[[str], Path]
) -> None:
    hub, name = hub_process, f"r{CASES.index((xet, case))}"
    repo, place = f"ns/{name}", salted(name)
    hub.calm()
    if not case.fresh:
        hub.client(xet=xet, do="commit", repo=repo, add=OLD)
    before = {} if case.fresh else hub.files(f"datasets/{repo}")
    for given in case.rules:
        hub.fault(**{**given, "match": given["match"].replace("REPO", name)})
    first = hub.client(xet=xet, do="publish", place=str(place), repo=repo)
    n_met = sum(entry["fault"] for entry in hub.ask("GET", "/_log"))
    hub.calm()
    assert n_met >= 1, "the fault was never met"
    if case.stops:
        assert case.stops in first["error"] and "\n" not in first["error"]
        assert case.name == "create 403" or hub.files(f"datasets/{repo}") == before
    else:
        assert "error" not in first, first["error"]
    again = hub.client(xet=xet, do="publish", place=str(place), repo=repo)
    expected = {str(p.relative_to(place / "redditess")) for p in (place / "redditess").rglob("*")
                if p.is_file()}  # fmt: skip
    assert hub.files(f"datasets/{repo}").keys() == expected
    titles = [c["title"] for c in hub.ask("GET", f"/api/datasets/{repo}/commits/main")]
    old = ["by hand"] if not case.fresh else []
    assert titles == [f"Release {again['tag']}", *old, "initial commit"]
    refs = hub.refs(f"datasets/{repo}")
    assert refs == {
        "refs/heads/main": again["commit"],
        f"refs/tags/{again['tag']}": again["commit"],
    }


def test_there_are_thirty_faults_for_each_way_of_uploading() -> None:
    daily = [_param(*case).values[0] for case in CASES if not _param(*case).marks]
    assert daily.count(True) >= 30 and daily.count(False) >= 30
