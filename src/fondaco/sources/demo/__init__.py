"""The simulated shop (``type: demo``): a seeded shop that lives day by day in a SQLite file, and the truth about it.

live         lets the shop live; the only writer of the file
shop_clock   the shop's own time
ANSWERS      every row of silver and gold, counted from what `facts_of` knows by the diary
FORMULAS     every figure of the glossary, reckoned from those rows
truth        what a warehouse of this shop must come to, computed from the shop's diary alone
write_truth  the same as JSON lines
"""

from __future__ import annotations

from fondaco.sources.demo.life import LiveReport, live, shop_clock
from fondaco.sources.demo.marts import ANSWERS, UNANSWERED, UNANSWERED_COLUMNS, Answer, facts_of
from fondaco.sources.demo.marts.facts import Facts
from fondaco.sources.demo.marts.figures import FORMULAS, SPLIT_ONLY, figures, refund_lines
from fondaco.sources.demo.marts.kpis import kpis
from fondaco.sources.demo.marts.names import Names
from fondaco.sources.demo.marts.rules import Rules
from fondaco.sources.demo.reads import Look, Reads, left_unread, reads_of
from fondaco.sources.demo.truth import Truth, every_day, truth, write_truth

__all__ = [
    "ANSWERS",
    "FORMULAS",
    "SPLIT_ONLY",
    "UNANSWERED",
    "UNANSWERED_COLUMNS",
    "Answer",
    "Facts",
    "LiveReport",
    "Look",
    "Names",
    "Reads",
    "Rules",
    "Truth",
    "every_day",
    "facts_of",
    "figures",
    "kpis",
    "left_unread",
    "live",
    "reads_of",
    "refund_lines",
    "shop_clock",
    "truth",
    "write_truth",
]
