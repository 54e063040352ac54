"""Who buys, who comes back, and who is drifting away?"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.looks import LIGHT
from fondaco.dashboards.page import Block, Column, Drill, Grid, Page, Section
from fondaco.dashboards.pages.common import orders, ranked
from fondaco.dashboards.period import Period
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("active_customers", "new_customers", "returning_customer_rate", "time_between_orders", "returning_revenue_share")
MORE = ("customers", "repeat_purchase_rate_90d", "clv_historic", "clv_predicted", "recency_days")
#: Months that a cohort is followed, and cohorts on the page.
_FOLLOWED, _COHORTS = 12, 13
_BEST = 100
#: Segments as they are told of everywhere, from the best to who never bought.
_SEGMENTS = tuple(LIGHT.segments)


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("Segments", viewer.together(
            ("Who the customers are", lambda: segments(viewer, view), ("gold.customers",)),
            ("What to do for whom", lambda: actions(viewer, view), ("gold.customers",)),
            ("Who moved between segments", lambda: moves(viewer, view), ("gold.customer_segments_history",)),
        ), "By recency and frequency of the last year (RFM), as of the last day of trade, whatever the period."),
        Section("Coming back", viewer.together(
            ("How many come back", lambda: cohorts(viewer, view), ("gold.cohort_retention",)),
            ("What a customer has been worth", lambda: worth(viewer, view), ("gold.cohort_retention",)),
            ("Who may be lost", lambda: churn(viewer, view), ("gold.customers",)),
        )),
        Section("Value", viewer.together(
            ("Value by where customers came from", lambda: origins(viewer, view), ("gold.customers",)),
            ("Value by segment", lambda: ranked(viewer, view, ("clv_historic", "customers"), "rfm_segment", "Value by segment", "Segment", compare=False, most=13), ("gold.customers",)),
            ("The best customers", lambda: best(viewer, view), ("gold.customers",)),
        )),
    ]  # fmt: skip
    cards = [*viewer.cards(CARDS, view), *viewer.cards(MORE, view, always=("repeat_purchase_rate_90d",))]
    return Page("customers", "Customers", "Who buys, who comes back, and who is drifting away?", cards, sections)


def segments(viewer: Viewer, view: View) -> Block:
    grid = viewer.split(("customers", "clv_historic"), "rfm_segment", view, label="Segment")
    told = f"Customers by segment; the largest is {grid.rows[0][0]} with {grid.rows[0][1]:,}." if grid.rows else ""
    draw = partial(charts.treemap, grid, viewer.currency)
    return Block("Who the customers are", grid, told, draw, ("rfm_segment", "customers", "clv_historic"), wide=True, listed=13)


def actions(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select rfm_segment, min(rfm_action), count(*), sum(net_revenue) from gold.customers
        {view.clause(country="country")} group by 1 order by 4 desc"""
    grid = viewer.grid(
        sql, Column("segment", "Segment"), Column("action", "What to do"), Column("customers", "Customers", "count"),
        Column("net_revenue", "Net revenue so far", "money"),
    )  # fmt: skip
    return Block("What to do for whom", grid, "An action for each segment.", None, ("rfm_segment",), wide=True, listed=13)


def moves(viewer: Viewer, view: View) -> Block:
    newest = "(select max(month_end) from gold.customer_segments_history)"
    conditions = view.clause(more=f"month_end = {newest} and previous_segment <> rfm_segment", country="country")
    sql = f"select previous_segment, rfm_segment, count(*) from gold.customer_segments_history {conditions} group by 1, 2"
    grid = viewer.grid(
        sql, Column("previous", "From (last month)"), Column("now", "To"), Column("customers", "Customers", "count")
    )  # fmt: skip
    rows = tuple(sorted(grid.rows, key=lambda row: -row[2]))
    grid = Grid(grid.columns, rows)
    before = [name for name in _SEGMENTS if name in {row[0] for row in rows}]
    now = [name for name in _SEGMENTS if name in {row[1] for row in rows}]
    told = f"Most moved from {rows[0][0]} to {rows[0][1]}: {rows[0][2]:,}." if rows else ""
    draw = partial(charts.heat, grid, viewer.currency, rows=before, across=now, label="To, at the end of the last whole month")
    return Block(
        "Who moved between segments", grid, told, draw, ("rfm_segment",), ("Rows: the month before. Who stayed is left out.",), wide=True
    )


def cohorts(viewer: Viewer, view: View) -> Block:
    last = viewer.choices().last_day
    first = _first_cohort(last)
    where = f"month_number <= {_FOLLOWED}"
    asked, _, _ = viewer.question(["retention"], view, by=["month_number"], grain="month", period=_whole(first, last), where=where)
    rows = tuple((month, int(number), value) for month, number, value in viewer.rows(asked))
    grid = Grid(
        (Column("cohort", "First order in", "month"), Column("month", "Months later", "count"), Column("share", "Came back", "share")), rows
    )
    # month 0 is all of them by definition; a cohort that is not a month old yet has nothing else
    drawn = Grid(grid.columns, tuple(row for row in rows if row[1] and row[2] is not None))
    draw = partial(
        charts.heat, drawn, viewer.currency,
        rows=sorted({row[0] for row in drawn.rows}), across=range(1, _FOLLOWED + 1), label="Months after the first order",
    )  # fmt: skip
    notes = ("A cell is blank until its month is over.",)
    return Block("How many come back", grid, "Share of each month's new customers who ordered again, by month after.", draw, ("retention",), notes, wide=True)  # fmt: skip


def worth(viewer: Viewer, view: View) -> Block:
    last = viewer.choices().last_day
    asked, _, _ = viewer.question(["cumulative_ltv"], view, by=["month_number"], grain="month", period=_whole(_first_cohort(last), last), where=f"month_number <= {_FOLLOWED}")  # fmt: skip
    found = [(month, int(number), value) for month, number, value in viewer.rows(asked) if value is not None]
    chosen = sorted({row[0] for row in found}, reverse=True)[2::2][:6]
    rows = tuple((number, f"{month:%b %Y}", value) for month, number, value in found if month in chosen)
    grid = Grid((Column("month", "Months later", "count"), Column("cohort", "First order in"), Column("value", "Net revenue per customer", "money")), rows)  # fmt: skip
    draw = partial(charts.lines, grid, viewer.currency, quantitative=True)
    notes = ("Refunds lower old cells, and rightly so.",)
    return Block("What a customer has been worth", grid, "Cumulative net revenue per customer, by months after the first order.", draw, ("cumulative_ltv",), notes, listed=0)  # fmt: skip


def churn(viewer: Viewer, view: View) -> Block:
    return ranked(viewer, view, ("customers",), "churn_risk", "Who may be lost", "Risk", compare=False, notes=("Days since the last order against the customer's own rhythm.",))  # fmt: skip


def origins(viewer: Viewer, view: View) -> Block:
    return ranked(viewer, view, ("clv_historic", "customers"), "acquisition_channel", "Value by where customers came from", "Origin", compare=False)  # fmt: skip


def best(viewer: Viewer, view: View) -> Block:
    columns = (
        Column("first_name", "First name"), Column("last_name", "Last name"), Column("email", "E-mail"), Column("country", "Country"),
        Column("rfm_segment", "Segment"), Column("orders", "Orders", "count"), Column("net_revenue", "Net revenue", "money"),
        Column("last_order_date", "Last order", "date"), Column("churn_risk", "Risk"),
    )  # fmt: skip
    names = ", ".join(column.name for column in columns)
    keyed = viewer.ask(
        f"select customer_key, {names} from gold.customers {view.clause(country='country')} order by net_revenue desc, customer_key limit {_BEST}"
    )
    grid = Grid(columns, tuple(row[1:] for row in keyed.rows))

    def behind(row: int) -> Grid:
        return orders(viewer, f"where customer_key = '{str(keyed.rows[row][0]).replace(chr(39), chr(39) * 2)}'")

    notes = ("Names and e-mails as your role sees them.",)
    return Block("The best customers", grid, "Customers by net revenue so far.", None, ("clv_historic",), notes, wide=True, drill=Drill("Orders of this customer", behind), listed=10)  # fmt: skip


def _first_cohort(last: date) -> date:
    months = last.year * 12 + last.month - 1 - (_COHORTS - 1)
    return date(months // 12, months % 12 + 1, 1)


def _whole(first: date, last: date) -> Period:
    """Up to the end of the running month: its cohort is there, without cells that are not over."""
    return Period(first, (last.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))
