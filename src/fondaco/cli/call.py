"""The global options; they work before and after the command."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondaco.settings import Settings

_FLAGS = frozenset({"--json", "-q", "--quiet", "-v", "--verbose", "-y", "--yes"})
_WITH_VALUE = frozenset({"-C", "--config", "-t", "--target"})


@dataclass(frozen=True)
class Call:
    """What holds for a whole call.

    Attributes:
        config: the fondaco.yml, or its folder; None means to look for it.
        target: a name below ``targets:``.
        json: one JSON document on stdout in place of a screen.
        verbosity: -1 says only what failed, 0 the steps, 1 their details too.
        yes: answers every question.
    """

    config: Path | None = None
    target: str | None = None
    json: bool = False
    verbosity: int = 0
    yes: bool = False

    def settings(self) -> Settings:
        """The settings of this call. Raises ConfigError."""
        from fondaco.settings import load_settings

        return load_settings(self.config, self.target)


def hoist(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The global options of a call, and the rest of it; what stands after ``--`` is left where it is."""
    first: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest.extend((word, *words))
        elif word in _FLAGS or word.startswith(("--config=", "--target=")):
            first.append(word)
        elif word in _WITH_VALUE:
            first.extend((word, *(value for value in (next(words, None),) if value is not None)))
        else:
            rest.append(word)
    return first, rest
