"""The environment, .env and a target laid over fondaco.yml; every value keeps its origin."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from fondaco.errors import ConfigError, did_you_mean
from fondaco.settings.yaml import Document, Key

PREFIX = "FONDACO_"
#: Settings of one word that the environment may set; any other FONDACO_WORD is not a setting of the file.
_SINGLE_WORDS = {"PROJECT", "DEMO"}
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_SECRET = re.compile(r"(^|_)(password|passphrase|secret|token|private_key|api_key|access_key|webhook)$")
_URL_PASSWORD = re.compile(r"://[^/@:\s]+:(?!\$\{)[^/@\s]+@")


@dataclass
class Layers:
    """Values by path, and where each leaf was said: ``fondaco.yml:14``, ``.env``, ``environment``."""

    values: dict[str, Any]
    origins: dict[Key, str] = field(default_factory=dict)


def is_secret(key: Key) -> bool:
    """Whether the setting of this path holds a secret, by its name."""
    return bool(key) and _SECRET.search(key[-1].lower()) is not None


def lay(document: Document, target: str | None, dotenv: Mapping[str, str], environ: Mapping[str, str]) -> Layers:
    """File, then target, then .env, then environment; the later wins.

    Raises:
        ConfigError: a secret stands in the file, a variable is not set, or the target is not in the file.
    """
    layers = Layers({})
    _refuse_literal_secrets(document)
    base = {name: value for name, value in document.values.items() if name != "targets"}
    _merge(layers, base, (), lambda key: document.where(key))
    if target is not None:
        chosen = _target(document, target)
        _merge(layers, chosen, (), lambda key: document.where(("targets", target, *key)))
    variables = {**dotenv, **environ}
    layers.values = _interpolate(layers.values, (), variables, document)
    for origin, source in ((".env", dotenv), ("environment", environ)):
        for name, key, value in _overrides(source):
            _merge(layers, _nest(key, value), (), lambda _, said=f"{origin} {name}": said)
    if "targets" in document.values:
        layers.values["targets"] = document.values["targets"]
    return layers


def read_dotenv(path: Path) -> dict[str, str]:
    """``NAME=value`` lines; ``export``, comments and one pair of quotes are understood. A missing file is empty.

    Raises:
        ConfigError: a line is neither empty, a comment nor an assignment.
    """
    if not path.is_file():
        return {}
    found: dict[str, str] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip().removeprefix("export ").strip()
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name.strip()):
            raise ConfigError(".env: this line is no NAME=value", where=f"{path}:{number}")
        value = value.strip()
        quoted = len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'"
        found[name.strip()] = value[1:-1] if quoted else re.sub(r"\s+#.*", "", value)
    return found


def _target(document: Document, target: str) -> dict[str, Any]:
    targets = document.values.get("targets") or {}
    if target not in targets:
        known = sorted(targets)
        hint = f"targets in the file: {', '.join(known)}" if known else "add it below targets: in the file"
        raise ConfigError(
            f"target {target!r} is not in {document.path.name}{did_you_mean(target, known)}", where=document.where(("targets",)), hint=hint
        )
    chosen = targets[target]
    return chosen if isinstance(chosen, dict) else {}


def _merge(layers: Layers, new: Mapping[str, Any], at: Key, origin: Any) -> None:
    here = layers.values
    for part in at:
        here = here[part]
    for name, value in new.items():
        key = (*at, name)
        if isinstance(value, dict):
            old = here.get(name)
            # another type is another thing: its predecessor's settings must not leak into it
            if not isinstance(old, dict) or ("type" in value and value["type"] != old.get("type", value["type"])):
                here[name] = {}
                _forget(layers, key)
            layers.origins.setdefault(key, origin(key))
            _merge(layers, value, key, origin)
        else:
            here[name] = value
            layers.origins[key] = origin(key)


def _forget(layers: Layers, key: Key) -> None:
    for known in [known for known in layers.origins if known[: len(key)] == key]:
        del layers.origins[known]


def _interpolate(value: Any, at: Key, variables: Mapping[str, str], document: Document) -> Any:
    if isinstance(value, dict):
        return {name: _interpolate(item, (*at, name), variables, document) for name, item in value.items()}
    if isinstance(value, list):
        return [_interpolate(item, (*at, str(index)), variables, document) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            raise ConfigError(
                f"{'.'.join(at)} needs ${{{name}}}, which is not set",
                where=document.where(at),
                hint=f"export {name}=… or put it into .env beside {document.path.name}",
            )
        return variables[name]

    return _VARIABLE.sub(fill, value)


def _refuse_literal_secrets(document: Document) -> None:
    for key, value in _leaves(document.values, ()):
        literal = isinstance(value, str) and _VARIABLE.fullmatch(value.strip()) is None
        named = is_secret(key) and (literal or isinstance(value, int))
        if named or (isinstance(value, str) and _URL_PASSWORD.search(value)):
            name = key[-1].upper()
            raise ConfigError(
                f"{'.'.join(key)} is a secret and may not stand in {document.path.name}",
                where=document.where(key),
                hint=f"write ${{{name}}} and put {name}=… into .env or the environment",
            )


def _leaves(value: Any, at: Key) -> Iterator[tuple[Key, Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*at, name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*at, str(index)))
    else:
        yield at, value


def _overrides(variables: Mapping[str, str]) -> Iterator[tuple[str, Key, Any]]:
    for name, text in sorted(variables.items()):
        rest = name.removeprefix(PREFIX)
        if rest == name or ("__" not in rest and rest not in _SINGLE_WORDS):
            continue
        value = yaml.safe_load(text) if text[:1] in "[{" and text else text
        yield name, tuple(rest.lower().split("__")), value


def _nest(key: Key, value: Any) -> dict[str, Any]:
    for part in reversed(key):
        value = {part: value}
    return dict(value)
