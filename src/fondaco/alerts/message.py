"""What is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: More than this nobody reads in a message, and webhooks refuse.
_LONGEST = 2800


@dataclass(frozen=True)
class Message:
    """One message.

    Attributes:
        kind: whether something failed, came right again, or is told every day.
        title: one line: whose, what.
        what: what there is to say, in lines.
        since: since when, in words; None where it has no beginning.
        see: how to see it: an address, or a command.
        mend: the next step; None where there is none to take.
    """

    kind: Literal["failed", "mended", "digest"]
    title: str
    what: tuple[str, ...]
    since: str | None = None
    see: str | None = None
    mend: str | None = None

    @property
    def text(self) -> str:
        """As plain text."""
        parts = [shortened("\n".join(self.what))]
        parts += [f"{name}: {said}" for name, said in (("Since", self.since), ("To see it", self.see), ("To mend it", self.mend)) if said]
        return "\n\n".join(part for part in parts if part)


def shortened(text: str) -> str:
    """The text, its end left out where it is too long for a message."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rsplit(chr(10), 1)[0]}\n… and more: see the log of the run"
