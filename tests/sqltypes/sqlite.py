"""SQLite, whose columns may hold anything: a type says what it would rather hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.sqltypes.case import Bad, Case, same, text

D = Decimal
_FLOATS = (0.1, 0.30000000000000004, 1.7976931348623157e308, 5e-324, 16777217.0)

SQLITE: tuple[Case, ...] = (
    Case(
        "integer",
        "bigint",
        (
            ("-9223372036854775808", -(2**63), str(-(2**63))),
            ("9223372036854775807", 2**63 - 1, str(2**63 - 1)),
            ("1.5", Bad("not_an_integer", "1.5"), "1.5"),
            ("'seven'", Bad("not_an_integer", "seven"), "seven"),
            ("x'07'", Bad("not_an_integer", "x'07'"), "x'07'"),
        ),
    ),
    Case(
        "real",
        "double",
        (
            *((repr(value), value, repr(value)) for value in _FLOATS),
            ("1.0 / 3", 1 / 3, "0.33333333333333331"),
            ("9e999", Bad("not_a_number", "Inf"), "Inf"),
            ("-9e999", Bad("not_a_number", "-Inf"), "-Inf"),
        ),
    ),
    Case("numeric", "decimal(18,4)", (("0.1", D("0.1000"), "0.1"), ("19.99", D("19.9900"), "19.99"), ("0.00001", Bad("not_a_decimal", "1.0e-05"), "1.0e-05"))),
    Case("text", "decimal(38,10)", (("'" + "9" * 28 + "." + "9" * 10 + "'", D("9" * 28 + "." + "9" * 10), "9" * 28 + "." + "9" * 10),)),
    Case("boolean", "boolean", (("1", True, "1"), ("0", False, "0"), ("2", Bad("not_a_boolean", "2"), "2"))),
    text("text", "", "é", "e\u0301", "😀", "it's", "tab\tline\nreturn\r", "NULL", "007", "1e5"),
    same("text", "varchar", ("cast(x'610062' as text)", "a\0b"), ("cast(x'00' as text)", "\0")),
    same("blob", "varchar", ("x''", "x''"), ("x'00ff27'", "x'00FF27'")),
    same(
        "",
        "varchar",
        ("1", "1"), ("1.0", "1.0"), ("0.1", "0.1"), ("0.30000000000000004", "0.30000000000000004"), ("'1'", "1"), ("x'31'", "x'31'"),
        ("9223372036854775807", "9223372036854775807"),
        shown="none, values of any type",
    ),
    Case("text", "date", (("'0001-01-01'", date(1, 1, 1), "0001-01-01"), ("'2023-02-31'", Bad("not_a_date", "2023-02-31"), "2023-02-31"))),
    Case(
        "text",
        "timestamp",
        (
            ("'2024-02-29T23:59:59.123456'", datetime(2024, 2, 29, 23, 59, 59, 123456), "2024-02-29T23:59:59.123456"),
            ("'2024-02-29 23:59'", datetime(2024, 2, 29, 23, 59), "2024-02-29 23:59"),
            ("1709251199", Bad("not_a_timestamp", "1709251199"), "1709251199"),
        ),
    ),
    Case("text", "timestamptz", (("'2024-03-01 05:29:59+05:30'", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), "2024-03-01 05:29:59+05:30"),)),
)  # fmt: skip
