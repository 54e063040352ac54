"""Who orders on a day: customers by habit, new ones soon after their sign-up, guests, the shop testing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import accumulate
from typing import Any

from fondaco.sources.demo import chance, demand, people, places
from fondaco.sources.demo.chance import Deck
from fondaco.sources.demo.clock import parse
from fondaco.sources.demo.day import Day, Shop

#: Orders of a customer who is long gone, against the days of habit.
_LAPSED = 0.012

_STRANGERS = Deck.of("strangers", {"guest": 58, "guest_again": 24, "test_order": 5, "test_customer": 4, "keyed_in_later": 5, "nameless": 4})


@dataclass(frozen=True)
class Buyer:
    """Who orders, as the order will say it.

    Attributes:
        customer: number of the customer; None for guests. May be a number that ``customers`` does not hold yet.
    """

    customer: int | None
    email: str | None
    country: str
    is_test: bool = False
    by_phone: bool = False


def plan_day(day: Day) -> None:
    """Plans the orders of customers who come back and of strangers; first orders were planned at the sign-up."""
    shop, random = day.shop, day.rng("buyers")
    known = sorted(customer for customer, row in shop.customers.items() if not row["is_test"])
    weights = list(accumulate(_habit(shop, customer, day.date.toordinal()) for customer in known))
    if known:
        for customer in random.choices(known, cum_weights=weights, k=chance.poisson(random, weights[-1] * demand.season(day.date))):
            day.plan(demand.moment(random, day.date), "order.by_customer", {"customer": customer})
    strangers = max(0.55 * shop.size * demand.share(shop.start, day.date), 0.3)
    for _ in range(chance.poisson(random, strangers)):
        fate = _STRANGERS.deal(shop.seed, shop.next_id("stranger") - 1)
        # nobody can buy before the shop's first hour is over
        opened = datetime.combine(shop.start, time(1))
        day.plan(max(demand.moment(random, day.date), opened), "order.by_stranger", {"who": fate})


def _habit(shop: Shop, customer: int, today: int) -> float:
    rate = people.traits(shop.seed, customer).rate
    return rate if today <= people.leaves(shop.seed, customer, shop.customers[customer]["created_at"]) else rate * _LAPSED


def known(shop: Shop, customer: int) -> Buyer | None:
    """A customer as a buyer; None if forgotten in the meantime."""
    row = shop.customers.get(customer)
    return Buyer(customer, row["email"], row["country"]) if row else None


def stranger(day: Day, at: str, who: str) -> Buyer:
    """Somebody who is not (yet) among the customers; ``who`` is a card of the deck of strangers."""
    shop, random = day.shop, day.rng("stranger", at)
    if who == "test_order":
        return Buyer(None, f"qa@{people.TEST_DOMAIN}", "DE", is_test=True)
    if who == "test_customer":
        testers = [number for number, row in shop.customers.items() if row["is_test"]]
        return known(shop, min(testers)) or _guest(shop, at, None)
    if who == "keyed_in_later":
        return _before_the_paperwork(day, at)
    if who == "nameless":
        return Buyer(None, None, places.some_country(random), by_phone=True)
    return _guest(shop, at, random.random() if who == "guest_again" else None)


def _before_the_paperwork(day: Day, at: str) -> Buyer:
    """Orders by phone; the customer is keyed in only days later, under the number that the order has already."""
    customer = day.shop.next_id("customer")
    row = people.profile(day.shop.seed, customer)
    when = parse(at) + timedelta(days=day.rng("paperwork", at).randint(1, 4), minutes=7)
    day.plan(when, "customer.arrive", row)
    return Buyer(customer, row["email"], row["country"], by_phone=True)


def _guest(shop: Shop, at: str, again: float | None) -> Buyer:
    """A guest; ``again`` in [0, 1) picks one who was there before. Guests type their address anew each time."""
    last = shop.counters.get("guest", 0)
    number = shop.next_id("guest") if again is None or last == 0 else 1 + int(again * min(last, 400))
    random = chance.rng(shop.seed, "guest", number)
    country = places.some_country(random)
    place = places.COUNTRIES[country]
    email = people.mail(random, random.choice(place.first_names), random.choice(place.last_names), f".g{number}").lower()
    typed = chance.rng(shop.seed, "typed", at).choices((email, email.title(), email.upper(), f" {email} "), weights=(76, 12, 6, 6))[0]
    return Buyer(None, typed, country)


def placed_at(day: Day, now: datetime, buyer: Buyer) -> datetime:
    """When the order was given; phone orders may be keyed in days later."""
    random = day.rng("placed", now)
    if not buyer.by_phone or random.random() < 0.4:
        return now
    first = datetime.combine(day.shop.start, datetime.min.time()) + timedelta(hours=1)
    return max(min(first, now), now - timedelta(days=random.randint(1, 6), minutes=random.randint(1, 300)))


def step_buyer(day: Day, at: str, payload: dict[str, Any]) -> Buyer | None:
    """The buyer that a planned step names."""
    return known(day.shop, payload["customer"]) if "customer" in payload else stranger(day, at, payload["who"])
