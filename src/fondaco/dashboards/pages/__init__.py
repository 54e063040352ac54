"""The pages, in the order of the menu: what each asks. A page is made for one viewer and one view, and is a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fondaco.dashboards.page import Page
from fondaco.dashboards.pages import coupons, customers, delivery, health, overview, payments, products, resellers, sales
from fondaco.dashboards.view import View
from fondaco.dashboards.viewer import Viewer

#: By name, as it stands in an address.
PAGES: Mapping[str, Callable[[Viewer, View], Page]] = {
    "overview": overview.page,
    "sales": sales.page,
    "customers": customers.page,
    "products": products.page,
    "resellers": resellers.page,
    "delivery": delivery.page,
    "payments": payments.page,
    "coupons": coupons.page,
    "health": health.page,
}
#: How each is called in a menu.
TITLES: Mapping[str, str] = {
    "overview": "Overview", "sales": "Sales", "customers": "Customers", "products": "Products", "resellers": "Resellers",
    "delivery": "Delivery", "payments": "Payments", "coupons": "Coupons", "health": "Data health", "glossary": "Glossary",
}  # fmt: skip
