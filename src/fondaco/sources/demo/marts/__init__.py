"""The answer key: every row and every column of silver and gold, counted in plain Python from the shop's diary.

ANSWERS     what is known of each relation, and by which columns a row of it is known
facts_of    what a reader of a shop can know, for an answer to count from
members     what products, customers and sellers were at a moment, and what they are
facts       orders with their lines, refunds, attempts and parcels, in EUR
names       how the warehouse names what the shop calls by a number
rules       what the shop's owner sets
dimensions, silver, journal   the dimensions, the facts of orders, the ledger and the months of customers
sales, customers, products, resellers, service   the marts, by who asks for them
figures     every figure of the glossary, reckoned from the marts
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fondaco.sources.demo import events, history, ledger
from fondaco.sources.demo.marts import customers, dimensions, journal, products, resellers, sales, service, silver
from fondaco.sources.demo.marts.facts import Facts, facts
from fondaco.sources.demo.marts.members import Members
from fondaco.sources.demo.marts.names import Names
from fondaco.sources.demo.marts.rules import Rules
from fondaco.sources.demo.marts.sales import Row
from fondaco.sources.demo.reads import Reads


@dataclass(frozen=True)
class Answer:
    """The truth about one relation.

    Attributes:
        grain: the columns by which a row is known.
        rows: all its rows; keys are the shop's own, a guest's is the trimmed lower-case address (see ``Names.of``).
    """

    grain: tuple[str, ...]
    rows: Callable[[Facts], Iterator[Row]]


#: By the name of the relation in the warehouse.
ANSWERS: Mapping[str, Answer] = {
    "silver.dim_customers": Answer(("customer_sk",), dimensions.dim_customers),
    "silver.dim_products": Answer(("product_sk",), dimensions.dim_products),
    "silver.dim_resellers": Answer(("reseller_sk",), dimensions.dim_resellers),
    "silver.dim_coupon": Answer(("coupon_code",), dimensions.dim_coupon),
    "silver.dim_date": Answer(("date_day",), dimensions.dim_date),
    "silver.fact_orders": Answer(("order_key",), silver.fact_orders),
    "silver.fact_order_items": Answer(("order_item_key",), silver.fact_order_items),
    "silver.fact_payments": Answer(("payment_key",), silver.fact_payments),
    "silver.fact_shipments": Answer(("shipment_key",), silver.fact_shipments),
    "silver.fact_refunds": Answer(("refund_item_key",), silver.fact_refunds),
    "silver.fact_sales_ledger": Answer(("ledger_key",), journal.fact_sales_ledger),
    "silver.fact_customers": Answer(("customer_key", "month_start"), journal.fact_customers),
    "gold.daily_sales": Answer(("business_date", "country", "channel", "customer_type", "currency"), sales.daily_sales),
    "gold.orders": Answer(("order_key",), sales.orders),
    "gold.order_funnel": Answer(("business_date", "channel", "country"), sales.order_funnel),
    "gold.refunds": Answer(("refund_month", "product_key", "reason"), sales.refunds),
    "gold.data_issues": Answer(("reason", "event_key"), sales.data_issues),
    "gold.customers": Answer(("customer_key",), customers.customers),
    "gold.customer_segments_history": Answer(("customer_key", "month_end"), customers.customer_segments_history),
    "gold.cohort_retention": Answer(("cohort_month", "month_number", "acquisition_channel", "country"), customers.cohort_retention),
    "gold.product_performance": Answer(("product_key", "month_start"), products.product_performance),
    "gold.product_affinity": Answer(("window_days", "product_key", "other_product_key"), products.product_affinity),
    "gold.price_changes": Answer(("product_key", "valid_from"), products.price_changes),
    "gold.reseller_performance": Answer(("reseller_key", "month_start"), resellers.reseller_performance),
    "gold.coupon_performance": Answer(("coupon_code", "month_start"), resellers.coupon_performance),
    "gold.parcels": Answer(("shipment_key",), service.parcels),
    "gold.delivery_performance": Answer(("carrier", "country", "ship_month", "seller"), service.delivery_performance),
    "gold.payment_performance": Answer(("business_date", "provider", "method", "country"), service.payment_performance),
}

#: What has no answer, and why.
UNANSWERED: Mapping[str, str] = {
    "silver.dim_geo": "a reference list: ISO 3166-1 as the seed has it, and which of its codes are in use",
    "gold.data_health": "what the lake's log says of every batch: counted against bronze by a check of every build",
    "gold.revenue_waterfall": "sums of the ledger and of payments, which have answers: tied by a check of every build",
    "gold.unreconciled_orders": "differences of the ledger, payments and refunds, which have answers",
    "gold.sales_restatements": "what the lake learnt when: its rows known by a day are held against builds of the lake of then",
    "gold.clv_fit": "a forecast, which says itself how wrong it was",
}

#: Columns that have no answer: the shop knows neither when the lake learnt of it nor what its customers will do.
UNANSWERED_COLUMNS = frozenset({"recorded_at", "p_alive", "clv_12m"})


def facts_of(
    path: Path,
    *,
    as_of: date | None = None,
    reads: Collection[date] | Mapping[str, Reads] | None = None,
    names: Names | None = None,
    rules: Rules | None = None,
) -> Facts:
    """What a reader can know of the shop in ``path``, for the answers to count from.

    Args:
        as_of: the first day that is not counted; None counts all days lived.
        reads: days at whose end the reader reads, which decide what it can know of products, customers and sellers; by entity (customer,
            product, seller) if they differ; None for a reader who sees every change.
    """
    told = list(events.read(path, until=as_of))
    by_entity = reads if isinstance(reads, Mapping) else {}
    buyers, articles, traders = (
        Members.of(
            history.versions(told, entity, reads=by_entity[entity].rows, compared=by_entity[entity].keys)
            if entity in by_entity
            else history.versions(told, entity, reads=None if isinstance(reads, Mapping) else reads)
        )
        for entity in ("customer", "product", "seller")
    )
    return facts(ledger.replay(told), buyers, articles, traders, names or Names(), rules or Rules())
