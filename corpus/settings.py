"""What a build is made with: preset TOML, then a config file, then flags, in this order.

*Identity* fields decide which rows and labels come out and enter the fingerprint; *execution*
fields only say how the work is run and never do.
"""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from .errors import SettingsError


def _execution(default: Any) -> Any:
    return field(default=default, metadata={"execution": True})


@dataclass(frozen=True)
class Settings:
    """One build's settings; the presets give every identity field a value and a reason."""

    preset: str = "default"
    subreddits: tuple[str, ...] = ()  # matched without case; () means every subreddit of the dumps
    n_buckets: int = 64
    filters: tuple[str, ...] = ()  # names from corpus.filters, applied in this order
    min_words: int = 3  # of a post's text and of a comment
    language: str = ""  # "en": drop rows that are clearly not English; "": keep all
    functions: tuple[str, ...] = ()  # names from labeling.functions, or "module:name"
    reader: str = "linear"  # how texts of OP are read: a name from labeling.readers
    silence: str = "negative"  # or "unlabelled": OP's silence is never a negative
    tolerate: bool = False  # a labeling function that fails on a row is counted, not the end
    label_model: str = "ensemble"
    op_habit: str = "kept"  # "taken_out": thanks of a poster who thanks everybody count less
    annotate: tuple[str, ...] = ()  # of labeling.screen.ANNOTATIONS; (): nothing is screened
    splits: tuple[tuple[str, float], ...] = (("train", 0.8), ("validation", 0.1), ("test", 0.1))
    split_by: str = "poster"  # or "time": train is the past, test is what came last
    cuts: tuple[str, ...] = ()  # by time: first days of validation and test; (): by the shares
    near: float = 0.7  # Jaccard of texts from which one leaves its split; 0: only equal words
    drop_seen_commenters: bool = False  # of validation and test, who also writes in train
    pairs: str = "default"  # how strict preference pairs are: "loose", "default" or "strict"
    crisis_posts: str = "out"  # of preferences, unpaired and sft; or "kept"
    min_posters: int = 5  # of a community that is named in a release; 1: every one
    mask_names: bool = False  # names of people, addresses, dates of birth, schools: corpus/names.py
    limit: int | None = None  # wanted lines taken per dump file; None: all

    workers: int | None = _execution(None)  # None: min(cores, (RAM - 4 GB) / 2.2 GB)
    memory_limit: str = _execution("4GB")  # of all workers together, after reading
    tmp: str | None = _execution(None)  # where DuckDB spills; None: inside the build folder
    engine: str = _execution("local")  # or "spark": a cluster runs the tasks (docs/cluster.md)
    master: str | None = _execution(None)  # of the cluster; None: what Spark's own settings say

    def identity(self) -> dict[str, Any]:
        """The fields that decide the rows, as plain JSON values."""
        values = dataclasses.asdict(self)
        for f in dataclasses.fields(self):
            if f.metadata.get("execution"):
                del values[f.name]
        return dict(json.loads(json.dumps(values)))

    def fingerprint(self, *more: str) -> str:
        """16 hex digits of the identity fields and of `more` (code and input digests)."""
        words = json.dumps([self.identity(), *more], sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()[:16]


_KNOWN = {f.name: f for f in dataclasses.fields(Settings)}
_CHOICES = {
    "silence": ("negative", "unlabelled"),
    "split_by": ("poster", "time"),
    "pairs": ("loose", "default", "strict"),
    "crisis_posts": ("out", "kept"),
    "engine": ("local", "spark"),
}


def presets() -> list[str]:
    """Names of the presets that ship with the package."""
    folder = resources.files(__package__) / "presets"
    files = [p.name for p in folder.iterdir()]
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))


def preset_text(name: str) -> str:
    """The TOML of a preset, with its comments.

    Raises SettingsError where there is none of that name.
    """
    if name not in presets():
        near = difflib.get_close_matches(name, presets())
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(presets())}"
        raise SettingsError(f"no such preset {name!r}", "--preset", hint)
    return (resources.files(__package__) / "presets" / f"{name}.toml").read_text("utf8")


def load_settings(
    preset: str = "default",
    config: str | os.PathLike[str] | None = None,
    **flags: Any,
) -> Settings:
    """Preset <- config file <- flags (a flag that is None was not given).

    Raises SettingsError for an unknown key (naming the known ones) or a value of the wrong kind.

    >>> load_settings("paper").splits
    (('train', 0.9), ('test', 0.1))
    """
    values: dict[str, Any] = {}
    if config is not None:
        values = _read_toml(Path(config))
        preset = values.pop("preset", preset)
    base = _checked(tomllib.loads(preset_text(preset)), f"preset {preset}")
    layered = {**base, **_checked(values, str(config))}
    layered |= _checked({k: v for k, v in flags.items() if v is not None}, "flags")
    return Settings(**{**layered, "preset": preset})


def executed(settings: Settings, **how: Any) -> Settings:
    """The same settings run in another way: execution fields only; None leaves one as it is.

    >>> executed(load_settings(), workers=2, master=None).workers
    2
    """
    values = _checked({k: v for k, v in how.items() if v is not None}, "arguments")
    for name in values:
        if not _KNOWN[name].metadata.get("execution"):
            raise SettingsError(f"{name} decides the rows", "arguments", "load other settings")
    return dataclasses.replace(settings, **values)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf8"))
    except OSError as e:
        raise SettingsError(e.strerror or str(e), path, "give a readable TOML file") from e
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise SettingsError(f"not TOML ({e})", path, "see `redditess presets show default`") from e


def _checked(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    checked = {}
    for key, value in values.items():
        if key not in _KNOWN:
            known = ", ".join(_KNOWN)
            raise SettingsError(f"unknown setting {key!r}", where, f"the known ones are {known}")
        checked[key] = _coerce(key, value, where)
    return checked


def _coerce(key: str, value: Any, where: str) -> Any:
    """TOML arrays and tables become the tuples of `Settings`; the rest must have the right type."""
    if key == "splits":
        return _splits(value, where)
    kind = str(_KNOWN[key].type)
    if kind.startswith("tuple"):
        if isinstance(value, str) or not all(isinstance(v, str) for v in value):
            raise SettingsError(
                f"{key} = {value!r} is not a list of names", where, f'write {key} = ["a", "b"]'
            )
        return tuple(value)
    if kind == "bool":
        if not isinstance(value, bool):
            raise SettingsError(f"{key} = {value!r} is not of type bool", where, "true or false")
        return value
    if key in _CHOICES and value not in _CHOICES[key]:
        raise SettingsError(f"{key} = {value!r}", where, f"use {' or '.join(_CHOICES[key])}")
    if kind == "float":
        return _near(value, where)
    wanted = int if kind.startswith("int") else str
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise SettingsError(f"{key} = {value!r} is not of type {kind}", where, "correct the value")
    if isinstance(value, int) and value < 1 and key != "min_words":
        raise SettingsError(f"{key} = {value} is below 1", where, "correct the value")
    return value


def _near(value: Any, where: str) -> float:
    """Below .5 two texts of different people are alike by chance, and nothing keeps a join fast."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingsError(f"near = {value!r} is not a number", where, "write near = 0.7")
    if value and not 0.5 <= value <= 1:
        raise SettingsError(f"near = {value} is not in [0.5, 1]", where, "use 0.7, or 0 for off")
    return float(value)


def _splits(value: Any, where: str) -> tuple[tuple[str, float], ...]:
    pairs = tuple(
        (str(k), float(v)) for k, v in (value.items() if isinstance(value, Mapping) else value)
    )
    total = sum(share for _, share in pairs)
    if {k for k, _ in pairs} - {"train", "validation", "test"} or abs(total - 1) > 1e-9:
        raise SettingsError(
            f"splits {dict(pairs)} must be shares of train, validation, test that add up to 1",
            where,
            "for example splits = {train = 0.8, validation = 0.1, test = 0.1}",
        )
    return pairs


def from_identity(identity: Mapping[str, Any]) -> Settings:
    """The inverse of `Settings.identity()`: how settings travel to a worker."""
    values = {k: v for k, v in identity.items() if v is not None}
    return Settings(**{"preset": values.pop("preset"), **_checked(values, "settings")})


def to_toml(settings: Settings) -> str:
    """Settings as a TOML file that `load_settings(config=...)` reads back to the same identity."""
    lines = ["# Made by redditess; `redditess build DUMPS --config settings.toml` repeats it."]
    for key, value in settings.identity().items():
        if value is None:
            continue
        if key == "splits":
            inner = ", ".join(f"{name} = {share}" for name, share in value)
            lines.append(f"splits = {{{inner}}}")
        else:
            lines.append(f"{key} = {json.dumps(value)}")
    return "\n".join(lines) + "\n"
