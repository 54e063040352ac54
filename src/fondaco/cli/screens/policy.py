"""What the commands of the policy show."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from fondaco.cli.screens.style import Screen, columns, heading
from fondaco.governance import Access, Plan


def matrix_screen(found: Sequence[Access], plan: Plan) -> Screen:
    """A role at a time: its relations, the rows it sees of them, the columns that it does not see as they are."""

    def show(console: Console) -> None:
        for role in dict.fromkeys(access.role for access in found):
            heading(console, role, "sees all rows" if plan.all_rows(role) else "sees the rows of her countries")
            columns(console, [_line(access) for access in found if access.role == role and access.rows != "none"], "lllw")
            unread = [access.relation for access in found if access.role == role and access.rows == "none"]
            if unread:
                columns(console, [("not read", ", ".join(unread))], "lw")
        heading(console, "Users")
        rows = [
            (user, role, ", ".join(plan.countries(user)) or ("all rows" if plan.all_rows(role) else "no country"))
            for user, role in plan.users
        ]
        columns(console, rows, "llw")

    return show


def _line(access: Access) -> tuple[str, str, str, str]:
    ways: dict[str, list[str]] = {}
    for name, method in access.changed.items():
        ways.setdefault(method, []).append(name)
    notes = [f"{', '.join(names)}: {method}" for method, names in ways.items()]
    if access.clear:
        notes.append("persons as they are")
    return access.relation, access.rows, "" if access.served else "not served", "; ".join(notes)
