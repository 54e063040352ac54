"""Laws of the facts: a build of what is new ends as a rebuild, every fact joins one version, and only what is concerned is written anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.plain_shop import PlainShop
from tests.warehouse.project import Project

FACTS = ("fact_orders", "fact_order_items", "fact_payments", "fact_shipments", "fact_refunds", "fact_sales_ledger")
#: With what is kept by reckoning of customers, by customer and by order, and the marts that are made of it.
SILVER = (
    *FACTS, "fact_customers", "int_customers__scored",
    "orders", "parcels", "customers", "payment_performance", "unreconciled_orders", "revenue_waterfall", "delivery_performance",
)  # fmt: skip
#: Fact, dimension, the member's name, and the moment at which its version is asked for.
JOINS = [
    ("fact_orders", "dim_customers", "customer", "ordered_at"),
    ("fact_orders", "dim_resellers", "reseller", "ordered_at"),
    ("fact_order_items", "dim_customers", "customer", "ordered_at"),
    ("fact_order_items", "dim_products", "product", "ordered_at"),
    ("fact_order_items", "dim_resellers", "reseller", "ordered_at"),
    ("fact_payments", "dim_customers", "customer", "attempted_at"),
    ("fact_shipments", "dim_customers", "customer", "shipped_at"),
    ("fact_refunds", "dim_customers", "customer", "refunded_at"),
    ("fact_sales_ledger", "dim_customers", "customer", "event_at"),
    (
        "fact_customers",
        "dim_customers",
        "customer",
        "timezone('UTC', timezone('Europe/Berlin', cast(month_end + 1 as timestamp))) - interval 1 microsecond",
    ),
]


@pytest.fixture(scope="module")
def project(repo: Path) -> Project:
    return Project(repo)


@pytest.fixture
def shop(project: Project, repo: Path) -> Iterator[PlainShop]:
    shop = PlainShop(project, repo)
    yield shop
    shop.close()


class Landing(NamedTuple):
    """What lands in one table, or that a row of it is gone."""

    table: str
    row: dict[str, Any]
    is_gone: bool


_EDGES = (datetime(2024, 2, 29, 23, 59, 59, 999_999), datetime(2024, 3, 31, 1), datetime(2024, 5, 1))
moments = st.sampled_from([edge + timedelta(microseconds=step) for edge in _EDGES for step in (-1, 0, 1)] + [datetime(2023, 12, 31, 23)])
_few = st.sampled_from("1234")
_member = st.sampled_from(["x", "y", None])
_cents = st.sampled_from(["0", "0.01", "3.33", "10", "99.99"])
_currency = st.sampled_from(["EUR", "EUR", "USD"])
ROWS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "customers": st.fixed_dictionaries({"customer_id": st.sampled_from("xy"), "first_name": _few, "is_test": st.sampled_from([False, False, True]), "updated_at": moments}),
    "products": st.fixed_dictionaries({"product_id": st.sampled_from("xy"), "list_price": _cents, "updated_at": moments}),
    "resellers": st.fixed_dictionaries({"reseller_id": st.sampled_from("xy"), "commission_rate": _cents, "updated_at": moments}),
    "orders": st.fixed_dictionaries(
        {
            "order_id": _few, "customer_id": _member, "customer_email": st.sampled_from(["a@b.example", "t@test.example", None]), "reseller_id": _member,
            "ordered_at": moments, "status": st.sampled_from(["paid", "paid", "cancelled", "draft"]), "cancelled_at": st.none() | moments,
            "order_kind": st.sampled_from(["sale", "sale", "sale", "credit_note", "adjustment"]), "currency": _currency,
            "shipping_amount": _cents, "discount_amount": _cents, "coupon_code": st.sampled_from([None, "TEST", "X"]), "updated_at": moments,
        }
    ),
    "order_items": st.fixed_dictionaries(
        {
            "order_item_id": _few, "order_id": _few, "product_id": _member, "reseller_id": _member, "quantity": st.sampled_from([1, 3]),
            "unit_price": _cents, "discount_amount": st.sampled_from(["0", "0.01"]), "item_kind": st.sampled_from(["goods", "goods", "shipping", "gift_card"]),
        }
    ),
    "payments": st.fixed_dictionaries(
        {
            "payment_id": _few, "order_id": _few, "status": st.sampled_from(["captured", "captured", "pending", "failed"]), "amount": _cents,
            "currency": _currency, "attempted_at": moments, "updated_at": moments,
        }
    ),
    "shipments": st.fixed_dictionaries(
        {"shipment_id": _few, "order_id": _few, "quantity": st.just(1), "shipped_at": moments, "promised_at": st.none() | moments, "updated_at": moments}
    ),
    "refunds": st.fixed_dictionaries(
        {
            "refund_id": _few, "order_id": _few, "order_item_id": st.none() | _few, "goods_amount": _cents, "tax_amount": _cents,
            "currency": _currency, "refunded_at": moments, "updated_at": moments,
        }
    ),
    "exchange_rates": st.fixed_dictionaries(
        {
            "currency": st.just("USD"), "rate_date": st.sampled_from([date(2023, 12, 30), date(2024, 2, 29), date(2024, 3, 28), date(2024, 5, 1)]),
            "rate": st.sampled_from(["0.9", "0.91234567"]), "updated_at": moments,
        }
    ),
}  # fmt: skip
KEYS = {"exchange_rates": ("currency", "rate_date")}


@st.composite
def _landing(draw: st.DrawFn) -> Landing:
    table = draw(st.sampled_from([*ROWS, "orders", "order_items", "order_items"]))
    row = draw(ROWS[table])
    if table == "exchange_rates" or draw(st.integers(0, 5)):
        return Landing(table, row, False)
    kept = KEYS.get(table, (f"{table[:-1]}_id",))
    return Landing(table, {name: value for name, value in row.items() if name in (*kept, "updated_at")}, True)


@given(builds=st.lists(st.lists(_landing(), min_size=1, max_size=10), min_size=1, max_size=4))
@settings(max_examples=max(8, settings().max_examples // 3))
def test_builds_of_what_is_new_end_as_a_rebuild_and_every_fact_joins_one_version(
    project: Project, repo: Path, builds: list[list[Landing]]
) -> None:
    shop = PlainShop(project, repo)
    try:
        for landings in builds:
            for landing in landings:
                shop.land(landing.table, landing.row, delete=landing.is_gone)
            shop.build(*SILVER)
            shop.next_day()
        step_by_step = shop.contents()
        assert not list(_misjoined(shop))
        shop.build(*SILVER, full_refresh=True)
        rebuilt = shop.contents()
        assert {name: rows for name, rows in rebuilt.items() if rows != step_by_step[name]} == {
            name: rows for name, rows in step_by_step.items() if rows != rebuilt[name]
        }
    finally:
        shop.close()


def _misjoined(shop: PlainShop) -> Iterator[tuple[Any, ...]]:
    """Facts that do not join exactly one version of a member, the one of their time; the unknown member only where they name none."""
    for fact, dimension, one, at in JOINS:
        yield from shop.rows(
            f"""
            select '{fact}', '{dimension}', facts.{one}_key, facts.{one}_sk, count(members.{one}_sk)
            from (select row_number() over () as number, * from silver.{fact}) as facts
            left join silver.{dimension} as members
                on facts.{one}_sk = members.{one}_sk
                and facts.{one}_key is not distinct from members.{one}_key
                and (facts.{one}_key is null or ({at} >= members.valid_from and (members.valid_to is null or {at} < members.valid_to)))
            group by facts.number, facts.{one}_key, facts.{one}_sk
            having count(members.{one}_sk) <> 1
            """
        )


# --- what is concerned is written anew, and nothing else ---------------------------------------------------------------


DAYS = [datetime(2024, month, 10, 12) for month in range(1, 7)]


@pytest.fixture
def busy(shop: PlainShop) -> PlainShop:
    """Two customers with an order a month each, all with a line, a payment, a parcel; some refunded. Built once."""
    for customer in "xy":
        shop.land("customers", {"customer_id": customer, "first_name": "A", "updated_at": datetime(2023, 1, 1)})
        for number, day in enumerate(DAYS, 1):
            order, events = f"{customer}{number}", {"order_id": f"{customer}{number}", "updated_at": day}
            shop.land("orders", events | {"customer_id": customer, "ordered_at": day})
            shop.land("order_items", {"order_item_id": order, "order_id": order, "product_id": f"p{number % 2}", "unit_price": 10})
            shop.land("payments", events | {"payment_id": order, "amount": 10, "attempted_at": day})
            shop.land("shipments", events | {"shipment_id": order, "quantity": 1, "shipped_at": day + timedelta(days=1)})
            shop.land("refunds", events | {"refund_id": order, "goods_amount": 1, "refunded_at": day + timedelta(days=2)})
    shop.land("products", *({"product_id": name, "list_price": 10, "updated_at": datetime(2023, 1, 1)} for name in ("p0", "p1")))
    shop.build(*SILVER)
    shop.next_day()
    return shop


def rewritten(shop: PlainShop) -> dict[str, set[str]]:
    """Builds, and says which orders have rows that were not there before, by fact; a row that stays keeps its place in the table."""
    before = {fact: {row for (row,) in shop.rows(f"select rowid from silver.{fact}")} for fact in FACTS}
    shop.build(*SILVER)
    found = {fact: shop.rows(f"select rowid, split_part(order_key, ':', 2) from silver.{fact}") for fact in FACTS}
    return {fact: {order for row, order in rows if row not in before[fact]} for fact, rows in found.items()}


def test_a_build_of_nothing_new_writes_no_fact(busy: PlainShop) -> None:
    assert rewritten(busy) == {key: set() for key in FACTS}


def test_a_late_version_of_a_customer_mends_the_facts_of_its_time_and_those_alone(busy: PlainShop) -> None:
    busy.land("customers", {"customer_id": "x", "first_name": "C", "updated_at": datetime(2024, 5, 1)})
    assert rewritten(busy) == {key: {"x5", "x6"} for key in FACTS}
    # files itself between the two that are known: from March to May
    busy.land("customers", {"customer_id": "x", "first_name": "B", "updated_at": datetime(2024, 3, 1)})
    assert rewritten(busy)["fact_payments"] == {"x3", "x4", "x5", "x6"}
    names = busy.rows(
        "select order_id, first_name from silver.fact_orders join silver.dim_customers using (customer_sk) where order_id like 'x%' order by 1"
    )
    assert [name for _, name in names] == ["A", "A", "B", "B", "C", "C"]


def test_a_cancellation_is_booked_on_who_the_customer_was_that_day(busy: PlainShop) -> None:
    busy.land("customers", {"customer_id": "x", "first_name": "B", "updated_at": datetime(2024, 3, 20)})
    busy.land(
        "orders",
        {
            "order_id": "x3",
            "customer_id": "x",
            "ordered_at": DAYS[2],
            "status": "cancelled",
            "cancelled_at": datetime(2024, 4, 1),
            "updated_at": datetime(2024, 4, 1),
        },
    )
    busy.build(*SILVER)
    booked = busy.rows(
        "select event_type, first_name from silver.fact_sales_ledger join silver.dim_customers using (customer_sk) where order_key = 'shop:x3' order by event_at"
    )
    assert booked == [("sale", "A"), ("refund", "A"), ("cancellation", "B")]


def test_a_late_state_that_another_follows_mends_no_fact_after_it(busy: PlainShop) -> None:
    """Later orders of the customer are looked at for their number; nobody else's are."""
    busy.land("products", {"product_id": "p1", "list_price": 30, "updated_at": datetime(2024, 6, 1)})
    busy.build(*SILVER)
    busy.land("products", {"product_id": "p1", "list_price": 20, "updated_at": datetime(2024, 5, 1)})
    assert rewritten(busy)["fact_order_items"] == {"x5", "y5", "x6", "y6"}
    prices = busy.rows(
        "select order_id, list_price from silver.fact_order_items join silver.dim_products using (product_sk) where product_id = 'p1' order by 1"
    )
    assert [int(price) for _, price in prices] == [10, 10, 20, 10, 10, 20]


def test_a_member_that_arrives_takes_the_place_of_the_inferred_one(busy: PlainShop) -> None:
    busy.land("orders", {"order_id": "z1", "customer_id": "z", "ordered_at": DAYS[2], "updated_at": DAYS[2]})
    assert rewritten(busy)["fact_orders"] == {"z1"}
    kind = "select member_kind, valid_from from silver.fact_orders join silver.dim_customers using (customer_sk) where order_id = 'z1'"
    assert busy.rows(kind) == [("inferred", DAYS[2])]
    busy.land("customers", {"customer_id": "z", "updated_at": datetime(2024, 6, 1)})
    assert rewritten(busy)["fact_orders"] == {"z1"}
    assert busy.rows(kind) == [("registered", DAYS[2])]


@pytest.mark.parametrize(
    ("table", "fact", "row"),
    [
        ("order_items", "fact_order_items", {"order_item_id": "x2", "order_id": "y5", "product_id": "p0", "unit_price": 10}),
        ("payments", "fact_payments", {"payment_id": "x2", "order_id": "y5", "amount": 10, "attempted_at": DAYS[1]}),
        ("shipments", "fact_shipments", {"shipment_id": "x2", "order_id": "y5", "quantity": 1, "shipped_at": DAYS[1]}),
        ("refunds", "fact_refunds", {"refund_id": "x2", "order_id": "y5", "goods_amount": 1, "refunded_at": DAYS[1]}),
    ],
)
def test_what_moves_from_one_order_to_another_mends_both(busy: PlainShop, table: str, fact: str, row: dict[str, Any]) -> None:
    busy.land(table, row if table == "order_items" else row | {"updated_at": datetime(2024, 7, 1)})
    assert {"x2", "y5"} <= rewritten(busy)["fact_orders"]
    assert busy.rows(f"select count(*) from silver.{fact} where order_key = 'shop:x2'") == [(0,)]
    assert busy.rows(f"select count(*) from silver.{fact} where order_key = 'shop:y5'") == [(2,)]
    step_by_step = busy.contents()
    busy.build(*SILVER, full_refresh=True)
    assert busy.contents() == step_by_step


@pytest.mark.parametrize("table", ["order_items", "payments", "shipments", "refunds"])
def test_what_is_deleted_leaves_its_order_and_no_other(busy: PlainShop, table: str) -> None:
    key = {f"{table[:-1]}_id": "x5"}
    busy.land(table, key if table == "order_items" else key | {"updated_at": datetime(2024, 7, 1)}, delete=True)
    assert rewritten(busy)["fact_orders"] == {"x5", "x6"}
    assert busy.rows(f"select count(*) from silver.fact_{table} where {table[:-1]}_id = 'x5'") == [(0,)]


def test_a_rate_that_comes_late_mends_the_days_it_serves(busy: PlainShop) -> None:
    for number, day in enumerate(DAYS, 1):
        order = {"order_id": f"u{number}", "currency": "USD", "ordered_at": day, "updated_at": day, "shipping_amount": 10}
        busy.land("orders", order)
        busy.land("exchange_rates", {"currency": "USD", "rate_date": day.date() - timedelta(days=2), "rate": "0.9", "updated_at": day})
    busy.build(*SILVER)
    busy.land("exchange_rates", {"currency": "USD", "rate_date": DAYS[3].date() - timedelta(days=1), "rate": "0.8", "updated_at": DAYS[3]})
    assert rewritten(busy)["fact_orders"] == {"u4"}
    found = busy.rows("select order_id, shipping_amount from silver.fact_orders where currency = 'USD' order by 1")
    assert [str(amount) for _, amount in found] == ["9.0000"] * 3 + ["8.0000"] + ["9.0000"] * 2
