"""Customers: they sign up, move (and move back), change phones and addresses, ask to be forgotten."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

from fondaco.sources.demo import chance, demand, places
from fondaco.sources.demo.clock import parse, stamp
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.schema import Row

#: Mail domain of the shop's own test accounts and test orders; nobody else has it.
TEST_DOMAIN = "shop-test.example"

_MAIL_DOMAINS = ("mail.example", "post.example", "inbox.example.org", "web.example.net")
_CHANNELS = ("search", "social", "referral", "newsletter", "direct", "marketplace")

#: What befalls customers: changes per customer and day, and the least per day that lets a small shop see it, too.
_CHANGES = {
    "move": (0.0008, 1 / 12),
    "move_and_back": (0.00015, 1 / 18),
    "phone": (0.0005, 1 / 12),
    "phone_twice": (0.0001, 1 / 20),
    "email": (0.0003, 1 / 15),
    "marketing": (0.0006, 1 / 12),
    "touch": (0.001, 1 / 8),
    "forget": (0.00006, 1 / 30),
}


@dataclass(frozen=True)
class Traits:
    """What a customer is like; follows from the shop's seed and the customer's number.

    Attributes:
        rate: orders per day while the customer is with the shop.
        stay: days after the sign-up until the customer all but stops buying.
        first: days from sign-up to the first order; None if the sign-up leads to none by itself.
    """

    rate: float
    stay: float
    first: int | None


@cache
def traits(seed: int, customer: int) -> Traits:
    """The traits of a customer."""
    random = chance.rng(seed, "traits", customer)
    rate = min(random.lognormvariate(-4.75, 1.15), 0.12)
    stay = random.expovariate(1 / 260)
    first = random.choices((0, random.randint(1, 25), None), weights=(52, 22, 26))[0]
    return Traits(rate, stay, first)


@cache
def leaves(seed: int, customer: int, created_at: str) -> int:
    """The last day (proleptic Gregorian ordinal) on which a customer who signed up at ``created_at`` buys out of habit."""
    return date.fromisoformat(created_at[:10]).toordinal() + int(traits(seed, customer).stay)


def profile(seed: int, customer: int, *, test: bool = False) -> Row:
    """A customer's row at the sign-up, but for its times."""
    random = chance.rng(seed, "profile", customer)
    country = places.some_country(random)
    place = places.COUNTRIES[country]
    first_name, last_name = random.choice(place.first_names), random.choice(place.last_names)
    born = date(1942, 1, 1) + timedelta(days=random.randrange(23_500))
    return {
        "id": customer,
        "email": f"qa{customer}@{TEST_DOMAIN}" if test else mail(random, first_name, last_name, customer),
        "phone": places.phone(random, country) if random.random() < 0.8 else None,
        "first_name": first_name,
        "last_name": last_name,
        **places.address(random, country),
        "birth_date": born.isoformat() if random.random() < 0.7 else None,
        "accepts_marketing": int(random.random() < 0.45),
        "channel": "internal" if test else random.choice(_CHANNELS),
        "is_test": int(test),
    }


def mail(random: Random, first_name: str, last_name: str, number: int | str) -> str:
    """An address of one's own, now and then typed with capitals."""
    plain = unicodedata.normalize("NFKD", f"{first_name}.{last_name}").encode("ascii", "ignore").decode()
    name = plain.replace("'", "").replace(" ", "").lower().strip(".") or "kunde"
    address = f"{name}{number}@{random.choice(_MAIL_DOMAINS)}"
    return address.title() if random.random() < 0.08 else address


def plan_day(day: Day) -> None:
    """Plans the day's sign-ups and the changes to those who are there already."""
    shop, random = day.shop, day.rng("people")
    if day.number == 0:
        taken_over = max(5, round(shop.size * demand.TAKEN_OVER))
        day.plan(datetime.combine(day.date, time(0, 10)), "customer.take_over", {"count": taken_over})
    expected = shop.size * (1 - demand.TAKEN_OVER) * demand.share(shop.start, day.date)
    for _ in range(chance.poisson(random, expected)):
        day.plan(demand.moment(random, day.date), "customer.sign_up", {})
    known = sorted(shop.customers)
    if not known:
        return
    for what, (rate, least) in _CHANGES.items():
        for _ in range(chance.poisson(random, max(rate * len(known), least))):
            day.plan(demand.moment(random, day.date), f"customer.{what}", {"id": random.choice(known)})
    if day.number % 7 == 6:
        # the weekly consent check writes all its rows in the last microsecond of the day
        for customer in random.sample(known, min(len(known), max(3, len(known) // 50))):
            day.plan(day.last_moment, "customer.touch", {"id": customer})


def _take_over(day: Day, at: str, payload: dict[str, Any]) -> None:
    for number in range(payload["count"]):
        customer = day.shop.next_id("customer")
        _arrive(day, at, profile(day.shop.seed, customer, test=number < 2))


def _sign_up(day: Day, at: str, _payload: dict[str, Any]) -> None:
    customer = day.shop.next_id("customer")
    _arrive(day, at, profile(day.shop.seed, customer))
    days = traits(day.shop.seed, customer).first
    if days is None:
        return
    random = chance.rng(day.shop.seed, "first order", customer)
    now = parse(at)
    when = now + timedelta(seconds=random.randint(60, 2400)) if days == 0 else demand.moment(random, now.date() + timedelta(days=days))
    day.plan(when, "order.by_customer", {"customer": customer})


def _arrive(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = {**payload, "created_at": at, "updated_at": at}
    day.shop.customers[row["id"]] = row
    day.put("customers", dict(row))
    day.tell("customer.created", key=row["id"], at=at, row={name: value for name, value in row.items() if name != "updated_at"})


def _set(day: Day, at: str, payload: dict[str, Any]) -> None:
    customer, values = payload["id"], payload["values"]
    if customer not in day.shop.customers:
        return  # forgotten in the meantime
    written = {**values, "updated_at": at}
    day.shop.customers[customer].update(written)
    day.change("customers", customer, written)
    day.tell("customer.changed", key=customer, at=at, values=values)


def _move(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = day.shop.customers.get(payload["id"])
    if row is None:
        return
    random = day.rng("move", at)
    country = places.some_country(random) if random.random() < 0.2 else row["country"]
    _set(day, at, {"id": row["id"], "values": places.address(random, country)})


def _move_and_back(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = day.shop.customers.get(payload["id"])
    if row is None:
        return
    home = {name: row[name] for name in ("street", "city", "postal_code", "country")}
    _move(day, at, payload)
    random = day.rng("back", at)
    back = parse(at) + timedelta(days=random.randint(5, 30), seconds=random.randint(0, 900))
    day.plan(back, "customer.set", {"id": row["id"], "values": home})


def _phone(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = day.shop.customers.get(payload["id"])
    if row is not None:
        _set(day, at, {"id": row["id"], "values": {"phone": places.phone(day.rng("phone", at), row["country"])}})


def _phone_twice(day: Day, at: str, payload: dict[str, Any]) -> None:
    """Mistyped, and mended while the customer is still on the line."""
    _phone(day, at, payload)
    day.plan(min(parse(at) + timedelta(seconds=75), day.last_moment), "customer.phone", payload)


def _email(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = day.shop.customers.get(payload["id"])
    if row is None or row["is_test"]:
        return
    random = day.rng("email", at)
    address = mail(random, row["first_name"], row["last_name"], f"{row['id']}.{random.randint(1, 99)}")
    _set(day, at, {"id": row["id"], "values": {"email": address}})


def _marketing(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = day.shop.customers.get(payload["id"])
    if row is not None:
        _set(day, at, {"id": row["id"], "values": {"accepts_marketing": 1 - row["accepts_marketing"]}})


def _touch(day: Day, at: str, payload: dict[str, Any]) -> None:
    row = day.shop.customers.get(payload["id"])
    if row is None:
        return
    row["updated_at"] = at
    day.touch("customers", row["id"], at)
    day.tell("customer.touched", key=row["id"], at=at)


def _forget(day: Day, at: str, payload: dict[str, Any]) -> None:
    """A hard delete; the orders stay. Test accounts stay, or nobody could tell later that their orders were tests."""
    row = day.shop.customers.get(payload["id"])
    if row is None or row["is_test"] or row["created_at"] >= stamp(datetime.combine(day.date, time())):
        return
    del day.shop.customers[row["id"]]
    day.drop("customers", row["id"])
    day.tell("customer.deleted", key=row["id"], at=at)


STEPS = {
    "customer.take_over": _take_over,
    "customer.sign_up": _sign_up,
    "customer.arrive": _arrive,
    "customer.set": _set,
    "customer.move": _move,
    "customer.move_and_back": _move_and_back,
    "customer.phone": _phone,
    "customer.phone_twice": _phone_twice,
    "customer.email": _email,
    "customer.marketing": _marketing,
    "customer.touch": _touch,
    "customer.forget": _forget,
}
