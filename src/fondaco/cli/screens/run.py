"""The last screen of `run`, `ingest` and `build`: what happened, what the shop looks like, where things are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from fondaco.cli.output import shorten
from fondaco.cli.program import again
from fondaco.cli.screens.style import (
    BAD,
    DIM,
    NAME,
    OK,
    WARN,
    Screen,
    bar,
    columns,
    commands,
    heading,
    lines,
    money,
    percent,
    seconds,
    whole,
)
from fondaco.job.report import RunReport, TableLanding

if TYPE_CHECKING:
    from fondaco.settings import Settings
    from fondaco.warehouse import BuildReport, Kpi, Segment, Summary

_BAR = 24
_MOST_NOTES = 8


def run_screen(report: RunReport, settings: Settings) -> Screen:
    def show(console: Console) -> None:
        _title(console, report, settings)
        _landed(console, report)
        _built(console, report)
        if report.summary is not None and report.summary.last_day is not None:
            _kpis(console, report.summary)
            _segments(console, report.summary)
            _products(console, report.summary)
        _places(console, report)
        commands(console, _next(report, settings))

    return show


def _title(console: Console, report: RunReport, settings: Settings) -> None:
    verdict, style = ("done", OK) if report.exit_code == 0 else ("done, with failures", BAD)
    console.print()
    first = f"  (the first run took {seconds(report.first_seconds)})" if report.first_seconds else ""
    title = (f"{settings.project} · {report.command} {verdict}", f"bold {style}")
    console.print(Text.assemble(title, (f"  in {seconds(report.seconds)}", "bold"), (first, DIM)))
    lines(console, [Text("   ".join(f"{took.step} {seconds(took.seconds)}" for took in report.steps), style=DIM)])
    for source, days in report.lived.items():
        lines(console, [Text(f"the simulated shop {source!r} lived its first {whole(days)} days", style=DIM)])


# --- what landed ----------------------------------------------------------------------------------------------------


def _landed(console: Console, report: RunReport) -> None:
    if "land" not in {took.step for took in report.steps}:
        return
    tables = report.tables
    read, landed = sum(table.read for table in tables), sum(table.landed for table in tables)
    aside, known = sum(table.quarantined for table in tables), sum(table.known for table in tables)
    if not any(table.commits for table in tables):
        nothing = f"nothing new in {_counted(len(tables), 'table')}; the lake ends at commit {report.head}"
        heading(console, "Landed", nothing + (f"; {_counted(read, 'row')} read again, all known" if read else ""))
    else:
        heading(
            console,
            "Landed",
            f"{whole(read)} rows read = {whole(landed)} landed + {whole(aside)} quarantined + {whole(known)} known before",
        )
        busy = [table for table in tables if table.commits]
        columns(console, [_landing_row(table) for table in busy], "lrrrr", head=("table", "read", "landed", "quarantined", "known"))
        if quiet := [table for table in tables if not table.commits]:
            again = sum(table.read for table in quiet)
            more = f"; {_counted(again, 'row')} read again, all known" if again else ""
            lines(console, [Text(f"{_counted(len(quiet), 'table')} with nothing new{more}", style=DIM)])
    _quarantined(console, tables)
    _notes(console, report)
    _faults(console, tables)


def _faults(console: Console, tables: Sequence[TableLanding]) -> None:
    faults = [(table, error) for table in tables for error in table.errors]
    if not faults:
        return
    heading(console, "Not landed", "everything else went on")
    for table, error in faults[:_MOST_NOTES]:
        lines(console, [Text.assemble(("✗ ", BAD), (f"{table.source}.{table.table}: ", NAME), error.message)])
        where = f"--> {shorten(error.where)}" if error.where else ""
        lines(console, [Text(f"    {part}", style=DIM) for part in (where, f"hint: {error.hint}" if error.hint else "") if part])
    _and_more(console, len(faults))


def _and_more(console: Console, count: int) -> None:
    if count > _MOST_NOTES:
        lines(console, [Text(f"and {whole(count - _MOST_NOTES)} more; --json has them all", style=DIM)])


def _counted(count: int, what: str) -> str:
    return f"{whole(count)} {what}{'s' * (count != 1)}"


def _landing_row(table: TableLanding) -> tuple[str | Text, ...]:
    aside = Text(whole(table.quarantined), style=WARN if table.quarantined else DIM)
    known = Text(whole(table.known), style="" if table.known else DIM)
    return f"{table.source}.{table.table}", whole(table.read), whole(table.landed), aside, known


def _quarantined(console: Console, tables: Sequence[TableLanding]) -> None:
    reasons = [(f"{table.source}.{table.table}", reason, count) for table in tables for reason, count in table.reasons.items()]
    if reasons:
        heading(console, "Quarantined", "put aside with the whole raw row; nothing is dropped")
        columns(console, [(name, Text(whole(count), style=WARN), reason) for name, reason, count in reasons], "lrw")


def _notes(console: Console, report: RunReport) -> None:
    notes = [f"{table.source}.{note}" if note.startswith(f"{table.table}:") else note for table in report.tables for note in table.notes]
    notes += report.notes
    if notes:
        heading(console, "Worth knowing")
        lines(console, [f"· {note}" for note in notes[:_MOST_NOTES]])
        _and_more(console, len(notes))


# --- what was built -------------------------------------------------------------------------------------------------


def _built(console: Console, report: RunReport) -> None:
    if "build" not in {took.step for took in report.steps}:
        return
    built = report.build
    if built is None:
        heading(console, "Built", "nothing: the warehouse holds all that the lake does" if report.head else "nothing: the lake is empty")
        return
    heading(console, "Built", f"because {report.build_reason}" + ("; everything from the whole lake" if built.full_refresh else ""))
    failed, warned = len(built.failures), len(built.warnings)
    columns(
        console,
        [
            (
                f"{whole(built.models_ok)} models",
                Text(f"{whole(built.tests_ok)} tests passed", style=OK),
                Text(f"{warned} warned", style=WARN if warned else DIM),
                Text(f"{failed} failed", style=BAD if failed else DIM),
            )
        ],
        "llll",
    )
    for mark, style, found in (("✗ ", BAD, built.failures), ("! ", WARN, built.warnings)):
        for finding in found:
            said = Text.assemble((mark, style), (f"{finding.node}: ", NAME), finding.message)
            lines(console, [said, Text(f"    --> {finding.path}", style=DIM)])
    if held := [mart for mart in built.marts if mart.state != "published"]:
        heading(console, "Not published", "what did not pass its checks is not shown; the rest of gold is")
        lines(console, [Text.assemble(("✗ ", BAD), (f"gold.{mart.mart}: ", NAME), mart.said) for mart in held])
    _slowest(console, built)


def _slowest(console: Console, built: BuildReport) -> None:
    slow = sorted((node for node in built.nodes if node.seconds >= 1), key=lambda node: -node.seconds)[:3]
    if slow:
        lines(console, [Text("longest: " + ", ".join(f"{node.name} {seconds(node.seconds)}" for node in slow), style=DIM)])


# --- what the shop looks like ---------------------------------------------------------------------------------------


def _kpis(console: Console, summary: Summary) -> None:
    period = f"{_day(summary.first_day)} to {_day(summary.last_day)}, beside the {_days(summary)} days before"
    heading(console, "The shop", period)
    rows = [
        (kpi.label, Text(_value(kpi.now, kpi, summary), style=NAME), _delta(kpi), Text(_value(kpi.before, kpi, summary), style=DIM))
        for kpi in summary.kpis
    ]
    columns(console, rows, "lrlr", head=("", f"{_days(summary)} days", "change", "before"))


def _value(value: Decimal | None, kpi: Kpi, summary: Summary) -> str:
    match kpi.unit:
        case "money":
            return money(value, summary.currency)
        case "share":
            return percent(value)
        case _:
            return whole(value)


def _delta(kpi: Kpi) -> Text:
    """Arrow, sign and size of the change; points for shares. Coloured by what is good, which the arrow alone does not say."""
    if kpi.now is None or kpi.before is None or (kpi.unit != "share" and kpi.before == 0):
        return Text("–", style=DIM)
    if kpi.unit == "share":
        change = 100 * (kpi.now - kpi.before)
        said = f"{change:+.1f} pp"
    else:
        change = 100 * (kpi.now - kpi.before) / abs(kpi.before)
        said = f"{change:+.1f}%"
    if abs(change) < Decimal("0.05"):
        return Text("= 0.0", style=DIM)
    up = change > 0
    style = "" if kpi.good_when == "neutral" else OK if up == (kpi.good_when == "up") else BAD
    return Text(f"{'▲' if up else '▼'} {said.replace('-', '−')}", style=style)


def _segments(console: Console, summary: Summary) -> None:
    if not summary.segments:
        return
    heading(console, "Customers by segment", "recency, frequency and value of the last year")
    most = max(segment.customers for segment in summary.segments)
    rows = [_segment_row(segment, most, summary.currency) for segment in summary.segments]
    columns(console, rows, "lrlr", head=("segment", "customers", "", "net revenue"))


def _segment_row(segment: Segment, most: int, currency: str) -> tuple[str | Text, ...]:
    name = segment.name.replace("_", " ")
    return (
        name[:1].upper() + name[1:],
        whole(segment.customers),
        Text(bar(segment.customers / most, _BAR).ljust(_BAR), style="blue"),
        money(segment.net_revenue, currency),
    )


def _products(console: Console, summary: Summary) -> None:
    if summary.products:
        heading(console, "Best products", f"{summary.last_day:%B %Y} up to the {summary.last_day.day}." if summary.last_day else "")
        rows = [(product.name, whole(product.units), money(product.net_revenue, summary.currency)) for product in summary.products]
        columns(console, rows, "lrr", head=("product", "units", "net revenue"))


def _day(day: date | None) -> str:
    return "–" if day is None else f"{day.day} {day.strftime('%b %Y')}"


def _days(summary: Summary) -> int:
    return (summary.last_day - summary.first_day).days + 1 if summary.first_day and summary.last_day else 0


# --- where things are, what to try ----------------------------------------------------------------------------------


def _places(console: Console, report: RunReport) -> None:
    heading(console, "Where things are")
    kept = ""
    if report.summary is not None and report.summary.rows:
        counts = report.summary.rows
        kept = f"  {len(counts)} tables, {whole(sum(counts.values()))} rows"
    rows = [
        ("lake", Text.assemble(shorten(report.places.lake), (f"  {_counted(report.head, 'commit')}", DIM))),
        ("warehouse", Text.assemble(shorten(report.places.warehouse), (kept, DIM))),
    ]
    if any(table.quarantined for table in report.tables):
        rows.append(("quarantine", Text(shorten(report.places.quarantine))))
    columns(console, rows, "lw")


def _next(report: RunReport, settings: Settings) -> list[tuple[str, str]]:
    tries: list[tuple[str, str]] = []
    if any(table.quarantined for table in report.tables):
        tries.append(("quarantine show", "the rows that were put aside, and why"))
    if report.build is not None and report.build.failures:
        tries.append(("build", "build again once the cause is mended"))
    if report.command == "ingest":
        tries.append(("build", "build and test the models over what has landed"))
    if report.summary is not None and report.summary.last_day is not None:
        tries.append(('query "select country, sum(net_revenue) from gold.daily_sales group by 1"', "net revenue by country"))
    if settings.demo:
        tries.append(("demo --days 1", "the simulated shop lives a day more; then run again"))
    tries.append(("plan", "what the next run would do"))
    tries.append(("status", "how fresh each table is, and the last runs"))
    return [(again(settings, words), what) for words, what in tries[:3]]
