"""Source = bronze = silver = gold, batch by batch, and booked = paid, order by order: each check turns red when what it guards is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.warehouse import batches
from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project

AT = "2024-03-01 10:00:00"
ENTITIES = ("orders", "order_items", "payments", "shipments", "refunds", "exchange_rates")
#: What may be wrong with the rows of silver; a parcel has no amount.
BREAKS = ("delete from {table}", "update {table} set observed_at = timestamp '2000-01-01'", "update {table} set {amount} = {amount} + 0.01")


@pytest.fixture(scope="module")
def shop(repo: Path) -> Iterator[PlainShop]:
    """Three orders of 20.00: one paid, one unpaid, one paid a euro short; a payment for an order that never came."""
    shop = PlainShop(Project(repo), repo)
    shop.connection.execute(batches._TABLES)
    shop.connection.execute(
        "insert into ops.batches select n, 'b' || n, 'shop', 'plain', 'orders', 'land', timestamp '2024-03-01 22:00:00' + to_days(n // 2), "
        "10, 7, 1, 2, 0, timestamp '2024-03-01 21:00:00', 6, 1 from range(1, 4) as t(n)"
    )
    shop.connection.execute(
        "insert into ops.rejections values (1, 'no key', 2), (2, 'no key', 1), (2, 'a letter in a number', 1), (3, 'no key', 2)"
    )
    shop.land("orders", *({"order_id": name, "ordered_at": AT, "updated_at": AT} for name in ("paid", "unpaid", "short")))
    shop.land("order_items", *({"order_item_id": name, "order_id": name, "quantity": 2} for name in ("paid", "unpaid", "short")))
    paid = {"paid": 20, "short": 19, "lost": 5}
    shop.land(
        "payments",
        *({"payment_id": name, "order_id": name, "amount": amount, "attempted_at": AT, "updated_at": AT} for name, amount in paid.items()),
    )
    shop.land("refunds", {"refund_id": "1", "order_id": "paid", "goods_amount": 3, "refunded_at": AT, "updated_at": AT})
    shop.land("shipments", {"shipment_id": "1", "order_id": "paid", "updated_at": AT})
    shop.land("exchange_rates", {"currency": "USD", "rate_date": "2024-03-01", "rate": "0.9", "updated_at": AT})
    shop.build()
    yield shop
    shop.close()


def test_each_table_and_day_says_what_was_read_and_where_it_is(shop: PlainShop) -> None:
    found = shop.rows(
        "select entity, run_date::varchar, batches, rows_read, rows_quarantined, rejected_reasons, rows_in_warehouse, seconds_behind, difference "
        "from gold.data_health order by run_date"
    )
    assert found == [
        ("orders", "2024-03-01", 1, 10, 2, "no key: 2", 6, 3600, 0),
        ("orders", "2024-03-02", 2, 20, 4, "no key: 3; a letter in a number: 1", 12, 90000, 0),
    ]


@pytest.mark.parametrize("breaks", ["rows_in_bronze = rows_in_bronze - 1", "rows_quarantined = 0"])
def test_a_batch_that_is_not_whole_is_found(shop: PlainShop, breaks: str) -> None:
    text = (shop.project.folder / "tests/assert_every_batch_is_in_bronze.sql").read_text()
    question = shop.project._environment.from_string(text).render()
    assert shop.rows(question) == []
    shop.connection.execute("begin")
    shop.connection.execute(f"update ops.batches set {breaks} where commit_number = 2")
    assert [row[2] for row in shop.rows(question)] == ["b2"]
    shop.connection.execute("rollback")


@pytest.mark.parametrize(
    ("entity", "breaks"),
    [(entity, breaks) for entity in ENTITIES for breaks in BREAKS if entity != "shipments" or "{amount}" not in breaks],
)
def test_what_landed_and_silver_does_not_say_is_found(shop: PlainShop, entity: str, breaks: str) -> None:
    model = f"int_{entity}__current"
    (arguments,) = shop.project.declared(model, "takes_up_what_landed")
    question, table = shop.project.test("takes_up_what_landed", model, **arguments), shop.project.nodes[model].relation
    shop.connection.execute("begin")
    shop.connection.execute(f"update bronze.plain__{entity} set _is_new = true")
    assert shop.rows(question) == []
    shop.connection.execute(breaks.format(table=table, amount=(arguments["amounts"] or [""])[-1]))
    assert len(shop.rows(question)) == 1
    shop.connection.execute("rollback")


def test_orders_whose_money_does_not_tie_are_listed_with_their_difference(shop: PlainShop) -> None:
    found = shop.rows("select order_key, reason, booked_amount::varchar, difference::varchar from gold.unreconciled_orders order by 1")
    assert found == [
        ("shop:lost", "order_not_arrived", "0.0000", "5.0000"),
        ("shop:short", "paid_short_of_total", "20.0000", "-1.0000"),
        ("shop:unpaid", "unpaid", "20.0000", "-20.0000"),
    ]


def test_the_waterfall_leads_from_gross_sales_to_what_was_paid(shop: PlainShop) -> None:
    steps = (
        "gross_sales",
        "returns",
        "net_revenue",
        "total_sales",
        "booked_amount",
        "unreconciled_amount",
        "captured_amount",
        "paid_back_amount",
    )
    ((*found,),) = shop.rows(f"select {', '.join(f'sum({step})::varchar' for step in steps)} from gold.revenue_waterfall")
    assert found == ["60.0000", "3.0000", "57.0000", "57.0000", "57.0000", "-16.0000", "44.0000", "3.0000"]


@pytest.mark.parametrize("step", ["returns", "total_sales", "booked_amount", "captured_amount", "unreconciled_amount"])
def test_a_waterfall_that_does_not_tie_is_found(shop: PlainShop, step: str) -> None:
    question = shop.project.test("ties", "revenue_waterfall")
    assert shop.rows(question) == []
    shop.connection.execute("begin")
    shop.connection.execute(f"update gold.revenue_waterfall set {step} = {step} + 0.01")
    assert shop.rows(question)
    shop.connection.execute("rollback")


@pytest.mark.parametrize(("fact", "event"), [("fact_payments", "payment"), ("fact_refunds", "refund")])
def test_a_missing_rate_of_a_payment_or_a_refund_is_found_and_an_unknown_currency_is_listed_elsewhere(
    shop: PlainShop, fact: str, event: str
) -> None:
    text = (shop.project.folder / "tests/assert_every_payment_and_refund_has_a_rate.sql").read_text()
    question = f"select event, currency, rate_date::varchar from ({shop.project._environment.from_string(text).render()})"
    assert shop.rows(question) == []
    shop.connection.execute("begin")
    shop.connection.execute(f"update silver.{fact} set currency = 'CHF', exchange_rate = null where order_key = 'shop:paid'")
    assert shop.rows(question) == [(event, "CHF", "2024-03-01")]
    shop.connection.execute(f"update silver.{fact} set currency = 'SHL' where order_key = 'shop:paid'")
    assert shop.rows(question) == []
    shop.connection.execute("rollback")
