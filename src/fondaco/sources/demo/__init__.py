"""The simulated shop (``type: demo``): a seeded shop that lives day by day in a SQLite file, and the truth about it.

live         lets the shop live; the only writer of the file
shop_clock   the shop's own time
truth        what a warehouse of this shop must come to, computed from the shop's diary alone
write_truth  the same as JSON lines
"""

from __future__ import annotations

from fondaco.sources.demo.life import LiveReport, live, shop_clock
from fondaco.sources.demo.truth import Truth, every_day, truth, write_truth

__all__ = ["LiveReport", "Truth", "every_day", "live", "shop_clock", "truth", "write_truth"]
