"""Parcels: one or two an order, on time, late, without a promise, lost, or never seen again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from fondaco.sources.demo.chance import Deck
from fondaco.sources.demo.clock import stamp
from fondaco.sources.demo.course import Course
from fondaco.sources.demo.day import Day

_FATES = Deck.of("delivery", {"one": 66, "split": 16, "late": 13, "without_promise": 3, "split_and_late": 2})
_CARRIERS = ("DHL", "UPS", "PostNL", "Colissimo", "Yamato")


@dataclass
class Parcels:
    """The parcels of one order, planned when it is known that it will be sent."""

    day: Day
    course: Course
    random: Random
    sent: list[int] = field(default_factory=list)

    def send(self, paid_at: datetime, *, ending: str = "delivered") -> datetime | None:
        """Plans the parcels of an order that was paid.

        Args:
            ending: ``delivered``, ``lost`` (the carrier says so weeks later) or ``open`` (nobody ever says anything).

        Returns:
            When the last parcel is delivered or declared lost; None if that never happens. Orders of gift cards alone are sent by mail.
        """
        order = self.course.order
        units = sum(line.units for line in order.goods)
        if units == 0:
            self.course.status(paid_at + timedelta(minutes=1), "delivered")
            return paid_at + timedelta(minutes=1)
        fate = _FATES.deal(self.day.shop.seed, order.id - 1)
        first = units // 2 if fate.startswith("split") else 0
        shipped_at = paid_at + timedelta(minutes=self.random.randint(300, 3600), microseconds=self.random.randrange(1_000_000))
        self.course.status(shipped_at, "shipped")
        ends = []
        for place, count in enumerate(count for count in (units - first, first) if count):
            leaves = shipped_at + timedelta(hours=self.random.randint(3, 50)) * place
            late = fate == "late" or (fate == "split_and_late" and place == 1)
            ends.append(self._parcel(leaves, count, ending, late=late, promised=fate != "without_promise"))
        arrived = [end for end in ends if end is not None]
        if not arrived:
            return None
        if ending == "delivered":
            self.course.status(max(arrived), "delivered")
        return max(arrived)

    def come_back(self, at: datetime) -> None:
        """All parcels are returned."""
        for shipment in self.sent:
            self.course.change(at, "shipments", shipment, status="returned")

    def _parcel(self, leaves: datetime, units: int, ending: str, *, late: bool, promised: bool) -> datetime | None:
        shipment = self.day.shop.next_id("shipment")
        self.sent.append(shipment)
        random = self.random
        promise = leaves.replace(hour=20, minute=0, second=0, microsecond=0) + timedelta(days=random.randint(3, 6))
        self.course.put(
            leaves,
            "shipments",
            id=shipment,
            order_id=self.course.order.id,
            carrier=random.choice(_CARRIERS),
            status="shipped",
            units=units,
            shipped_at=stamp(leaves),
            promised_at=stamp(promise) if promised else None,
            delivered_at=None,
        )
        if ending == "open":
            return None
        if ending == "lost":
            self.course.change(leaves + timedelta(days=20), "shipments", shipment, status="lost")
            return leaves + timedelta(days=20)
        on_time = min(leaves + timedelta(minutes=random.randint(1000, 7000)), promise)
        delivered = promise + timedelta(hours=random.randint(2, 150)) if late else on_time
        self.course.change(delivered, "shipments", shipment, status="delivered", delivered_at=stamp(delivered))
        return delivered
