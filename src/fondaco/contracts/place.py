"""A mapping somewhere in a declaration: what it says is asked for by name and kind, and what is wrong is told with file and line."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fondaco.errors import ConfigError, DeclarationError, did_you_mean
from fondaco.settings.yaml import Document, Key, read_document


@dataclass(frozen=True)
class Place:
    """A mapping somewhere in a file."""

    document: Document
    key: Key
    values: dict[str, Any]

    @classmethod
    def root(cls, path: Path) -> Place:
        try:
            document = read_document(path)
        except ConfigError as error:
            raise DeclarationError(error.message, where=error.where, hint=error.hint) from error
        return cls(document, (), dict(document.values))

    def only(self, *known: str) -> Place:
        """This place, if it says nothing but these."""
        for name in self.values:
            if name not in known:
                raise self.error(f"{name!r} is not a setting here{did_you_mean(name, known)}", name)
        return self

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, default)
        if value is None:
            raise self.error(f"{name!r} is missing")
        if not isinstance(value, str):
            raise self.error(f"{name!r} must be a text, not {value!r}", name)
        return value

    def text_or_none(self, name: str) -> str | None:
        return None if self.values.get(name) is None else self.text(name)

    def flag(self, name: str, default: bool) -> bool:
        value = self.values.get(name, default)
        if not isinstance(value, bool):
            raise self.error(f"{name!r} must be true or false, not {value!r}", name)
        return value

    def number(self, name: str, default: int) -> int:
        value = self.values.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.error(f"{name!r} must be a whole number, not {value!r}", name)
        return value

    def texts(self, name: str) -> dict[str, str]:
        """A mapping of texts, empty if it is not there."""
        value = self.values.get(name) or {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in (*value, *value.values())):
            raise self.error(f"{name!r} must map names to texts, not {value!r}", name)
        return dict(value)

    def names(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty if it is not there."""
        value = self.values.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(f"{name!r} must be a list of names, not {value!r}", name)
        return tuple(value)

    def one_of(self, name: str, known: Collection[str], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in known:
            raise self.error(f"{name!r} is {value!r}, which is none of {', '.join(sorted(known))}{did_you_mean(value, known)}", name)
        return value

    def inner(self, name: str) -> Place | None:
        """The mapping below a name, None if there is none."""
        return None if self.values.get(name) is None else self._at(name, self.values[name])

    def each(self, name: str) -> list[tuple[str, Place]]:
        """The mappings below a name, by their names."""
        value = self.values.get(name)
        if not isinstance(value, dict) or not value:
            raise self.error(f"{name!r} must name at least one thing", name)
        return [(item, self._at(name, inner, item)) for item, inner in value.items()]

    def listed(self, name: str) -> list[Place]:
        """The mappings of a list."""
        value = self.values.get(name)
        if not isinstance(value, list) or not value:
            raise self.error(f"{name!r} must be a list of at least one thing", name)
        return [self._at(name, inner, str(index)) for index, inner in enumerate(value)]

    def where(self, name: str | None = None) -> str:
        """``contracts/orders.yml:14`` of this mapping, or of a setting in it."""
        return self.document.where(self.key if name is None else (*self.key, name))

    def error(self, message: str, name: str | None = None) -> DeclarationError:
        return DeclarationError(f"{self.document.path.name}: {message}", where=self.where(name))

    def _at(self, name: str, value: Any, item: str | None = None) -> Place:
        key = (*self.key, name) if item is None else (*self.key, name, item)
        if not isinstance(value, dict):
            raise DeclarationError(
                f"{self.document.path.name}: {item or name!r} must be a mapping, not {value!r}", where=self.document.where(key)
            )
        return Place(self.document, key, value)
