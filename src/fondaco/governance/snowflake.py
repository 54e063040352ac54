"""A plan as statements for Snowflake, and as an overlay of the dbt project that puts the policies into the statement that makes a table.

Tables are made anew by every build, and `create or replace` makes a table without policies; so the policies stand inside that statement
(`overlay`), and the policies themselves are made before the first build and change with the policy alone (account.py). People are granted the secure views of
SERVE, never a table. Bodies test IS_ROLE_IN_SESSION, the most privileged first, and give nothing to anybody else; the role that builds is
in every clear branch, or a build would write masked values. Not yet proven live: no account has run these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fondaco.governance.masks import CLEAR, shown
from fondaco.governance.plan import Plan, PlannedColumn, PlannedRelation
from fondaco.governance.sql import engine_type, identifier, literal

OWN, SERVE = "GOVERNANCE", "SERVE"


@dataclass(frozen=True)
class MadePolicy:
    """A policy as an object of Snowflake.

    Attributes:
        kind: ``masking policy`` or ``row access policy``.
        type, returns: what its one argument is, and what it gives back.
    """

    kind: str
    name: str
    type: str
    returns: str
    body: str


def policies(plan: Plan, database: str, builder: str) -> tuple[MadePolicy, ...]:
    """The masking and row access policies, by name.

    Args:
        builder: the role that dbt works as.
    """
    return (*_masks(plan, database, builder), *_row_policies(plan, database, builder))


def views(plan: Plan, database: str) -> Iterator[tuple[str, str]]:
    """The secure views that people read, each with its relation as ``layer.name``; made anew after a build, their grants stay."""
    for relation in plan.served:
        columns = ", ".join(_column(column.name) for column in relation.columns)
        source = _name(database, relation.layer.upper(), relation.name.upper())
        view = _name(database, SERVE, view_of(relation))
        yield relation.path, f"CREATE OR REPLACE SECURE VIEW {view} COPY GRANTS AS SELECT {columns} FROM {source}"


def protected(plan: Plan) -> Mapping[tuple[str, str], frozenset[str]]:
    """The names of the policies that must be in force on each relation, by its schema and name."""
    found = {}
    for relation in plan.served:
        names = {mask for column in relation.columns if (mask := _mask(column)) is not None} | ({_row_policy(relation)} - {None})
        if names:
            found[relation.layer.upper(), relation.name.upper()] = frozenset(str(one) for one in names)
    return found


def view_of(relation: PlannedRelation) -> str:
    """The name in schema SERVE of the view that people read."""
    return f"{relation.layer}_{relation.name}".upper()


def overlay(plan: Plan, database: str) -> Mapping[str, Any]:
    """What the models' yml says more on Snowflake, by model: the row policy, the columns' masks, and what a rebuild must keep."""
    return {relation.name: _model(relation, database) for relation in plan.served}


def overlaid(yml: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A model file of the project with the overlay in it; models that the overlay does not name stay as they are."""
    return {**yml, "models": [_overlaid(model, more.get(model["name"])) for model in yml.get("models") or ()]}


def _overlaid(model: Mapping[str, Any], more: Mapping[str, Any] | None) -> dict[str, Any]:
    if more is None:
        return dict(model)
    columns = []
    for column in model["columns"]:
        masks = more["columns"].get(column["name"])
        columns.append(column if masks is None else {**column, "constraints": [*column.get("constraints", ()), *masks]})
    return {**model, "config": {**model.get("config", {}), **more["config"]}, "columns": columns}


def _model(relation: PlannedRelation, database: str) -> dict[str, Any]:
    config: dict[str, Any] = {"transient": False, "copy_grants": True, "copy_tags": True}
    if (policy := _row_policy(relation)) is not None:
        config["row_access_policy"] = f"{_name(database, OWN, policy)} on ({_column(_judged(relation).name)})"
    columns = {
        column.name: [{"type": "custom", "expression": f"with masking policy {_name(database, OWN, mask)}"}]
        for column in relation.columns
        if (mask := _mask(column)) is not None
    }
    return {"config": config, "columns": columns}


def _masks(plan: Plan, database: str, builder: str) -> Iterator[MadePolicy]:
    ways: dict[str, tuple[str, dict[str, list[str]]]] = {}
    for relation in plan.served:
        for column in relation.columns:
            if (name := _mask(column)) is not None:
                _, found = ways.setdefault(name, (_kind(column), {CLEAR: [builder]}))
                # a policy is a class's, whoever reads the relation: how a role sees a class is the same everywhere
                for role, method in column.shown:
                    if role not in found.setdefault(method, []):
                        found[method].append(role)
    for name, (kind, shares) in sorted(ways.items()):
        key = f"(SELECT SECRET.KEY FROM {_name(database, OWN, 'PSEUDONYMS')} AS SECRET)"
        branches = " ".join(
            f"WHEN {_is_any(roles)} THEN {shown(method, 'VAL', kind, 'snowflake', key)}" for method, roles in shares.items()
        )
        yield MadePolicy("masking policy", name, kind, kind, f"CASE {branches} ELSE NULL END")


def _row_policies(plan: Plan, database: str, builder: str) -> Iterator[MadePolicy]:
    seen: dict[str, PlannedRelation] = {}
    for relation in plan.served:
        if (name := _row_policy(relation)) is not None:
            seen.setdefault(name, relation)
    for name, relation in sorted(seen.items()):
        everything = [role for role, all_rows in plan.roles if all_rows]
        body = _is_any([builder, *everything])
        if relation.rows == "by":
            table = _name(database, OWN, "ENTITLEMENTS")
            body += f" OR EXISTS (SELECT 1 FROM {table} AS MINE WHERE MINE.USER_NAME = CURRENT_USER() AND MINE.COUNTRY = VAL)"
        yield MadePolicy("row access policy", name, _kind(_judged(relation)), "BOOLEAN", body)


def _mask(column: PlannedColumn) -> str | None:
    """The masking policy of a column, by its class, its type and how it is shown; None if everybody sees it as it is."""
    if all(method == CLEAR for _, method in column.shown):
        return None
    return f"MASK_{column.classification.replace('.', '_')}_{_kind(column).split('(')[0]}".upper()


def _row_policy(relation: PlannedRelation) -> str | None:
    """The row access policy of a relation; None if everybody who reads it sees all of it."""
    # where every column has a mask there is none left to judge by; what goes whole is kept from people by the grants
    if relation.rows == "public" or all(_mask(column) for column in relation.columns):
        return None
    return "ROWS_BY_COUNTRY" if relation.rows == "by" else f"ROWS_WHOLE_{_kind(_judged(relation)).split('(')[0]}"


def _judged(relation: PlannedRelation) -> PlannedColumn:
    """The column that the row policy looks at; it wants one where it looks at none, too, and takes none that has a mask."""
    clear = [column for column in relation.columns if _mask(column) is None]
    return next((column for column in clear if column.name == relation.rows_by), clear[0])


def _kind(column: PlannedColumn) -> str:
    return engine_type(column.type, "snowflake").upper()


def _is_any(roles: Iterable[str]) -> str:
    return " OR ".join(f"IS_ROLE_IN_SESSION({literal(role, 'snowflake')})" for role in dict.fromkeys(roles))


def _name(*parts: str) -> str:
    return ".".join(identifier(part) for part in parts)


def _column(name: str) -> str:
    # dbt makes columns without quotes, which Snowflake keeps in capitals
    return identifier(name.upper())
