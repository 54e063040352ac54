"""Times of the clock as cron writes them: minute, hour, day of month, month, day of week."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

_MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
#: Name, lowest and highest value, and words of each field.
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 7, _DAYS),
)
_PART = re.compile(r"(?P<first>\*|\w+)(?:-(?P<last>\w+))?(?:/(?P<step>\d+))?")
#: Days of each month in a leap year: what exists at least once in four years.
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def parse_cron(value: Any) -> str | None:
    """A cron expression of five fields, as it stands; None for ``off``.

    Raises:
        ValueError: it is none, or names a day that no year has.
    """
    if value is None or value is False or str(value).strip().lower() in ("off", "false"):  # YAML reads `off` as false
        return None
    text = " ".join(str(value).split())
    parts = text.split(" ")
    if len(parts) != len(_FIELDS):
        raise ValueError(
            f"{value!r} is no cron expression: it has {len(parts)} fields in place of 5 (minute, hour, day, month, weekday), as in '*/15 * * * *'"
        )
    named = [
        {number for one in part.split(",") for number in _numbers(one, *field, text)} for part, field in zip(parts, _FIELDS, strict=True)
    ]
    days, months = named[2], named[3]
    if parts[4] == "*" and all(min(days) > _LENGTHS[month - 1] for month in months):
        raise ValueError(f"{text!r} never comes: no such month has a day {min(days)}")
    return text.lower()


def _numbers(part: str, name: str, low: int, high: int, words: dict[str, int], text: str) -> range:
    """The values that one part of a field names."""
    match = _PART.fullmatch(part.lower())
    if match is None or (match["first"] == "*" and match["last"]):
        raise ValueError(f"{text!r}: {part!r} is no {name} of a cron expression")
    bounds = []
    for word in (match["first"], match["last"]):
        if word in (None, "*"):
            continue
        number = words.get(word, int(word) if word.isascii() and word.isdigit() else None)
        if number is None or not low <= number <= high:
            raise ValueError(f"{text!r}: {word!r} is no {name}: that goes from {low} to {high}")
        bounds.append(number)
    first, last = (low, high) if not bounds else (bounds[0], bounds[-1])
    step = int(match["step"] or 1)
    if step < 1 or last < first:
        raise ValueError(f"{text!r}: {part!r} is no {name} of a cron expression")
    return range(first, (high if len(bounds) == 1 and match["step"] else last) + 1, step)


#: A cron expression in the shop's time zone; None where it is switched off.
Cron = Annotated[
    str | None,
    BeforeValidator(parse_cron),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "boolean", "const": False}, {"type": "null"}]}),
]
