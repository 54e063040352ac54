from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fondaco.sources.demo import every_day, truth
from fondaco.sources.demo.events import Event
from fondaco.sources.demo.history import versions

FIRST = date(2026, 1, 1)


def at(day: int, hour: int) -> str:
    return f"2026-01-{day:02d} {hour:02d}:00:00.000000"


def event(kind: str, day: int, hour: int, *, key: int = 1, **payload: Any) -> Event:
    return Event(FIRST + timedelta(days=day - 1), f"customer.{kind}", {"key": key, "at": at(day, hour), **payload})


#: One customer: two changes and back on the 2nd, a touch on the 3rd, a real change on the 4th followed by a touch, gone on the 6th.
DIARY = [
    event("created", 1, 9, row={"city": "Köln"}),
    event("changed", 2, 9, values={"city": "Bonn"}),
    event("changed", 2, 12, values={"city": "Köln"}),
    event("touched", 3, 9),
    event("changed", 4, 9, values={"city": "Ulm"}),
    event("touched", 4, 18),
    event("changed", 5, 9, values={"city": "Ulm"}),
    event("changed", 6, 8, values={"city": "Jena"}),
    event("deleted", 6, 15),
]

Short = tuple[str, str, str | None, bool]


def shortly(*, reads: Collection[date] | None = None, diary: list[Event] = DIARY) -> list[Short]:
    return [
        (version.values["city"], version.observed_from, version.valid_to, version.is_deleted)
        for version in versions(diary, "customer", reads=reads)
    ]


def days(*numbers: int) -> set[date]:
    return {FIRST + timedelta(days=number - 1) for number in numbers}


def test_a_reader_who_sees_every_change_knows_every_version() -> None:
    gone = "2026-01-07 00:05:00.000000"
    assert shortly() == [
        ("Köln", at(1, 9), at(2, 9), False),
        ("Bonn", at(2, 9), at(2, 12), False),
        ("Köln", at(2, 12), at(4, 9), False),
        ("Ulm", at(4, 9), at(6, 8), False),
        ("Jena", at(6, 8), gone, False),
        ("Jena", gone, None, True),
    ]


def test_a_reader_at_each_days_end_knows_the_last_state_of_the_day_by_its_last_update() -> None:
    gone = "2026-01-07 00:05:00.000000"
    assert shortly(reads=days(1, 2, 3, 4, 5, 6)) == [
        ("Köln", at(1, 9), at(4, 18), False),
        ("Ulm", at(4, 18), gone, False),
        ("Ulm", gone, None, True),
    ]


def test_a_reader_who_comes_late_knows_less() -> None:
    assert shortly(reads=days(5)) == [("Ulm", at(5, 9), None, False)]
    assert shortly(reads=days(6)) == []


def test_a_deletion_is_seen_at_the_clock_of_the_next_reading() -> None:
    diary = [event("created", 1, 9, row={"city": "Köln"}), event("deleted", 2, 9), event("created", 3, 9, key=2, row={"city": "Ulm"})]
    gone = "2026-01-04 00:05:00.000000"
    assert shortly(reads=days(1, 3), diary=diary) == [
        ("Köln", at(1, 9), gone, False),
        ("Köln", gone, None, True),
        ("Ulm", at(3, 9), None, False),
    ]


def test_a_change_of_nobody_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not exist"):
        versions([event("changed", 1, 9, values={"city": "Köln"})], "customer")


@pytest.mark.parametrize("entity", ["customers", "products", "sellers"])
@pytest.mark.parametrize("reads", ["every change", "every day", "every week"])
def test_chains_have_no_holes_and_no_two_equal_neighbours(year_and_a_half: Path, entity: str, reads: str) -> None:
    lived = sorted(every_day(year_and_a_half))
    chosen = {"every change": None, "every day": lived, "every week": lived[::7]}[reads]
    known = getattr(truth(year_and_a_half, reads=chosen), entity)
    for before, after in pairwise(known):
        if before.key != after.key:
            assert (before.valid_to, after.number) == (None, 1)
            continue
        assert after.number == before.number + 1
        assert before.observed_from < after.observed_from == before.valid_to
        assert before.values != after.values or after.is_deleted
        assert not before.is_deleted
