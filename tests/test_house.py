"""The house keeps its rules: floors, names, a light door, declared dependencies, size of files."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (("corpus",), ("stats", "pages"), ("labeling",), ("release",), ("training",), ("eval",))
FLOOR_OF = {room: n for n, rooms in enumerate(FLOORS) for room in rooms}
# The rooms of training, in the same way. What lies beside them (the verbs, train.py) is on top.
TRAINING = (
    ("recipes",), ("runs",), ("data",), ("models", "figures"), ("classifier", "cards"),
    ("answers",), ("generator",), ("preflight",),
)  # fmt: skip
HEAVY = {
    "torch", "transformers", "trl", "peft", "accelerate", "gradio", "pyspark", "sklearn", "scipy",
    "evaluate", "rouge_score", "sacrebleu",
}  # fmt: skip
# evaluate copies these into a cache and runs them there: nothing relative, and it at the top.
WRAPPERS = "eval.metrics.redditess_"
# Not slow to install, but slow to import: `redditess --help` must do without.
BEHIND_THE_DOOR = HEAVY | {"duckdb", "jinja2", "msgspec", "phonenumbers"}
LONGEST = 500  # lines; most files have 60-250, and near 400 there is a seam
# Declared although no line of ours imports them (why: docs/design/0001-the-house.md).
DECLARED_FOR_USERS = {"huggingface_hub", "pandas"}


class Import(NamedTuple):
    target: str  # absolute; inside the house it starts with "redditess"
    relative: bool
    where: str


def _modules() -> dict[str, Path]:
    """Dotted name inside redditess -> file, of every module in a room."""
    found = {}
    for room in FLOOR_OF:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf8"))


@cache
def imports(name: str, path: Path, *, top_level_only: bool = False) -> tuple[Import, ...]:
    """All imports of a module, read once: several rules ask for them."""
    return tuple(_imports(name, path, top_level_only))


def _imports(name: str, path: Path, top_level_only: bool) -> Iterator[Import]:
    tree = parsed(path)
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in tree.body if top_level_only else ast.walk(tree):
        where = f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, False, where) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = ["redditess", *package][: len(package) + 2 - node.level] if node.level else []
            base = ".".join([*up, *([node.module] if node.module else [])])
            yield from (Import(f"{base}.{a.name}", node.level > 0, where) for a in node.names)


def room_of(target: str) -> str | None:
    """The room that an absolute name lies in; None outside the house."""
    words = target.split(".")
    return words[1] if words[0] == "redditess" and words[1:2] and words[1] in FLOOR_OF else None


def module_of(target: str) -> str | None:
    """The module of ours that an imported name comes from."""
    words = target.split(".")[1:]
    candidates = (".".join(words[:end]) for end in (len(words), len(words) - 1))
    return next((name for name in candidates if name in MODULES), None)


def test_imports_go_down_only() -> None:
    upward = [
        f"{i.where} imports {i.target}"
        for name, path in MODULES.items()
        for i in imports(name, path)
        if (other := room_of(i.target))
        and other != (room := name.split(".")[0])
        and FLOOR_OF[other] >= FLOOR_OF[room]
    ]
    assert upward == []


def test_the_rooms_of_training_import_one_way() -> None:
    floor_of = {room: n for n, rooms in enumerate(TRAINING) for room in rooms} | {"": len(TRAINING)}
    within = {
        name: next(iter(path.relative_to(ROOT).parts[1:-1]), "")
        for name, path in MODULES.items()
        if name.split(".")[0] == "training"
    }
    assert set(within.values()) == set(floor_of)
    upward = [
        f"{i.where} imports {i.target}"
        for name, room in within.items()
        for i in imports(name, MODULES[name])
        if (other := within.get(module_of(i.target) or "", room)) != room
        and floor_of[other] >= floor_of[room]
    ]
    assert upward == []


def test_the_rooms_of_training_stand_in_its_docstring() -> None:
    told = ast.get_docstring(parsed(MODULES["training"])) or ""
    listed = re.findall(r"^    (\w+) ", told, re.M)
    assert listed == [room for rooms in TRAINING for room in rooms]


def test_inside_the_house_imports_are_relative() -> None:
    absolute = [
        f"{i.where} imports {i.target}"
        for name, path in MODULES.items()
        if not name.startswith(WRAPPERS)
        for i in imports(name, path)
        if not i.relative and i.target.split(".")[0] in {*FLOOR_OF, "redditess"}
    ]
    assert absolute == []


def test_outside_the_house_imports_use_the_public_name() -> None:
    doors = [ROOT / "redditess.py", ROOT / "__main__.py"]
    outside = [p for d in ("tests", "benchmarks", "docs") for p in sorted((ROOT / d).rglob("*.py"))]
    bare = [
        f"{i.where} imports {i.target}"
        for path in doors + outside
        for i in imports(path.stem, path)
        if i.relative or i.target.split(".")[0] in FLOOR_OF
    ]
    assert bare == []


def test_no_import_cycle() -> None:
    graph = {
        name: {m for i in imports(name, path) if (m := module_of(i.target)) and m != name}
        for name, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail[trail.index(name) :], name])
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("room", FLOOR_OF)
def test_a_bare_import_of_a_room_fails_loudly(room: str) -> None:
    with pytest.raises(ImportError, match=f"from redditess import {room}|beyond top-level"):
        importlib.import_module(room)


def test_there_is_one_redditess() -> None:
    import redditess

    assert list(redditess.__path__) == [str(ROOT)]
    with pytest.raises(ImportError):
        importlib.import_module("redditess.redditess")


LIGHT = """
import json, sys
sys.argv = ["redditess", "--help"]
from redditess.__main__ import main
try:
    main()
except SystemExit:
    print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_help_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIGHT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert {"redditess", "typer"} <= loaded
    assert loaded & BEHIND_THE_DOOR == set()


def test_heavy_imports_wait_inside_functions() -> None:
    at_the_top = [
        f"{i.where} imports {i.target}"
        for name, path in MODULES.items()
        if not name.startswith(WRAPPERS)
        for i in imports(name, path, top_level_only=True)
        if i.target.split(".")[0] in HEAVY
    ]
    assert at_the_top == []


def test_core_dependencies_are_the_ones_we_import() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    declared = {re.split(r"[<>=\[ ]", d)[0].lower() for d in project["dependencies"]}
    files = MODULES | {"redditess": ROOT / "redditess.py", "__main__": ROOT / "__main__.py"}
    used = {
        _distribution(i.target)
        for name, path in files.items()
        for i in imports(name, path)
        if not i.relative and i.target.split(".")[0] not in {*sys.stdlib_module_names, "redditess"}
    }
    extras = project["optional-dependencies"].values()
    optional = {re.split(r"[<>=\[ ]", d)[0].lower() for extra in extras for d in extra}
    assert used - declared - optional == set()  # that these wait in functions, other tests see
    assert declared - used <= DECLARED_FOR_USERS


def _distribution(target: str) -> str:
    """The distribution that brings a module: `backports` is shared, the others are one to one."""
    if target.startswith("backports.zstd"):
        return "backports.zstd"
    module = target.split(".")[0]
    return _installed().get(module, [module])[0].lower()


_installed = cache(packages_distributions)


def test_every_module_says_what_it_is_for() -> None:
    silent = [n for n, p in MODULES.items() if not ast.get_docstring(parsed(p))]
    assert silent == []


def test_no_file_outgrows_its_idea() -> None:
    lengths = {name: len(p.read_text("utf8").splitlines()) for name, p in MODULES.items()}
    assert {name: n for name, n in lengths.items() if n > LONGEST} == {}


def test_every_test_file_has_its_own_name() -> None:
    names = sorted(p.name for p in (ROOT / "tests").rglob("test_*.py"))
    assert names == sorted(set(names))


def test_the_wheel_knows_every_room() -> None:
    hook = (ROOT / "hatch_build.py").read_text("utf8")
    rooms = next(line for line in hook.splitlines() if line.startswith("ROOMS = "))
    assert sorted(ast.literal_eval(rooms.removeprefix("ROOMS = "))) == sorted(FLOOR_OF)
