"""How is the shop doing?"""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.formats import shown
from fondaco.dashboards.page import Block, Column, Grid, Page, Section
from fondaco.dashboards.pages.common import along, ranked
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("net_revenue", "orders", "aov", "active_customers", "refund_rate")
MORE = ("new_customers", "returning_customer_rate", "cancellation_rate", "discount_rate", "on_time_delivery_rate")


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("Where it comes from", viewer.together(
            ("Net revenue", lambda: along(viewer, view, "net_revenue", "Net revenue"), ("gold.daily_sales",)),
            ("Which countries buy", lambda: ranked(viewer, view, ("net_revenue",), "country", "Which countries buy", "Country", orders_by="country"), ("gold.daily_sales",)),
            ("Through which channels", lambda: ranked(viewer, view, ("net_revenue",), "channel", "Through which channels", "Channel", orders_by="channel"), ("gold.daily_sales",)),
        )),
        Section("How far orders get", viewer.together(
            ("From the order to the door", lambda: funnel(viewer, view), ("gold.order_funnel",)),
            ("From gross sales to net revenue", lambda: bridge(viewer, view), ("gold.daily_sales",)),
        )),
    ]  # fmt: skip
    return Page("overview", "Overview", "How is the shop doing?", [*viewer.cards(CARDS, view), *viewer.cards(MORE, view)], sections)


def funnel(viewer: Viewer, view: View) -> Block:
    """Each stage is a part of the one before it."""
    stages = ("placed", "paid", "shipped", "delivered", "returned")
    sums = ", ".join(f"sum({stage})" for stage in stages)
    (found,) = viewer.ask(
        f"select {sums} from gold.order_funnel {view.clause(day='business_date', country='country', channel='channel')}"
    ).rows
    first = found[0]
    rows = tuple(
        (stage.capitalize(), int(count), float(count / first)) for stage, count in zip(stages, found, strict=True) if first and count is not None
    )  # fmt: skip
    grid = Grid((Column("stage", "Stage"), Column("orders", "Orders", "count"), Column("share", "Of those placed", "share")), rows)
    told = f"Of {rows[0][1]:,} orders placed, {rows[3][1]:,} are delivered and {rows[4][1]:,} came back in part or whole." if rows else ""
    notes = ("By order day, as known now: the youngest orders are still on their way.",)
    return Block("From the order to the door", grid, told, partial(charts.bars, grid, viewer.currency), (), notes)


def bridge(viewer: Viewer, view: View) -> Block:
    """What is left of gross sales."""
    names = ("gross_sales", "discounts", "returns", "cancellations", "net_revenue")
    asked, _, _ = viewer.question(names, view)
    found = viewer.rows(asked)
    labels = ("Gross sales", "Discounts", "Returns", "Cancelled", "Net revenue")
    rows = tuple(
        (label, value if name in ("gross_sales", "net_revenue") or value is None else -value, "sum" if name in ("gross_sales", "net_revenue") else "part")
        for name, label, value in zip(names, labels, found[0], strict=True)
    ) if found and found[0][0] is not None else ()  # fmt: skip
    grid = Grid((Column("step", "Step"), Column("amount", "Amount", "money"), Column("kind", "Kind")), rows)
    told = ""
    if rows:
        told = (
            f"Of {shown(rows[0][1], 'money', viewer.currency)} gross sales, {shown(rows[-1][1], 'money', viewer.currency)} are net revenue."
        )
    return Block("From gross sales to net revenue", grid, told, partial(charts.waterfall, grid, viewer.currency), names)
