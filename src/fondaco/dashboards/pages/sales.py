"""What was sold, and what was taken back?"""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.page import Block, Column, Page, Section
from fondaco.dashboards.pages.common import along, in_months, orders, ranked
from fondaco.dashboards.pages.overview import bridge
from fondaco.dashboards.period import said
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("net_revenue", "gross_sales", "discounts", "returns", "cancellations")
MORE = ("total_sales", "shipping_revenue", "taxes", "units", "units_per_order")


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("Revenue", viewer.together(
            ("Net revenue", lambda: along(viewer, view, "net_revenue", "Net revenue"), ("gold.daily_sales",)),
            ("From gross sales to net revenue", lambda: bridge(viewer, view), ("gold.daily_sales",)),
            ("Who buys: new or returning", lambda: types(viewer, view), ("gold.daily_sales",)),
        )),
        Section("Orders", viewer.together(
            ("Orders", lambda: along(viewer, view, "orders", "Orders", wide=False), ("gold.orders",)),
            ("Average order value", lambda: along(viewer, view, "aov", "Average order value", wide=False), ("gold.orders",)),
            ("How countries compare", lambda: countries(viewer, view), ("gold.orders",)),
        )),
        Section("What came back, and what changed afterwards", viewer.together(
            ("Why goods come back", lambda: reasons(viewer, view), ("gold.refunds",)),
            ("Closed months that moved", lambda: restated(viewer, view), ("gold.sales_restatements",)),
            ("The largest orders", lambda: largest(viewer, view), ("gold.orders",)),
        )),
    ]  # fmt: skip
    return Page(
        "sales", "Sales", "What was sold, and what was taken back?", [*viewer.cards(CARDS, view), *viewer.cards(MORE, view)], sections
    )


def types(viewer: Viewer, view: View) -> Block:
    return ranked(viewer, view, ("net_revenue",), "customer_type", "Who buys: new or returning", "Customer", orders_by="customer_type")


def countries(viewer: Viewer, view: View) -> Block:
    """A table: it compares what a chart cannot."""
    names = ("net_revenue_by_order_date", "orders", "aov", "refund_rate", "cancellation_rate", "returning_customer_rate")
    grid = viewer.split(names, "country", view, label="Country")
    return Block("How countries compare", grid, f"Orders by country, {said(view.period)}.", None, names, wide=True, listed=20)


def reasons(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select coalesce(reason, 'not said'), sum(returns), sum(refunds), sum(units) from gold.refunds
        {view.clause(month="refund_month")} group by 1 order by 2 desc nulls last"""
    grid = viewer.grid(
        sql, Column("reason", "Reason"), Column("returns", "Goods", "money"), Column("refunds", "Refunds", "count"), Column("units", "Units", "units")
    )  # fmt: skip
    notes = (in_months(view), "Figures of all countries and channels.")
    return Block("Why goods come back", grid, "Value of returned goods by reason.", partial(charts.bars, grid, viewer.currency), ("returns",), notes)  # fmt: skip


def restated(viewer: Viewer, view: View) -> Block:
    """A month is closed once the lake learnt something on a day after it."""
    conditions = view.clause(more="is_month_restated", country="country", channel="channel")
    month = "cast(date_trunc('month', business_date) as date)"
    sql = f"""
        select {month}, known_date, reason, sum(net_revenue), sum(returns), sum(cancellations), count(*) from gold.sales_restatements
        {conditions} group by 1, 2, 3 having sum(net_revenue) <> 0 or sum(returns) <> 0 order by 2 desc, 1 desc, 3 limit 100"""
    grid = viewer.grid(
        sql, Column("month", "Month", "month"), Column("known", "Learnt on", "date"), Column("reason", "Why"),
        Column("net_revenue", "Net revenue moved by", "money"), Column("returns", "Returns", "money"),
        Column("cancellations", "Cancellations", "money"), Column("days", "Figures concerned", "count"),
    )  # fmt: skip
    return Block("Closed months that moved", grid, "Changes of net revenue in months that were closed.", None, ("net_revenue",), ("Whatever the period.",), listed=20, empty="No closed month has moved: what was reported still stands.")  # fmt: skip


def largest(viewer: Viewer, view: View) -> Block:
    grid = orders(viewer, view.clause(day="ordered_date", more="is_valid", country="country", channel="channel"))
    return Block("The largest orders", grid, f"Valid orders by net revenue, {said(view.period)}.", None, ("net_revenue_by_order_date",), wide=True, listed=10)  # fmt: skip
