"""A dataset on the Hub is trained on as one commit, whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

UPLOAD = """
import sys
from huggingface_hub import HfApi
api = HfApi(token="hf_owner")
api.create_repo("ns/redditess", repo_type="dataset", exist_ok=True)
print(api.upload_folder(repo_id="ns/redditess", folder_path=sys.argv[1], repo_type="dataset",
                        delete_patterns="*").oid)
"""
OPEN = """
import json, sys
from redditess.corpus.errors import RedditessError
from redditess.training.data.rows import cluster_kind, labelled_rows, open_source, unpaired_rows
try:
    source = open_source(*sys.argv[1:], allow_invented=True)
    rows = labelled_rows(source, "train")
    print(json.dumps({"name": source.name, "revision": source.revision, "rows": rows.num_rows,
                      "fingerprint": source.fingerprint, "by": cluster_kind(source),
                      "unpaired": len(unpaired_rows(source, "train")), "place": str(source.release),
                      "ids": rows["id"].to_pylist()[:3]}))
except RedditessError as error:
    print(json.dumps({"error": type(error).__name__, "said": str(error)}))
"""


def opened(hub: Any, *words: str, token: str = "hf_owner", **more: str) -> dict[str, Any]:
    """`open_source` in a process that has this Hub; its environment may be changed."""
    code = f"import os; os.environ.update({more!r})\n{OPEN}"
    done = hub.run("-c", code, *words, token=token)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def commit(hub: Any, small_build: Path) -> str:
    done = hub.run("-c", UPLOAD, str(small_build / "redditess"))
    assert done.returncode == 0, done.stderr
    return str(done.stdout.split()[-1])


def test_a_hub_id_gives_the_rows_of_one_commit(
    hub: Any, commit: str, small_build: Path, smaller_build: Path
) -> None:
    found = opened(hub, "ns/redditess")
    here = json.loads((small_build / "manifest.json").read_bytes())
    assert (found["name"], found["revision"], found["by"]) == ("ns/redditess", commit, "thread")
    assert found["fingerprint"] == here["fingerprint"]
    assert found["rows"] == here["splits"]["effectiveness"]["train"]["rows"]
    assert found["unpaired"] == here["splits"]["unpaired"]["train"]["rows"] > 0

    again = hub.run("-c", UPLOAD, str(smaller_build / "redditess"))
    newer = again.stdout.split()[-1]
    assert opened(hub, "ns/redditess")["revision"] == newer != commit
    assert opened(hub, "ns/redditess", commit) == found

    without = {"HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_DISABLE_XET": "1"}
    assert opened(hub, "ns/redditess", commit, **without) == found  # pinned: no Hub is needed
    assert opened(hub, "ns/redditess", HF_HUB_OFFLINE="1")["revision"] == newer
    lost = opened(hub, "ns/redditess", **without)  # main may have moved: never in silence
    assert lost["error"] == "RemoteError" and lost["said"].startswith("ns/redditess: could not")


def test_a_download_that_was_stopped_is_not_taken_for_a_dataset(hub: Any, commit: str) -> None:
    place = Path(opened(hub, "ns/redditess")["place"])
    [one] = (place / "data" / "full").glob("train-*.parquet")
    one.unlink()
    offline = opened(hub, "ns/redditess", commit, HF_HUB_OFFLINE="1")
    assert offline["error"] == "RemoteError" and "no whole copy" in offline["said"]
    assert opened(hub, "ns/redditess", commit)["rows"] > 0 and one.is_file()


def test_what_the_hub_refuses_is_one_sentence_with_the_next_step(hub: Any, commit: str) -> None:
    missing = opened(hub, "ns/nothing")
    assert missing["error"] == "RemoteError" and "\n" not in missing["said"]
    assert opened(hub, "ns/redditess", "v9")["error"] == "RemoteError"
    unreachable = opened(hub, "ns/redditess", HF_ENDPOINT="http://127.0.0.1:9")
    assert unreachable["error"] == "RemoteError" and "\n" not in unreachable["said"]
    assert unreachable["said"].endswith("or name the folder of a downloaded copy.")
    hub.fault("GET /api/datasets/ns/redditess", status=403)
    refused = opened(hub, "ns/redditess")
    assert refused["error"] == "RemoteError" and "403" in refused["said"]
    assert "ask for access on its page" in refused["said"] and "hf_" not in refused["said"]
