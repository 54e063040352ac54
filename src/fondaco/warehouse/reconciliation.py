"""Rows and money on their way through the layers: what the lake holds now is what the facts add up to, and what gold shows.

Each question is asked of the views over bronze alone, from the whole lake and by no table that a build keeps, and then of the facts:
by source and currency, in the currency that was traded in, where nothing is rounded away.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from fondaco.warehouse.comparison import Comparison, compare_queries

_LAST = "row_number() over (partition by {key} order by observed_at desc, batch_id desc, batch_position desc) = 1"


def _now(entity: str, key: str) -> str:
    """Query: the last state of each row of an entity that is not deleted, from the views over bronze."""
    last = f"select * from intermediate.int_{entity}__unioned qualify {_LAST.format(key=key)}"
    return f"(select * from ({last}) where not is_deleted)"


_ORDERS = _now("orders", "order_key")
_LINES = f"""
    select
        lines.*, orders.currency,
        cast(round(lines.quantity * lines.unit_price, 4) as decimal(18, 4)) as gross
    from {_now("order_items", "order_item_key")} as lines join {_ORDERS} as orders using (order_key)
"""
_DECIMAL = "decimal(38, 4)"


@dataclass(frozen=True)
class Question:
    """One thing that two layers must say alike.

    Attributes:
        name: what it is, as layer to layer.
        expected, found: queries with the same columns.
        grain: the columns by which a row is known.
    """

    name: str
    expected: str
    found: str
    grain: tuple[str, ...] = ("source_name", "currency")


QUESTIONS: tuple[Question, ...] = (
    Question(
        "lines: lake to fact_order_items",
        f"""
        select source_name, currency, count(*) as lines, sum(gross) as gross, sum(cast(tax_amount as {_DECIMAL})) as tax
        from ({_LINES}) group by all
        """,
        "select source_name, currency, count(*) as lines, sum(gross_amount_txn) as gross, sum(tax_amount_txn) as tax "
        "from silver.fact_order_items group by all",
    ),
    Question(
        "orders: lake to fact_orders",
        f"""
        with lines as (
            select order_key, sum(gross - discount_amount + tax_amount) as amount from ({_LINES}) group by 1
        )
        select
            orders.source_name, orders.currency, count(*) as orders,
            sum(
                orders.shipping_amount + orders.shipping_tax_amount + coalesce(lines.amount, 0)
                -- what is off the whole order is off its lines
                - case when lines.order_key is null then 0 else orders.discount_amount end
            ) as total
        from {_ORDERS} as orders left join lines using (order_key) group by all
        """,
        "select source_name, currency, count(*) as orders, sum(total_amount_txn) as total from silver.fact_orders group by all",
    ),
    Question(
        "payments: lake to fact_payments",
        f"select source_name, currency, count(*) as attempts, sum(amount) as amount from {_now('payments', 'payment_key')} group by all",
        "select source_name, currency, count(*) as attempts, sum(amount_txn) as amount from silver.fact_payments group by all",
    ),
    Question(
        "refunds: lake to fact_refunds",
        f"""
        select source_name, currency, count(*) as refunds, sum(goods_amount) as goods, sum(shipping_amount) as shipping, sum(tax_amount) as tax
        from {_now("refunds", "refund_key")} group by all
        """,
        # the lines of a credit note are refunds, too, and counted with the lines
        """
        select
            source_name, currency, count(distinct refund_key) as refunds, sum(goods_amount_txn) as goods,
            sum(shipping_amount_txn) as shipping, sum(tax_amount_txn) as tax
        from silver.fact_refunds where order_kind <> 'credit_note' group by all
        """,
    ),
    Question(
        "parcels: lake to fact_shipments",
        f"select source_name, count(*) as parcels, sum(quantity) as units from {_now('shipments', 'shipment_key')} group by all",
        "select source_name, count(*) as parcels, sum(quantity) as units from silver.fact_shipments group by all",
        ("source_name",),
    ),
    *(
        Question(
            f"{entity}: lake to dim_{entity}",
            # a member is known for good: one that was deleted has versions, too
            f"select distinct {key} from intermediate.int_{entity}__unioned where {key} is not null",
            f"select distinct {key} from silver.dim_{entity} where member_kind in ('registered', 'catalogued')",
            (key,),
        )
        for entity, key in (("customers", "customer_key"), ("products", "product_key"), ("resellers", "reseller_key"))
    ),
    Question(
        "money: ledger to daily_sales",
        """
        select
            event_date as business_date, sum(gross_sales) as gross_sales, sum(discounts) as discounts, sum(returns) as returns,
            sum(cancellations) as cancellations, sum(net_revenue) as net_revenue, sum(shipping_revenue) as shipping_revenue,
            sum(taxes) as taxes, sum(gift_cards) as gift_cards, sum(adjustments) as adjustments, sum(booked_amount) as booked
        from silver.fact_sales_ledger group by all
        """,
        """
        select
            business_date, sum(gross_sales) as gross_sales, sum(discounts) as discounts, sum(returns) as returns,
            sum(cancellations) as cancellations, sum(net_revenue) as net_revenue, sum(shipping_revenue) as shipping_revenue,
            sum(taxes) as taxes, sum(gift_cards) as gift_cards, sum(adjustments) as adjustments,
            sum(total_sales + gift_cards + adjustments) as booked
        from gold.daily_sales
        where business_date in (select event_date from silver.fact_sales_ledger)
        group by all
        """,
        ("business_date",),
    ),
)


def reconcile(connection: duckdb.DuckDBPyConnection) -> Iterator[Comparison]:
    """Asks every question of both sides."""
    for question in QUESTIONS:
        yield compare_queries(connection, question.name, f"({question.expected})", f"({question.found})", question.grain)
