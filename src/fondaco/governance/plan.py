"""The policy compiled against the warehouse: who sees which cells, as one value without SQL.

Everything that is enforced, shown or exported is made of it. It is printed line by line in a fixed order, so that two plans can be
compared by people and by `diff`.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from fondaco.governance.catalog import Catalog
from fondaco.governance.check import check, method_of, reads, rule_of
from fondaco.governance.masks import CLEAR
from fondaco.governance.policy import Policy


@dataclass(frozen=True)
class PlannedColumn:
    """A column and, for each role that reads its relation, the method by which it is shown, in the order of the roles."""

    name: str
    type: str
    classification: str
    shown: tuple[tuple[str, str], ...]

    def method(self, role: str) -> str:
        return dict(self.shown)[role]


@dataclass(frozen=True)
class PlannedRelation:
    """A relation that somebody reads.

    Attributes:
        rows: how rows are given to roles with countries: ``by`` a column, ``public``, or ``whole``: they do not read it.
        rows_by: the column of ``by``.
        readers: the roles that read it, in the order of the roles.
    """

    layer: str
    name: str
    served: bool
    rows: Literal["by", "public", "whole"]
    rows_by: str | None
    columns: tuple[PlannedColumn, ...]
    readers: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"{self.layer}.{self.name}"


@dataclass(frozen=True)
class Plan:
    """Everything that is to be in force.

    Attributes:
        roles: each with whether it sees all rows.
        users: each with her role.
        entitlements: user and country, groups resolved.
    """

    roles: tuple[tuple[str, bool], ...]
    users: tuple[tuple[str, str], ...]
    entitlements: tuple[tuple[str, str], ...]
    relations: tuple[PlannedRelation, ...]

    @property
    def served(self) -> tuple[PlannedRelation, ...]:
        """The relations that are copied to the server."""
        return tuple(relation for relation in self.relations if relation.served)

    def relation(self, path: str) -> PlannedRelation:
        """Raises KeyError if nobody reads it."""
        return next((relation for relation in self.relations if relation.path == path), None) or _missing(path)

    def role(self, user: str) -> str:
        """Raises KeyError if there is no such user."""
        return dict(self.users)[user]

    def countries(self, user: str) -> tuple[str, ...]:
        return tuple(country for name, country in self.entitlements if name == user)

    def all_rows(self, role: str) -> bool:
        return dict(self.roles)[role]

    @property
    def digest(self) -> str:
        """SHA-256 of the printed plan."""
        return hashlib.sha256("\n".join(lines(self)).encode()).hexdigest()


def compile_plan(policy: Policy, catalog: Catalog) -> Plan:
    """The plan of a policy for a warehouse. Raises DeclarationError if one does not fit the other."""
    check(policy, catalog)
    relations = []
    for relation in sorted(
        catalog.relations.values(),
        key=lambda one: (list(policy.layers).index(one.layer), one.name) if one.layer in policy.layers else (99, ""),
    ):
        readers = [role for role in policy.roles.values() if reads(policy, role, relation)]
        if not readers:
            continue
        rule = rule_of(policy, relation)
        columns = tuple(
            PlannedColumn(
                column.name,
                column.type,
                column.classification or "internal",
                tuple((role.name, method_of(policy, role, column)) for role in readers),
            )
            for column in relation.columns
        )
        served = policy.layers[relation.layer].served
        names = tuple(role.name for role in readers)
        relations.append(PlannedRelation(relation.layer, relation.name, served, rule.kind, rule.column, columns, names))
    return Plan(
        roles=tuple((role.name, role.rows == "all") for role in policy.roles.values()),
        users=tuple(sorted((user.name, user.role) for user in policy.users.values())),
        entitlements=tuple((user, country) for user in sorted(policy.users) for country in policy.countries(user)),
        relations=tuple(relations),
    )


def lines(plan: Plan) -> tuple[str, ...]:
    """The plan for people, a fact a line."""
    return tuple(_lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    for role, everything in plan.roles:
        yield f"role {role} sees {'all rows' if everything else 'the rows of its users’ countries'}"
    for user, role in plan.users:
        yield f"user {user} is {role}"
    for user, country in plan.entitlements:
        yield f"user {user} may see {country}"
    for relation in plan.relations:
        rows = {"by": f"rows by {relation.rows_by}", "public": "all rows public", "whole": "whole"}[relation.rows]
        yield f"{relation.path}: {rows}, {'served' if relation.served else 'in the warehouse only'}, read by {', '.join(relation.readers)}"
        for column in relation.columns:
            changed = [f"{method} for {role}" for role, method in column.shown if method != CLEAR]
            note = (
                f" {column.classification}: {', '.join(changed) or 'clear for all'}"
                if changed or column.classification.startswith("pii.")
                else ""
            )
            yield f"{relation.path}.{column.name} {column.type}{note}"


def difference(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[str, ...]:
    """What comes and what goes, as ``+ line`` and ``- line``, in the order of the plan."""
    return tuple(line for line in difflib.ndiff(before, after) if line[:2] in ("+ ", "- "))


def alarms(plan: Plan) -> tuple[str, ...]:
    """What a person should have meant before it is put in force: a policy that locks everybody out, or opens everything."""
    return tuple(_alarms(plan))


def _alarms(plan: Plan) -> Iterator[str]:
    staffed = {role for _, role in plan.users}
    if not plan.users:
        yield "there is no user: nobody can log in"
    if not any(set(relation.readers) & staffed for relation in plan.relations):
        yield "no user reads anything: everybody is locked out"
    entitled = {user for user, _ in plan.entitlements}
    blind = [user for user, role in plan.users if not plan.all_rows(role)]
    if blind and not set(blind) & entitled:
        yield f"no user with countries has one: {', '.join(blind)} see no row by country"
    if plan.roles and all(everything for _, everything in plan.roles):
        yield "every role sees all rows: no country is governed"
    personal = [
        (column, relation) for relation in plan.relations for column in relation.columns if column.classification.startswith("pii.")
    ]
    open_to = [role for role, _ in plan.roles if role in staffed and personal and _sees_everybody(role, personal)]
    if open_to and set(open_to) == staffed:
        yield "every user sees every person as she is: nothing is masked"


def _sees_everybody(role: str, personal: list[tuple[PlannedColumn, PlannedRelation]]) -> bool:
    seen = [column.method(role) == CLEAR for column, relation in personal if role in relation.readers]
    return bool(seen) and all(seen)


def _missing(path: str) -> PlannedRelation:
    raise KeyError(path)
