"""What the commands of the policy show."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import BAD, DIM, OK, WARN, Screen, columns, heading, lines, seconds, whole
from fondaco.governance import Access, Plan
from fondaco.governance.enforce import Enforced
from fondaco.governance.extract import NOTE, Exported
from fondaco.governance.serving import Audited, Foreseen
from fondaco.governance.site import Foreseen as Steps


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
    return access.relation, access.rows, "" if access.served else "not served", "; ".join(access.notes)


def lines_screen(found: Sequence[str], warnings: Sequence[str] = ()) -> Screen:
    """Lines as they are, for people and for files."""

    def show(console: Console) -> None:
        for line in found:
            console.print(Text(line), soft_wrap=True)
        _warn(console, warnings)

    return show


def steps_screen(found: Steps, *, is_done: bool = False) -> Screen:
    """The steps on Snowflake: what comes, changes and goes, and where their script is."""

    def show(console: Console) -> None:
        if not found.steps:
            console.print("Snowflake is as the policy and fondaco.yml say")
        else:
            marks = dict.fromkeys((step.sign, step.what) for step in found.steps)
            heading(console, "Put in force" if is_done else "Would be put in force", f"{len(found.steps)} statements")
            lines(console, [_changed(f"{sign} {what}") for sign, what in marks])
            console.print(Text(f"the statements: {found.file}"), style=DIM, soft_wrap=True)
        _warn(console, found.alarms)

    return show


def foreseen_screen(found: Foreseen) -> Screen:
    """What would come and go."""

    def show(console: Console) -> None:
        if not found.changes and not found.drift:
            console.print("the policy is in force as it is written")
        if found.changes:
            heading(console, "Would be put in force", "nothing is in force yet" if found.first else f"{len(found.changes)} lines")
            lines(console, [_changed(line) for line in found.changes])
        _drifted(console, "Would be put back", found.drift)
        _warn(console, found.alarms)

    return show


def enforced_screen(found: Foreseen, done: Enforced) -> Screen:
    """What came and went."""

    def show(console: Console) -> None:
        console.print(Text.assemble("in force", ("  " + seconds(done.seconds), DIM)))
        lines(console, [_changed(line) for line in (found.changes if not found.first else ())])
        if done.changed:
            lines(console, [f"{len(done.changed)} views were replaced"])
        if done.ended:
            lines(console, [f"{done.ended} sessions stood in the way and were ended"])
        if done.passwords:
            lines(console, [f"new passwords for {', '.join(sorted(done.passwords))}"])
        _drifted(console, "Put back", done.drift)
        _warn(console, found.alarms)

    return show


def audit_screen(found: Audited) -> Screen:
    """What is in force, and who asked what."""

    def show(console: Console) -> None:
        if not found.changes and not found.drift:
            console.print(Text("what is in force is what is written", style=OK))
        if found.changes:
            heading(console, "Written and not in force", "fondaco policy apply")
            lines(console, [_changed(line) for line in found.changes])
        _drifted(console, "Changed by hand", found.drift)
        if found.reads is None:
            return
        heading(console, "Who asked what", "statements that name a relation")
        rows = []
        for one in found.reads:
            named = ", ".join(f"{path} {whole(count)}" for path, count in sorted(one.relations.items(), key=lambda item: -item[1]))
            notes = [
                *([f"{whole(sum(one.refused.values()))} refused"] if one.refused else []),
                *([f"{one.not_let_in} not let in"] if one.not_let_in else []),
            ]
            rows.append((one.user, whole(one.statements), ", ".join(notes), named or "–"))
        columns(console, rows, "lrlw", ("user", "statements", "", "relations"))

    return show


def serving_screen(connections: Sequence[tuple[str, str, str]], passwords: str, told: Sequence[str]) -> Screen:
    """How people connect."""

    def show(console: Console) -> None:
        lines(console, told)
        heading(console, "Connect", "psql, BI tools and notebooks take these lines")
        columns(console, connections, "lll")
        lines(console, [Text(f"passwords: PGPASSFILE={passwords}", style=DIM)])

    return show


def export_screen(done: Exported) -> Screen:
    """What was written."""

    def show(console: Console) -> None:
        console.print(Text.assemble(("written  ", "bold"), done.path))
        columns(console, [(path, whole(rows)) for path, rows in done.rows.items()], "lr")
        lines(console, [Text(NOTE, style=WARN)])

    return show


def _changed(line: str) -> Text:
    return Text(line, style=OK if line.startswith("+") else BAD)


def _drifted(console: Console, title: str, drift: Sequence[str]) -> None:
    if drift:
        heading(console, title, "+ was there and should not be, - was missing")
        lines(console, [_changed(line) for line in drift])


def _warn(console: Console, warnings: Sequence[str]) -> None:
    lines(console, [Text(f"mind: {warning}", style=WARN) for warning in warnings])
