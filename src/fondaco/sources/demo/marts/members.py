"""Products, customers and sellers as a mart asks for them: what they were at a moment, and what they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fondaco.sources.demo.history import Version


@dataclass(frozen=True)
class Members:
    """The versions of all members of a kind that a reader of the shop can know.

    The first version reaches back for ever: what a member was before it was first seen is what it was then.
    """

    versions: Mapping[int | str, tuple[Version, ...]]

    @classmethod
    def of(cls, versions: Iterable[Version]) -> Members:
        """Members by their keys, versions in order."""
        found: dict[int | str, list[Version]] = {}
        for version in versions:
            found.setdefault(version.key, []).append(version)
        return cls({key: tuple(sorted(chain, key=lambda version: version.number)) for key, chain in found.items()})

    def at(self, key: int | str | None, moment: str) -> Mapping[str, Any]:
        """What a member was at a moment (UTC text); nothing for one that is not known or is deleted."""
        valid = self.version_at(key, moment)
        return {} if valid is None or valid.is_deleted else valid.values

    def version_at(self, key: int | str | None, moment: str) -> Version | None:
        """The version that was valid at a moment, the one of its deletion included; None of a member that is not known."""
        chain = self.versions.get(key, ()) if key is not None else ()
        return next((version for version in reversed(chain) if version.observed_from <= moment), chain[0]) if chain else None

    def now(self, key: int | str | None) -> Mapping[str, Any]:
        """What a member is; nothing for one that is not known or is deleted."""
        return self.at(key, "9999")
