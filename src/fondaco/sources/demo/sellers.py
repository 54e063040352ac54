"""Sellers: they join, change their commission and how to reach them, and leave with all their products."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from fondaco.sources.demo import catalogue, chance, demand, places
from fondaco.sources.demo.clock import parse
from fondaco.sources.demo.day import Day
from fondaco.sources.demo.schema import Row

#: Changes per seller and day, and the least per day.
_CHANGES = {
    "commission": (0.002, 1 / 18),
    "commission_and_back": (0.0002, 1 / 40),
    "contact": (0.001, 1 / 25),
    "touch": (0.002, 1 / 20),
    "leave": (0.0, 1 / 35),
}


def plan_day(day: Day) -> None:
    """Plans what the day does to sellers; the first ones are there before the first product."""
    shop, random = day.shop, day.rng("sellers")
    if day.number == 0:
        for number in range(6 + shop.size // 250):
            day.plan(datetime.combine(day.date, time(0, 1)) + timedelta(milliseconds=700 * number), "seller.join", {})
        return
    active = sorted(number for number, row in shop.sellers.items() if row["status"] == "active")
    for _ in range(chance.poisson(random, max(1 / 25, shop.size / 100_000))):
        day.plan(demand.moment(random, day.date), "seller.join", {})
    for what, (rate, least) in _CHANGES.items():
        for _ in range(chance.poisson(random, max(rate * len(active), least))):
            day.plan(demand.moment(random, day.date), f"seller.{what}", {"key": random.choice(active)})


def _join(day: Day, at: str, _payload: dict[str, Any]) -> None:
    number = day.shop.next_id("seller")
    random = chance.rng(day.shop.seed, "seller", number)
    country = random.choice(tuple(places.COUNTRIES))
    row: Row = {
        "id": number,
        "name": f"{random.choice(places.COUNTRIES[country].last_names)} Trading {number}",
        "email": f"office@seller{number}.example",
        "phone": places.phone(random, country),
        "country": country,
        "commission_pct": _commission(random),
        "status": "active",
    }
    day.shop.sellers[number] = {**row, "created_at": at, "updated_at": at}
    day.put("sellers", {**row, "created_at": at, "updated_at": at})
    day.tell("seller.created", key=number, at=at, row={**row, "created_at": at})


def _commission(random: Random) -> str:
    return f"{random.randint(16, 44) / 2:.2f}"


def _set_seller(day: Day, at: str, payload: dict[str, Any]) -> None:
    key, values = payload["key"], payload["values"]
    day.shop.sellers[key].update(values, updated_at=at)
    day.change("sellers", key, {**values, "updated_at": at})
    day.tell("seller.changed", key=key, at=at, values=values)


def _change_commission(day: Day, at: str, payload: dict[str, Any]) -> None:
    _set_seller(day, at, {"key": payload["key"], "values": {"commission_pct": _commission(day.rng("commission", at))}})


def _change_commission_and_back(day: Day, at: str, payload: dict[str, Any]) -> None:
    before = day.shop.sellers[payload["key"]]["commission_pct"]
    _change_commission(day, at, payload)
    day.plan(parse(at) + timedelta(days=14), "seller.set", {"key": payload["key"], "values": {"commission_pct": before}})


def _change_contact(day: Day, at: str, payload: dict[str, Any]) -> None:
    random, key = day.rng("contact", at), payload["key"]
    phone = places.phone(random, day.shop.sellers[key]["country"])
    _set_seller(day, at, {"key": key, "values": {"phone": phone, "email": f"sales{random.randint(1, 99)}@seller{key}.example"}})


def _touch_seller(day: Day, at: str, payload: dict[str, Any]) -> None:
    day.shop.sellers[payload["key"]]["updated_at"] = at
    day.touch("sellers", payload["key"], at)
    day.tell("seller.touched", key=payload["key"], at=at)


def _leave(day: Day, at: str, payload: dict[str, Any]) -> None:
    """A seller leaves and takes all products along, in one transaction: one time on many rows."""
    row = day.shop.sellers[payload["key"]]
    if row["status"] != "active" or sum(seller["status"] == "active" for seller in day.shop.sellers.values()) <= 4:
        return
    _set_seller(day, at, {"key": payload["key"], "values": {"status": "left"}})
    for product in catalogue.for_sale(day.shop):
        if product["seller_id"] == payload["key"]:
            catalogue.set_product(day, at, {"key": product["sku"], "values": {"status": "discontinued"}})


STEPS = {
    "seller.join": _join,
    "seller.set": _set_seller,
    "seller.commission": _change_commission,
    "seller.commission_and_back": _change_commission_and_back,
    "seller.contact": _change_contact,
    "seller.touch": _touch_seller,
    "seller.leave": _leave,
}
