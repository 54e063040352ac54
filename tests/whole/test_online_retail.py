"""A real shop's invoice lines: the known figures come out to the last digit, and how the files were loaded leaves no trace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from fondaco.job.verify import verify
from tests.whole.conftest import Shop, Unwatched, differences, retail

UK, FRANCE = "United Kingdom", "France"


def line(invoice: str, code: str, quantity: int, at: str, price: str, customer: str = "17850.0", country: str = UK, name: str = "") -> str:
    return f'{invoice},{code},"{name or f"THING {code}"}",{quantity},{at},{price},{customer},{country}'


#: Five days as the real ones are: codes in both cases, postage, lines twice, no customer, price 0, cancellations, a bad debt, a customer who moves.
DAYS = {
    "2010-12-01.csv.gz": [
        line("536365", "85123A", 6, "2010-12-01 08:26:00", "2.55"),
        line("536365", "85123a", 6, "2010-12-01 08:26:00", "2.55"),
        line("536365", "85123A", 6, "2010-12-01 08:26:00", "2.55"),
        line("536365", "POST", 1, "2010-12-01 08:26:00", "18.00"),
        line("536366", "22632", 3, "2010-12-01 08:28:00", "1.845", "13047.0", FRANCE),
        line("536366", "22633", 2, "2010-12-01 08:29:00", "0.001", "13047.0", FRANCE, "HAND WARMER, 'RED' CAFÉ"),
        line("536367", "21777", -10, "2010-12-01 09:00:00", "0.0", "", name="damaged"),
    ],
    "2010-12-02.csv.gz": [
        line("C536379", "85123a", -1, "2010-12-02 09:41:00", "2.55"),
        line("C536379", "D", -1, "2010-12-02 09:41:00", "27.50", name="Discount"),
        line("536380", "22961", 24, "2010-12-02 09:41:00", "1.45", "", "EIRE"),
        line("536380", "22961", 24, "2010-12-02 09:41:00", "1.45", "", "EIRE"),
        line("536381", "M", 1, "2010-12-02 10:00:00", "15.00", "15311.0", name="Manual"),
    ],
    "2010-12-05.csv.gz": [
        line("536500", "22632", 12, "2010-12-05 10:03:00", "1.85", "13047.0"),
        line("536500", "gift_0001_20", 1, "2010-12-05 10:03:00", "16.67", "13047.0"),
        line("536501", "85123A", 2, "2010-12-05 11:00:00", "2.55", name="WHITE HANGING HEART"),
        line("A563185", "B", 1, "2010-12-05 14:50:00", "-11062.06", "", name="Adjust bad debt"),
    ],
    "2011-03-27.csv.gz": [
        line("545220", "85123A", 2, "2011-03-27 01:30:00", "2.55"),
        line("545221", "DOT", 1, "2011-03-27 12:00:00", "100.10", ""),
        line("C545300", "22961", -3, "2011-03-27 15:00:00", "1.45", "18000.0", "EIRE"),
    ],
    "2011-03-28.csv.gz": [
        line("545400", "22632", 1, "2011-03-28 00:10:00", "1.65", "13047.0", FRANCE, "HAND WARMER RED"),
        line("545401", "BANK CHARGES", 1, "2011-03-28 09:00:00", "7.50", "", name="Bank Charges"),
    ],
}
TOTAL = "sum(cast(Quantity as decimal(18, 0)) * UnitPrice)"


def fill(shop: Shop, files: Sequence[Path]) -> Shop:
    for file in files:
        shutil.copy(file, shop.drops)
    return shop


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """All of our own days in one run."""
    shop = retail(tmp_path_factory.mktemp("own") / "shop", DAYS)
    shop.run()
    return shop


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """All 200 real days in one run."""
    shop = fill(retail(tmp_path_factory.mktemp("real") / "shop"), daily(shared_data))
    shop.run()
    return shop


def daily(shared_data: Path) -> list[Path]:
    return sorted((shared_data / "online_retail" / "daily").iterdir())


# --- what is known of the 200 real days -----------------------------------------------------------------------------

KNOWN = {
    "lines": 294_875,
    "invoices": 15_173,
    "cancellations": 2_343,
    "lines of cancellations": 5_358,
    "customers": 3_244,
    "countries": 37,
    "lines without a customer": 82_738,
    "amount": Decimal("5252414.222"),
}


def test_the_known_figures_come_out_of_bronze(real: Shop) -> None:
    found = real.rows(
        f"""
        select
            count(*), count(distinct InvoiceNo), count(distinct InvoiceNo) filter (InvoiceNo like 'C%'),
            count(*) filter (InvoiceNo like 'C%'), count(distinct CustomerID), count(distinct Country),
            count(*) filter (CustomerID is null), {TOTAL}
        from bronze.online_retail__invoice_lines
        """
    )
    assert dict(zip(KNOWN, found[0], strict=True)) == KNOWN


def test_the_known_figures_come_out_of_silver(real: Shop) -> None:
    found = real.rows(
        """
        select
            count(*), count(distinct order_key), count(distinct order_key) filter (order_id like 'C%'), count(*) filter (order_id like 'C%'),
            count(distinct customer_key), count(distinct country), count(*) filter (customer_key is null), sum(gross_amount)
        from silver.fact_order_items
        """
    )
    assert dict(zip(KNOWN, found[0], strict=True)) == KNOWN


def test_the_known_figures_come_out_of_orders_and_dimensions(real: Shop) -> None:
    assert real.rows("select count(*), count(*) filter (order_id like 'C%'), sum(line_count) from silver.fact_orders") == [
        (KNOWN["invoices"], KNOWN["cancellations"], KNOWN["lines"])
    ]
    assert real.value("select count(*) filter (is_current and member_kind <> 'unknown') from silver.dim_customers") == KNOWN["customers"]
    assert real.value("select count(*) from gold.customers") == KNOWN["customers"]


def test_the_ledger_books_every_pound_once(real: Shop) -> None:
    assert real.value("select sum(booked_amount) from silver.fact_sales_ledger") == KNOWN["amount"]


def test_gold_reconciles_with_the_amount(real: Shop) -> None:
    parts = "sum(net_revenue) + sum(shipping_revenue) + sum(taxes) + sum(gift_cards) + sum(adjustments)"
    assert real.value(f"select {parts} from gold.daily_sales") == KNOWN["amount"]
    assert real.value("select sum(net_revenue) = sum(gross_sales - discounts - returns - cancellations) from gold.daily_sales")
    assert real.value("select sum(total_sales) = sum(net_revenue + shipping_revenue + taxes) from gold.daily_sales")
    assert real.value("select count(distinct customer_key) from gold.orders") <= KNOWN["customers"]


def test_no_country_of_a_real_invoice_is_unknown_without_being_said(real: Shop) -> None:
    named = real.rows(
        """
        select distinct country_name from silver.fact_orders
        where country = 'ZZ' order by 1
        """
    )
    assert [name for (name,) in named] == ["Unspecified"]


def test_the_files_are_the_lake_and_the_lake_is_silver_and_gold_to_the_last_digit(real: Shop) -> None:
    found = verify(real.settings, Unwatched())
    assert found.differences == ()
    assert (found.equal, found.exit_code, found.notes) == (found.compared, 0, ())
    compared = {comparison.relation: comparison for comparison in found.comparisons}
    assert compared["gifts.invoice_lines"].rows == KNOWN["lines"]
    assert compared["lines: lake to fact_order_items"].totals["gross"] == KNOWN["amount"]
    assert compared["money: ledger to daily_sales"].totals["booked"] == KNOWN["amount"]


def test_every_row_that_was_read_has_landed(real: Shop) -> None:
    (table,) = real.lake.state().tables.values()
    assert (table.rows, table.rows_quarantined) == (KNOWN["lines"], 0)


# --- what is made of a line -----------------------------------------------------------------------------------------


def test_our_own_days_add_up_in_every_layer(own: Shop) -> None:
    lines = [text.rsplit(",", 5) for day in DAYS.values() for text in day]
    total = sum(Decimal(quantity) * Decimal(price) for _, quantity, _, price, _, _ in lines)
    for sql in (
        f"select {TOTAL} from bronze.online_retail__invoice_lines",
        "select sum(gross_amount) from silver.fact_order_items",
        "select sum(booked_amount) from silver.fact_sales_ledger",
        "select sum(net_revenue + shipping_revenue + taxes + gift_cards + adjustments) from gold.daily_sales",
    ):
        assert own.value(sql) == total, sql
    assert own.value("select count(*) from silver.fact_order_items") == len(lines)


def test_equal_lines_of_one_invoice_are_two_lines_and_codes_in_either_case_one_product(own: Shop) -> None:
    assert own.rows(
        "select product_key, count(*), sum(quantity) from silver.fact_order_items where order_id = '536365' and item_kind = 'goods' group by 1"
    ) == [("gifts:85123A", 3, 18)]


def test_what_is_no_product_is_booked_apart(own: Shop) -> None:
    found = dict(own.rows("select product_key, any_value(item_kind) from silver.fact_order_items group by 1"))
    kinds = {"POST": "shipping", "DOT": "shipping", "M": "fee", "D": "discount", "GIFT_0001_20": "gift_card", "22632": "goods"}
    assert {code: found[f"gifts:{code}"] for code in kinds} == kinds


def test_a_cancellation_lowers_revenue_on_its_day_and_is_no_order(own: Shop) -> None:
    assert own.rows("select sum(returns), sum(orders) from gold.daily_sales where business_date = '2010-12-02' and country = 'GB'") == [
        (Decimal("2.5500"), 1)
    ]
    assert own.rows("select order_kind, is_valid from silver.fact_orders where order_id = 'C536379'") == [("credit_note", False)]
    assert (
        own.rows("select order_kind, is_valid from silver.fact_orders where order_id in ('536367', 'A563185')")
        == [("adjustment", False)] * 2
    )


def test_a_customer_who_moves_has_versions_and_lines_keep_the_one_of_their_time(own: Shop) -> None:
    assert own.rows(
        "select version_number, country, is_current from silver.dim_customers where customer_id = '13047' order by 1"
    ) == [(1, "FR", False), (2, "GB", False), (3, "FR", True)]  # fmt: skip
    assert own.rows(
        """
        select orders.order_id, customers.version_number
        from silver.fact_orders as orders join silver.dim_customers as customers using (customer_sk)
        where customers.customer_id = '13047' order by 1
        """
    ) == [("536366", 1), ("536500", 2), ("545400", 3)]


def test_the_clock_of_the_shop_is_londons(own: Shop) -> None:
    found = own.rows(
        "select order_id, ordered_at::varchar, ordered_date::varchar from silver.fact_orders where order_id in ('545400', '536365') order by 1"
    )
    assert found == [("536365", "2010-12-01 08:26:00", "2010-12-01"), ("545400", "2011-03-27 23:10:00", "2011-03-28")]


# --- two ways of loading --------------------------------------------------------------------------------------------


def test_our_own_days_in_two_runs_end_where_one_run_ends(own: Shop, shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at())
    names = sorted(DAYS)
    for some in (names[:2], names[2:]):
        for name in some:
            shop.drop(name, DAYS[name])
        shop.run()
    assert differences(own, shop) == []


@pytest.mark.slow
def test_our_own_days_in_the_wrong_order_add_up_all_the_same(own: Shop, shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at())
    names = sorted(DAYS)
    for some in (names[3:], names[:3]):
        for name in some:
            shop.drop(name, DAYS[name])
        shop.run()
    assert differences(own, shop) == []


def test_twelve_real_days_in_four_runs_end_where_one_run_ends(shared_data: Path, shop_at: Callable[[], Path]) -> None:
    days = daily(shared_data)[:12]
    at_once = fill(retail(shop_at()), days)
    at_once.run()
    day_by_day = retail(shop_at())
    for first in range(0, 12, 3):
        fill(day_by_day, days[first : first + 3]).run()
    assert differences(at_once, day_by_day) == []


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_two_hundred_real_days_in_many_runs_end_where_one_run_ends(real: Shop, shared_data: Path, shop_at: Callable[[], Path]) -> None:
    """Every day lands by itself; the first ten are built one by one, the others five at a time, which is what the time of CI allows."""
    shop = retail(shop_at())
    for number, day in enumerate(daily(shared_data), 1):
        fill(shop, [day])
        shop.run("run" if number <= 10 or number % 5 == 0 else "ingest")
    assert differences(real, shop) == []
