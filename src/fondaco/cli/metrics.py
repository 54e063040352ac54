"""The commands about figures: what there are, what each means, and what it comes to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from fondaco.cli.call import Call
from fondaco.errors import UsageError

metrics_app = typer.Typer(help="Figures by their definition.", no_args_is_help=True)

Csv = Annotated[bool, typer.Option("--csv", help="Comma-separated values on stdout, amounts in full.")]
_DAY = ["%Y-%m-%d"]


@metrics_app.command("list")
def metrics_list(ctx: typer.Context, csv: Csv = False) -> int:
    """Every metric: its label, unit, which way is good, and the mart where it stands."""
    from fondaco.cli.output import emit, table
    from fondaco.cli.screens.metrics import list_screen
    from fondaco.job.figures import catalogue

    call: Call = ctx.obj
    _one_form(call, csv=csv)
    metrics = list(catalogue(call.settings()).metrics.values())
    names = ("name", "label", "unit", "good", "time", "mart", "owner", "formula", "caveat", "needs")
    if csv:
        return table(names, [[getattr(metric, name) for name in names] for metric in metrics])
    return emit("metrics list", call.json, [{name: getattr(metric, name) for name in names} for metric in metrics], list_screen(metrics))


@metrics_app.command("explain")
def metrics_explain(ctx: typer.Context, name: Annotated[str, typer.Argument(metavar="NAME", help="A metric, as in net_revenue.")]) -> int:
    """What a metric means, its edge cases, what it can be asked by, and its SQL."""
    from fondaco.cli.output import emit
    from fondaco.cli.screens.metrics import explain_screen
    from fondaco.job.figures import catalogue, statement
    from fondaco.metrics import Asked

    call: Call = ctx.obj
    found = catalogue(call.settings())
    metric = found.metric(name)
    sql = None if metric.needs else statement(found, Asked([name], by=metric.by))
    return emit("metrics explain", call.json, {"metric": metric, "sql": sql}, explain_screen(metric, sql))


@metrics_app.command("query")
def metrics_query(
    ctx: typer.Context,
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Metrics, as in net_revenue orders.")],
    by: Annotated[
        list[str] | None, typer.Option("--by", metavar="DIMENSION", help="Split by it; again, or after a comma, for several.")
    ] = None,
    grain: Annotated[
        str | None, typer.Option("--grain", metavar="SPAN", help="A row for each day, week (the shop's), month, quarter or year.")
    ] = None,
    since: Annotated[datetime | None, typer.Option("--since", metavar="DAY", formats=_DAY, help="The first day that counts.")] = None,
    until: Annotated[datetime | None, typer.Option("--until", metavar="DAY", formats=_DAY, help="The last day that counts.")] = None,
    where: Annotated[
        str | None, typer.Option("--where", metavar="CONDITION", help="Comparisons of dimensions, as in \"country in ('DE', 'AT')\".")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="Rows to show; 0 shows all.")] = 1000,
    csv: Csv = False,
    known: Annotated[
        datetime | None, typer.Option("--as-known-at", formats=_DAY, metavar="DAY", help="As it was known when that day of the shop ended.")
    ] = None,
    user: Annotated[str | None, typer.Option("--as", metavar="USER", help="As this user of the policy sees them.")] = None,
    extract: Annotated[bool, typer.Option("--extract", help="With --as: of an extract made for it, even where a server runs.")] = False,
) -> int:
    """What metrics come to, by dimensions and spans of time; days are the shop's."""
    from fondaco.cli.output import emit, table
    from fondaco.cli.screens.metrics import answer_screen
    from fondaco.job.figures import ask
    from fondaco.job.look import known_at
    from fondaco.metrics import Asked

    call: Call = ctx.obj
    _one_form(call, csv=csv)
    if user is not None and known is not None:
        raise UsageError("--as goes without --as-known-at", hint="the policy of today governs what is known today")
    settings = call.settings() if known is None else known_at(call.settings(), known.date())
    asked = Asked(
        names=names,
        by=[name.strip() for names_of in by or () for name in names_of.split(",") if name.strip()],
        grain=grain,
        since=since.date() if since else None,
        until=until.date() if until else None,
        where=where,
    )
    found = ask(settings, asked, user, extract=extract)
    rows = found.rows[:limit] if limit else found.rows
    if csv:
        return table(found.columns, rows)
    told = [{"name": metric.name, "label": metric.label, "unit": metric.unit, "good": metric.good} for metric in found.metrics]
    data = {"columns": found.columns, "metrics": told, "rows": rows, "more": len(found.rows) - len(rows), "sql": found.sql, "as": user}
    return emit("metrics query", call.json, data, answer_screen(found, rows, settings.business.currency))


@metrics_app.command("mcp")
def metrics_mcp(
    ctx: typer.Context,
    user: Annotated[str, typer.Option("--as", metavar="USER", help="As this user of the policy; the assistant cannot choose another.")],
) -> int:
    """Serve figures to an AI assistant, by the Model Context Protocol on stdin and stdout: no SQL, and as one user."""
    from fondaco.job.figures import asking, catalogue

    try:
        from fondaco.cli.mcp import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise UsageError("the Model Context Protocol is not installed", hint="pip install 'fondaco[mcp]'") from None
    call: Call = ctx.obj
    settings = call.settings()
    server(catalogue(settings), asking(settings, user), user=user, currency=settings.business.currency).run()
    return 0


@metrics_app.command("semantic-view")
def metrics_semantic_view(
    ctx: typer.Context,
    database: Annotated[
        str | None, typer.Option("--database", metavar="NAME", help="Snowflake's database with the served views; the project's name.")
    ] = None,
) -> int:
    """The statement that makes a semantic view of all metrics in Snowflake. Prints it and runs nothing."""
    from fondaco.cli.output import emit
    from fondaco.job.figures import semantic_view_of

    call: Call = ctx.obj
    settings = call.settings()
    statement = semantic_view_of(settings, database or settings.project.upper())
    return emit("metrics semantic-view", call.json, statement, lambda screen: screen.out(f"{statement};", highlight=False))


def _one_form(call: Call, *, csv: bool) -> None:
    if csv and call.json:
        raise UsageError("--csv and --json are two forms of one answer", hint="leave one out")
