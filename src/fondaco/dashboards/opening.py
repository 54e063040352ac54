"""A viewer, by her name: with the server where one runs, else with an extract made for her."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fondaco.dashboards.viewer import Viewer
from fondaco.errors import UsageError, did_you_mean
from fondaco.governance import Plan, plan_of
from fondaco.governance.admin import is_served
from fondaco.governance.session import ExtractSession, ServedSession, Session
from fondaco.job.figures import catalogue
from fondaco.metrics import Catalogue, Compiler, Shapes
from fondaco.settings import Settings
from fondaco.warehouse.summary import running_days

#: Relations that the pages read; an extract holds no others.
READ = (
    "gold.daily_sales", "gold.orders", "gold.customers", "gold.customer_segments_history", "gold.cohort_retention", "gold.product_performance",
    "gold.product_affinity", "gold.price_changes", "gold.reseller_performance", "gold.payment_performance", "gold.unreconciled_orders",
    "gold.coupon_performance", "gold.parcels", "gold.refunds", "gold.order_funnel", "gold.sales_restatements", "gold.data_health",
    "gold.data_issues", "gold.clv_fit", "silver.dim_products", "silver.dim_date",
)  # fmt: skip

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def viewer_of(settings: Settings, user: str) -> Viewer:
    """Raises UsageError if the policy has no such user, or there is no warehouse yet."""
    plan = plan_of(settings)
    session: Session
    if user not in dict(plan.users):
        raise UsageError(f"{user!r} is no user of the policy{did_you_mean(user, dict(plan.users))}", hint="users.yml has them")
    session = ServedSession(settings, user) if is_served(settings) else ExtractSession(settings, plan, user, READ)
    found = catalogue(settings)
    return made(settings, plan, session, found, Shapes(Compiler(found.manifest, session.engine)))


@contextmanager
def looking(settings: Settings, user: str) -> Iterator[Viewer]:
    """A viewer whose session ends with the block. Raises as ``viewer_of``."""
    viewer = viewer_of(settings, user)
    try:
        yield viewer
    finally:
        viewer.session.close()


def first_user(settings: Settings) -> str:
    """The first user of the policy."""
    return plan_of(settings).users[0][0]


def made(settings: Settings, plan: Plan, session: Session, found: Catalogue, compiler: Shapes) -> Viewer:
    """A viewer of parts that may be shared."""
    week_start = _WEEKDAYS.index(settings.business.week_start)
    return Viewer(session, plan, found, compiler, settings.business.currency, running_days(settings), week_start)
