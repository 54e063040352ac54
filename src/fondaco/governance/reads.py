"""Who asked what of our server, from its log: statements, the relations that they name, what was refused, who was not let in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fondaco.governance.plan import Plan

_STATEMENT = re.compile(r"^(?:statement|execute [^:]*): (.*)", re.DOTALL)
_WORD = re.compile(r'"(?:[^"]|"")+"|[A-Za-z_][A-Za-z0-9_$]*')


@dataclass
class Reads:
    """What one user asked since a time.

    Attributes:
        relations: statements by the relation that they name; one that names several counts for each.
        refused: statements that ended in an error, with the error's words.
    """

    user: str
    sessions: int = 0
    statements: int = 0
    relations: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    not_let_in: int = 0
    last: str = ""


def reads(folder: Path, plan: Plan, since: str = "") -> tuple[Reads, ...]:
    """What each user of the log asked, the policy's users first.

    Args:
        folder: of the server's log files.
        since: times before this are left out, as the log writes them: ``2026-11-25 09:00``.
    """
    found: dict[str, Reads] = {user: Reads(user) for user, _ in plan.users}
    names: dict[str, list[str]] = {}
    for relation in plan.served:
        names.setdefault(relation.name, []).append(relation.path)
    for entry in _entries(sorted(folder.glob("*.json"))):
        user, message = str(entry.get("user") or ""), str(entry.get("message") or "")
        if not user or user.startswith("gov_") or str(entry.get("timestamp", "")) < since:
            continue
        one = found.setdefault(user, Reads(user))
        one.last = max(one.last, str(entry.get("timestamp", "")))
        severity = entry.get("error_severity")
        if severity == "FATAL" and str(entry.get("state_code", "")).startswith("28"):
            one.not_let_in += 1
        elif severity == "ERROR":
            one.refused[message] = one.refused.get(message, 0) + 1
        elif message.startswith("connection authorized"):
            one.sessions += 1
        elif match := _STATEMENT.match(message):
            one.statements += 1
            for path in _named(match[1], names):
                one.relations[path] = one.relations.get(path, 0) + 1
    return tuple(found.values())


def _entries(files: Iterable[Path]) -> Iterator[dict[str, object]]:
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # the line that is being written
                if isinstance(entry, dict):
                    yield entry


def _named(statement: str, names: dict[str, list[str]]) -> set[str]:
    """The relations that a statement may mean: those whose name it holds, of the layer that it holds too if it says one."""
    words = [word.strip('"').lower() for word in _WORD.findall(statement)]
    layers = {path.partition(".")[0] for paths in names.values() for path in paths} & set(words)
    found = {path for word in words for path in names.get(word, ())}
    return {path for path in found if not layers or path.partition(".")[0] in layers}
