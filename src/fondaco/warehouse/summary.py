"""The figures of the last screen: what a person wants to know of a shop first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from fondaco.settings import FilesSource, Settings
from fondaco.warehouse.door import reader

#: Four whole weeks: every weekday counts the same in a period and in the one before it.
PERIOD_DAYS = 28

_KPIS = f"""
with last_day as (
    select max(business_date) - $running_days as day from gold.daily_sales
),
periods as (
    select 0 as ago, day - {PERIOD_DAYS - 1} as first_day, day as last_day from last_day
    union all
    select 1 as ago, day - {2 * PERIOD_DAYS - 1} as first_day, day - {PERIOD_DAYS} as last_day from last_day
),
sales as (
    select
        periods.ago,
        sum(net_revenue) as net_revenue,
        sum(gross_sales - discounts) as sold,
        sum(returns) as returned,
        sum(orders) as orders,
        sum(new_customers) as new_customers
    from periods
    left join gold.daily_sales as daily on daily.business_date between periods.first_day and periods.last_day
    group by periods.ago
),
active as (
    select
        periods.ago,
        count(distinct orders.customer_key) as customers,
        sum(orders.gross_amount - orders.discount_amount) as ordered
    from periods
    left join gold.orders as orders on orders.is_valid and orders.ordered_date between periods.first_day and periods.last_day
    group by periods.ago
)
select
    periods.ago, periods.first_day, periods.last_day,
    sales.net_revenue, sales.orders, active.ordered / nullif(sales.orders, 0), active.customers, sales.new_customers,
    sales.returned / nullif(sales.sold, 0)
from periods
join sales using (ago)
join active using (ago)
order by ago
"""

_SEGMENTS = """
select rfm_segment, count(*), sum(net_revenue)
from gold.customers
group by 1
order by 2 desc, 1
"""

_PRODUCTS = """
select coalesce(product_name, product_id), sum(units), sum(net_revenue)
from gold.product_performance
where month_start = (select max(month_start) from gold.product_performance)
group by 1
order by 3 desc, 1
limit 5
"""

_ROWS = """
select schema_name || '.' || table_name, estimated_size
from duckdb_tables()
where schema_name = 'silver'
union all
select 'gold.' || mart, rows
from ops.marts
where rows is not null
order by 1
"""


@dataclass(frozen=True)
class Kpi:
    """One figure of the last period beside the period before.

    Attributes:
        unit: money, count or share.
        now, before: None where nothing happened that could be counted.
        good_when: up, down or neutral.
    """

    label: str
    unit: str
    now: Decimal | None
    before: Decimal | None
    good_when: str


@dataclass(frozen=True)
class Segment:
    """Customers of one RFM segment and their net revenue so far."""

    name: str
    customers: int
    net_revenue: Decimal


@dataclass(frozen=True)
class Product:
    """A product's units and net revenue in the last month of trade."""

    name: str
    units: Decimal
    net_revenue: Decimal


@dataclass(frozen=True)
class Summary:
    """What the warehouse says of the shop, as of its last day of trade."""

    currency: str
    first_day: date | None
    last_day: date | None
    kpis: tuple[Kpi, ...]
    segments: tuple[Segment, ...]
    products: tuple[Product, ...]
    rows: dict[str, int]


def summary(settings: Settings) -> Summary:
    """Reads the figures from gold.

    Raises:
        UsageError: there is no warehouse yet.
        LockedError: a build is running.
    """
    with reader(settings.warehouse) as connection:
        if not _has_gold(connection):
            return Summary(settings.business.currency, None, None, (), (), (), {})
        periods = connection.execute(_KPIS, {"running_days": running_days(settings)}).fetchall()
        return Summary(
            currency=settings.business.currency,
            first_day=periods[0][1],
            last_day=periods[0][2],
            kpis=_kpis(periods[0][3:], periods[1][3:]),
            segments=tuple(Segment(*row) for row in connection.execute(_SEGMENTS).fetchall()),
            products=tuple(Product(*row) for row in connection.execute(_PRODUCTS).fetchall()),
            rows=dict(connection.execute(_ROWS).fetchall()),
        )


def running_days(settings: Settings) -> int:
    """Days at the end that are not over yet, and are left out of periods.

    A database is read as it stands, in the middle of its day; files are dropped when their day is done.
    """
    return 0 if all(isinstance(source, FilesSource) for source in settings.sources.values()) else 1


def _has_gold(connection: duckdb.DuckDBPyConnection) -> bool:
    tables = "('daily_sales', 'orders', 'customers', 'product_performance')"
    found = connection.execute(f"select count(*) from duckdb_views() where schema_name = 'gold' and view_name in {tables}").fetchone()
    return found is not None and found[0] == 4


def _kpis(now: tuple[Any, ...], before: tuple[Any, ...]) -> tuple[Kpi, ...]:
    shapes = (
        ("Net revenue", "money", "up"),
        ("Orders", "count", "up"),
        ("Average order value", "money", "up"),
        ("Active customers", "count", "up"),
        ("New customers", "count", "up"),
        ("Refund rate", "share", "down"),
    )
    return tuple(
        Kpi(label, unit, _decimal(value), _decimal(earlier), good_when)
        for (label, unit, good_when), value, earlier in zip(shapes, now, before, strict=True)
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
