"""Values that have a type of their own in a file, as text in the notation that their column declares.

A spreadsheet and a JSON file know numbers, truths and days; the declaration says how text stands for them. Written in that notation
they are read back as what they were, whether the column's other files are text or not.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from fondaco.contracts import Column, decimal_parts, is_number, truth_words

#: Integers beyond this are not all exact in a double.
_EXACT_IN_DOUBLE = 2**53
_MIDNIGHT = time()


def number(text: str, column: Column | None) -> str:
    """A number in plain notation with the column's decimal mark."""
    return text.replace(".", column.decimal) if column is not None and is_number(column.type) else text


def truth(value: bool, column: Column | None) -> str:
    """True or false in the column's words."""
    words = truth_words(column.format) if column is not None and column.type == "boolean" and column.format else None
    return (words[0] if value else words[1])[0] if words else "true" if value else "false"


def double(value: float, column: Column | None) -> str:
    """A double as the spreadsheet shows it: whole numbers plainly, fractions with the fewest digits that name them.

    Spreadsheets compute with 15 digits; what a sum leaves behind them is no part of an amount, so a decimal column does not get it.
    """
    if value.is_integer():
        return number(str(int(value)), column) if abs(value) <= _EXACT_IN_DOUBLE else repr(value)
    digits = f"{value:.15g}" if column is not None and decimal_parts(column.type) else repr(value)
    return number(format(Decimal(digits), "f"), column)


def day(value: date | time | timedelta, column: Column | None) -> str:
    """A date, a time or both, in ISO 8601 or in the column's own format if that loses nothing of it."""
    if not isinstance(value, date):
        return str(value)
    if column is not None and column.format is not None and column.type in ("date", "timestamp"):
        whole = value if isinstance(value, datetime) else datetime.combine(value, _MIDNIGHT)
        text = whole.strftime(column.format)
        return text if datetime.strptime(text, column.format) == whole else whole.isoformat(" ")
    if isinstance(value, datetime):
        is_day = value.time() == _MIDNIGHT and column is not None and column.type == "date"
        return value.date().isoformat() if is_day else value.isoformat(" ")
    return value.isoformat()
