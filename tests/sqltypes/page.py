"""The cases as the docs' tables: docs/how-to/types-of-databases.md holds these very lines."""

from __future__ import annotations

from collections.abc import Iterator

from tests.sqltypes.case import Bad, Case

_HEADER = ("Type at the source", "Declared as", "Undeclared", "Goes to quarantine, for example")
_WORDS = {int: "whole number", float: "double", bool: "boolean", str: "text"}


def lines(cases: tuple[Case, ...]) -> Iterator[str]:
    """The table of one engine, a line for each pair of types."""
    yield _line(*_HEADER)
    yield _line(*("---" for _ in _HEADER))
    seen = dict[tuple[str, str], list[Case]]()
    for case in cases:
        seen.setdefault((case.shown or case.kind, case.declared), []).append(case)
    for (kind, declared), same in seen.items():
        bad = [value.value for case in same for _, value, _ in case.values if isinstance(value, Bad)]
        undeclared = {_WORDS[type(value)] for case in same for _, _, value in case.values}
        yield _line(f"`{kind}`", f"`{declared}`", ", ".join(sorted(undeclared)), ", ".join(f"`{_short(value)}`" for value in bad))


def _short(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:12]}…, {len(value)} characters"


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
