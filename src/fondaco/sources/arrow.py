"""Arrow columns of every type as columns that the lake's engine takes without losing anything.

The engine knows no half floats and no decimals beyond 38 digits, and drops what a time has below a microsecond without a word.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from fondaco.contracts import Column
from fondaco.sources import notation

_DIGITS = 38


def exact(values: Any, column: Column | None) -> Any:
    """The same values in a type that the engine takes exactly.

    Args:
        column: the declared column, in whose notation numbers become text where they must.
    """
    kind = values.type
    if pa.types.is_dictionary(kind):
        return exact(pc.cast(values, kind.value_type), column)
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pc.cast(values, pa.string())
    if pa.types.is_float16(kind):
        return pc.cast(values, pa.float32())
    if pa.types.is_decimal(kind) and not _is_taken(kind):
        return _decimal(values, column)
    if pa.types.is_timestamp(kind) and kind.unit != "us" and (kind.tz is not None or kind.unit != "ns"):
        return _microseconds(values, pa.timestamp("us", kind.tz))
    if pa.types.is_duration(kind) and kind.unit == "ns":
        return _microseconds(values, pa.duration("us"))
    if kind == pa.month_day_nano_interval() or (pa.types.is_nested(kind) and not all(_is_taken(leaf) for leaf in _leaves(kind))):
        return pa.array(
            [None if value is None else json.dumps(_plain(value), ensure_ascii=False) for value in values.to_pylist()], pa.string()
        )
    return values


def _is_taken(kind: Any) -> bool:
    """Whether the engine takes the type exactly as it is."""
    if pa.types.is_decimal(kind):
        return bool(kind.precision <= _DIGITS)
    is_fine = (pa.types.is_timestamp(kind) and kind.tz is not None) or pa.types.is_duration(kind)
    return not (pa.types.is_float16(kind) or kind == pa.month_day_nano_interval() or (is_fine and kind.unit == "ns"))


def _leaves(kind: Any) -> Iterator[Any]:
    if pa.types.is_dictionary(kind):
        yield from _leaves(kind.value_type)
    elif pa.types.is_nested(kind):
        for at in range(kind.num_fields):
            yield from _leaves(kind.field(at).type)
    else:
        yield kind


def _decimal(values: Any, column: Column | None) -> Any:
    """A decimal of more digits than the engine has: as one that it has, or as text."""
    kind = values.type
    if kind.scale <= _DIGITS:
        try:
            return pc.cast(values, pa.decimal128(_DIGITS, kind.scale))
        except pa.ArrowInvalid:
            pass  # a value has more digits than that
    return pa.array([None if value is None else notation.number(format(value, "f"), column) for value in values.to_pylist()], pa.string())


def _microseconds(values: Any, kind: Any) -> Any:
    """The same to the microsecond if that is all there is, else as text with every digit."""
    try:
        return pc.cast(values, kind)
    except pa.ArrowInvalid:
        if pa.types.is_duration(kind):
            nanoseconds = pc.cast(values, pa.int64()).to_pylist()
            return pa.array([None if value is None else f"{Decimal(value).scaleb(-9):f} s" for value in nanoseconds], pa.string())
        if values.type.unit != "ns":
            return pc.cast(pc.cast(values, pa.int64()), pa.string())  # no year that a calendar has
        return pc.cast(pc.cast(values, pa.timestamp("ns", "UTC")), pa.string())


def _plain(value: Any) -> Any:
    """A nested value as JSON can say it; decimals, times and bytes as text."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, pa.MonthDayNano):
        return {"months": value.months, "days": value.days, "nanoseconds": value.nanoseconds}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, date | time | timedelta | datetime):
        return str(value)
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
