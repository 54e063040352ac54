"""The simulated shop (``type: demo``): a seeded shop that lives day by day in a SQLite file, and the truth about it.

live         lets the shop live; the only writer of the file
shop_clock   the shop's own time
marts        every row of every mart, counted from the diary
truth        what a warehouse of this shop must come to, computed from the shop's diary alone
write_truth  the same as JSON lines
"""

from __future__ import annotations

from fondaco.sources.demo.life import LiveReport, live, shop_clock
from fondaco.sources.demo.marts import MARTS, marts
from fondaco.sources.demo.truth import Truth, every_day, truth, write_truth

__all__ = ["MARTS", "LiveReport", "Truth", "every_day", "live", "marts", "shop_clock", "truth", "write_truth"]
