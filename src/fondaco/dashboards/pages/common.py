"""Questions that several pages ask."""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.formats import shown
from fondaco.dashboards.page import Block, Column, Drill, Grid
from fondaco.dashboards.period import said
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

#: Rows that a drill-down shows.
ROWS = 200

_ORDER_COLUMNS = (
    Column("order_id", "Order"), Column("ordered_date", "Ordered", "date"), Column("country", "Country"), Column("channel", "Channel"),
    Column("status", "Status"), Column("customer_type", "Customer"), Column("units", "Units", "units"),
    Column("net_amount", "Net revenue", "money"), Column("payment_method", "Paid by"), Column("refund_status", "Refund"),
)  # fmt: skip


def orders(viewer: Viewer, where: str) -> Grid:
    """Booked orders, the largest first."""
    names = ", ".join(column.name for column in _ORDER_COLUMNS)
    return viewer.grid(
        f"select {names} from gold.orders {where} order by net_amount desc nulls last, order_id limit {ROWS}", *_ORDER_COLUMNS
    )


def along(viewer: Viewer, view: View, name: str, title: str, *, wide: bool = True) -> Block:
    """A metric along the period; a row opens its orders where the metric is of orders."""
    metric = viewer.catalogue.metric(name)
    grid = viewer.over_time(name, view)
    word = {"day": "per day", "week": "per week", "month": "per month"}[grid.columns[0].name]
    best = max((row for row in grid.rows if row[1] is not None), key=lambda row: row[1], default=None)
    told = f"{metric.label} {word}, {said(view.period)}."
    if best is not None:
        told += (
            f" The highest is {shown(best[1], metric.unit, viewer.currency)} on {shown(best[0], grid.columns[0].unit, viewer.currency)}."
        )
    drill = None
    if grid.columns[0].name == "day" and metric.relation in ("gold.daily_sales", "gold.orders"):
        drill = Drill(
            "Orders of this day",
            lambda row: orders(
                viewer, view.clause(more=f"ordered_date = date '{grid.rows[row][0]}'", country="country", channel="channel")
            ),
        )
    return Block(f"{title} {word}", grid, told, partial(charts.line, grid, viewer.currency), (name,), wide=wide, drill=drill)


def ranked(viewer: Viewer, view: View, names: tuple[str, ...], by: str, title: str, label: str, *, where: str | None = None,
           compare: bool = True, notes: tuple[str, ...] = (), orders_by: str | None = None, wide: bool = False, most: int = 12) -> Block:  # fmt: skip
    """Metrics by a dimension as a ranking of the first; a row opens its orders where `orders_by` is a column of theirs."""
    grid = viewer.split(names, by, view, label=label, where=where, compare=compare)
    metric = viewer.catalogue.metric(names[0])
    lead = f" {grid.rows[0][0]} leads with {shown(grid.rows[0][1], metric.unit, viewer.currency)}." if grid.rows else ""
    drill = None
    if orders_by is not None:
        drill = Drill(
            f"Orders of this {label.lower()}",
            lambda row: orders(viewer, view.clause(day="ordered_date", more=_is(orders_by, grid.rows[row][0]), country="country", channel="channel")),
        )  # fmt: skip
    told = f"{metric.label} by {label.lower()}, ranked.{lead}"
    if "before" in {column.name for column in grid.columns}:
        notes = (*notes, "The mark on a bar is the period before." if view.comparison == "before" else "The mark on a bar is last year.")
    draw = partial(charts.bars, grid, viewer.currency, most=most)
    return Block(title, grid, told, draw, names, notes, wide=wide, drill=drill)


def in_months(view: View) -> str:
    """Of which months a figure is that is counted by month."""
    return f"Counted by whole months: {said(view.period.months())}."


def _is(column: str, value: str) -> str:
    return f"{column} is null" if value == "not known" else f"{column} = '{value.replace(chr(39), chr(39) * 2)}'"
