"""What do the readers hear in twelve registers of English, and what do they mishear?

    python benchmarks/registers.py [--reader linear ...] [--items FILE] [--json]

Reads invented replies (tests/labeling/registers.toml: 12 registers, 30 items each, by what each
says) and prints, per reader and register, with Wilson's 95 % interval:

- recall of thanks (heard as thanks) and of uptake (heard as uptake or thanks);
- false alarms: rejections and neutral replies heard as thanks or uptake;
- turned: replies that thank or take up and would be voted NOT_EFFECTIVE. A miss must abstain.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from redditess.corpus.records import NOT_EFFECTIVE, SIGNALS
from redditess.labeling.functions import resolve
from redditess.labeling.readers import reader, using
from redditess.stats.intervals import wilson

ITEMS = Path(__file__).parent.parent / "tests/labeling/registers.toml"
RULES = ("op_response", "op_rejects")  # what can turn a reply of OP into a negative
BOUND = 0.0  # of turned replies


def score(name: str, items: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """One register by one reader -> (hits, n) of each figure."""
    kinds = [kind for kind, texts in items.items() for _ in texts]
    texts = [text for each in items.values() for text in each]
    kind = np.array(kinds)
    reading = reader(name).read(texts)
    either = reading.thanked | reading.took_up
    good, none = np.isin(kind, ("thanks", "uptake")), np.isin(kind, ("rejection", "neutral"))
    with using(name):
        table = replies(texts)
        negative = np.any([rule(table).vote == NOT_EFFECTIVE for rule in resolve(RULES)], axis=0)
    return {
        "recall_thanks": _share(reading.thanked, kind == "thanks"),
        "recall_uptake": _share(either, kind == "uptake"),
        "false_alarms": _share(either, none),
        "turned": _share(negative, good),
        "rejections_heard": _share(negative, kind == "rejection"),
        "neutral_as_rejection": _share(negative, kind == "neutral"),
    }


def replies(texts: Sequence[str]) -> pa.Table:
    """Texts as rows with one reply of OP each: the columns that the rules of a reply read."""
    return pa.table(
        {
            "comment_id": [f"t1_{i}" for i in range(len(texts))],
            "op_replies": pa.array([[t] for t in texts], pa.list_(pa.string())),
            "observable": pa.array([list(SIGNALS)] * len(texts), pa.list_(pa.string())),
        }
    )


def _share(hits: np.ndarray, among: np.ndarray) -> tuple[int, int]:
    return int(np.sum(hits & among)), int(np.sum(among))


def lines(names: Sequence[str], path: Path) -> list[dict[str, object]]:
    """One object per reader and register, and one per reader over all of them."""
    registers = tomllib.loads(path.read_text("utf8"))
    out = []
    for name in names:
        total: dict[str, np.ndarray] = {}
        for register, items in registers.items():
            found = score(name, items)
            for figure, pair in found.items():
                total[figure] = total.get(figure, np.zeros(2, int)) + np.array(pair)
            out.append(_line(name, register, found))
        out.append(_line(name, "all", {k: (int(v[0]), int(v[1])) for k, v in total.items()}))
    return out


def _line(name: str, register: str, found: Mapping[str, tuple[int, int]]) -> dict[str, object]:
    hits, n = found["turned"]
    row: dict[str, object] = {
        "name": f"replies turned into a rejection: {register}", "reader": name,
        "register": register, "ratio": round(hits / n, 4) if n else 0.0, "bound": BOUND,
        "sense": "<=", "n": n, "baseline": "what the items say",
    }  # fmt: skip
    for figure, (k, of) in found.items():
        if of:
            low, high = wilson(k / of, of)
            row[figure] = [round(k / of, 3), round(low, 3), round(high, 3), of]
    return row


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Markdown: one line per register, share and interval of each figure."""
    figures = ("recall_thanks", "recall_uptake", "false_alarms", "rejections_heard", "turned")
    head = ["reader", "register", *(f.replace("_", " ") for f in figures)]
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = [str(row["reader"]), str(row["register"]).replace("_", " ")]
        for figure in figures:
            value = row.get(figure)
            cells.append(f"{value[0]:.2f} [{value[1]:.2f}, {value[2]:.2f}]" if value else "–")
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--reader", nargs="+", default=["linear", "lexicon"])
    parser.add_argument("--items", type=Path, default=ITEMS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    rows = lines(args.reader, args.items)
    print("\n".join(map(json.dumps, rows)) if args.json else table(rows))


if __name__ == "__main__":
    main()
