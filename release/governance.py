"""Nothing made of people's words goes up without `governance.toml`: who agreed to what, and why.

The file is a statement of people, printed in the card word for word. That a field is filled in is
all that is checked here: whether it is true or enough is not for software to say (docs/ethics.md).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from ..corpus.artefacts import write_text
from ..corpus.errors import SettingsError
from ..corpus.governance import FILE, read_agreement
from .public import FILE as PUBLIC
from .public import read_public

What = Literal["text", "dehydrated", "models", "preview"]
INIT = "run `redditess governance init`"


@dataclass(frozen=True, slots=True)
class Governance:
    """What the people responsible wrote down; each a sentence of theirs, printed in the card."""

    purpose: str = ""
    source: str = ""
    basis: str = ""
    ethics: str = ""
    ethics_exemption: str = ""
    retention: str = ""
    removal_contact: str = ""
    who_may_use: str = ""
    remote: str = ""  # the purpose of [remote], with the machines that may get masked text
    date: str = ""  # of the agreement, YYYY-MM-DD

    def told(self) -> dict[str, str]:
        """The fields that say something, in order: what release.json and the card hold."""
        return {name: getattr(self, name) for name in FIELDS if getattr(self, name)}


# What each field answers, as the card words it; in the card's order.
FIELDS = {
    "purpose": "Purpose",
    "source": "Source of the dumps",
    "basis": "Basis of access",
    "ethics": "Ethics review",
    "ethics_exemption": "Exemption from ethics review",
    "who_may_use": "Who may use it",
    "retention": "Retention",
    "removal_contact": "Removal requests",
    "remote": "Remote processing",
    "date": "Agreed on",
}
REQUIRED = ("purpose", "source", "basis", "retention", "removal_contact", "who_may_use")


def require_governance(folder: Path, *, what: What) -> Governance:
    """The agreement under which `what` may go up: beside the build, or in the current folder.

    A preview of invented rows needs none. Raises SettingsError where the file or a field is
    missing, and where a release in `folder` has a card that does not print it.
    """
    if what == "preview":
        return Governance()
    path = find_governance(folder)
    if path is None:
        raise SettingsError(f"no {FILE}: nobody has agreed to publish {what}", folder,
                            f"{INIT} and fill it in")  # fmt: skip
    found = read_governance(path)
    release = next((p for p in (folder / "redditess", folder) if (p / PUBLIC).is_file()), None)
    if what != "models" and release and read_public(release).get("governance") != found.told():
        raise SettingsError(f"the card does not print {path}", release / "README.md",
                            "run `redditess release card` on the folder")  # fmt: skip
    return found


def find_governance(folder: Path) -> Path | None:
    """The agreement of a build, release or run: in it, beside it, or in the current folder."""
    places = (folder / FILE, folder.absolute().parent / FILE, Path(FILE))
    return next((place for place in places if place.is_file()), None)


def read_governance(path: Path) -> Governance:
    """A complete agreement. Raises SettingsError that names the file and what it leaves open."""
    found = read_agreement(path, SettingsError)
    missing = [name for name in REQUIRED if not _words(found.get(name))]
    if not _words(found.get("ethics")) and not _words(found.get("ethics_exemption")):
        missing.append("ethics (or ethics_exemption)")
    if missing:
        raise SettingsError(f"nothing is said about {', '.join(missing)}", path,
                            "write a sentence for each")  # fmt: skip
    own = {name: _words(found.get(name)) for name in FIELDS if name not in ("remote", "date")}
    return Governance(**own, remote=_remote(found.get("remote")), date=day(found, path))


def init_governance(folder: Path) -> Path:
    """Writes the commented template; returns its path. SettingsError where a file is there."""
    path = folder / FILE
    if path.exists():
        raise SettingsError("already there", path, "edit it, or name another folder")
    if not folder.is_dir():
        raise SettingsError("no such folder", folder, "make it first, or name another one")
    template = resources.files(__package__).joinpath("governance_template.toml")
    write_text(path, template.read_text("utf8"))
    return path


def read_signoff(path: Path) -> dict[str, str] | None:
    """Who judged the safety screen: {"name", "role", "date", "scope"} of [signoff]; None without.

    Raises SettingsError where the section leaves one of the four open.
    """
    section = read_agreement(path, SettingsError).get("signoff")
    if section is None:
        return None
    if not isinstance(section, Mapping):
        raise SettingsError("signoff is no table", path, "write it as [signoff]")
    found = {name: _words(section.get(name)) for name in ("name", "role", "scope")}
    found["date"] = day(section, path)
    if missing := [name for name, words in found.items() if not words]:
        raise SettingsError(
            f"[signoff] says nothing about {', '.join(sorted(missing))}", path,
            "name the person, their role, the day and what they looked at",
        )  # fmt: skip
    return found


def day(table: Mapping[str, Any], path: Path) -> str:
    """The field `date` as YYYY-MM-DD; "" without one. SettingsError for what is no day."""
    value = table.get("date", "")
    if value == "":
        return ""
    try:
        text = value.isoformat() if isinstance(value, datetime.date) else str(value)
        return datetime.date.fromisoformat(text[:10]).isoformat()
    except ValueError as e:
        raise SettingsError(f"date = {value!r} is no day", path, "write date = 2026-11-21") from e


def _remote(section: Any) -> str:
    """[remote] in one sentence; it is enforced in `corpus.governance`, told here."""
    if not isinstance(section, Mapping) or not _words(section.get("purpose")):
        return ""
    places = ", ".join(str(place) for place in section.get("endpoints") or ()) or "no machine named"
    return f"{_words(section['purpose'])} ({places})"


def _words(value: Any) -> str:
    """A field that says something; a field of dots, or "todo", says nothing."""
    text = " ".join(value.split()) if isinstance(value, str) else ""
    return "" if not text.strip(".…-? ") or text.lower().strip(".: ") in ("todo", "tbd") else text
