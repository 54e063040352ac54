"""Do parcels arrive when they were promised?"""

from __future__ import annotations

from fondaco.dashboards.page import Block, Column, Page, Section
from fondaco.dashboards.pages.common import ROWS, along, ranked
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

CARDS = ("on_time_delivery_rate", "late_days", "handling_time", "transit_time", "fulfilment_rate")
_PARCELS = ("gold.parcels",)


def page(viewer: Viewer, view: View) -> Page:
    sections = [
        Section("Punctuality", viewer.together(
            ("On time", lambda: along(viewer, view, "on_time_delivery_rate", "On time"), _PARCELS),
            ("Which carriers keep their word", lambda: ranked(viewer, view, ("on_time_delivery_rate", "late_days", "late_days_p90"), "carrier", "Which carriers keep their word", "Carrier"), _PARCELS),
            ("Where parcels are late", lambda: ranked(viewer, view, ("on_time_delivery_rate", "transit_time"), "country", "Where parcels are late", "Country"), _PARCELS),
        )),
        Section("How long it takes", viewer.together(
            ("Hours until a parcel leaves", lambda: ranked(viewer, view, ("handling_time",), "carrier", "Hours until a parcel leaves", "Carrier"), _PARCELS),
            ("Days on the way", lambda: ranked(viewer, view, ("transit_time",), "carrier", "Days on the way", "Carrier"), _PARCELS),
            ("The latest parcels", lambda: late(viewer, view), _PARCELS),
        )),
    ]  # fmt: skip
    return Page("delivery", "Delivery", "Do parcels arrive when they were promised?", viewer.cards(CARDS, view), sections)


def late(viewer: Viewer, view: View) -> Block:
    conditions = view.clause(day="promised_date", more="is_due and not is_in_time", country="country")
    sql = f"""
        select order_key, carrier, country, seller, shipped_date, promised_date, delivered_date, late_minutes / 1440.0,
            case when is_lost then 'lost' when delivered_date is null then 'not there yet' else 'late' end
        from gold.parcels {conditions} order by late_minutes desc nulls first, promised_date limit {ROWS}"""
    grid = viewer.grid(
        sql, Column("order_key", "Order"), Column("carrier", "Carrier"), Column("country", "Country"), Column("seller", "Seller"),
        Column("shipped", "Shipped", "date"), Column("promised", "Promised", "date"), Column("delivered", "Delivered", "date"),
        Column("late", "Late by", "days"), Column("state", "State"),
    )  # fmt: skip
    return Block("The latest parcels", grid, "Parcels that were due and not there in time.", None, ("late_days", "on_time_delivery_rate"), ("What is due and not there counts as late.",), wide=True)  # fmt: skip
