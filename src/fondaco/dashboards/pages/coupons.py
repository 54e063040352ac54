"""What do coupons cost, and what do they bring?"""

from __future__ import annotations

from functools import partial

from fondaco.dashboards import charts
from fondaco.dashboards.page import Block, Column, Grid, Page, Section
from fondaco.dashboards.pages.common import in_months, ranked
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("coupon_orders", "coupon_revenue", "coupon_discount_cost", "coupon_new_customer_share", "coupon_roi")
_MART = ("gold.coupon_performance",)


def page(viewer: Viewer, view: View) -> Page:
    names = ("coupon_revenue", "coupon_orders", "coupon_discount_cost", "coupon_new_customer_share", "coupon_roi")
    sections = [
        Section("Codes", viewer.together(
            ("Which codes bring revenue", lambda: ranked(viewer, view, names, "coupon_code", "Which codes bring revenue", "Code", compare=False, orders_by="coupon_code"), _MART),
            ("What each euro of discount brings", lambda: ranked(viewer, view, ("coupon_roi",), "coupon_code", "What each unit of discount brings", "Code", compare=False, notes=("Revenue per unit of discount, without costs. It is not what the coupon added: some would have bought anyway.",)), _MART),
            ("Revenue with a coupon by month", lambda: monthly(viewer), _MART),
        ), f"{in_months(view)} Figures of all countries and channels."),
    ]  # fmt: skip
    return Page("coupons", "Coupons", "What do coupons cost, and what do they bring?", viewer.cards(CARDS, view), sections)


def monthly(viewer: Viewer) -> Block:
    last = viewer.choices().last_day.replace(day=1)
    sql = f"""
        select month_start, coupon_code, net_revenue from gold.coupon_performance
        where month_start < date '{last}' and month_start >= date '{last.replace(year=last.year - 1)}' order by 1, 2"""
    grid = viewer.grid(sql, Column("month", "Month", "month"), Column("code", "Code"), Column("net_revenue", "Net revenue", "money"))
    totals: dict[str, float] = {}
    for _, code, amount in grid.rows:
        totals[code] = totals.get(code, 0.0) + float(amount or 0)
    kept = sorted(totals, key=lambda code: -totals[code])[: charts.MOST - 1]
    merged: dict[tuple[object, str], object] = {}
    for month, code, amount in grid.rows:
        key = (month, code if code in kept else "other")
        merged[key] = (merged.get(key) or 0) + (amount or 0)  # type: ignore[operator]
    ordered = sorted(merged.items(), key=lambda item: (str(item[0][0]), ([*kept, "other"]).index(item[0][1])))
    drawn = Grid(grid.columns, tuple((month, code, amount) for (month, code), amount in ordered))
    return Block("Revenue with a coupon by month", drawn, "Net revenue of orders with a coupon, by code.", partial(charts.stacked, drawn, viewer.currency), ("coupon_revenue",), wide=True)  # fmt: skip
