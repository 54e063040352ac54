"""fondaco.yml as plain values, with the line of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from fondaco.errors import ConfigError

Key = tuple[str, ...]

#: libyaml's, which reads a policy's fifty files in a tenth of the time; a PyYAML that was built without it has its own alone.
_LOADER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


@dataclass(frozen=True)
class Document:
    """One YAML file.

    Attributes:
        values: the mapping at its root.
        lines: 1-based line of every key and list item, by path.
    """

    path: Path
    values: Mapping[str, Any]
    lines: Mapping[Key, int]

    def where(self, key: Key) -> str:
        """``fondaco.yml:14`` of a setting, or of its nearest parent that stands in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return f"{self.path}:{self.lines[key]}" if key else f"{self.path}"


def read_document(path: Path) -> Document:
    """Reads one YAML mapping.

    Raises:
        ConfigError: the file cannot be read, is not YAML, is no mapping or says one thing twice.
    """
    try:
        root = _composed(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(f"{path.name} does not exist", where=str(path), hint="write one with: fondaco init") from None
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read: {error.strerror}", where=str(path)) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not UTF-8 text", where=str(path), hint="save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ConfigError(f"{path.name} is not YAML: {problem or error}", where=where, hint="mind indentation and quotes") from error
    lines: dict[Key, int] = {}
    values = _convert(root, (), path, lines, SafeConstructor()) if root is not None else {}
    if not isinstance(values, dict):
        raise ConfigError(f"{path.name} holds no settings: it must be a mapping", where=f"{path}:1", hint="start it with: version: 1")
    return Document(path, values, lines)


def _composed(text: str) -> yaml.Node | None:
    """The nodes of a text. What libyaml refuses is read again by PyYAML itself, which says better where the fault is."""
    try:
        return yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _convert(node: yaml.Node, at: Key, path: Path, lines: dict[Key, int], made: SafeConstructor) -> Any:
    if isinstance(node, yaml.MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            name, line = str(key_node.value), key_node.start_mark.line + 1
            if name in values:
                raise ConfigError(
                    f"{'.'.join((*at, name))} is said twice", where=f"{path}:{line}", hint=f"it stands in line {lines[(*at, name)]} too"
                )
            lines[(*at, name)] = line
            values[name] = _convert(value_node, (*at, name), path, lines, made)
        return values
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*at, str(index))] = item.start_mark.line + 1
            items.append(_convert(item, (*at, str(index)), path, lines, made))
        return items
    try:
        return made.construct_object(node)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{'.'.join(at)}: {node.value!r} cannot be read: {error}", where=f"{path}:{node.start_mark.line + 1}") from error
