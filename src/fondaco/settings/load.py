"""One call from fondaco.yml to Settings, and errors that say what to mend."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fondaco.errors import ConfigError, did_you_mean
from fondaco.settings.layers import Layers, is_secret, lay, read_dotenv
from fondaco.settings.shape import Declared, DemoSource, FilesSource, MysqlSource, PostgresSource, Settings, SqliteSource
from fondaco.settings.yaml import Document, Key, read_document

CONFIG_FILE = "fondaco.yml"
_SOURCES: Mapping[str, type[BaseModel]] = {
    "demo": DemoSource,
    "postgres": PostgresSource,
    "mysql": MysqlSource,
    "sqlite": SqliteSource,
    "files": FilesSource,
}
#: Variables of AWS tools that say something of a bucket, the nearer one first.
_AWS: Mapping[str, tuple[str, ...]] = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "endpoint": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"),
}
_DEFAULTS: Mapping[str, dict[str, Any]] = {"lake": {"path": "./lake"}, "warehouse": {"path": "./warehouse.duckdb"}}


@dataclass(frozen=True)
class Effective:
    """One setting in force: its dotted name, its value (secrets as ``***``) and who said it."""

    setting: str
    value: Any
    origin: str


def load_settings(path: Path | None = None, target: str | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Reads fondaco.yml, .env and the environment.

    Args:
        path: the file, or its folder; None means FONDACO_CONFIG, else fondaco.yml here or in a folder above.
        target: a name below ``targets:``; None means FONDACO_TARGET, else none.
        environ: the environment; None means the real one.

    Raises:
        ConfigError: something is missing, unknown or wrong; it names file, line, setting and the nearest right word.
    """
    return _load(path, target, environ)[0]


def effective(path: Path | None = None, target: str | None = None, environ: Mapping[str, str] | None = None) -> list[Effective]:
    """Every setting in force with its origin, in the order of the reference. Raises ConfigError as load_settings does."""
    settings, layers = _load(path, target, environ)
    dumped = settings.model_dump(mode="json", exclude={"file", "house", "target", "targets"})
    return [
        Effective(".".join(key), "***" if is_secret(key) else value, layers.origins.get(key, "default"))
        for key, value in _flatten(dumped, ())
    ]


def find_config(path: Path | None, environ: Mapping[str, str] | None = None) -> Path:
    """The fondaco.yml that a call means. Raises ConfigError if there is none."""
    environ = os.environ if environ is None else environ
    if path is None and environ.get("FONDACO_CONFIG"):
        path = Path(environ["FONDACO_CONFIG"])
    if path is not None:
        file = (path / CONFIG_FILE if path.is_dir() else path).absolute()
        if not file.is_file():
            raise ConfigError(f"{file.name} does not exist", where=str(file), hint=f"write one with: fondaco init {file.parent}")
        return file
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / CONFIG_FILE).is_file():
            return folder / CONFIG_FILE
    raise ConfigError(
        f"there is no {CONFIG_FILE} here or in a folder above", where=str(here), hint="start with: fondaco init --demo, or name one with -C"
    )


def find_house(root: Path) -> Path:
    """The folder with contracts/, systems/ and warehouse/: the shop's own if it has one, else the checkout's or the package's."""
    package = Path(__file__).parents[1]
    for folder in (root, package.parents[1], package / "house"):
        if (folder / "warehouse" / "dbt_project.yml").is_file():
            return folder
    return package.parents[1]


def environment_with(told: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that is started from here, which is told something more."""
    return {**os.environ, **told}


def is_ci(environ: Mapping[str, str] | None = None) -> bool:
    """Whether no person watches: CI is set and not false."""
    environ = os.environ if environ is None else environ
    return environ.get("CI", "").lower() not in ("", "0", "false")


def _load(path: Path | None, target: str | None, environ: Mapping[str, str] | None) -> tuple[Settings, Layers]:
    environ = os.environ if environ is None else environ
    file = find_config(path, environ)
    document = read_document(file)
    dotenv = read_dotenv(file.parent / ".env")
    target = target or environ.get("FONDACO_TARGET") or dotenv.get("FONDACO_TARGET") or None
    layers = lay(document, target, dotenv, environ)
    _fill_defaults(layers.values)
    _fill_from_aws(layers, environ)
    try:
        declared = Declared.model_validate(layers.values, context={"root": file.parent})
    except ValidationError as error:
        raise _explain(error, document, layers) from error
    house = find_house(file.parent)
    _check_targets(document)
    _check_systems(declared, house, document, layers)
    return Settings(file=file, house=house, target=target, **{name: getattr(declared, name) for name in Declared.model_fields}), layers


def _fill_defaults(values: dict[str, Any]) -> None:
    for section, defaults in _DEFAULTS.items():
        if values.get(section) is None:
            values[section] = {}
        if isinstance(values[section], dict):
            values[section] = {**defaults, **values[section]}
    sources = values.get("sources")
    for name, source in (sources if isinstance(sources, dict) else {}).items():
        if isinstance(source, dict) and source.get("type") == "demo":
            source.setdefault("path", f".fondaco/{name}.sqlite")


def _fill_from_aws(layers: Layers, environ: Mapping[str, str]) -> None:
    """Region and endpoint of buckets, as AWS tools take them from the environment; keys are nobody's business here."""
    sources = layers.values.get("sources")
    blocks: list[tuple[Key, Any]] = [(("lake",), layers.values.get("lake"))]
    blocks += [(("sources", name), source) for name, source in sources.items()] if isinstance(sources, dict) else []
    for at, block in blocks:
        if not isinstance(block, dict) or not str(block.get("path", "")).startswith("s3://"):
            continue
        for setting, names in _AWS.items():
            name = next((name for name in names if environ.get(name)), None)
            if name is not None and block.get(setting) is None:
                block[setting] = environ[name]
                layers.origins[(*at, setting)] = f"environment {name}"


def _check_targets(document: Document) -> None:
    known = [name for name in Declared.model_fields if name != "targets"]
    for target, changes in (document.values.get("targets") or {}).items():
        for name in changes if isinstance(changes, dict) else ():
            if name not in known:
                message = f"'targets.{target}.{name}' is not a setting{did_you_mean(name, known)}"
                raise ConfigError(message, where=document.where(("targets", target, name)))


def _check_systems(declared: Declared, house: Path, document: Document, layers: Layers) -> None:
    known = sorted(file.stem for file in (house / "systems").glob("*.yml"))
    for name, source in declared.sources.items():
        if source.system not in known:
            key = ("sources", name, "system")
            raise ConfigError(
                f"sources.{name}.system: {source.system!r} is not known{did_you_mean(source.system, known)}",
                where=_where(key, document, layers),
                hint=f"known systems: {', '.join(known)}",
            )


# --- pydantic's errors in our words ---------------------------------------------------------------------------------


def _explain(error: ValidationError, document: Document, layers: Layers) -> ConfigError:
    """The first fault in full; the others by name and place."""
    faults = [(_key(detail, layers.values), detail) for detail in error.errors(include_url=False)]
    messages = [(_message(key, detail), _where(key, document, layers)) for key, detail in faults]
    first, where = messages[0]
    others = [f"\n  also {place}: {message}" for message, place in messages[1:]]
    return ConfigError(first + "".join(others), where=where, hint=_hint(*faults[0]))


def _key(detail: ErrorDetails, values: Any) -> Key:
    """pydantic's place without the tags of unions, which do not stand in the file."""
    key: list[str] = []
    for part in detail["loc"]:
        if part == "[key]" or (isinstance(values, dict) and part in _SOURCES and part == values.get("type") and part not in values):
            continue
        key.append(str(part))
        if isinstance(values, dict):
            values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            values = values[part] if part < len(values) else None
        else:
            values = None
    return tuple(key)


def _message(key: Key, detail: ErrorDetails) -> str:
    name, kind, context = ".".join(key), detail["type"], detail.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return f"'{name}' is not a setting{did_you_mean(key[-1], _names_beside(detail))}"
        case "missing":
            return f"'{name}' is missing"
        case "union_tag_not_found":
            return f"'{name}.type' is missing"
        case "union_tag_invalid":
            tag = str(context["tag"])
            return f"{name}.type: {tag!r} is no type of source{did_you_mean(tag, list(_SOURCES))}"
        case "literal_error":
            value = detail["input"]
            known = [word.strip(" '") for word in str(context["expected"]).replace(" or ", ",").split(",")]
            return f"{name}: {value!r} is not one of {', '.join(known)}{did_you_mean(str(value), known)}"
        case "string_pattern_mismatch":
            return f"{name}: {detail['input']!r} does not have the form {context['pattern']}"
        case "value_error":
            return f"{name}: {context['error']}"
        case "model_type" | "mapping_type" | "model_attributes_type":
            return f"{name} must be a mapping, not {detail['input']!r}"
        case _:
            said = detail["msg"][0].lower() + detail["msg"][1:]
            return f"{name}: {said}, not {detail['input']!r}"


def _hint(key: Key, detail: ErrorDetails) -> str | None:
    if detail["type"] == "extra_forbidden":
        return f"known here: {', '.join(_names_beside(detail))}"
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return f"types of source: {', '.join(_SOURCES)}"
    if detail["type"] == "missing":
        return f"add {key[-1]}: … below {'.'.join(key[:-1])}:" if len(key) > 1 else f"add {key[-1]}: …"
    return None


def _names_beside(detail: ErrorDetails) -> list[str]:
    """The settings that are known where an unknown one stands."""
    path = detail["loc"][:-1]
    model: Any = Declared
    if path[:1] == ("sources",):
        model, path = _SOURCES[str(path[2])], path[3:]
    for part in path:
        annotation = model.model_fields[str(part)].annotation if model is not None and str(part) in model.model_fields else None
        model = annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    return list(model.model_fields) if model is not None else []


def _where(key: Key, document: Document, layers: Layers) -> str:
    while key:
        if key in layers.origins:
            return layers.origins[key]
        key = key[:-1]
    return str(document.path)


def _flatten(value: Any, at: Key) -> list[tuple[Key, Any]]:
    if isinstance(value, dict) and value:
        return [leaf for name, item in value.items() for leaf in _flatten(item, (*at, name))]
    return [(at, value)]
