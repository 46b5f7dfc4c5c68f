"""Nothing made of people's words goes up without `governance.toml`: who agreed to what, and why.

purpose = "training a reply model for our peer-support study"
source = "Pushshift dumps RS/RC 2019-01 to 2019-06"
basis = "research access granted on 2026-09-01"
ethics = "IRB 2026-114"              # or why none is needed
retention = "until 2028-12-31, then deleted"
removal_contact = "privacy@lab.example.org"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from ..corpus.errors import SettingsError
from ..corpus.governance import FILE

What = Literal["text", "dehydrated", "models", "preview"]


@dataclass(frozen=True, slots=True)
class Governance:
    """What the people responsible wrote down; each a sentence of theirs, printed in the card."""

    purpose: str = ""
    source: str = ""
    basis: str = ""
    ethics: str = ""
    retention: str = ""
    removal_contact: str = ""


def require_governance(folder: Path, *, what: What) -> Governance:
    """The agreement under which `what` may go up: beside the build, or in the current folder.

    A preview of invented rows needs none. Raises SettingsError where the file or a field is
    missing.
    """
    if what == "preview":
        return Governance()
    places = [folder / FILE, folder.absolute().parent / FILE, Path(FILE)]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise SettingsError(
            f"no {FILE}: nobody has agreed to publish {what}", folder,
            "write one with purpose, source, basis, ethics, retention and removal_contact",
        )  # fmt: skip
    found = _read(path)
    names = [field.name for field in fields(Governance)]
    missing = [n for n in names if not isinstance(found.get(n), str) or not found[n].strip()]
    if missing:
        raise SettingsError(f"nothing is said about {', '.join(missing)}", path, "fill it in")
    return Governance(**{name: found[name].strip() for name in names})


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise SettingsError(f"not TOML ({e})", path, "correct the file") from e
