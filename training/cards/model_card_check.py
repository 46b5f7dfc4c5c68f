"""Are the figures of a model's card true? Each page is made again, each figure looked up again.

README and results are made again from `redditess.json`, `redditess.json` from the files of the run,
and the model's own figures in the table from the answers that the run kept (`predictions.parquet`).
What nobody can count again without training, such as the loss, is compared with metrics.json only.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from ...corpus.artefacts import json_text, sha256_file
from ..figures.figure import Tested, figures
from ..runs.folder import RunFolder
from .card import pages, read_document
from .model_facts import FILE, model_document
from .results import PLACE

Document = Mapping[str, Any]


def check_model_card(run: RunFolder) -> list[str]:
    """What is wrong with the card of a run's model, one sentence each; [] for nothing.

    Raises BuildError for a run that is not finished.
    """
    said = read_document(run.model)
    if not said:
        return [f"{FILE}: missing; run redditess train card"]
    now = model_document(
        run, repo_id=str(said.get("repo_id", "")), although=str(said.get("although", ""))
    )
    return [*check_model_pages(run.model), *_differences("", said, now), *_counted(run, said)]


def check_model_pages(model: Path) -> list[str]:
    """The same for a downloaded model, which has no run beside it."""
    said = read_document(model)
    if not said:
        return [f"{FILE}: missing"]
    try:
        wanted = pages(said)
    except Exception as e:  # a document can be broken in any way, and that is the finding
        return [f"{FILE}: cannot be followed ({type(e).__name__}: {str(e)[:80]})"]
    found = [line for name, text in wanted.items() for line in _page(model / name, name, text)]
    if PLACE not in wanted and (model / PLACE).exists():
        found.append(f"{PLACE}: nothing was measured that it could hold")
    return [*found, *_weights(model, said)]


def _page(path: Path, name: str, text: str) -> Iterator[str]:
    if not path.is_file():
        yield f"{name}: missing"
    elif path.read_bytes() != text.encode():
        yield f"{name}: {_first_difference(path.read_text('utf8', 'replace'), text)}"


def _first_difference(here: str, wanted: str) -> str:
    lines = here.splitlines(), wanted.splitlines()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, *lines, autojunk=False).get_opcodes():
        if tag != "equal":
            said, true = (" ".join(part)[:80] for part in (lines[0][a:b], lines[1][c:d]))
            return f"line {a + 1} says {said!r}, {FILE} makes {true!r}"
    return f"line ends differ from what {FILE} makes"


def _weights(model: Path, said: Document) -> Iterator[str]:
    here = {path.name: sha256_file(path) for path in sorted(model.glob("*.safetensors"))}
    for name in sorted({*here, *said.get("weights", {})}):
        if here.get(name) != said["weights"].get(name):
            yield f"{name}: not the weights that {FILE} describes"


def _differences(where: str, said: Any, now: Any) -> Iterator[str]:
    """Every value that differs from what the files of the run say, by its place."""
    if isinstance(said, Mapping) and isinstance(now, Mapping):
        for name in sorted({*said, *now}, key=str):
            yield from _differences(f"{where}.{name}".lstrip("."), said.get(name), now.get(name))
    elif json_text(said) != json_text(now) and not where.startswith("weights."):
        yield f"{FILE}: {where} is {_short(said)}, the run says {_short(now)}"


def _short(value: Any) -> str:
    return repr(value)[:60]


def _counted(run: RunFolder, said: Document) -> Iterator[str]:
    """The table's figures of the published seed against the answers that the run kept."""
    table = said["metrics"].get("table")
    row = next((r for r in (table or {}).get("rows", []) if r.get("kind") == "model"), None)
    if row is None or not run.predictions.is_file():
        return
    answers = pq.read_table(run.predictions)
    if answers.num_rows != table["n_test"]:
        yield f"{run.predictions.name}: {answers.num_rows} rows, the table is of {table['n_test']}"
        return
    p = next((name for name in answers.column_names if name.startswith("p_")), None)
    if p is None:
        yield f"{run.predictions.name}: no answers in it"
        return
    apart = np.arange(answers.num_rows)  # who is whose: moves intervals only, and pairs
    rows = Tested(np.asarray(answers["label"].to_numpy()) == 1, apart, apart)
    for name, now in figures(np.asarray(answers[p].to_numpy()), rows).items():
        told = row["figures"].get(name, {}).get("value")
        if name != "pair_accuracy" and told != now["value"]:
            yield f"{FILE}: {name} of the model is {told}, its answers make {now['value']}"
