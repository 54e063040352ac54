"""Durations, shares and paths as people write them: ``2m``, ``1%``, ``./lake``."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d+)\s*(ms|[smhdw])")


def parse_duration(value: Any) -> Any:
    """``"2m"`` -> two minutes. Units: ms, s, m, h, d, w. Raises ValueError for anything else; a timedelta stays."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is no duration: write a whole number and ms, s, m, h, d or w, as in 2m")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def format_duration(value: timedelta) -> str:
    """The shortest text that ``parse_duration`` reads back as the same value."""
    milliseconds = value // timedelta(milliseconds=1)
    if milliseconds % 1000:
        return f"{milliseconds}ms"
    seconds = milliseconds // 1000
    for unit, size in (("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def parse_share(value: Any) -> Any:
    """``"1%"`` or ``0.01`` -> Decimal("0.01"). Raises ValueError unless it lies between 0 and 1."""
    text = str(value).strip()
    try:
        share = Decimal(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)
        inside = 0 <= share <= 1
    except InvalidOperation:  # not a number, or NaN
        raise ValueError(f"{value!r} is no share: write 1% or 0.01") from None
    if not inside:
        raise ValueError(f"{value!r} is no share: it must lie between 0% and 100%")
    return share


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{value!r} is no IANA time zone, such as Europe/Berlin") from None
    return value


def _absolute(value: Path, info: ValidationInfo) -> Path:
    root: Path = info.context["root"] if info.context else Path.cwd()
    return (root / value.expanduser()).absolute()


def _location(value: str, info: ValidationInfo) -> str:
    if "://" not in value:
        return str(_absolute(Path(value), info))
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9._-]+(/.*)?", value):
        raise ValueError(f"{value!r} is neither a folder nor s3://bucket/prefix")
    return value.rstrip("/")


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\s*(ms|[smhdw])$"}),
]
Share = Annotated[
    Decimal,
    BeforeValidator(parse_share),
    PlainSerializer(lambda share: f"{(share * 100).normalize():f}%"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^[\d.]+\s*%?$"}, {"type": "number", "minimum": 0, "maximum": 1}]}),
]
Zone = Annotated[str, AfterValidator(_zone)]
#: A path on this machine; a relative one starts at the folder of fondaco.yml.
LocalPath = Annotated[Path, AfterValidator(_absolute)]
#: A folder (made absolute) or a URL such as ``s3://bucket/prefix`` (left alone).
Location = Annotated[str, AfterValidator(_location)]
