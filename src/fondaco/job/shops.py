"""The sources of a call, opened and closed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fondaco.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from fondaco.contracts import System, Table
    from fondaco.settings import Settings
    from fondaco.sources import Source


@contextmanager
def opened(settings: Settings, tables: Collection[str] = (), leave_out: Collection[str] = ()) -> Iterator[list[Source]]:
    """The sources of fondaco.yml, in its order.

    Args:
        tables: names that must exist, as ``orders`` or ``shop.orders``.
        leave_out: sources not to open.

    Raises:
        UsageError: no source has a table of that name.
        DeclarationError: a system's file is wrong.
    """
    from fondaco.sources import open_source

    systems = _systems(settings)
    known = {word for name, system in systems.items() for table in system.tables for word in (table, f"{name}.{table}")}
    for table in tables:
        if table not in known:
            raise UsageError(f"no source has a table {table!r}{did_you_mean(table, known)}", hint=f"tables: {', '.join(sorted(known))}")
    with ExitStack() as stack:
        names = [name for name in settings.sources if name not in leave_out]
        yield [stack.enter_context(closing(open_source(settings.sources[name], name, systems[name]))) for name in names]


@dataclass(frozen=True)
class Owned:
    """A table of a source of fondaco.yml, as it is declared."""

    source: str
    system: System
    table: Table


def owned(settings: Settings) -> list[Owned]:
    """Every table of every source; none is opened. Raises DeclarationError."""
    return [Owned(name, system, table) for name, system in _systems(settings).items() for table in system.tables.values()]


def _systems(settings: Settings) -> dict[str, System]:
    from fondaco.contracts import load_system

    return {name: load_system(settings.house / "systems", source.system) for name, source in settings.sources.items()}


def is_meant(source: Source, table: Table, tables: Collection[str]) -> bool:
    """Whether a call that names these tables (all, if none) means this one."""
    return not tables or table.name in tables or f"{source.name}.{table.name}" in tables
