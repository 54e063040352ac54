"""What one user sees of one relation, as one SELECT: the body of an extract, and what the server's answers are held against."""

from __future__ import annotations

from collections.abc import Mapping

from fondaco.governance.masks import Engine, shown
from fondaco.governance.plan import Plan, PlannedRelation
from fondaco.governance.sql import engine_type, identifier, literal, literals
from fondaco.governance.sql import relation as qualified


def visible(plan: Plan, user: str, relation: PlannedRelation, key: str, *, source: str | None = None, engine: Engine = "duckdb") -> str:
    """The rows and cells of a relation as the user sees them.

    Args:
        key: the secret of pseudonyms, as an expression of the engine.
        source: where the relation stands, if not in the schema of its layer.

    Raises:
        PermissionError: the user does not read it.
    """
    role = plan.role(user)
    if role not in relation.readers:
        raise PermissionError(f"{user} does not read {relation.path}")
    cells = [
        f"{shown(column.method(role), identifier(column.name), engine_type(column.type, engine), engine, key)} AS {identifier(column.name)}"
        for column in relation.columns
    ]
    select = f"SELECT {', '.join(cells)}\nFROM {source or qualified(relation.layer, relation.name)}"
    rows = _rows(plan, user, role, relation, engine)
    return select if rows is None else f"{select}\nWHERE {rows}"


def all_visible(plan: Plan, user: str, key: str) -> Mapping[str, str]:
    """The SELECTs of every relation that a user reads, by path."""
    role = plan.role(user)
    return {relation.path: visible(plan, user, relation, key) for relation in plan.relations if role in relation.readers}


def _rows(plan: Plan, user: str, role: str, relation: PlannedRelation, engine: Engine) -> str | None:
    if plan.all_rows(role) or relation.rows == "public":
        return None
    countries = plan.countries(user)
    if relation.rows != "by" or not countries:
        return "FALSE"
    return f"{identifier(relation.rows_by or '')} IN ({literals(countries, engine)})"


def key_literal(key: str) -> str:
    """The secret of pseudonyms as an expression of DuckDB."""
    return literal(key, "duckdb")
