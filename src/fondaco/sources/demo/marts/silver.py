"""The truth about the facts: every order, line, attempt, parcel and refund, with the versions of its members that were valid when it happened."""

from __future__ import annotations

from collections.abc import Iterator

from fondaco.sources.demo.ledger import business_date
from fondaco.sources.demo.marts.dimensions import customer_version, product_version, reseller_version
from fondaco.sources.demo.marts.facts import ZERO, Facts, Line, Order
from fondaco.sources.demo.marts.names import UNKNOWN
from fondaco.sources.demo.marts.sales import Row, moment


def fact_orders(facts: Facts) -> Iterator[Row]:
    """Every order, those that count for nothing included."""
    for order in facts.orders:
        main = order.main_payment
        yield {
            **_order_of(facts, order),
            "order_id": str(order.number),
            "customer_sk": customer_version(facts, order.customer, order.at),
            "reseller_key": None,
            "reseller_sk": UNKNOWN,
            "order_kind": "sale",
            "status": order.status,
            "country_name": order.country,
            "coupon_code": order.coupon,
            "is_booked": order.is_booked,
            "is_valid": order.is_valid,
            "is_revenue": order.is_valid,
            "is_guest": order.customer_id is None,
            "customer_order_number": order.place,
            "days_since_previous_order": order.days_since_previous,
            "customer_type": order.customer_type,
            "line_count": len(order.lines),
            "product_count": len({line.sku for line in order.goods}),
            "reseller_count": len({line.seller for line in order.lines if line.seller is not None}),
            "units": order.units,
            "returned_units": order.returned_units,
            "payment_attempts": len(order.attempts),
            "failed_payment_attempts": sum(attempt.status == "failed" for attempt in order.attempts),
            "parcel_count": len(order.parcels),
            "currency": order.currency,
            "exchange_rate": order.rate,
            "gross_amount": order.gross,
            "discount_amount": order.discount,
            "refunded_amount": order.refunded,
            "net_amount": order.net,
            "shipping_amount": order.shipping,
            "tax_amount": order.tax,
            "other_amount": sum((line.net for line in order.lines if not line.is_goods), ZERO),
            "captured_amount": order.captured_amount,
            "total_amount_txn": order.total_txn,
            "refund_status": order.refund_status,
            "payment_method": main and main.method,
            "payment_provider": main and main.provider,
            "ordered_at": moment(order.at),
            "ordered_date": order.date,
            "paid_at": moment(order.paid_at),
            "shipped_at": moment(min((parcel.shipped_at for parcel in order.parcels), default=None)),
            "promised_at": moment(max((parcel.promised_at for parcel in order.parcels if parcel.promised_at), default=None)),
            "delivered_at": moment(order.delivered_at),
            "cancelled_at": moment(order.cancelled_at),
            "cancelled_date": None if order.cancelled_at is None else business_date(order.cancelled_at),
        }


def fact_order_items(facts: Facts) -> Iterator[Row]:
    """Every line of every order."""
    for order in facts.orders:
        customer = customer_version(facts, order.customer, order.at)
        for line in order.lines:
            yield {
                **_order_of(facts, order),
                **_line_of(facts, order, line),
                "order_item_id": str(line.id),
                "order_id": str(order.number),
                "line_number": line.number,
                "customer_sk": customer,
                "order_kind": "sale",
                "item_kind": _kind(line),
                "is_booked": order.is_booked,
                "is_valid": order.is_valid,
                "is_marketplace": line.seller is not None,
                "currency": order.currency,
                "exchange_rate": order.rate,
                "quantity": line.units,
                "unit_price_txn": line.txn.unit_price,
                "gross_amount_txn": line.txn.gross,
                "discount_amount_txn": line.txn.discount,
                "net_amount_txn": line.txn.gross - line.txn.discount,
                "tax_amount_txn": line.txn.tax,
                "gross_amount": line.gross,
                "discount_amount": line.discount,
                "net_amount": line.net,
                "tax_amount": line.tax,
                "ordered_at": moment(order.at),
                "ordered_date": order.date,
            }


def fact_payments(facts: Facts) -> Iterator[Row]:
    """Every attempt to pay."""
    for order in facts.orders:
        for attempt in order.attempts:
            yield {
                **_order_of(facts, order),
                "payment_key": attempt.id,
                "payment_id": str(attempt.id),
                "order_id": str(order.number),
                "attempt_number": attempt.number,
                "customer_sk": customer_version(facts, order.customer, attempt.at),
                "provider": attempt.provider,
                "method": attempt.method,
                "status": attempt.status,
                "currency": attempt.currency,
                "exchange_rate": order.rate,
                "amount_txn": attempt.amount_txn,
                "amount": attempt.amount,
                "attempted_at": moment(attempt.at),
                "attempted_date": attempt.date,
            }


def fact_shipments(facts: Facts) -> Iterator[Row]:
    """Every parcel."""
    for order in facts.orders:
        for parcel in order.parcels:
            yield {
                **_order_of(facts, order),
                "shipment_key": parcel.id,
                "shipment_id": str(parcel.id),
                "order_id": str(order.number),
                "customer_sk": customer_version(facts, order.customer, parcel.shipped_at),
                "carrier": parcel.carrier,
                "status": parcel.status,
                "quantity": parcel.units,
                "ordered_at": moment(order.at),
                "shipped_at": moment(parcel.shipped_at),
                "promised_at": moment(parcel.promised_at),
                "delivered_at": moment(parcel.delivered_at),
                "shipped_date": business_date(parcel.shipped_at),
                "promised_date": parcel.promised_at and business_date(parcel.promised_at),
                "delivered_date": parcel.delivered_at and business_date(parcel.delivered_at),
            }


def fact_refunds(facts: Facts) -> Iterator[Row]:
    """What every refund gives back of every line that it concerns."""
    for order in facts.orders:
        for part in order.returns:
            yield {
                **_order_of(facts, order),
                **_line_of(facts, order, part.line),
                "refund_item_key": _refund_item(facts, part.refund, part.line),
                "refund_key": part.refund,
                "refund_id": str(part.refund),
                "customer_sk": customer_version(facts, order.customer, part.at),
                "reason": part.reason,
                "item_kind": _kind(part.line),
                "order_kind": "sale",
                "is_booked": order.is_booked,
                "is_valid": order.is_valid,
                "is_revenue": order.is_valid,
                "currency": order.currency,
                "exchange_rate": order.rate,
                "quantity": part.units,
                "goods_amount_txn": part.txn.goods,
                "shipping_amount_txn": part.txn.shipping,
                "tax_amount_txn": part.txn.tax,
                "goods_amount": part.goods,
                "shipping_amount": part.shipping,
                "tax_amount": part.tax,
                "ordered_at": moment(order.at),
                "ordered_date": order.date,
                "refunded_at": moment(part.at),
                "refunded_date": part.date,
            }


def _order_of(facts: Facts, order: Order) -> Row:
    """What every fact takes over from its order."""
    return {
        "order_key": order.number,
        "source_name": facts.names.source,
        "customer_key": order.customer,
        "channel": order.channel,
        "country": order.country,
        "is_test": order.is_test,
    }


def _line_of(facts: Facts, order: Order, line: Line) -> Row:
    """A line and its members, as they were when it was sold."""
    return {
        "order_item_key": line.id,
        "product_key": line.sku,
        "product_sk": product_version(facts, line.sku, order.at),
        "reseller_key": line.seller,
        "reseller_sk": reseller_version(facts, line.seller, order.at),
    }


def _kind(line: Line) -> str:
    return "goods" if line.is_goods else "gift_card"


def _refund_item(facts: Facts, refund: int, line: Line) -> str:
    return f"{facts.names.key(refund)}/{facts.names.key(line.id)}"
