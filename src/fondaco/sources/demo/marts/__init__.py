"""The truth about the marts: every row and every column of gold, counted in plain Python from the shop's diary.

marts       all of them, by name
members     what products, customers and sellers were at a moment, and what they are
facts       orders with their lines, refunds, attempts and parcels, in EUR
sales, customers, products, resellers, service   the marts, by who asks for them
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from pathlib import Path

from fondaco.sources.demo import events, history, ledger
from fondaco.sources.demo.marts import customers, products, resellers, sales, service
from fondaco.sources.demo.marts.facts import Facts, facts
from fondaco.sources.demo.marts.members import Members
from fondaco.sources.demo.marts.sales import Row

#: Every mart by the name that it has in gold (a dim_ in silver); keys are the shop's own, a guest's is the trimmed lower-case address.
MARTS: Mapping[str, Callable[[Facts], Iterator[Row]]] = {
    mart.__name__: mart
    for mart in (
        sales.daily_sales,
        sales.orders,
        sales.order_funnel,
        sales.refunds,
        sales.data_issues,
        customers.customers,
        customers.customer_segments_history,
        customers.cohort_retention,
        products.product_performance,
        products.product_affinity,
        products.price_changes,
        resellers.reseller_performance,
        resellers.coupon_performance,
        resellers.dim_coupon,
        service.delivery_performance,
        service.payment_performance,
    )
}


def marts(path: Path, *, as_of: date | None = None, reads: Collection[date] | None = None) -> dict[str, list[Row]]:
    """All rows of all marts of the shop in ``path``.

    Args:
        as_of: the first day that is not counted; None counts all days lived.
        reads: days at whose end the reader reads, which decide what it can know of products, customers and sellers;
            None for a reader who sees every change.
    """
    told = list(events.read(path, until=as_of))
    known = (Members.of(history.versions(told, entity, reads=reads)) for entity in ("customer", "product", "seller"))
    counted = facts(ledger.replay(told), *known)
    return {name: list(rows(counted)) for name, rows in MARTS.items()}
