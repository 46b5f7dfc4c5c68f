"""`redditess release publish` as its users meet it: on a Hub of this machine, by command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

LOAD = """
import json, sys
from datasets import load_dataset
name, revision, *configs = sys.argv[1:]
found = {}
for config in configs:
    for streaming in (False, True):
        loaded = load_dataset(name, config, revision=revision, streaming=streaming)
        ids = {split: [row.get("id", "") for row in rows] for split, rows in loaded.items()}
        found[f"{config} {streaming}"] = ids
print(json.dumps(found))
"""
READ_CARD = """
from huggingface_hub import hf_hub_download
print(open(hf_hub_download("ns/redditess", "README.md", repo_type="dataset")).read())
"""
ALL_INVENTED = """
from datasets import load_dataset
print(all(load_dataset("ns/redditess", "full", split="train")["invented"]))
"""
REPO = "datasets/ns/redditess"


def rows(build: Path) -> dict[str, dict[str, int]]:
    """config -> split -> rows, of all configs and splits that have some."""
    splits = json.loads((build / "manifest.json").read_bytes())["splits"]
    found = {c: {s: r["rows"] for s, r in of.items() if r["rows"]} for c, of in splits.items()}
    return {config: rows for config, rows in found.items() if rows}


def release(hub: Any, *words: object, **more: Any) -> subprocess.CompletedProcess[str]:
    return hub.run("-m", "redditess", "release", "publish", *map(str, words), **more)


def _asked(hub: Any, configs: Sequence[str], revision: str, **more: Any) -> Any:
    return hub.run("-c", LOAD, "ns/redditess", revision, *configs, **more)


def load(hub: Any, configs: Sequence[str], revision: str = "main", **more: Any) -> Any:
    """What a user's `load_dataset("ns/redditess", config)` gives."""
    done = _asked(hub, configs, revision, **more)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def refusal(hub: Any, configs: Sequence[str], revision: str = "main", **more: Any) -> str:
    """The last words of its error; "" where it loads."""
    done = _asked(hub, configs, revision, **more)
    return str(done.stderr.strip()[-600:]) if done.returncode else ""


def counts(loaded: Any) -> dict[str, dict[str, int]]:
    return {key: {s: len(ids) for s, ids in splits.items()} for key, splits in loaded.items()}


def both_ways(expected: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
    return {
        f"{config} {way}": splits for config, splits in expected.items() for way in (False, True)
    }


@pytest.mark.slow
@pytest.mark.parametrize("xet", [True, False], ids=["xet", "lfs"])
def test_a_published_release_loads_by_name(
    hub: Any, salted: Callable[..., Path], xet: bool
) -> None:
    build = salted(f"load {xet}", n_shards=2)
    done = release(hub, build, "ns/redditess", "--json", xet=xet)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["configs"] == rows(build) and told["gated"] and not told["private"]
    assert counts(load(hub, list(rows(build)), xet=xet)) == both_ways(rows(build))
    asked = [entry["line"] for entry in hub.ask("GET", "/_log")]
    assert any("/redditess.py" in line for line in asked)  # a script there would be refused
    assert hub.refs(REPO) == {"refs/heads/main": told["commit"],
                              f"refs/tags/{told['tag']}": told["commit"]}  # fmt: skip


@pytest.mark.slow
def test_text_is_gated_before_any_of_it_goes_up(hub: Any, salted: Callable[..., Path]) -> None:
    assert release(hub, salted("gate"), "ns/redditess").returncode == 0
    log = [entry["line"] for entry in hub.ask("GET", "/_log")]
    sent = [i for i, line in enumerate(log) if "_lfs" in line or "/_cas/v1/xorbs" in line
            or "preupload" in line or "/commit/" in line]  # fmt: skip
    gated = next(i for i, line in enumerate(log) if line.startswith(f"PUT /api/{REPO}/settings"))
    assert gated < min(sent)
    assert hub.ask("GET", f"/api/{REPO}")["gated"] == "manual"


@pytest.mark.slow
def test_nothing_goes_up_where_the_gate_cannot_be_closed(
    hub: Any, salted: Callable[..., Path]
) -> None:
    hub.fault("PUT .*/settings", status=403, times=99)
    done = release(hub, salted("no gate"), "ns/redditess")
    assert done.returncode == 1 and "settings" in done.stderr
    assert not any("/preupload/" in e["line"] for e in hub.ask("GET", "/_log"))


@pytest.mark.slow
def test_only_who_was_let_in_reads_a_gated_release(hub: Any, salted: Callable[..., Path]) -> None:
    build = salted("who")
    assert release(hub, build, "ns/redditess").returncode == 0
    for token in ("", "hf_other"):
        assert "gated" in refusal(hub, ["full"], token=token)
    hub.ask("POST", f"/api/{REPO}/user-access-request/grant", {"user": "other"})
    assert counts(load(hub, ["full"], token="hf_other"))["full True"] == rows(build)["full"]
    assert counts(load(hub, ["full"], token="hf_read"))["full False"] == rows(build)["full"]


@pytest.mark.slow
def test_a_private_release_is_seen_by_its_owners_only(
    hub: Any, salted: Callable[..., Path]
) -> None:
    build = salted("private")
    assert release(hub, build, "ns/redditess", "--private").returncode == 0
    assert release(hub, build, "ns/redditess").returncode == 0  # never made public again
    for token in ("", "hf_other"):
        assert refusal(hub, ["full"], token=token)
    assert counts(load(hub, ["full"], token="hf_read"))["full False"] == rows(build)["full"]


@pytest.mark.slow
def test_a_deletion_is_published_and_the_old_version_keeps_its_tag(
    hub: Any, salted: Callable[..., Path]
) -> None:
    old, new = salted("old", n_shards=3), salted("new", smaller=True)
    assert release(hub, old, "ns/redditess", "--tag", "v1.0").returncode == 0
    assert release(hub, new, "ns/redditess", "--tag", "v1.1").returncode == 0
    shards = [name for name in hub.files(REPO) if "full/train" in name]
    assert shards == ["data/full/train-00000-of-00001.parquet"]  # the old ones are gone
    first, second = load(hub, ["full"], "v1.0"), load(hub, ["full"])
    assert counts(first) == both_ways({"full": rows(old)["full"]})
    assert counts(second) == both_ways({"full": rows(new)["full"]})
    ids = [
        {i for split in found["full False"].values() for i in split} for found in (first, second)
    ]
    assert ids[0] > ids[1]


@pytest.mark.slow
def test_a_tag_that_names_another_release_is_not_moved(
    hub: Any, salted: Callable[..., Path]
) -> None:
    assert release(hub, salted("one"), "ns/redditess", "--tag", "v1.0").returncode == 0
    before = hub.refs(REPO)
    done = release(hub, salted("two"), "ns/redditess", "--tag", "v1.0")
    assert done.returncode == 1 and "v1.0" in done.stderr and "--tag" in done.stderr
    assert hub.refs(REPO) == before


@pytest.mark.slow
def test_a_dry_run_writes_nothing_and_tells_the_plan(hub: Any, salted: Callable[..., Path]) -> None:
    build = salted("dry")
    stranger = {"README.md": "---\nlicense: other\n---\n", "stale.txt": "x"}
    for step in ("no repository", "another release"):
        if step == "another release":
            hub.client(xet=True, do="commit", repo="ns/redditess", add=stranger)
            hub.calm()
        done = release(hub, build, "ns/redditess", "--dry-run", "--json")
        told = json.loads(done.stdout)
        assert told["configs"] == rows(build) and told["gated"] and told["dry_run"]
        n_bytes = sum(p.stat().st_size for p in (build / "redditess").rglob("*") if p.is_file())
        assert told["bytes"] == n_bytes
        assert told["delete"] == ([] if step == "no repository" else ["stale.txt"])
        assert {e["line"].split()[0] for e in hub.ask("GET", "/_log")} == {"GET"}
        assert not (build / "publish.json").exists()


@pytest.mark.slow
def test_a_card_that_does_not_fit_its_rows_never_reaches_main(
    hub: Any, salted: Callable[..., Path]
) -> None:
    build = salted("card")
    card = build / "redditess" / "README.md"
    n = rows(build)["full"]["train"]
    assert card.read_text().count(f"num_examples: {n}\n") == 1
    card.write_text(card.read_text().replace(f"num_examples: {n}\n", f"num_examples: {n + 1}\n"))
    hub.client(xet=True, do="commit", repo="ns/redditess", add={"old.txt": "x"})
    done = hub.client(xet=True, do="publish", place=str(build), repo="ns/redditess")
    assert "load full back" in done["error"] or "rows" in done["error"]
    assert list(hub.files(REPO)) == ["old.txt"]


@pytest.mark.slow
def test_the_wait_that_the_hub_asks_for_is_kept(hub: Any, salted: Callable[..., Path]) -> None:
    hub.fault("GET .*/auth-check", status=429, headers={"Retry-After": "7"})
    done = hub.client(xet=True, do="publish", place=str(salted("w")), repo="ns/waits")
    assert done["waits"] == [7.0] and len(done["notes"]) == 1
    hub.fault("GET .*/auth-check", status=429, headers={"Retry-After": "86400"})
    done = hub.client(xet=True, do="publish", place=str(salted("w2")), repo="ns/waits")
    assert "1440 minutes" in done["error"] and done["waits"] == []


@pytest.mark.slow
def test_the_preview_is_open_and_stamped_as_invented(hub: Any) -> None:
    hub.client(xet=True, do="preview", repo="ns/redditess", limit=400)
    assert hub.ask("GET", f"/api/{REPO}")["gated"] is False
    loaded = load(hub, ["effectiveness", "full"], token="")
    assert counts(loaded)["full True"]["train"] > 50
    page = hub.run("-c", READ_CARD, token="").stdout
    assert "> **Preview: invented.**" in page and "- synthetic" in page
    assert "preview: invented" in page.split("---")[1] and "extra_gated" not in page
    assert hub.run("-c", ALL_INVENTED, token="").stdout.strip() == "True"


SECRET = "hf_owner"  # the token of these tests: nothing that we write may hold it


@pytest.mark.slow
@pytest.mark.parametrize(("xet", "words"), [(True, ("--debug",)), (False, ())])
def test_no_token_is_ever_told(
    hub: Any, salted: Callable[..., Path], words: tuple[str, ...], xet: bool
) -> None:
    build = salted(f"token {words} {xet}")
    echo = f"your token Bearer {SECRET} failed at https://s3/x?X-Amz-Signature={SECRET}"
    hub.fault("POST .*/commit/publish-", status=503, body=echo)
    hub.fault("PUT /_lfs|/_cas/v1/xorbs", status=403, body=echo)
    hub.fault("POST .*/commit/main", status=400, body=echo)
    stopped = release(hub, build, "ns/redditess", *words, xet=xet)
    assert stopped.returncode == 1 and "400" in stopped.stderr
    went_on = release(hub, build, "ns/redditess", "--json", *words, xet=xet)
    assert went_on.returncode == 0, went_on.stderr
    said = stopped.stdout + stopped.stderr + went_on.stdout + went_on.stderr
    home = Path(hub.environment(xet=xet)["HF_HOME"])
    assert home.is_dir()
    left = [p for d in (build, home) for p in d.rglob("*") if p.is_file()]
    assert SECRET not in said and "Signature" not in said
    assert [str(p) for p in left if SECRET.encode() in p.read_bytes()] == []
    assert (build / "publish.json").is_file()


@pytest.mark.slow
def test_what_had_to_go_can_be_taken_off_the_hub_for_good(
    hub: Any, salted: Callable[..., Path]
) -> None:
    old, lost, new = salted("had"), salted("lost"), salted("has", n_shards=2, smaller=True)
    assert release(hub, old, "ns/redditess", "--tag", "v1").returncode == 0
    hub.fault("POST .*/commit/main", status=403)
    assert release(hub, lost, "ns/redditess").returncode == 1  # leaves its branch behind
    first = hub.refs(REPO)["refs/tags/v1"]
    shards = {d for name, d in hub.files(REPO).items() if "/train-" in name}
    words = (new, "ns/redditess", "--tag", "v2", "--forget-older", "--json")
    dry = json.loads(release(hub, *words, "--dry-run").stdout)
    assert len(dry["forget"]) == 2 and dry["forget"][1] == "refs/tags/v1"
    hub.fault("POST .*/super-squash/", status=500)
    hub.fault("DELETE .*/tag/v1", lost=True)
    hub.fault("POST .*/lfs-files/batch", status=503)
    for _ in range(2):  # once more changes nothing
        told = json.loads(release(hub, *words).stdout)
        newest = {"refs/heads/main": told["commit"], "refs/tags/v2": told["commit"]}
        assert hub.refs(REPO) == newest
    assert [c["id"] for c in hub.ask("GET", f"/api/{REPO}/commits/main")] == [told["commit"]]
    left = {file["oid"] for file in hub.ask("GET", f"/api/{REPO}/lfs-files")}
    assert left == {d for name, d in hub.files(REPO).items() if name.endswith(".parquet")}
    assert len(shards) >= 2 and not left & shards
    assert counts(load(hub, list(rows(new)))) == both_ways(rows(new))
    assert refusal(hub, ["full"], first)  # the old commit has no rows any more
