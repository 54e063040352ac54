"""How long what tells of a person is kept after her last sign of life, by classification: policy/retention.yml."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from fondaco.contracts import CLASSIFICATIONS, Place
from fondaco.errors import did_you_mean

Unit = Literal["day", "month", "year"]

_PERIOD = re.compile(r"([1-9][0-9]{0,4}) (day|month|year)s?")
#: Made by the warehouse of what is governed itself.
_MADE = "pii.pseudonym"


@dataclass(frozen=True)
class Retention:
    """One classification, and its time.

    Attributes:
        where: file and line.
    """

    classification: str
    count: int
    unit: Unit
    where: str

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'s' * (self.count != 1)}"

    def before(self, now: datetime) -> datetime:
        """Whoever was last seen before this time is kept no longer. A month ago is the same day, or the month's last."""
        if self.unit == "day":
            return now - timedelta(days=self.count)
        months = now.year * 12 + now.month - 1 - self.count * (12 if self.unit == "year" else 1)
        year, month = divmod(months, 12)
        return now.replace(year=year, month=month + 1, day=min(now.day, calendar.monthrange(year, month + 1)[1]))


def retention_of(path: Path) -> tuple[Retention, ...]:
    """The rules of the file, in its order; none where there is no file. Raises DeclarationError with file and line."""
    if not path.is_file():
        return ()
    root = Place.root(path).only("retention")
    place = root.inner("retention")
    return tuple(_rule(place, name, text) for name, text in root.texts("retention").items()) if place else ()


def _rule(place: Place, name: str, text: str) -> Retention:
    known = sorted(each for each in CLASSIFICATIONS if each.startswith("pii.") and each != _MADE)
    if name == _MADE:
        raise place.error(f"{name} is made of e-mails by the warehouse: it goes with pii.email", name)
    if name not in known:
        raise place.error(f"{name!r} is no classification of persons{did_you_mean(name, known)}: {', '.join(known)}", name)
    found = _PERIOD.fullmatch(text.strip())
    if found is None:
        raise place.error(f"{name} is kept for {text!r}, which is no time: write it as 90 days, 18 months or 3 years", name)
    unit: Unit = "day" if found[2] == "day" else "month" if found[2] == "month" else "year"
    rule = Retention(name, int(found[1]), unit, place.where(name))
    if rule.count > {"day": 36_500, "month": 1_200, "year": 100}[unit]:
        raise place.error(f"{name} is kept for {text!r}: that is more than 100 years", name)
    return rule
