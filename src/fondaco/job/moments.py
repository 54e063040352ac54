"""Times as people write them on the command line, as the sources' own time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fondaco.errors import UsageError


def moment(text: str, zone: str, option: str) -> datetime:
    """A day or a time in ISO 8601 as naive UTC; one without a zone is the shop's own.

    Args:
        zone: IANA name of the shop's time zone.
        option: what the text was given to, for the error.

    Raises:
        UsageError: it is neither.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{option} is {text!r}, which is no time",
            hint=f"write a day or a time, as in 2024-05-01, 2024-05-01T18:30 ({zone}) or 2024-05-01T18:30:00Z",
        ) from None
    found = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))
    try:
        return found.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        raise UsageError(f"{option} is {text!r}, which is out of all time", hint="write a year from 2 to 9998") from None
