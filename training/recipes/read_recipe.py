"""Recipe files: read, checked, written back. YAML, because people who train write YAML."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import yaml

from ...corpus.errors import SettingsError
from .recipe import KINDS, Recipe

SHIPPED = Path(__file__).parent


def shipped() -> list[str]:
    """Names of the recipes that come with redditess."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def read_recipe(path: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """A recipe file, or the name of a shipped one, with `key=value` changes on top.

    Raises SettingsError for a file that is none, for an unknown or missing key, a key that stands
    twice, and a value of another type; it names the file (or --set), the value and what would do.
    """
    place = _place(path)
    values = _read(place)
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise SettingsError(f"{change!r} is no key=value", "--set", "write --set seed=7")
        values[key.strip()] = _scalar(value)
        _known(values, key.strip(), "--set")
    return make_recipe(values, str(place))


def make_recipe(values: Mapping[str, Any], where: str = "recipe") -> Recipe:
    """Plain values -> the dataclass of their kind; raises SettingsError as `read_recipe` does."""
    cls = _kind(values, where)
    names = [field.name for field in fields(cls)]
    for key in values:
        _known(values, key, where)
    missing = [name for name in names if name not in values]
    if missing:
        raise SettingsError(
            f"{', '.join(missing)} missing", where, "a recipe is complete: add the line"
        )
    types = get_type_hints(cls)
    return cls(**{name: _coerced(name, values[name], types[name], where) for name in names})


def recipe_text(recipe: Recipe) -> str:
    """The recipe as YAML that `read_recipe` takes; comments of its source are not kept."""
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(recipe).items()}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=1000)


def _place(path: str | Path) -> Path:
    place = Path(path)
    if place.suffix not in (".yaml", ".yml") and not place.exists():
        place = SHIPPED / f"{path}.yaml"
        if not place.is_file():
            near = difflib.get_close_matches(str(path), shipped(), 1)
            hint = f"did you mean {near[0]}" if near else f"shipped are {', '.join(shipped())}"
            raise SettingsError(f"no recipe {str(path)!r}", "RECIPE", hint)
    if not place.is_file():
        raise SettingsError("no such recipe file", place, f"shipped are {', '.join(shipped())}")
    return place


class _Once(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; a recipe with two is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = sorted({str(key) for key in keys if keys.count(key) > 1})
        if twice:
            raise yaml.YAMLError(f"{', '.join(twice)} stands twice")
        return super().construct_mapping(node, deep)


def _read(place: Path) -> dict[str, Any]:
    try:
        values = yaml.load(place.read_text("utf8"), _Once)
    except (yaml.YAMLError, UnicodeDecodeError) as e:
        said = " ".join(str(e).split())
        raise SettingsError(f"no YAML ({said})", place, "write one key: value a line") from e
    if not isinstance(values, dict) or not all(isinstance(key, str) for key in values):
        raise SettingsError("no keys and values", place, "write one key: value a line")
    return values


def _scalar(text: str) -> Any:
    if not text:
        return ""  # --set start= takes the text away; YAML would say null
    try:
        return yaml.load(text, yaml.SafeLoader)
    except yaml.YAMLError:
        return text


def _kind(values: Mapping[str, Any], where: str) -> type[Recipe]:
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        said = "kind missing" if kind is None else f"no kind {kind!r}"
        raise SettingsError(said, where, f"kind is one of {', '.join(KINDS)}")
    return KINDS[kind]


def _known(values: Mapping[str, Any], key: str, where: str) -> None:
    names = [field.name for field in fields(_kind(values, where))]
    if key not in names:
        near = difflib.get_close_matches(key, names, 1)
        hint = f"did you mean {near[0]}" if near else f"known are {', '.join(names)}"
        raise SettingsError(f"unknown key {key!r} for kind {values['kind']}", where, hint)


def _coerced(name: str, value: Any, type_: Any, where: str) -> Any:
    origin = get_origin(type_)
    if origin is Literal:
        if value in get_args(type_):
            return value
        raise _wrong(name, value, where, f"one of {', '.join(map(str, get_args(type_)))}")
    if origin is tuple:
        items = value if isinstance(value, (list, tuple)) else None
        if items is None or not all(isinstance(item, str) for item in items):
            raise _wrong(name, value, where, "a list of names, e.g. [q_proj, v_proj]")
        return tuple(items)
    assert origin is not Union  # no recipe field may be null
    return _plain(name, value, type_, where)


def _plain(name: str, value: Any, type_: type, where: str) -> Any:
    if type_ is bool:
        if isinstance(value, bool):
            return value
        raise _wrong(name, value, where, "true or false")
    if type_ is str:
        if isinstance(value, str):
            return value
        raise _wrong(name, value, where, 'a text, in "quotes" where it looks like a number')
    try:  # YAML 1.1 reads 5e-7 as a text: people mean the number
        number = type_(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        number = None
    if number is None or (type_ is int and number != float(value)) or not -1e18 < number < 1e18:
        raise _wrong(name, value, where, "a whole number" if type_ is int else "a number")
    if number < 0:
        raise _wrong(name, value, where, "0 or more")
    return number


def _wrong(name: str, value: Any, where: str, wanted: str) -> SettingsError:
    return SettingsError(f"{name} is {value!r}", where, f"it must be {wanted}")
