"""dbt's macros without dbt: rendered by plain Jinja and run by DuckDB, so that a law can be tried on many examples in a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest


class _Adapter:
    """What `adapter.dispatch` does on DuckDB."""

    def __init__(self, macros: dict[str, Callable[..., str]]) -> None:
        self._macros = macros

    def dispatch(self, name: str, _package: str) -> Callable[..., str]:
        return self._macros[f"duckdb__{name}"]


@pytest.fixture(scope="session")
def macro(repo: Path) -> Callable[..., str]:
    """Renders `macro(name, …)` of warehouse/macros to SQL."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    macros: dict[str, Callable[..., str]] = {}
    # dbt's `return` leaves a macro with a value; none of these macros does anything after it
    environment.globals |= {"return": lambda value: value, "adapter": _Adapter(macros)}
    for path in sorted((repo / "warehouse" / "macros").glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        if "{% materialization" in text:
            continue
        module = environment.from_string(text).make_module()
        found = {name: value for name, value in vars(module).items() if callable(value)}
        macros |= found
        environment.globals |= found
    return lambda name, *args, **kwargs: str(macros[name](*args, **kwargs))
