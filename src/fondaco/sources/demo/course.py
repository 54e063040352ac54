"""The course of one order: all that will be written about it, decided when it is placed and handed to the agenda step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fondaco.sources.demo.clock import stamp
from fondaco.sources.demo.day import Day

#: What the diary calls the rows whose changes it tells by themselves; it tells the life of the order in words of its own.
_IN_THE_DIARY = {"payments": "payment", "shipments": "parcel", "refunds": "refund"}


@dataclass(frozen=True)
class Line:
    """One line of an order, amounts in minor units.

    Attributes:
        gross: quantity times unit price.
        net: gross less the line's discount and its share of the order's discount.
    """

    id: int
    units: int
    gross: int
    net: int
    tax: int
    is_gift_card: bool


@dataclass(frozen=True)
class Order:
    """What the later life of an order needs to know, amounts in minor units of ``currency``.

    Attributes:
        at: when the order entered the shop's books; phone orders were placed earlier.
        discount: on the whole order; the lines' ``net`` already bear it.
    """

    id: int
    at: datetime
    currency: str
    country: str
    shipping: int
    shipping_tax: int
    discount: int
    lines: tuple[Line, ...]

    @property
    def goods(self) -> tuple[Line, ...]:
        """The lines that are goods, not gift cards."""
        return tuple(line for line in self.lines if not line.is_gift_card)

    @property
    def total(self) -> int:
        """What the customer owes."""
        return sum(line.net + line.tax for line in self.lines) + self.shipping + self.shipping_tax


@dataclass(frozen=True)
class Attempt:
    """An attempt to pay: its place among the order's attempts, who handles it, and how much in minor units."""

    number: int
    provider: str
    method: str
    amount: int


@dataclass
class Course:
    """Steps of one order's life by the moment at which they happen; every written row gets that moment as its ``updated_at``.

    Attributes:
        order: as it stands; a line may be taken off before it is paid.
        payments: attempts planned so far that brought (or will bring) money, by number.
    """

    order: Order
    payments: dict[int, Attempt] = field(default_factory=dict)
    _steps: dict[datetime, dict[str, list[Any]]] = field(default_factory=dict)

    def put(self, at: datetime, table: str, **row: Any) -> None:
        """A new row; that of an attempt to pay or of a parcel is in the diary, too."""
        self._step(at)["put"].append((table, {**row, "updated_at": stamp(at)}))
        if table in ("payments", "shipments"):
            self._note(at, f"{_IN_THE_DIARY[table]}.made", key=row["id"], row=row)

    def change(self, at: datetime, table: str, key: int, **values: Any) -> None:
        """Some columns of a row; with none given, an update that changes nothing."""
        self._step(at)["change"].append((table, key, {**values, "updated_at": stamp(at)}))
        if values and table in _IN_THE_DIARY:
            self._note(at, f"{_IN_THE_DIARY[table]}.changed", key=key, values=values)

    def drop(self, at: datetime, table: str, key: int) -> None:
        """A hard delete."""
        self._step(at)["drop"].append((table, key))

    def tell(self, at: datetime, kind: str, **payload: Any) -> None:
        """A line in the diary."""
        self._note(at, kind, id=self.order.id, **payload)

    def status(self, at: datetime, status: str) -> None:
        """The order takes a new status."""
        self.change(at, "orders", self.order.id, status=status)
        self.tell(at, "order.status", status=status)

    def cancel(self, at: datetime) -> None:
        """The order is cancelled: what is left of the sale will not be."""
        self.change(at, "orders", self.order.id, status="cancelled", cancelled_at=stamp(at))
        self.tell(at, "order.cancelled")

    def plan(self, day: Day) -> None:
        """Hands every step to the day, which keeps what is due later in the agenda."""
        for at, step in self._steps.items():
            day.plan(at, "order.write", step)

    def _note(self, at: datetime, kind: str, **payload: Any) -> None:
        self._step(at)["tell"].append((kind, {"at": stamp(at), **payload}))

    def _step(self, at: datetime) -> dict[str, list[Any]]:
        return self._steps.setdefault(at, {"put": [], "change": [], "drop": [], "tell": []})


def _write(day: Day, _at: str, payload: dict[str, Any]) -> None:
    for table, row in payload["put"]:
        day.put(table, row)
    for table, key, values in payload["change"]:
        day.change(table, key, values)
    for table, key in payload["drop"]:
        day.drop(table, key)
    for kind, told in payload["tell"]:
        day.tell(kind, **told)


STEPS = {"order.write": _write}
