"""Products: launched, repriced (also several times a day), renamed, discontinued; samples come and are deleted."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any

from fondaco.sources.demo import chance, demand
from fondaco.sources.demo.clock import parse
from fondaco.sources.demo.day import Day, Shop
from fondaco.sources.demo.schema import Row

#: Samples are in the catalogue but never sold; only they are deleted.
SAMPLES = "Samples"
GIFT_CARDS = "Gift cards"

#: By category: what things are called, and the range of prices in EUR cents.
_CATEGORIES: dict[str, tuple[tuple[str, ...], tuple[int, int]]] = {
    "Kitchen": (("Pan", "Kettle", "Knife", "Mug", "Teapot", "Grinder"), (690, 8900)),
    "Living": (("Lamp", "Cushion", "Vase", "Mirror", "Candle"), (890, 12900)),
    "Garden": (("Hose", "Planter", "Shears", "Bird feeder"), (990, 7900)),
    "Stationery": (("Notebook", "Fountain pen", "Calendar", "Card set"), (190, 3900)),
    "Toys": (("Puzzle", "Wooden train", "Kite", "Card game"), (590, 5900)),
    "Textiles": (("Throw", "Towel", "Apron", "Tea towel", "Bed linen"), (790, 9900)),
    "Audio": (("Headphones", "Radio", "Speaker"), (2900, 24900)),
}
_BRANDS = ("Nordlys", "Casa Blu", "Hansen & Sohn", "Petit Atelier", "Kōbō", "Oakridge", "Żuraw")

#: Changes per product and day, and the least per day.
_PRODUCT_CHANGES = {"reprice": (0.004, 1 / 4), "reprice_and_back": (0.0005, 1 / 20), "rename": (0.0004, 1 / 25), "touch": (0.002, 1 / 8)}


@cache
def popularity(seed: int, sku: str) -> float:
    """How much more often than others a product goes into a basket: few sell much, many sell little."""
    return min(chance.rng(seed, "popularity", sku).paretovariate(1.1), 60.0)


def for_sale(shop: Shop) -> list[Row]:
    """Products that an order may hold, but for gift cards, in the order of their numbers."""
    active = (row for row in shop.products.values() if row["status"] == "active" and row["category"] not in (SAMPLES, GIFT_CARDS))
    return sorted(active, key=lambda row: str(row["sku"]))


def plan_day(day: Day) -> None:
    """Plans what the day does to products."""
    shop, random = day.shop, day.rng("catalogue")
    opening = datetime.combine(day.date, time(0, 5))
    size = 40 + shop.size // 25
    if day.number == 0:
        day.plan(opening, "catalogue.open", {"products": size})
        return
    active = [str(row["sku"]) for row in for_sale(shop)]
    for what, (rate, least) in _PRODUCT_CHANGES.items():
        for _ in range(chance.poisson(random, max(rate * len(active), least))):
            day.plan(demand.moment(random, day.date), f"product.{what}", {"key": random.choice(active)})
    for what, expected in (("launch", size / 1000), ("discontinue", size / 1600), ("sample", 1 / 12)):
        for _ in range(chance.poisson(random, max(expected, 1 / 16))):
            day.plan(demand.moment(random, day.date), f"product.{what}", {"key": random.choice(active)})
    if day.number % 6 == 3:
        day.plan(datetime.combine(day.date, time(9, 0)), "product.flash_sale", {"key": random.choice(active)})
    if day.number % 14 == 9:
        # a price list of one brand is loaded at night: many rows, one updated_at, the last microsecond of the day
        day.plan(day.last_moment, "product.price_list", {"brand": random.choice(_BRANDS), "percent": random.choice((97, 98, 102, 103))})


def _open(day: Day, at: str, payload: dict[str, Any]) -> None:
    for _ in range(payload["products"]):
        _launch(day, at, {})
    for euros in (25, 50):
        row = {"sku": f"GIFT-{euros}", "name": f"Gift card {euros} EUR", "category": GIFT_CARDS, "brand": None, "seller_id": None}
        _create(day, at, {**row, "price": euros * 100, "cost": 0, "currency": "EUR", "status": "active"})


def _launch(day: Day, at: str, _payload: dict[str, Any]) -> None:
    number = day.shop.next_id("product")
    random = chance.rng(day.shop.seed, "product", number)
    category = random.choice(tuple(_CATEGORIES))
    things, (low, high) = _CATEGORIES[category]
    brand = random.choice(_BRANDS)
    price = random.randint(low, high) // 10 * 10 - 1
    sellers = sorted(seller for seller, row in day.shop.sellers.items() if row["status"] == "active")
    row = {
        "sku": f"{category[:2].upper()}-{number:05d}",
        "name": f"{brand} {random.choice(things)} No. {number}",
        "category": category,
        "brand": brand,
        "seller_id": random.choice(sellers) if sellers and random.random() < 0.4 else None,
        "price": price,
        "cost": price * random.randint(38, 70) // 100,
        "currency": "EUR",
        "status": "active",
    }
    _create(day, at, row)


def _sample(day: Day, at: str, _payload: dict[str, Any]) -> None:
    number = day.shop.next_id("sample")
    row = {"sku": f"SAMPLE-{number:04d}", "name": f"Sample {number}", "category": SAMPLES, "brand": None, "seller_id": None}
    _create(day, at, {**row, "price": 0, "cost": 150, "currency": "EUR", "status": "active"})
    day.plan(parse(at) + timedelta(days=day.rng("sample", at).randint(3, 12)), "product.delete", {"key": row["sku"]})


def _create(day: Day, at: str, row: Row) -> None:
    whole = {**row, "created_at": at, "updated_at": at}
    day.shop.products[whole["sku"]] = whole
    day.put("products", dict(whole))
    day.tell("product.created", key=whole["sku"], at=at, row={**row, "created_at": at})


def set_product(day: Day, at: str, payload: dict[str, Any]) -> None:
    key, values = payload["key"], payload["values"]
    day.shop.products[key].update(values, updated_at=at)
    day.change("products", key, {**values, "updated_at": at})
    day.tell("product.changed", key=key, at=at, values=values)


def _delete(day: Day, at: str, payload: dict[str, Any]) -> None:
    del day.shop.products[payload["key"]]
    day.drop("products", payload["key"])
    day.tell("product.deleted", key=payload["key"], at=at)


def _touch_product(day: Day, at: str, payload: dict[str, Any]) -> None:
    day.shop.products[payload["key"]]["updated_at"] = at
    day.touch("products", payload["key"], at)
    day.tell("product.touched", key=payload["key"], at=at)


def _other_price(random: Random, price: int) -> int:
    percent = random.choice((80, 85, 90, 95, 97, 103, 105, 108, 112, 120))
    return max(99, price * percent // 1000 * 10 + 9)


def _reprice(day: Day, at: str, payload: dict[str, Any]) -> None:
    price = day.shop.products[payload["key"]]["price"]
    set_product(day, at, {"key": payload["key"], "values": {"price": _other_price(day.rng("price", at), price)}})


def _reprice_and_back(day: Day, at: str, payload: dict[str, Any]) -> None:
    before = day.shop.products[payload["key"]]["price"]
    _reprice(day, at, payload)
    back = parse(at) + timedelta(days=day.rng("price back", at).randint(3, 20))
    day.plan(back, "product.set", {"key": payload["key"], "values": {"price": before}})


def _flash_sale(day: Day, at: str, payload: dict[str, Any]) -> None:
    """Two cuts in a day; in two sales of three the evening brings the old price back, as if nothing had been."""
    key = payload["key"]
    before = day.shop.products[key]["price"]
    set_product(day, at, {"key": key, "values": {"price": before * 8 // 10}})
    day.plan(parse(at) + timedelta(hours=3), "product.set", {"key": key, "values": {"price": before * 7 // 10}})
    if day.number % 18 != 9:
        day.plan(parse(at) + timedelta(hours=11), "product.set", {"key": key, "values": {"price": before}})


def _price_list(day: Day, at: str, payload: dict[str, Any]) -> None:
    for row in for_sale(day.shop):
        if row["brand"] == payload["brand"]:
            set_product(day, at, {"key": row["sku"], "values": {"price": max(99, row["price"] * payload["percent"] // 100)}})


def _rename(day: Day, at: str, payload: dict[str, Any]) -> None:
    name = day.shop.products[payload["key"]]["name"]
    renamed = name.removesuffix(" (new)") if name.endswith(" (new)") else f"{name} (new)"
    set_product(day, at, {"key": payload["key"], "values": {"name": renamed}})


def _discontinue(day: Day, at: str, payload: dict[str, Any]) -> None:
    if day.shop.products[payload["key"]]["status"] == "active" and len(for_sale(day.shop)) > 25:
        set_product(day, at, {"key": payload["key"], "values": {"status": "discontinued"}})


STEPS = {
    "catalogue.open": _open,
    "product.launch": _launch,
    "product.sample": _sample,
    "product.set": set_product,
    "product.delete": _delete,
    "product.touch": _touch_product,
    "product.reprice": _reprice,
    "product.reprice_and_back": _reprice_and_back,
    "product.flash_sale": _flash_sale,
    "product.price_list": _price_list,
    "product.rename": _rename,
    "product.discontinue": _discontinue,
}
