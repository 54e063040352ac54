"""What a run would do."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from fondaco.cli.screens.style import BAD, DIM, NAME, OK, WARN, Screen, columns, heading, lines, whole
from fondaco.job.plan import Plan, TablePlan


def plan_screen(plan: Plan) -> Screen:
    def show(console: Console) -> None:
        if not plan.changes and not plan.tables:
            console.print("nothing to do: nothing is new, and the warehouse holds all that the lake does", style=OK)
            return
        for source, days in plan.lives.items():
            heading(
                console, "Live", f"the simulated shop {source!r} would live {whole(days)} days first; what they bring is not known before"
            )
        if plan.tables:
            heading(console, "Land")
            columns(console, [(f"{table.source}.{table.table}", _brings(table)) for table in plan.tables], "lw")
            _details(console, plan.tables)
        if plan.quiet:
            lines(console, [Text(f"{plan.quiet} {'table has' if plan.quiet == 1 else 'tables have'} nothing new", style=DIM)])
        heading(console, "Build", f"because {plan.build_reason}" if plan.build_reason else "nothing")
        if plan.select:
            lines(console, [f"only {plan.select}"])

    return show


def _brings(table: TablePlan) -> str:
    parts = []
    if table.files:
        parts.append(f"{whole(table.files)} {'file' if table.files == 1 else 'files'}")
    if table.rows:
        parts.append(f"{whole(table.rows)} rows")
    parts += [f"from {_moment(low) or 'the beginning'} to {_moment(high) or 'now'}" for low, high in table.windows[:1]]
    return ", ".join(parts) or ("new rows" if table.changes else "nothing to land")


def _moment(cursor: str | None) -> str | None:
    return cursor.removesuffix(".000000") if cursor else cursor


def _details(console: Console, tables: tuple[TablePlan, ...]) -> None:
    for table in tables:
        name = (f"{table.source}.{table.table}: ", NAME)
        lines(console, [Text.assemble(("~ ", WARN), name, said) for said in table.drift])
        lines(console, [Text.assemble(("· ", DIM), name, said) for said in table.notes])
        lines(console, [Text.assemble(("✗ ", BAD), name, said) for said in table.errors])
