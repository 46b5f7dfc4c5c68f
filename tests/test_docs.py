"""Docs can fail: examples run, verbs exist and have their section, links lead somewhere."""

from __future__ import annotations

import doctest
import importlib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import typer
from backports import zstd

ROOT = Path(__file__).parents[1]
ROOMS = ("corpus", "stats", "pages", "labeling", "release", "training", "eval")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
# A card is filled in by `release`; its links are the Hub's.
READ_HERE = [p for p in PAGES if p.name != "dataset_card.md"]


def _modules() -> Iterator[ModuleType]:
    yield importlib.import_module("redditess")
    yield importlib.import_module("redditess.__main__")
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield importlib.import_module(f"redditess.{name.removesuffix('.__init__')}")


@pytest.mark.slow
def test_examples_in_docstrings_run() -> None:
    """`pytest --doctest-modules` would import the rooms by their bare names."""
    n_run = 0
    for module in _modules():
        result = doctest.testmod(module, optionflags=doctest.ELLIPSIS)
        assert result.failed == 0, f"an example in {module.__name__} is wrong (see stdout)"
        n_run += result.attempted
    assert n_run > 10


@pytest.fixture(scope="module")
def generate(load_script: Callable[[str], ModuleType]) -> ModuleType:
    return load_script("docs/generate.py")


def test_the_command_line_page_is_current(generate: ModuleType) -> None:
    assert generate.PAGE.read_text("utf8") == generate.cli_page(), "run `make docs`"


@pytest.fixture(scope="module")
def verbs(generate: ModuleType) -> dict[str, set[str]]:
    """ "redditess build" -> the options it takes, of every command."""
    from redditess.__main__ import make_app

    root = typer.main.get_command(make_app())
    return {
        words: {o for p in command.params for o in [*p.opts, *p.secondary_opts]} | {"--help", "-h"}
        for words, command in generate.commands(root)
    }


def test_every_verb_has_help(generate: ModuleType) -> None:
    from redditess.__main__ import make_app

    root = typer.main.get_command(make_app())
    silent = [words for words, command in generate.commands(root) if not command.help]
    assert silent == []


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf8"), re.M | re.S)


def shell_lines(page: Path) -> list[str]:
    """`redditess ...` as a reader would type it: in shell blocks and in `inline code`."""
    lines = [line for block in _blocks(page, "(?:bash|console|sh)") for line in block.splitlines()]
    inline = re.findall(r"`(redditess [^`\n]+)`", page.read_text("utf8"))
    starts = ("redditess ", "$ redditess ")
    typed = [line.strip() for line in lines if line.strip().startswith(starts)]
    return [line.removeprefix("$ ").split(" #")[0].split(" | ")[0] for line in typed + inline]


def complaint(line: str, verbs: dict[str, set[str]]) -> str:
    """Why this line would not run; "" where verb and options exist.

    `redditess presets list|show` stands for both; words in capitals and `...` are the reader's.
    """
    words = _spelt_out(shlex.split(line))
    verb = words[0]
    for word in words[1:]:
        options = word.split("|")
        if not all(f"{verb} {o}" in verbs for o in options):
            break
        verb = f"{verb} {options[0]}"
    bare = verb == "redditess" and not any(w.startswith("-") for w in words[1:2])
    is_group = any(v.startswith(f"{verb} ") for v in verbs)
    if bare or (is_group and len(words) > len(verb.split()) and not words[-1].startswith("-")):
        return f"no such verb: {line}"
    given = {w.split("=")[0].rstrip("]") for w in words if w.startswith("-")}
    unknown = given - verbs[verb]
    return f"{verb} takes no {', '.join(sorted(unknown))}: {line}" if unknown else ""


def _spelt_out(words: list[str]) -> list[str]:
    """`redditess train RECIPE` is short for `redditess train run RECIPE`."""
    from redditess.training.recipes.read_recipe import shipped

    word = words[2] if words[1:2] == ["train"] and len(words) > 2 else ""
    is_recipe = word in shipped() or word.endswith(".yaml") or (word.isupper() and word.isalpha())
    return [*words[:2], "run", *words[2:]] if is_recipe else words


@pytest.mark.parametrize("page", READ_HERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_commands_in_docs_exist(page: Path, verbs: dict[str, set[str]]) -> None:
    assert [c for line in shell_lines(page) if (c := complaint(line, verbs))] == []


def test_a_command_that_does_not_exist_is_found() -> None:
    verbs = {"redditess": {"--help"}, "redditess build": {"--out"}, "redditess presets": set()}
    verbs |= {"redditess presets list": set(), "redditess presets show": set()}
    assert complaint("redditess build RC.zst --out x", verbs) == ""
    assert complaint("redditess presets list|show", verbs) == ""
    assert complaint("redditess --help", verbs) == ""
    assert "takes no --ot" in complaint("redditess build RC.zst --ot x", verbs)
    assert "no such verb" in complaint("redditess biuld RC.zst", verbs)
    assert "no such verb" in complaint("redditess presets lst", verbs)
    verbs |= {"redditess train": set(), "redditess train run": {"--set"}}
    assert complaint("redditess train demo-sft --set seed=7", verbs) == ""
    assert complaint("redditess train mine.yaml", verbs) == ""
    assert "no such verb" in complaint("redditess train demo-stf", verbs)
    assert "takes no --sed" in complaint("redditess train RECIPE --sed 7", verbs)


@pytest.mark.parametrize("page", READ_HERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf8"), flags=re.S)
    targets = re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text)
    local = [t.split("#")[0] for pair in targets for t in pair if t and "://" not in t]
    missing = [t for t in local if t and not (page.parent / t).exists()]
    assert missing == []


@pytest.mark.parametrize("page", READ_HERE, ids=lambda p: str(p.relative_to(ROOT)))
def test_files_named_in_docs_exist(page: Path) -> None:
    if page.name in {"CHANGELOG.md", "log.md"}:  # they tell of what was, too
        return
    names = re.findall(
        r"`((?:corpus|stats|pages|labeling|release|training|eval|tests|benchmarks|docs)/[\w./-]+)`",
        page.read_text("utf8"),
    )
    assert [n for n in names if not (ROOT / n).exists()] == []


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf8")
    pages = {p.name for p in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages == set(re.findall(r"\]\(([\w-]+\.md)\)", index))


def _dumps_of_a_known_community(sample: Path, folder: Path) -> None:
    """The sample's lines under a name that the default preset selects."""
    folder.mkdir()
    for path in sample.glob("*.zst"):
        text = zstd.decompress(path.read_bytes()).replace(b'"sample_anxiety"', b'"Anxiety"')
        (folder / path.with_suffix(".jsonl").name).write_bytes(text)


@pytest.mark.slow
def test_python_in_the_readme_runs(
    demo_build: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block as a reader would run it: `make demo` was run, and `dumps/` holds dumps."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "demo").symlink_to(demo_build, target_is_directory=True)
    _dumps_of_a_known_community(demo_build.with_name("demo-dumps"), tmp_path / "dumps")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDDITESS_HOME", str(tmp_path / "home"))
    blocks = _blocks(ROOT / "README.md", "python")
    assert len(blocks) >= 2
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {"__name__": "__main__"})
