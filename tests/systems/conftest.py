"""A Medusa shop in PostgreSQL and a WooCommerce shop in MariaDB, read into one warehouse; then both live on and are read again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from fondaco.job import RunReport
from tests import servers
from tests.systems.woocommerce.shop import Buyer, Line, WooShop
from tests.whole.conftest import Shop

MEDUSA = Path(__file__).parent / "medusa"
SHIRT, MUG = Decimal("19.90"), Decimal("8.33")
#: What is read after each run, by name.
QUESTIONS = {
    "ledger": "select source_name, event_type, event_date, sum(gross_sales - discounts), sum(returns), sum(cancellations), sum(shipping_revenue), "
    "sum(taxes) from silver.fact_sales_ledger group by all order by all",
    "orders": "select source_name, order_id, status, channel, country, coupon_code, is_guest, total_amount_txn, captured_amount, refund_status "
    "from silver.fact_orders",
    "booked": "select split_part(order_key, ':', 2), sum(booked_amount) from silver.fact_sales_ledger group by 1",
    "gold": "select sum(net_revenue), sum(shipping_revenue), sum(taxes) from gold.daily_sales",
    "customers": "select source_name, email, city, country, is_deleted, is_current from silver.dim_customers where member_kind = 'registered'",
    "products": "select source_name, name, status, is_deleted, is_current from silver.dim_products where member_kind not in ('inferred', 'unknown')",
}
CONFIG = """\
version: 1
project: two_shops
business: {{timezone: Europe/Berlin, currency: EUR}}
sources:
  medusa:
    type: postgres
    system: medusa
    host: {pg.host}
    port: {pg.port}
    database: medusa
    user: fondaco_reader
    password: ${{READER_PASSWORD}}
    sweep: 0s
  woo:
    type: mysql
    system: woocommerce
    host: {my.host}
    port: {my.port}
    database: shop
    table_prefix: wp_
    user: fondaco_reader
    password: ${{READER_PASSWORD}}
    sweep: 0s
    max_delete_share: 60%
  rates: {{type: files, system: plain, path: ./rates}}
"""


@dataclass
class TwoShops:
    """The shop's folder, what each run said, and what the warehouse then answered."""

    shop: Shop
    reports: list[RunReport]
    answers: list[dict[str, list[tuple[Any, ...]]]]
    medusa: psycopg.Connection[Any]
    woo: WooShop

    def run(self) -> None:
        self.reports.append(self.shop.run())
        self.answers.append({name: self.shop.rows(question) for name, question in QUESTIONS.items()})


@pytest.fixture(scope="session")
def two_shops(
    postgres_server: servers.Server, mariadb_server: servers.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TwoShops]:
    folder = tmp_path_factory.mktemp("two") / "shop"
    shop = Shop(folder).configure(CONFIG.format(pg=postgres_server, my=mariadb_server))
    (folder / ".env").write_text("READER_PASSWORD=choose-one\n")
    (folder / "rates").mkdir()
    rates = "".join(f"GBP,2025-03-{day:02},EUR,1.25,2025-03-{day:02} 06:00:00\n" for day in range(1, 11))
    (folder / "rates/exchange_rates.csv").write_text(f"currency,rate_date,base_currency,rate,updated_at\n{rates}")
    with _medusa(postgres_server) as medusa, _woo(mariadb_server) as connection:
        woo = WooShop.install(connection)
        for statement in granted(1):
            woo.sql(statement)
        both = TwoShops(shop, [], [], medusa, woo)
        medusa_is(medusa, "first")
        woo_begins(woo)
        both.run()
        medusa_is(medusa, "second")
        woo_lives_on(woo)
        both.run()
        yield both


def _medusa(server: servers.Server) -> psycopg.Connection[Any]:
    url = f"postgres://{server.user}:{server.password}@{server.host}:{server.port}"
    with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
        connection.execute("create database medusa")
    connection = psycopg.connect(f"{url}/medusa", autocommit=True)
    connection.execute((MEDUSA / "schema.sql").read_text(encoding="utf-8"))
    for statement in granted(0):
        connection.execute(statement)
    return connection


def medusa_is(connection: psycopg.Connection[Any], name: str) -> None:
    """The shop's rows as they stood then."""
    tables = (MEDUSA / "tables.txt").read_text(encoding="utf-8").split()
    connection.execute("truncate " + ", ".join(f'"{table}"' for table in tables))
    connection.execute((MEDUSA / f"{name}.sql").read_text(encoding="utf-8"))


def _woo(server: servers.Server) -> pymysql.Connection[Any]:
    connection = pymysql.connect(host=server.host, port=server.port, user=server.user, password=server.password, autocommit=True)
    with connection.cursor() as cursor:
        cursor.execute("create database shop default character set utf8mb4 collate utf8mb4_unicode_520_ci")
    connection.select_db("shop")
    return connection


def granted(block: int) -> list[str]:
    """The statements of the how-to page: of its first block of SQL for PostgreSQL, of its second for MySQL."""
    page = (Path(__file__).parents[2] / "docs/how-to/connect-a-database.md").read_text(encoding="utf-8")
    return [statement for statement in re.findall(r"```sql\n(.*?)```", page, re.DOTALL)[block].split(";\n") if statement.strip()]


def woo_begins(shop: WooShop) -> None:
    """The third of March."""
    shop.account(2, "anna@example.com", "Anna", "Adler", "2025-02-01 08:00:00", city="Berlin", postcode="10115")
    shop.account(3, "ben@example.com", "Ben", "Baker", "2025-02-02 08:00:00", city="Bonn", postcode="53111")
    shop.guest("gina@example.com", "Gina", "Gast", country="AT")
    shop.product(10, "Shirt", "2025-01-10 10:00:00")
    shop.product(101, "Shirt - S", "2025-01-10 10:00:01", kind="product_variation", parent=10)
    shop.product(102, "Shirt - M", "2025-01-10 10:00:02", kind="product_variation", parent=10)
    shop.product(20, "Mug", "2025-01-10 10:05:00")
    shop.product(30, "Not yet", "2025-01-11 10:00:00", status="draft")
    shop.product(31, "About us", "2025-01-12 10:00:00", kind="page")
    anna, ben = Buyer(2, "anna@example.com"), Buyer(3, "ben@example.com")
    shop.order(
        1001,
        "2025-03-03 09:00:00",
        [Line(101, 2, SHIRT), Line(20, 1, MUG)],
        status="wc-completed",
        shipping="4.90",
        paid_at="2025-03-03 09:01:00",
        by=anna,
    )
    shop.order(
        1002,
        "2025-03-03 10:00:00",
        [Line(20, 3, MUG, Decimal("0.1"))],
        status="wc-on-hold",
        by=Buyer(0, "gina@example.com"),
        coupon="spring10",
        country="AT",
    )
    shop.order(1003, "2025-03-03 11:00:00", [Line(102, 1, SHIRT)], status="wc-cancelled", by=ben)
    shop.order(1004, "2025-03-03 12:00:00", [Line(102, 1, SHIRT)], status="wc-failed", method="paypal", by=ben)
    shop.order(1005, "2025-03-03 13:00:00", [Line(102, 9, SHIRT)], status="wc-checkout-draft", by=Buyer(0, ""))
    shop.order(1006, "2025-03-03 14:00:00", [Line(20, 2, MUG)], status="wc-processing", paid_at="2025-03-03 14:01:00", by=anna)
    shop.order(1007, "2025-03-03 15:00:00", [Line(101, 1, SHIRT)], status="wc-processing", paid_at="2025-03-03 15:01:00", by=ben)
    shop.order(1008, "2025-03-03 16:00:00", [Line(20, 1, MUG)], status="wc-processing", paid_at="2025-03-03 16:01:00", by=ben)
    shop.order(
        1009, "2025-03-03 23:30:00", [Line(20, 1, MUG), Line(102, 1, SHIRT)], status="wc-processing", paid_at="2025-03-03 23:31:00", by=anna
    )


def woo_lives_on(shop: WooShop) -> None:
    """The seventh of March: refunds, an edited order, one in the trash, one deleted for good, changes of people and products."""
    shop.refund(2001, 1001, "2025-03-07 09:00:00", "24.80", lines={101: (1, SHIRT)}, shipping="4.90", reason="too small")
    shop.save(1001, "2025-03-07 09:00:00")
    shop.refund(2002, 1006, "2025-03-07 09:05:00", "2.50", lines={}, reason="goodwill")
    shop.save(1006, "2025-03-07 09:05:00")
    shop.edit_line(1002, Line(20, 2, MUG, Decimal("0.1")), "2025-03-07 09:10:00")
    shop.add_line(1002, Line(101, 1, SHIRT))
    shop.pay(1002, "2025-03-07 09:11:00")
    shop.delete_for_good(1003)
    shop.refund(2003, 1007, "2025-03-07 09:20:00", "19.90", lines={}, reason="Order fully refunded.")
    shop.save(1007, "2025-03-07 09:20:00", status="wc-refunded")
    shop.save(1008, "2025-03-07 09:25:00", status="trash")
    shop.remove_line(1009, 20, "2025-03-07 09:30:00")
    shop.order(1010, "2025-03-07 10:00:00", [Line(20, 4, MUG)], status="wc-pending", by=Buyer(2, "anna@example.org"))
    shop.sql("update wp_wc_customer_lookup set email = 'anna@example.org', city = 'Potsdam' where user_id = 2")
    shop.sql("delete from wp_wc_customer_lookup where user_id = 3")
    shop.sql("delete from wp_users where ID = 3")
    shop.sql(
        "update wp_posts set post_title = 'Blue mug', post_modified = '2025-03-07 11:00:00', post_modified_gmt = '2025-03-07 10:00:00' where ID = 20"
    )
