"""What is in an order: products, quantities, prices in the buyer's currency, discounts, tax, shipping."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import accumulate
from random import Random

from fondaco.sources.demo import catalogue, money, places
from fondaco.sources.demo.chance import Deck
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.schema import Row

_COUPONS = Deck.of("coupon", {"": 78, "WELCOME10": 8, "SPRING15": 5, "FREESHIP": 5, "FIVER": 4})
_BASKETS = Deck.of("basket", {"goods": 95, "gift_card": 2, "gift_card_too": 3})

#: Goods above this value are sent free of charge, in EUR cents.
_FREE_SHIPPING = 9000


@dataclass
class Basket:
    """An order's goods as they will be written, amounts in minor units of ``currency``.

    Attributes:
        lines: columns sku, seller_id, quantity, unit_price, discount, tax, is_gift_card of ``order_items``.
        shares: what each line bears of the order's discount.
    """

    currency: str
    lines: list[Row] = field(default_factory=list)
    discount: int = 0
    shares: list[int] = field(default_factory=list)
    shipping: int = 0
    shipping_tax: int = 0
    coupon: str | None = None


class Assortment:
    """What can be bought on a day, with how often it is; products launched today sell from tomorrow on."""

    def __init__(self, day: Day) -> None:
        self._products = day.shop.products
        self.skus = [str(row["sku"]) for row in catalogue.for_sale(day.shop)]
        self._places = {sku: place for place, sku in enumerate(self.skus)}
        self._weights = list(accumulate(catalogue.popularity(day.shop.seed, sku) for sku in self.skus))

    def pick(self, random: Random, beside: str | None) -> Row | None:
        """A product; now and then the one that goes with ``beside``. None if it has just been discontinued."""
        sku = random.choices(self.skus, cum_weights=self._weights)[0]
        if beside is not None and random.random() < 0.4:
            neighbour = self.skus[(self._places[beside] + 1) % len(self.skus)]
            sku = neighbour if neighbour[:2] == beside[:2] else sku
        row = self._products[sku]
        return row if row["status"] == "active" else None


def fill(day: Day, random: Random, order: int, country: str, assortment: Assortment, *, is_test: bool) -> Basket:
    """Fills the basket of order number ``order`` for someone in ``country``."""
    place = places.COUNTRIES[country]
    rate = day.shop.rates.get((place.currency, day.date.isoformat()), Decimal(1))
    basket = Basket(place.currency)
    kind = _BASKETS.deal(day.shop.seed, order - 1)
    if kind != "gift_card":
        _add_goods(basket, random, assortment, rate)
    if kind != "goods" or not basket.lines:
        card = day.shop.products[random.choice(("GIFT-25", "GIFT-50"))]
        basket.lines.append({**_line(basket, card, 1, rate), "is_gift_card": 1})
    _discount(basket, random, "TESTING" if is_test else _COUPONS.deal(day.shop.seed, order - 1), rate)
    for line, share in zip(basket.lines, basket.shares, strict=True):
        line["tax"] = 0 if line["is_gift_card"] else money.half_up((_net(line) - share) * place.tax)
    _ship(basket, place, rate)
    return basket


def _add_goods(basket: Basket, random: Random, assortment: Assortment, rate: Decimal) -> None:
    beside: str | None = None
    chosen: set[str] = set()
    for _ in range(random.choices((1, 2, 3, 4, 5, 7), weights=(42, 27, 16, 8, 5, 2))[0]):
        product = assortment.pick(random, beside)
        if product is None or (product["sku"] in chosen and random.random() < 0.95):
            continue  # the same product on two lines of an order is rare, but it happens
        beside = str(product["sku"])
        chosen.add(beside)
        quantity = random.choices((1, 2, 3, 4, 6, 12), weights=(70, 18, 6, 3, 2, 1))[0]
        line = _line(basket, product, quantity, rate)
        if random.random() < 0.12:
            line["discount"] = line["quantity"] * line["unit_price"] * random.choice((5, 10, 20)) // 100
        basket.lines.append(line)


def _line(basket: Basket, product: Row, quantity: int, rate: Decimal) -> Row:
    return {
        "sku": product["sku"],
        "seller_id": product["seller_id"],
        "quantity": quantity,
        "unit_price": money.price_in(product["price"], rate, basket.currency),
        "discount": 0,
        "tax": 0,
        "is_gift_card": 0,
    }


def _net(line: Row) -> int:
    return int(line["quantity"] * line["unit_price"] - line["discount"])


def _discount(basket: Basket, random: Random, coupon: str, rate: Decimal) -> None:
    """Discount on the whole order. Gift cards are never discounted, and an order that holds one takes no coupon for its goods."""
    nets = [_net(line) for line in basket.lines]
    basket.shares = [0] * len(nets)
    if not coupon or any(line["is_gift_card"] for line in basket.lines):
        return
    percent = {"WELCOME10": 10, "SPRING15": 15}.get(coupon, 0)
    basket.discount = min(money.price_in(500, rate, basket.currency), sum(nets) // 2) if coupon == "FIVER" else sum(nets) * percent // 100
    basket.shares = money.spread(basket.discount, nets)
    basket.coupon = random.choices((coupon, coupon.lower(), f"{coupon} "), weights=(90, 7, 3))[0]


def _ship(basket: Basket, place: places.Country, rate: Decimal) -> None:
    goods = sum(_net(line) for line in basket.lines if not line["is_gift_card"])
    is_free = goods == 0 or goods >= money.price_in(_FREE_SHIPPING, rate, basket.currency)
    if not is_free and (basket.coupon or "").strip().upper() != "FREESHIP":
        basket.shipping = money.price_in(place.shipping, rate, basket.currency)
        basket.shipping_tax = money.half_up(basket.shipping * place.tax)
