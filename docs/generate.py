"""Writes docs/cli.md from the command line itself.

python docs/generate.py           write it
python docs/generate.py --check   exit 1 where it is out of date (`make check`)
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

PAGE = Path(__file__).with_name("cli.md")
HEAD = """\
# Command line

<!-- Made from `redditess --help` by `make docs`; edit the help texts, not this page. -->

Data goes to stdout or to `--out`, talk and progress to stderr. Exit status: 0 done; 1 an expected
error, one sentence that names the file, the value and the next step; 2 wrong usage; 3 finished,
but the input was damaged (`manifest.json` names file and byte).
"""


def cli_page() -> str:
    """The whole page: one section a command, in the order of `--help`."""
    from redditess.__main__ import make_app

    root = typer.main.get_command(make_app())
    sections = [_section(words, command) for words, command in commands(root)]
    return "\n".join([HEAD, *sections])


def commands(group: Any, words: str = "redditess") -> Iterator[tuple[str, Any]]:
    """(what a user types, click command) of the root and of every visible verb below it."""
    yield words, group
    for name, command in getattr(group, "commands", {}).items():
        if not command.hidden:
            yield from commands(command, f"{words} {name}")


def _section(words: str, command: Any) -> str:
    shown = [p for p in command.params if not getattr(p, "hidden", False)]
    arguments = [_name(p) for p in shown if not _is_option(p)]
    verb = ["COMMAND"] if hasattr(command, "commands") else []
    usage = " ".join([words, *(["[OPTIONS]"] if shown else []), *arguments, *verb])
    lines = [f"## {words}", "", f"```text\n{usage}\n```", "", inspect.cleandoc(command.help), ""]
    if shown:
        rows = [f"| `{_name(p)}` | {_default(p)} | {_meaning(p)} |" for p in shown]
        lines += ["| option | default | meaning |", "|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _is_option(param: Any) -> bool:
    return bool(param.param_type_name == "option")


def _name(param: Any) -> str:
    if _is_option(param):
        return ", ".join([*param.opts, *param.secondary_opts])
    name = (param.metavar or param.name).upper()
    return f"{name}..." if param.nargs == -1 and not name.endswith("...") else name


def _default(param: Any) -> str:
    if param.required:
        return "required"
    empty = param.default in (None, False, ()) or callable(param.default)
    return "" if empty else f"`{param.default}`"


def _meaning(param: Any) -> str:
    return " ".join((getattr(param, "help", None) or "").split()).replace("|", "\\|")


def main() -> int:
    """Writes the page, or with --check says whether it is current."""
    page = cli_page()
    if "--check" not in sys.argv:
        PAGE.write_text(page, "utf8")
        return 0
    if PAGE.is_file() and PAGE.read_text("utf8") == page:
        return 0
    print(f"{PAGE} is out of date: run `make docs`", file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
