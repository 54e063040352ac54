"""Do customers manage to pay, and does the money tie?"""

from __future__ import annotations

from fondaco.dashboards.page import Block, Column, Page, Section
from fondaco.dashboards.pages.common import ROWS, along, ranked
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("payment_attempts", "payment_failure_rate", "order_payment_failure_rate", "recovery_rate", "unreconciled_amount")
_MART = ("gold.payment_performance",)


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("Paying", viewer.together(
            ("Failed attempts", lambda: along(viewer, view, "payment_failure_rate", "Failed attempts"), _MART),
            ("Who carries the payments", lambda: ranked(viewer, view, ("provider_share",), "provider", "Who carries the payments", "Provider"), _MART),
            ("Where payments fail", lambda: ranked(viewer, view, ("payment_failure_rate", "payment_attempts", "recovery_rate"), "method", "Where payments fail", "Method"), _MART),
            ("How providers compare", lambda: providers(viewer, view), _MART),
        )),
        Section("Does the money tie?", viewer.together(
            ("Orders whose payments do not tie", lambda: untied(viewer, view), ("gold.unreconciled_orders",)),
        )),
    ]  # fmt: skip
    return Page("payments", "Payments", "Do customers manage to pay, and does the money tie?", viewer.cards(CARDS, view), sections)


def providers(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select provider, method, sum(attempts), sum(captured_amount), sum(refunded_amount), sum(chargeback_amount),
            cast(sum(failed) as double precision) / nullif(sum(attempts), 0)
        from gold.payment_performance {view.clause(day="business_date", country="country")} group by 1, 2 order by 4 desc nulls last"""
    grid = viewer.grid(
        sql, Column("provider", "Provider"), Column("method", "Method"), Column("attempts", "Attempts", "count"),
        Column("captured", "Captured", "money"), Column("refunded", "Refunded", "money"), Column("chargebacks", "Charged back", "money"),
        Column("failed", "Failed", "share"),
    )  # fmt: skip
    return Block("How providers compare", grid, "Attempts and amounts by provider and method.", None, ("payment_attempts", "payment_failure_rate"), wide=True, listed=20)  # fmt: skip


def untied(viewer: Viewer, view: View) -> Block:
    sql = f"""
        select order_key, ordered_date, country, reason, booked_amount, captured_amount, paid_back_amount, difference
        from gold.unreconciled_orders {view.clause(day="ordered_date", country="country")}
        order by abs(difference) desc, order_key limit {ROWS}"""
    grid = viewer.grid(
        sql, Column("order_key", "Order"), Column("ordered", "Ordered", "date"), Column("country", "Country"), Column("reason", "Why"),
        Column("booked", "Booked", "money"), Column("captured", "Captured", "money"), Column("paid_back", "Paid back", "money"),
        Column("difference", "Difference", "money"),
    )  # fmt: skip
    return Block("Orders whose payments do not tie", grid, "Orders by how far payments are from what was booked.", None, ("unreconciled_amount",), wide=True)  # fmt: skip
