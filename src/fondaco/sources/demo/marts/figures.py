"""The truth about the figures of the glossary: each by its formula in plain Python, from rows of the marts that are themselves the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Any

from fondaco.sources.demo.marts.facts import Facts

Row = Mapping[str, Any]
Rows = Sequence[Row]


@dataclass(frozen=True)
class Formula:
    """How a metric is reckoned from the rows of a mart.

    Attributes:
        time: the column of its day; None for what has no days.
        adds_up: whether the figures of parts add up to that of the whole.
    """

    mart: str
    time: str | None
    reckon: Callable[[Rows], Any]
    adds_up: bool = False


def _total(column: str) -> Callable[[Rows], Any]:
    return lambda rows: _sum(row[column] for row in rows)


def _sum(values: Iterable[Any]) -> Any:
    """None of nothing, as in SQL."""
    found = [value for value in values if value is not None]
    return sum(found[1:], found[0]) if found else None


def _ratio(above: Callable[[Rows], Any], below: Callable[[Rows], Any]) -> Callable[[Rows], Any]:
    def reckon(rows: Rows) -> float | None:
        top, bottom = above(rows), below(rows)
        return None if top is None or not bottom else float(top) / float(bottom)

    return reckon


def _money(reckon: Callable[[Rows], Any]) -> Callable[[Rows], Any]:
    def rounded(rows: Rows) -> Decimal | None:
        value = reckon(rows)
        return None if value is None else Decimal(repr(value)).quantize(Decimal("0.0001"), ROUND_HALF_UP)

    return rounded


def _valid(column: str) -> Callable[[Rows], Any]:
    return lambda rows: _sum(row[column] if row["is_valid"] else 0 for row in rows)


def _count(condition: Callable[[Row], Any]) -> Callable[[Rows], int]:
    return lambda rows: sum(bool(condition(row)) for row in rows)


def _buyers(least: int) -> Callable[[Rows], int]:
    return lambda rows: len(
        {row["customer_key"] for row in rows if row["is_valid"] and row["customer_key"] and row["customer_order_number"] >= least}
    )


def _median(column: str, condition: Callable[[Row], Any] = bool) -> Callable[[Rows], Any]:
    def reckon(rows: Rows) -> Any:
        values = [row[column] for row in rows if row[column] is not None and condition(row)]
        return median(values) if values else None

    return reckon


def _share_of(column: str, tenths: int, unit: float = 1) -> Callable[[Rows], Any]:
    """The smallest value that so many tenths of all do not exceed."""

    def reckon(rows: Rows) -> Any:
        values = sorted(row[column] for row in rows if row[column] is not None)
        if not values:
            return None
        value = values[-(-len(values) * tenths // 10) - 1]
        return value if unit == 1 else value / unit

    return reckon


_sold = lambda rows: _sum(row["gross_amount"] - row["discount_amount"] if row["is_valid"] else 0 for row in rows)  # noqa: E731
_orders = _count(lambda row: row["is_valid"])


def _arrived(row: Row) -> bool:
    return bool(row["is_valid"] and (row["delivered_at"] is not None or row["status"] == "delivered"))


def _first(rows: Rows) -> Rows:
    return [row for row in rows if row["first_order_date"] is not None]


def _in_window(rows: Rows) -> Rows:
    return [row for row in rows if row["recency_days"] is not None]


def _quiet(column: str) -> Callable[[Rows], Any]:
    return lambda rows: _sum(row[column] for row in rows if not row["is_confounded"])


def _ledger(column: str) -> Formula:
    return Formula("daily_sales", "business_date", _total(column), adds_up=True)


def _by_order(reckon: Callable[[Rows], Any], *, adds_up: bool = False) -> Formula:
    return Formula("orders", "ordered_date", reckon, adds_up)


def _of_resellers(reckon: Callable[[Rows], Any], *, adds_up: bool = False) -> Formula:
    return Formula("reseller_performance", "month_start", reckon, adds_up)


def _payments(reckon: Callable[[Rows], Any], *, adds_up: bool = False) -> Formula:
    return Formula("payment_performance", "business_date", reckon, adds_up)


def _coupons(reckon: Callable[[Rows], Any], *, adds_up: bool = False) -> Formula:
    return Formula("coupon_performance", "month_start", reckon, adds_up)


#: Those that say nothing until they are split.
SPLIT_ONLY = frozenset({"retention", "cumulative_ltv", "provider_share", "basket_support", "basket_confidence", "basket_lift"})

#: By the name of the metric.
FORMULAS: Mapping[str, Formula] = {
    # money on the day that it is booked
    "gross_sales": _ledger("gross_sales"),
    "discounts": _ledger("discounts"),
    "returns": _ledger("returns"),
    "cancellations": _ledger("cancellations"),
    "net_revenue": _ledger("net_revenue"),
    "shipping_revenue": _ledger("shipping_revenue"),
    "taxes": _ledger("taxes"),
    "total_sales": _ledger("total_sales"),
    "discount_rate": Formula("daily_sales", "business_date", _ratio(_total("discounts"), _total("gross_sales"))),
    # orders as they stand
    "net_revenue_by_order_date": _by_order(_valid("net_amount"), adds_up=True),
    "gmv": _by_order(_total("gross_amount"), adds_up=True),
    "orders_booked": _by_order(len, adds_up=True),
    "orders": _by_order(_orders, adds_up=True),
    "cancellation_rate": _by_order(_ratio(_count(lambda row: not row["is_valid"]), len)),
    "units": _by_order(_valid("units"), adds_up=True),
    "net_units": _by_order(lambda rows: _valid("units")(rows) - _valid("returned_units")(rows), adds_up=True),
    "aov": _by_order(_money(_ratio(_sold, _orders))),
    "net_aov": _by_order(_money(_ratio(_valid("net_amount"), _orders))),
    "units_per_order": _by_order(_ratio(_valid("units"), _orders)),
    "refund_rate": _by_order(_ratio(_valid("refunded_amount"), _sold)),
    "return_rate": _by_order(
        _ratio(
            lambda rows: _sum(row["returned_units"] for row in rows if _arrived(row)),
            lambda rows: _sum(row["units"] for row in rows if _arrived(row)),
        )
    ),
    "refund_order_rate": _by_order(_ratio(_count(lambda row: row["is_valid"] and row["refund_status"] != "none"), _orders)),
    "guest_share": _by_order(_ratio(_count(lambda row: row["is_valid"] and row["is_guest"]), _orders)),
    "fulfilment_rate": _by_order(
        _ratio(
            lambda rows: _sum(row["shipped_units"] for row in rows if row["is_valid"] and row["is_settled"]),
            lambda rows: _sum(row["units"] for row in rows if row["is_valid"] and row["is_settled"]),
        )
    ),
    "active_customers": _by_order(_buyers(1)),
    "new_customers": _by_order(_count(lambda row: row["customer_order_number"] == 1), adds_up=True),
    "returning_customer_rate": _by_order(_ratio(_buyers(2), _buyers(1))),
    "returning_revenue_share": _by_order(
        _ratio(
            lambda rows: _sum(row["net_amount"] if (row["customer_order_number"] or 0) >= 2 else Decimal(0) for row in rows),
            lambda rows: _sum(row["net_amount"] if row["customer_order_number"] is not None else Decimal(0) for row in rows),
        )
    ),
    "time_between_orders": _by_order(_median("days_since_previous_order", lambda row: row["days_since_previous_order"] > 0)),
    "days_to_refund": Formula("refund_lines", "refunded_date", _share_of("days", 5)),
    # customers as of the last day of trade
    "customers": Formula("customers", None, len, adds_up=True),
    "repeat_purchase_rate_90d": Formula(
        "customers",
        "first_order_date",
        _ratio(_count(lambda row: row["repeated_within_90_days"]), _count(lambda row: row["repeated_within_90_days"] is not None)),
    ),
    "time_to_second_order": Formula("customers", "first_order_date", _median("days_to_second_order")),
    "retention": Formula(
        "cohort_retention",
        "cohort_month",
        _ratio(_total("active_customers"), lambda rows: _sum(row["cohort_size"] for row in rows if row["is_mature"])),
    ),
    "cumulative_ltv": Formula(
        "cohort_retention",
        "cohort_month",
        _money(_ratio(_total("cumulative_net_revenue"), lambda rows: _sum(row["cohort_size"] for row in rows if row["is_mature"]))),
    ),
    "clv_historic": Formula(
        "customers", None, _money(_ratio(lambda rows: _total("clv_historic")(_first(rows)), lambda rows: len(_first(rows))))
    ),
    "recency_days": Formula("customers", None, _median("recency_days")),
    "frequency": Formula("customers", None, _ratio(lambda rows: _total("frequency")(_in_window(rows)), lambda rows: len(_in_window(rows)))),
    "monetary": Formula(
        "customers", None, _money(_ratio(lambda rows: _total("monetary")(_in_window(rows)), lambda rows: len(_in_window(rows))))
    ),
    # products
    "products": Formula("product_performance", "month_start", lambda rows: len({row["product_key"] for row in rows})),
    "basket_support": Formula("product_affinity", None, _ratio(_total("pair_orders"), _total("orders_in_window"))),
    "basket_confidence": Formula("product_affinity", None, _ratio(_total("pair_orders"), _total("product_orders"))),
    "basket_lift": Formula(
        "product_affinity",
        None,
        _ratio(_ratio(_total("pair_orders"), _total("product_orders")), _ratio(_total("other_product_orders"), _total("orders_in_window"))),
    ),
    "price_change_impact": Formula("price_changes", "changed_date", _ratio(_quiet("after_units"), _quiet("before_units"))),
    "price_change_net_impact": Formula("price_changes", "changed_date", _ratio(_quiet("after_amount"), _quiet("before_amount"))),
    "price_elasticity": Formula("price_changes", "changed_date", _median("elasticity")),
    # resellers
    "reseller_gmv": _of_resellers(_total("gmv"), adds_up=True),
    "commission": _of_resellers(_total("commission"), adds_up=True),
    "take_rate": _of_resellers(
        _ratio(_total("commission"), lambda rows: _sum(row["gmv"] - row["discounts"] - row["returns"] for row in rows))
    ),
    "seller_cancel_rate": _of_resellers(_ratio(_total("lines_cancelled"), _total("lines_booked"))),
    "seller_on_time_rate": _of_resellers(_ratio(lambda rows: _sum(row["due"] - row["late"] for row in rows), _total("due"))),
    "seller_refund_rate": _of_resellers(
        _ratio(_total("returns"), lambda rows: _sum(row["gross_sales"] - row["discounts"] for row in rows))
    ),
    # parcels and payments
    "on_time_delivery_rate": Formula(
        "parcels", "promised_date", _ratio(_count(lambda row: row["is_due"] and row["is_in_time"]), _count(lambda row: row["is_due"]))
    ),
    "late_days": Formula("parcels", "promised_date", _share_of("late_minutes", 5, 1440.0)),
    "late_days_p90": Formula("parcels", "promised_date", _share_of("late_minutes", 9, 1440.0)),
    "handling_time": Formula("parcels", "shipped_date", _share_of("handling_minutes", 5, 60.0)),
    "transit_time": Formula("parcels", "delivered_date", _share_of("transit_minutes", 5, 1440.0)),
    "payment_attempts": _payments(_total("attempts"), adds_up=True),
    "payment_failure_rate": _payments(_ratio(_total("failed"), _total("attempts"))),
    "order_payment_failure_rate": _payments(_ratio(_total("orders_never_paid"), _total("orders_with_attempt"))),
    "recovery_rate": _payments(_ratio(_total("orders_recovered"), _total("orders_with_failure"))),
    "provider_share": _payments(_total("captured_amount")),
    "unreconciled_amount": _payments(_total("unreconciled_amount"), adds_up=True),
    # coupons
    "coupon_orders": _coupons(_total("orders"), adds_up=True),
    "coupon_revenue": _coupons(_total("net_revenue"), adds_up=True),
    "coupon_discount_cost": _coupons(_total("coupon_discounts"), adds_up=True),
    "coupon_new_customer_share": _coupons(_ratio(_total("new_customers"), _total("orders"))),
    "coupon_roi": _coupons(_ratio(_total("net_revenue"), _total("coupon_discounts"))),
}


def figures(rows: Mapping[str, Rows]) -> Iterator[dict[str, Any]]:
    """Every figure that says something by itself, of the whole time and of each month, as a float.

    Args:
        rows: of each mart by its name, and ``refund_lines``.
    """
    for metric, formula in FORMULAS.items():
        if metric in SPLIT_ONLY:
            continue
        theirs = rows[formula.mart]
        yield {"metric": metric, "month": None, "figure": _float(formula.reckon(theirs))}
        months: dict[date, list[Row]] = defaultdict(list)
        for row in theirs:
            if formula.time is not None and (day := row[formula.time]) is not None:
                months[day.replace(day=1)].append(row)
        yield from ({"metric": metric, "month": month, "figure": _float(formula.reckon(of_month))} for month, of_month in months.items())


def refund_lines(facts: Facts) -> Iterator[dict[str, Any]]:
    """What each refund gave back of each line, of booked orders."""
    for order in facts.booked:
        for part in order.returns:
            yield {
                "refunded_date": part.date,
                "country": order.country,
                "channel": order.channel,
                "reason": part.reason,
                "item_kind": "goods" if part.line.is_goods else "gift_card",
                "product": facts.names.key(part.line.sku),
                "days": (part.date - order.date).days,
            }


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
