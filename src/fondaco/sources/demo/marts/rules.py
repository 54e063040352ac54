"""The rules of a shop that its owner sets, as far as the truth depends on them; the values here are fondaco.yml's defaults."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Rules:
    """What counts as frequent, as bought together, as the first day of a week.

    Attributes:
        rfm_window_days: days in which recency, frequency and value are looked at.
        rfm_frequency_bands: upper bounds of the frequency scores 1 to 4.
        affinity_window_days: in which windows products are bought together.
        affinity_min_pair_orders, affinity_min_support: from how many shared orders, and which share of all orders, a pair counts.
        affinity_max_basket: products above which an order is no basket.
        settle_days: days after which an order can be judged by what came back of it.
        week_start: weekday on which weeks begin, 0 for Monday.
    """

    rfm_window_days: int = 365
    rfm_frequency_bands: tuple[int, ...] = (1, 2, 3, 5)
    affinity_window_days: tuple[int, ...] = (90, 365)
    affinity_min_pair_orders: int = 20
    affinity_min_support: Decimal = Decimal("0.0001")
    affinity_max_basket: int = 100
    settle_days: int = 14
    week_start: int = 0
