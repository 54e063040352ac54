"""A small WooCommerce shop in MariaDB, its rows written as WooCommerce writes them.

Prices include tax at 19 %. Net amounts are kept with six digits as text in the lines' meta rows, order totals as decimal(26,8), times in
GMT; a refund is an order of its own with negative amounts whose lines name the lines that they take back; each order has a placeholder
in wp_posts; a deleted line takes its meta rows along. See WC_Order_Item_Product, OrdersTableDataStore and wc_create_refund.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pymysql

SCHEMA = Path(__file__).parent / "schema.sql"
VAT = Decimal("1.19")
ZERO_DATE = "0000-00-00 00:00:00"


def net(gross: Decimal) -> Decimal:
    """An amount without tax, with the six digits that WooCommerce keeps."""
    return (gross / VAT).quantize(Decimal("0.000001"), ROUND_HALF_UP)


@dataclass(frozen=True)
class Line:
    """A line of an order.

    Attributes:
        price: of one unit, tax included.
        coupon: share that a coupon takes off.
    """

    product: int
    quantity: int
    price: Decimal
    coupon: Decimal = Decimal(0)

    @property
    def subtotal(self) -> Decimal:
        return net(self.price * self.quantity)

    @property
    def paid(self) -> Decimal:
        """With tax, after the coupon."""
        return self.price * self.quantity * (1 - self.coupon)

    @property
    def total(self) -> Decimal:
        return net(self.paid)

    @property
    def tax(self) -> Decimal:
        return self.paid - self.total


@dataclass(frozen=True)
class Buyer:
    """Who orders: an account, or 0 for a guest, and the e-mail given."""

    user: int
    email: str


@dataclass
class WooShop:
    """The shop's database.

    Attributes:
        items: the line's id, by order and product.
    """

    connection: pymysql.Connection[Any]
    items: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def install(cls, connection: pymysql.Connection[Any]) -> WooShop:
        shop = cls(connection)
        # as WordPress does on every connection
        shop.sql("set session sql_mode = 'NO_ENGINE_SUBSTITUTION'")
        shop.sql("set names utf8mb4 collate utf8mb4_unicode_520_ci")
        statements = "".join(line for line in SCHEMA.read_text(encoding="utf-8").splitlines(keepends=True) if not line.startswith("--"))
        for statement in statements.split(";\n"):
            if statement.strip():
                shop.sql(statement)
        return shop

    def sql(self, statement: str, values: Iterable[Any] = ()) -> int:
        """Runs a statement; gives the id of the row that it made."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, tuple(values) or None)
            return int(cursor.lastrowid or 0)

    def insert(self, table: str, row: Mapping[str, Any]) -> int:
        names = ", ".join(f"`{name}`" for name in row)
        return self.sql(f"insert into wp_{table} ({names}) values ({', '.join(['%s'] * len(row))})", row.values())

    # --- people and products ------------------------------------------------------------------------------------------

    def account(
        self, user: int, email: str, first: str, last: str, at: str, *, country: str = "DE", city: str = "", postcode: str = ""
    ) -> None:
        login = email.partition("@")[0]
        secret = {"user_pass": "$wp$2y$10$never-read", "user_activation_key": "1741000000:$generic$never-read"}
        self.insert(
            "users", {"ID": user, "user_login": login, "user_nicename": login, "user_email": email, "user_registered": at, **secret}
        )
        self.insert("usermeta", {"user_id": user, "meta_key": "wp_capabilities", "meta_value": 'a:1:{s:8:"customer";b:1;}'})
        place = {"country": country, "city": city, "postcode": postcode}
        self.insert(
            "wc_customer_lookup", {"user_id": user, "username": login, "first_name": first, "last_name": last, "email": email, **place}
        )

    def guest(self, email: str, first: str, last: str, country: str = "DE") -> None:
        self.insert("wc_customer_lookup", {"first_name": first, "last_name": last, "email": email, "country": country})

    def product(self, number: int, title: str, at: str, *, kind: str = "product", parent: int = 0, status: str = "publish") -> None:
        # a draft has no date yet; WordPress then writes a zero date, in both
        dated = ZERO_DATE if status in ("draft", "auto-draft") else at
        times = {"post_date": at, "post_date_gmt": dated, "post_modified": at, "post_modified_gmt": dated}
        texts = dict.fromkeys(("post_content", "post_excerpt", "to_ping", "pinged", "post_content_filtered"), "")
        self.insert(
            "posts", {"ID": number, "post_title": title, "post_type": kind, "post_parent": parent, "post_status": status, **times, **texts}
        )

    # --- orders -------------------------------------------------------------------------------------------------------

    def order(
        self,
        number: int,
        at: str,
        lines: list[Line],
        *,
        status: str,
        by: Buyer,
        shipping: str = "0",
        coupon: str = "",
        paid_at: str | None = None,
        country: str = "DE",
        method: str = "bacs",
    ) -> None:
        self.product(number, "Order", at, kind="shop_order_placehold", status="draft")
        self.sql("update wp_posts set post_date_gmt = post_date, post_modified_gmt = post_date where ID = %s", [number])
        self.insert(
            "wc_orders",
            {
                "id": number, "status": status, "currency": "EUR", "type": "shop_order", "customer_id": by.user, "billing_email": by.email,
                "date_created_gmt": at, "date_updated_gmt": at, "parent_order_id": 0, "payment_method": method,
                "payment_method_title": "Direct bank transfer", "transaction_id": "", "ip_address": "203.0.113.7",
                "user_agent": "Mozilla/5.0", "customer_note": "please ring twice",
            },
        )  # fmt: skip
        for kind in ("billing", "shipping"):
            person = {"first_name": "A", "last_name": "B", "address_1": "Weg 1", "city": "Berlin", "postcode": "10115", "country": country}
            self.insert("wc_order_addresses", {"order_id": number, "address_type": kind, **person})
        gross = Decimal(shipping)
        self.insert(
            "wc_order_operational_data",
            {
                "order_id": number, "created_via": "checkout", "woocommerce_version": "11.0.0", "prices_include_tax": 1, "date_paid_gmt": paid_at,
                "shipping_total_amount": net(gross).quantize(Decimal("0.01")), "shipping_tax_amount": gross - net(gross).quantize(Decimal("0.01")),
                "discount_total_amount": 0, "discount_tax_amount": 0, "order_key": f"wc_order_{number}",
            },
        )  # fmt: skip
        self.insert("wc_orders_meta", {"order_id": number, "meta_key": "_billing_address_index", "meta_value": "A B Weg 1 Berlin"})
        for line in lines:
            self.add_line(number, line)
        if gross:
            item = self._item(number, "shipping", "Flat rate")
            self._meta(
                item,
                {"method_id": "flat_rate", "cost": f"{net(gross):.2f}", "total_tax": f"{gross - net(gross).quantize(Decimal('0.01')):.2f}"},
            )
        if coupon:
            self._meta(self._item(number, "coupon", coupon), {"discount_amount": "1.00", "discount_amount_tax": "0.19"})
        self._meta(self._item(number, "tax", "DE-MWST-1"), {"rate_id": "1", "label": "MwSt", "rate_percent": "19"})
        self._total(number)

    def add_line(self, order: int, line: Line) -> None:
        item = self._item(order, "line_item", f"Product {line.product}")
        self.items[order, line.product] = item
        variation = 0 if line.product < 100 else line.product
        product = line.product // 10 if variation else line.product
        self._meta(
            item,
            {
                "_product_id": str(product), "_variation_id": str(variation), "_qty": str(line.quantity), "_tax_class": "",
                "_line_subtotal": f"{line.subtotal.normalize():f}", "_line_subtotal_tax": f"{(line.price * line.quantity - line.subtotal).normalize():f}",
                "_line_total": f"{line.total.normalize():f}", "_line_tax": f"{line.tax.normalize():f}",
                "_line_tax_data": 'a:2:{s:5:"total";a:0:{}s:8:"subtotal";a:0:{}}',
            },
        )  # fmt: skip
        self._total(order)

    def edit_line(self, order: int, line: Line, at: str) -> None:
        """The admin changes a line: its meta rows change in place, and the order is saved."""
        item = self.items[order, line.product]
        texts = {"_qty": line.quantity, "_line_subtotal": line.subtotal, "_line_total": line.total, "_line_tax": line.tax}
        for key, value in texts.items():
            self.sql(
                "update wp_woocommerce_order_itemmeta set meta_value = %s where order_item_id = %s and meta_key = %s",
                [str(value), item, key],
            )
        self._total(order)
        self.save(order, at)

    def remove_line(self, order: int, product: int, at: str) -> None:
        item = self.items.pop((order, product))
        for table in ("woocommerce_order_itemmeta", "woocommerce_order_items"):
            self.sql(f"delete from wp_{table} where order_item_id = %s", [item])
        self._total(order)
        self.save(order, at)

    def save(self, order: int, at: str, **changes: Any) -> None:
        """Columns of wc_orders change, and with them the time."""
        pairs = {**changes, "date_updated_gmt": at}
        self.sql(f"update wp_wc_orders set {', '.join(f'{name} = %s' for name in pairs)} where id = %s", [*pairs.values(), order])

    def pay(self, order: int, at: str) -> None:
        self.sql("update wp_wc_order_operational_data set date_paid_gmt = %s where order_id = %s", [at, order])
        self.save(order, at, status="wc-processing")

    def refund(
        self,
        number: int,
        order: int,
        at: str,
        amount: str,
        *,
        lines: Mapping[int, tuple[int, Decimal]],
        shipping: str = "0",
        reason: str = "",
    ) -> None:
        """A refund of an amount, tax included.

        Args:
            lines: what of it is of a line: units and amount with tax, by product.
        """
        self.product(number, "Refund", at, kind="shop_order_placehold", status="draft")
        self.insert(
            "wc_orders",
            {
                "id": number, "status": "wc-completed", "currency": "EUR", "type": "shop_order_refund", "total_amount": -Decimal(amount), "tax_amount": 0,
                "date_created_gmt": at, "date_updated_gmt": at, "parent_order_id": order,
            },
        )  # fmt: skip
        for key, value in {"_refund_amount": amount, "_refund_reason": reason, "_refunded_by": "1"}.items():
            self.insert("wc_orders_meta", {"order_id": number, "meta_key": key, "meta_value": value})
        for product, (units, gross) in lines.items():
            item = self._item(number, "line_item", f"Product {product}")
            texts = {
                "_qty": str(-units),
                "_line_total": f"{-net(gross):f}",
                "_line_subtotal": f"{-net(gross):f}",
                "_line_tax": f"{net(gross) - gross:f}",
            }
            self._meta(item, {"_product_id": str(product), "_refunded_item_id": str(self.items[order, product]), **texts})
        if Decimal(shipping):
            cost = net(Decimal(shipping)).quantize(Decimal("0.01"))
            item = self._item(number, "shipping", "Flat rate")
            self._meta(item, {"cost": f"{-cost}", "total_tax": f"{cost - Decimal(shipping)}"})
        self.save(order, at)

    def delete_for_good(self, order: int) -> None:
        self.sql(
            "delete m from wp_woocommerce_order_itemmeta m join wp_woocommerce_order_items i using (order_item_id) where i.order_id = %s",
            [order],
        )
        for table, key in (("woocommerce_order_items", "order_id"), ("wc_orders_meta", "order_id"), ("wc_order_operational_data", "order_id"),
                           ("wc_order_addresses", "order_id"), ("wc_orders", "id"), ("posts", "ID")):  # fmt: skip
            self.sql(f"delete from wp_{table} where {key} = %s", [order])

    def _item(self, order: int, kind: str, name: str) -> int:
        return self.insert("woocommerce_order_items", {"order_item_name": name, "order_item_type": kind, "order_id": order})

    def _meta(self, item: int, facts: Mapping[str, str]) -> None:
        for key, value in facts.items():
            self.insert("woocommerce_order_itemmeta", {"order_item_id": item, "meta_key": key, "meta_value": value})

    def _total(self, order: int) -> None:
        """The order's total, as its lines and its shipping come to, in cents."""
        self.sql(
            """
            update wp_wc_orders o join wp_wc_order_operational_data d on d.order_id = o.id set o.total_amount = round(
                d.shipping_total_amount + d.shipping_tax_amount + coalesce((
                    select sum(cast(m.meta_value as decimal(26, 8)))
                    from wp_woocommerce_order_items i join wp_woocommerce_order_itemmeta m using (order_item_id)
                    where i.order_id = o.id and i.order_item_type = 'line_item' and m.meta_key in ('_line_total', '_line_tax')
                ), 0), 2)
            where o.id = %s
            """,
            [order],
        )
