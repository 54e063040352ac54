"""Medusa and WooCommerce, from their own tables to gold: what the shops' owners would reckon by hand, and what the systems say themselves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from tests.lake.test_forget import holding
from tests.systems.conftest import MUG, QUESTIONS, SHIRT, TwoShops
from tests.systems.woocommerce.shop import Line
from tests.whole.conftest import Shop, differences

THIRD, FOURTH, FIFTH, SEVENTH = date(2025, 3, 3), date(2025, 3, 4), date(2025, 3, 5), date(2025, 3, 7)
NOTHING = Decimal(0)
#: goods, returns, cancellations, shipping, taxes
Booked = tuple[Decimal, Decimal, Decimal, Decimal, Decimal]


def four(amount: Decimal) -> Decimal:
    """Rounded as the warehouse keeps amounts."""
    return amount.quantize(Decimal("0.0001"), ROUND_HALF_UP)


def medusa_sale(*lines: tuple[int, str, int, str], shipping: str = "0", vat: int, inclusive: bool = True, rate: str = "1") -> Booked:
    """What an order books: lines are units, price, percent off before tax and nothing, as in Medusa."""
    factor = 1 + Decimal(vat) / 100
    goods = paid = NOTHING
    for units, price, percent, _ in lines:
        whole = units * Decimal(price)
        before = whole / factor if inclusive else whole
        goods += four(before * (100 - percent) / 100)
        paid += four(before * (100 - percent) / 100 * factor)
    post = Decimal(shipping) if not inclusive else Decimal(shipping) / factor
    post_paid = post * factor
    worth = Decimal(rate)
    taxes = paid - goods + four(post_paid) - four(post)
    return four(goods * worth), NOTHING, NOTHING, four(four(post) * worth), four(taxes * worth)


def woo_sale(*lines: Line, shipping: str = "0") -> Booked:
    post = (Decimal(shipping) / Decimal("1.19")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    taxes = sum((four(line.tax) for line in lines), NOTHING) + Decimal(shipping) - post
    return sum((four(line.total) for line in lines), NOTHING), NOTHING, NOTHING, post, taxes


def cancelled(sale: Booked) -> Booked:
    return NOTHING, NOTHING, sale[0], -sale[3], -sale[4]


def refunded(goods: Decimal, taxes: Decimal, shipping: Decimal = NOTHING) -> Booked:
    return NOTHING, goods, NOTHING, -shipping, -taxes


def ledger(*events: tuple[str, str, date, Booked]) -> list[tuple[Any, ...]]:
    """The events summed as the warehouse was asked to."""
    sums: dict[tuple[str, str, date], list[Decimal]] = defaultdict(lambda: [NOTHING] * 5)
    for source, kind, day, booked in events:
        sums[source, kind, day] = [a + b for a, b in zip(sums[source, kind, day], booked, strict=True)]
    return sorted((*key, *amounts) for key, amounts in sums.items())


def _off(units: int, price: str, percent: int = 0) -> tuple[int, str, int, str]:
    return units, price, percent, ""


FOUR = medusa_sale(_off(1, "19.90"), shipping="4.90", vat=19)
FIVE = medusa_sale(_off(1, "15"), _off(1, "7.49"), shipping="5", vat=20, inclusive=False, rate="1.25")
ONE = medusa_sale(_off(2, "19.90"), _off(1, "8.33"), shipping="4.90", vat=19)
THREE = medusa_sale(_off(1, "12", 10), _off(2, "8.33", 10), shipping="4.90", vat=20)
MEDUSA_FIRST = (
    ("medusa", "sale", THIRD, ONE),
    ("medusa", "sale", THIRD, medusa_sale(_off(3, "7.49"), shipping="5", vat=20, inclusive=False, rate="1.25")),
    ("medusa", "sale", THIRD, THREE),
    # half past eleven in the evening is the next day in Berlin
    ("medusa", "sale", FIFTH, FOUR),
    ("medusa", "cancellation", FIFTH, cancelled(FOUR)),
    ("medusa", "sale", FIFTH, FIVE),
    ("medusa", "cancellation", FIFTH, cancelled(FIVE)),
    ("medusa", "sale", FIFTH, medusa_sale(_off(3, "19.90"), shipping="4.90", vat=20)),
)
MEDUSA_SECOND = (
    ("medusa", "sale", THIRD, ONE),
    # one mug less and a shirt more: the order as it is now
    ("medusa", "sale", THIRD, medusa_sale(_off(2, "7.49"), _off(1, "15"), shipping="5", vat=20, inclusive=False, rate="1.25")),
    ("medusa", "sale", THIRD, THREE),
    ("medusa", "sale", FIFTH, FOUR),
    ("medusa", "cancellation", FIFTH, cancelled(FOUR)),
    # the fifth order was deleted; the sixth is a draft; of the seventh a shirt was taken off, and its money given back
    ("medusa", "sale", FIFTH, medusa_sale(_off(2, "19.90"), shipping="4.90", vat=20)),
    ("medusa", "sale", SEVENTH, medusa_sale(_off(1, "8.33", 10), shipping="4.90", vat=19)),
    ("medusa", "refund", SEVENTH, refunded(Decimal("16.7227"), Decimal("3.1773"))),
    ("medusa", "refund", SEVENTH, refunded(Decimal("2.5"), NOTHING)),
    ("medusa", "refund", SEVENTH, refunded(Decimal("1.5"), NOTHING)),
)
NEVER_PAID = woo_sale(Line(102, 1, SHIRT))
WOO_FIRST = (
    ("woo", "sale", THIRD, woo_sale(Line(101, 2, SHIRT), Line(20, 1, MUG), shipping="4.90")),
    ("woo", "sale", THIRD, woo_sale(Line(20, 3, MUG, Decimal("0.1")))),
    ("woo", "sale", THIRD, NEVER_PAID),
    ("woo", "cancellation", THIRD, cancelled(NEVER_PAID)),
    ("woo", "sale", THIRD, woo_sale(Line(20, 2, MUG))),
    ("woo", "sale", THIRD, woo_sale(Line(101, 1, SHIRT))),
    ("woo", "sale", THIRD, woo_sale(Line(20, 1, MUG))),
    ("woo", "sale", FOURTH, woo_sale(Line(20, 1, MUG), Line(102, 1, SHIRT))),
)
WOO_SECOND = (
    ("woo", "sale", THIRD, woo_sale(Line(101, 2, SHIRT), Line(20, 1, MUG), shipping="4.90")),
    ("woo", "sale", THIRD, woo_sale(Line(20, 2, MUG, Decimal("0.1")), Line(101, 1, SHIRT))),
    ("woo", "sale", THIRD, woo_sale(Line(20, 2, MUG))),
    ("woo", "sale", THIRD, woo_sale(Line(101, 1, SHIRT))),
    ("woo", "sale", FOURTH, woo_sale(Line(102, 1, SHIRT))),
    ("woo", "sale", SEVENTH, woo_sale(Line(20, 4, MUG))),
    # a shirt with its tax, and the shipping
    ("woo", "refund", SEVENTH, refunded(Decimal("16.7227"), Decimal("3.1773") + Decimal("0.78"), Decimal("4.12"))),
    # 2.50 without a line: 2.66 of the order's 16.66 are tax
    ("woo", "refund", SEVENTH, refunded(Decimal("2.5") - Decimal("0.3992"), Decimal("0.3992"))),
    ("woo", "refund", SEVENTH, refunded(Decimal("16.7227"), Decimal("3.1773"))),
)


@pytest.mark.parametrize(("run", "events"), [(0, MEDUSA_FIRST + WOO_FIRST), (1, MEDUSA_SECOND + WOO_SECOND)], ids=["first", "second"])
def test_what_is_booked_is_what_the_orders_come_to_by_hand(two_shops: TwoShops, run: int, events: Iterable[Any]) -> None:
    expected = ledger(*events)
    assert two_shops.answers[run]["ledger"] == expected
    goods, returns, gone, shipping, taxes = (sum(row[index] for row in expected) for index in range(3, 8))
    assert two_shops.answers[run]["gold"] == [(goods - returns - gone, shipping, taxes)]


def test_every_order_of_medusa_comes_to_what_medusa_says_it_does(two_shops: TwoShops) -> None:
    said = {
        order: Decimal(total)
        for order, total in two_shops.medusa.execute(
            """
            select o.id, s.totals->'raw_current_order_total'->>'value'
            from "order" o join order_summary s on s.order_id = o.id and s.version = o.version
            where o.deleted_at is null and not o.is_draft_order and o.currency_code = 'eur'
            """
        )
    }
    booked = dict(two_shops.answers[1]["booked"])
    assert len(said) == 5
    assert {order: four(total) + 0 for order, total in said.items()} == {order: booked[order] for order in said}


def test_every_order_of_woocommerce_comes_to_its_total(two_shops: TwoShops) -> None:
    with two_shops.woo.connection.cursor() as cursor:
        cursor.execute("select id, total_amount from wp_wc_orders where type = 'shop_order' and status <> 'trash'")
        said = {str(number): total for number, total in cursor.fetchall()}
    found = {order: total for source, order, *_, total, _, _ in two_shops.answers[1]["orders"] if source == "woo"}
    assert len(said) == 8
    assert {order: round(total, 2) for order, total in found.items()} == {order: round(total, 2) for order, total in said.items()}


def test_a_status_is_what_became_of_the_order(two_shops: TwoShops) -> None:
    numbers = dict(two_shops.medusa.execute('select id, display_id from "order"').fetchall())
    first, second = (
        {(source, numbers.get(order, order)): status for source, order, status, *_ in answer["orders"]} for answer in two_shops.answers
    )
    assert [first["medusa", number] for number in range(1, 8)] == ["shipped", "paid", "paid", "cancelled", "cancelled", "draft", "paid"]
    assert second["medusa", 1] == "delivered"
    assert ("medusa", 5) not in second
    assert {number: first["woo", str(number)] for number in range(1001, 1010)} == {
        1001: "shipped", 1002: "pending", 1003: "cancelled", 1004: "failed", 1005: "draft", 1006: "paid", 1007: "paid", 1008: "paid", 1009: "paid",
    }  # fmt: skip
    assert second["woo", "1002"] == "paid"
    assert {"1003", "1008"} & {order for source, order in second if source == "woo"} == set()


def test_who_ordered_and_where_is_known(two_shops: TwoShops) -> None:
    orders = two_shops.answers[1]["orders"]
    assert {(source, channel) for source, _, _, channel, *_ in orders} == {
        ("medusa", "Web"),
        ("medusa", "Market stall"),
        ("woo", "checkout"),
    }
    assert sorted(coupon for *_, coupon, _, _, _, _ in orders if coupon) == ["SPRING10", "SPRING10", "SPRING10"]
    # Medusa: two orders of one guest and a draft; WooCommerce: a guest and a draft
    assert sum(is_guest for *_, is_guest, _, _, _ in orders) == 5
    assert {(source, country) for source, _, _, _, country, *_ in orders} == {
        ("medusa", "DE"), ("medusa", "AT"), ("medusa", "GB"), ("woo", "DE"), ("woo", "AT"),
    }  # fmt: skip


def test_people_have_the_history_that_the_systems_tell(two_shops: TwoShops) -> None:
    customers = two_shops.answers[1]["customers"]
    current = {
        (source, email): (city, country, is_deleted) for source, email, city, country, is_deleted, is_current in customers if is_current
    }
    assert current["medusa", "anna@example.com"] == ("Potsdam", "DE", False)
    assert current["woo", "anna@example.org"] == ("Potsdam", "DE", False)
    # whose account was deleted is gone, and nothing of the person with it
    assert current["woo", None] == (None, "ZZ", True)
    assert ("woo", "anna@example.com", "Berlin", "DE", False, False) in customers
    assert ("medusa", "anna@example.com", "Berlin", "DE", False, False) in customers
    assert not [email for _, email, *_ in customers if email and email.startswith(("gast", "gina", "draft"))]


def test_products_keep_their_names_as_they_were(two_shops: TwoShops) -> None:
    for source in ("medusa", "woo"):
        mine = {row[1:] for row in two_shops.answers[1]["products"] if row[0] == source}
        assert {("Mug", "active", False, False), ("Blue mug", "active", False, True)} <= mine
    assert ("medusa", "Old poster", "active", True, True) in two_shops.answers[1]["products"]
    assert ("woo", "Not yet", "discontinued", False, True) in two_shops.answers[1]["products"]
    assert not [name for _, name, *_ in two_shops.answers[1]["products"] if name in ("About us", "Order", "Refund")]


def test_every_line_names_its_product(two_shops: TwoShops) -> None:
    unknown = "select count(*) from silver.fact_order_items where product_sk = '-1'"
    assert two_shops.shop.value(unknown) == 0
    inferred = "select count(*) from silver.dim_products where member_kind = 'inferred'"
    assert two_shops.shop.value(inferred) == 0


def test_what_is_known_and_not_wanted_is_never_read_and_not_reported(two_shops: TwoShops) -> None:
    landed = {row[0] for row in two_shops.shop.landed("select column_name from (describe bronze.woocommerce__users)")}
    assert {name for name in landed if not name.startswith("_")} == {"ID", "user_registered"}
    for report in two_shops.reports:
        assert [note for table in report.tables for note in table.notes if "not declared" in note] == []
        assert [table for table in report.tables if table.quarantined] == []


def test_a_run_without_changes_finds_nothing(two_shops: TwoShops) -> None:
    again = two_shops.shop.run("ingest")
    assert sum(table.landed for table in again.tables) == 0


@pytest.mark.slow
def test_the_warehouse_that_grew_is_the_one_that_is_made_anew_from_the_lake(two_shops: TwoShops, tmp_path: Any) -> None:
    anew: Shop = two_shops.shop.copy(tmp_path / "anew")
    anew.forget_the_warehouse()
    anew.run("build")
    assert differences(two_shops.shop, anew, landing=True) == []


@pytest.mark.slow
def test_somebody_who_buys_in_both_shops_is_forgotten_in_both_and_no_figure_moves(two_shops: TwoShops, tmp_path: Any) -> None:
    """Anna has an account in each, moved, and changed her e-mail in one; Gina was a guest; an extract was given away before."""
    shop: Shop = two_shops.shop.copy(tmp_path / "forgetting")
    erins, anas = shop.root / "erin.duckdb", shop.root / "ana_extract"
    assert shop.call("export", "--as", "erin", "-o", str(erins), "silver.dim_customers").exit_code == 0
    assert shop.call("export", "--as", "ana", "-o", str(anas), "--format", "parquet").exit_code == 0
    hers = ("anna@example.com", "anna@example.org", "Lindenweg 1", "Seestr. 7", "+49 30 999", "gina@example.com")
    kept = [place for place in holding(shop.root, hers) if "erin.duckdb" not in place]
    assert {word for word in hers if any(place.startswith(word) for place in kept)} == set(hers), "they are looked for in the right way"
    before = {name: sorted(map(repr, shop.rows(QUESTIONS[name]))) for name in ("ledger", "orders", "booked", "gold")}
    customers = shop.rows("select count(*) from silver.dim_customers")
    for person in ("anna@example.com", "gina@example.com"):
        done = shop.call("forget", "--customer", person, "-y")
        assert done.exit_code == 0, (done.said, done.told)
        (of_erin,) = [line for line in done.data["not_ours"] if str(erins) in line]
        # a guest is a customer without an e-mail there
        assert ("holds it, in silver.dim_customers.email" in of_erin) == (person == "anna@example.com")
        (of_ana,) = [line for line in done.data["not_ours"] if str(anas) in line]
        assert of_ana.endswith("holds none of it as it was")
    assert [place for place in holding(shop.root, hers) if "erin.duckdb" not in place] == []
    assert {name: sorted(map(repr, shop.rows(QUESTIONS[name]))) for name in before} == before
    assert shop.rows("select count(*) from silver.dim_customers") == customers
    # both shops show her still, and are read whole again
    for table in ("medusa.customer", "medusa.customer_address", "medusa.order", "woo.wc_orders"):
        assert shop.call("state", "rewind", table, "--to", "2024-01-01").exit_code == 0
    shop.run()
    assert [place for place in holding(shop.root, hers) if "erin.duckdb" not in place] == []
    again = shop.call("forget", "--customer", "anna@example.com", "-y")
    assert (again.exit_code, again.data["tables"]) == (0, [])
    # what she was named by is looked for as long as somebody has it
    (of_erin,) = [line for line in again.data["not_ours"] if str(erins) in line]
    assert "holds it, in silver.dim_customers.email" in of_erin
