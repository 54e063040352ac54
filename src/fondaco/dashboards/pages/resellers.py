"""Which sellers carry the marketplace, and how well do they serve?"""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.page import Block, Column, Grid, Page, Section
from fondaco.dashboards.pages.common import in_months
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("reseller_gmv", "commission", "take_rate", "seller_on_time_rate", "seller_cancel_rate")
#: Below so many, a rate says nothing.
_ENOUGH = 20


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("Sellers", viewer.together(
            ("Which sellers sell most", lambda: largest(viewer, view), ("gold.reseller_performance",)),
            ("Sales of sellers over a year", lambda: monthly(viewer, view), ("gold.reseller_performance",)),
            ("How sellers serve", lambda: service(viewer, view), ("gold.reseller_performance",)),
        ), in_months(view)),
    ]  # fmt: skip
    return Page("resellers", "Resellers", "Which sellers carry the marketplace, and how well do they serve?", viewer.cards(CARDS, view), sections)  # fmt: skip


def largest(viewer: Viewer, view: View) -> Block:
    grid = viewer.split(("reseller_gmv", "commission"), "reseller_name", view, label="Seller", compare=False)
    return Block("Which sellers sell most", grid, "Sales of each seller before discounts and returns.", partial(charts.bars, grid, viewer.currency), ("reseller_gmv", "commission"), ("The seller's own country is what the country filter means here.",))  # fmt: skip


def monthly(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select month_start, sum(gmv), sum(commission) from gold.reseller_performance
        {view.clause(country="country")} group by 1 order by 1 desc limit 13"""
    found = viewer.grid(
        sql, Column("month", "Month", "month"), Column("gmv", "Sales", "money"), Column("commission", "Commission", "money")
    )
    last = viewer.choices().last_day.replace(day=1)
    grid = Grid(found.columns, tuple(row for row in found.rows[::-1] if row[0] < last))
    drawn = Grid(grid.columns[:2], tuple(row[:2] for row in grid.rows))
    return Block(
        "Sales of sellers over a year",
        grid,
        "Sales of all sellers by month.",
        partial(charts.line, drawn, viewer.currency),
        ("reseller_gmv",),
    )


def service(viewer: Viewer, view: View) -> Block:
    def rate(part: str, whole: str) -> str:
        return f"case when sum({whole}) >= {_ENOUGH} then cast(sum({part}) as double precision) / sum({whole}) end"

    sql = f"""
        select max(reseller_name), max(country), sum(orders), sum(gmv), sum(commission), sum(payout), {rate("due - late", "due")}, sum(due),
            {rate("lines_cancelled", "lines_booked")}, {rate("returned_units", "units")}
        from gold.reseller_performance {view.clause(month="month_start", country="country")}
        group by reseller_key order by 4 desc limit 200"""
    grid = viewer.grid(
        sql, Column("seller", "Seller"), Column("country", "Country"), Column("orders", "Orders", "count"), Column("gmv", "Sales", "money"),
        Column("commission", "Commission", "money"), Column("payout", "Payout", "money"), Column("on_time", "On time", "share"),
        Column("due", "Parcels due", "count"), Column("cancelled", "Cancelled lines", "share"), Column("returned", "Units returned", "share"),
    )  # fmt: skip
    notes = (f"A rate of fewer than {_ENOUGH} is left out: chance would speak.",)
    return Block("How sellers serve", grid, "Sales, punctuality, cancellations and returns by seller.", None, ("seller_on_time_rate", "seller_cancel_rate", "seller_refund_rate"), notes, wide=True, listed=20)  # fmt: skip
