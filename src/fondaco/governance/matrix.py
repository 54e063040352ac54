"""The plan as a table: role by relation, which rows and which columns how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fondaco.governance.masks import CLEAR
from fondaco.governance.plan import Plan, PlannedRelation


@dataclass(frozen=True)
class Access:
    """What one role sees of one relation.

    Attributes:
        rows: ``all``, ``by country`` (the column) or ``none``.
        changed: the columns that are not shown as they are, with the method.
        clear: the columns of persons that are.
    """

    role: str
    relation: str
    served: bool
    rows: str
    changed: dict[str, str]
    clear: tuple[str, ...]

    @property
    def notes(self) -> list[str]:
        """What is not shown as it is, by method, and whether persons are."""
        ways: dict[str, list[str]] = {}
        for name, method in self.changed.items():
            ways.setdefault(method, []).append(name)
        notes = [f"{', '.join(names)}: {method}" for method, names in ways.items()]
        return [*notes, "persons as they are"] if self.clear else notes


def accesses(plan: Plan) -> tuple[Access, ...]:
    """Every role by every relation that somebody reads."""
    return tuple(_access(plan, role, relation) for relation in plan.relations for role, _ in plan.roles)


def page(plan: Plan) -> str:
    """The matrix as Markdown."""
    roles = [role for role, _ in plan.roles]
    parts = []
    for layer in dict.fromkeys(relation.layer for relation in plan.relations):
        parts.append(f"## {layer}\n")
        rows = [
            (relation.name, *(_words(_access(plan, role, relation)) for role in roles))
            for relation in plan.relations
            if relation.layer == layer
        ]
        parts.append(_table(("", *roles), rows))
    people = [(user, role, ", ".join(plan.countries(user)) or ("all" if plan.all_rows(role) else "none")) for user, role in plan.users]
    return "\n".join([*parts, "## Users\n", _table(("user", "role", "countries"), people)])


def _access(plan: Plan, role: str, relation: PlannedRelation) -> Access:
    if role not in relation.readers:
        return Access(role, relation.path, relation.served, "none", {}, ())
    rows = "all" if plan.all_rows(role) or relation.rows == "public" else f"by {relation.rows_by}"
    methods = {column.name: column.method(role) for column in relation.columns}
    personal = [column.name for column in relation.columns if column.classification.startswith("pii.")]
    return Access(
        role,
        relation.path,
        relation.served,
        rows,
        {name: method for name, method in methods.items() if method != CLEAR},
        tuple(name for name in personal if methods[name] == CLEAR),
    )


def _words(access: Access) -> str:
    if access.rows == "none":
        return "–"
    return "; ".join([f"{access.rows} rows" if access.rows == "all" else f"rows {access.rows}", *access.notes])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"
