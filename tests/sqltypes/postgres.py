"""PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.sqltypes.case import Bad, Case, same, text

D = Decimal
_MOMENT = datetime(2024, 2, 29, 23, 59, 59, 123456)
_LAST = datetime(9999, 12, 31, 23, 59, 59, 999999)
_WIDE = "9" * 28 + "." + "9" * 10
_TEXTS = (
    "",
    " ",
    "é",
    "e\u0301",
    "😀👩‍👩‍👧",
    "it's",
    'a "b"',
    "back\\slash\\n",
    "tab\tline\nreturn\r",
    "NULL",
    "\u200f\ufeff\U0010ffff\x01",
    "x" * 70_000,
)

POSTGRES: tuple[Case, ...] = (
    same("smallint", "bigint", ("-32768", -32768), ("32767", 32767)),
    same("integer", "bigint", ("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)),
    same("bigint", "bigint", ("'-9223372036854775808'", -(2**63)), ("9223372036854775807", 2**63 - 1), ("0", 0)),
    Case("bigint", "decimal(19,0)", (("9223372036854775807", D(2**63 - 1), 2**63 - 1),)),
    Case(
        "numeric(38,10)",
        "decimal(38,10)",
        (
            (_WIDE, D(_WIDE), _WIDE),
            (f"-{_WIDE}", D(f"-{_WIDE}"), f"-{_WIDE}"),
            ("0.0000000001", D("0.0000000001"), "0.0000000001"),
            ("1.5", D("1.5000000000"), "1.5000000000"),
            ("'NaN'", Bad("not_a_decimal", "NaN"), "NaN"),
        ),
    ),
    Case(
        "numeric(10,2)",
        "double",
        (("0.1", 0.1, "0.10"), ("12345678.91", 12345678.91, "12345678.91"), ("'NaN'", Bad("not_a_number", "NaN"), "NaN")),
    ),
    Case("numeric(10,2)", "bigint", (("7", 7, "7.00"), ("7.5", Bad("not_an_integer", "7.50"), "7.50"))),
    Case(
        "numeric",
        "decimal(38,10)",
        (
            ("1.50", D("1.5000000000"), "1.50"),
            (_WIDE, D(_WIDE), _WIDE),
            ("0.12345678901", Bad("not_a_decimal", "0.12345678901"), "0.12345678901"),
            ("1e40", Bad("not_a_decimal", "1" + "0" * 40), "1" + "0" * 40),
            ("'NaN'", Bad("not_a_decimal", "NaN"), "NaN"),
            ("'Infinity'", Bad("not_a_decimal", "Infinity"), "Infinity"),
            ("'-Infinity'", Bad("not_a_decimal", "-Infinity"), "-Infinity"),
        ),
    ),
    same(
        "numeric",
        "varchar",
        *((number, number) for number in ("0.10", "9" * 1000 + "." + "9" * 100, "-0." + "0" * 1000 + "1")),
    ),
    text("numeric(60,30)", "9" * 30 + "." + "9" * 30, "0." + "0" * 29 + "1", "NaN"),
    Case(
        "real",
        "double",
        (
            ("0.1", 0.10000000149011612, 0.10000000149011612),
            ("3.4028235e38", 3.4028234663852886e38, 3.4028234663852886e38),
            ("1e-45", 1.401298464324817e-45, 1.401298464324817e-45),
            ("'-0'", -0.0, -0.0),
            ("16777217", 16777216.0, 16777216.0),
            ("'NaN'", Bad("not_a_number", "nan"), float("nan")),
            ("'-Infinity'", Bad("not_a_number", "-inf"), float("-inf")),
        ),
    ),
    Case(
        "double precision",
        "double",
        (
            ("0.1", 0.1, 0.1),
            ("'1.7976931348623157e308'", 1.7976931348623157e308, 1.7976931348623157e308),
            ("'5e-324'", 5e-324, 5e-324),
            ("'-0'", -0.0, -0.0),
            ("0.30000000000000004", 0.30000000000000004, 0.30000000000000004),
            ("'NaN'", Bad("not_a_number", "nan"), float("nan")),
            ("'Infinity'", Bad("not_a_number", "inf"), float("inf")),
        ),
    ),
    Case(
        "money",
        "decimal(19,2)",
        (
            ("'92233720368547758.07'", D("92233720368547758.07"), "92233720368547758.07"),
            ("'-92233720368547758.08'", D("-92233720368547758.08"), "-92233720368547758.08"),
        ),
    ),
    same("boolean", "boolean", ("true", True), ("false", False)),
    text("text", *_TEXTS),
    text("varchar(20)", *_TEXTS[:-1]),
    same("char(5)", "varchar", ("'ab'", "ab"), ("''", ""), ("'é😀'", "é😀"), ("' b'", " b")),
    text('"char"', "a"),
    text("name", "a name"),
    same("bytea", "varchar", ("'\\x'", "x''"), ("'\\x00ff7f80'", "x'00FF7F80'")),
    Case(
        "date",
        "date",
        (
            ("'0001-01-01'", date(1, 1, 1), "0001-01-01"),
            ("'9999-12-31'", date(9999, 12, 31), "9999-12-31"),
            ("'2024-02-29'", date(2024, 2, 29), "2024-02-29"),
            ("'0044-03-15 BC'", Bad("not_a_date", "0044-03-15 BC"), "0044-03-15 BC"),
            ("'5874897-12-31'", Bad("not_a_date", "5874897-12-31"), "5874897-12-31"),
            ("'infinity'", Bad("not_a_date", "infinity"), "infinity"),
            ("'-infinity'", Bad("not_a_date", "-infinity"), "-infinity"),
        ),
    ),
    Case("date", "timestamp", (("'2024-02-29'", datetime(2024, 2, 29), "2024-02-29"), ("'infinity'", Bad("not_a_timestamp", "infinity"), "infinity"))),
    Case(
        "timestamp",
        "timestamp",
        (
            ("'0001-01-01 00:00:00'", datetime(1, 1, 1), "0001-01-01 00:00:00"),
            ("'9999-12-31 23:59:59.999999'", _LAST, "9999-12-31 23:59:59.999999"),
            ("'2024-02-29 23:59:59.123456'", _MOMENT, "2024-02-29 23:59:59.123456"),
            ("'4713-01-01 00:00:00 BC'", Bad("not_a_timestamp", "4713-01-01 00:00:00 BC"), "4713-01-01 00:00:00 BC"),
            ("'294276-12-31 23:59:59.999999'", Bad("not_a_timestamp", "294276-12-31 23:59:59.999999"), "294276-12-31 23:59:59.999999"),
            ("'infinity'", Bad("not_a_timestamp", "infinity"), "infinity"),
        ),
    ),
    Case(
        "timestamp",
        "timestamptz",
        (
            ("'2024-02-29 23:59:59.123456'", _MOMENT.replace(tzinfo=UTC), "2024-02-29 23:59:59.123456"),
            ("'-infinity'", Bad("not_an_instant", "-infinity+00:00"), "-infinity"),
        ),
    ),
    Case(
        "timestamp",
        "date",
        (
            ("'2024-02-29 00:00:00'", date(2024, 2, 29), "2024-02-29 00:00:00"),
            ("'2024-02-29 00:00:01'", Bad("not_a_date", "2024-02-29 00:00:01"), "2024-02-29 00:00:01"),
        ),
    ),
    Case(
        "timestamptz",
        "timestamptz",
        (
            ("'0001-01-01 00:00:00+00'", datetime(1, 1, 1, tzinfo=UTC), "0001-01-01 00:00:00+00:00"),
            ("'9999-12-31 23:59:59.999999+00'", _LAST.replace(tzinfo=UTC), "9999-12-31 23:59:59.999999+00:00"),
            ("'2024-03-01 05:29:59.123456+05:30'", _MOMENT.replace(tzinfo=UTC), "2024-02-29 23:59:59.123456+00:00"),
            ("'0044-03-15 12:00:00+00 BC'", Bad("not_an_instant", "0044-03-15 12:00:00+00:00 BC"), "0044-03-15 12:00:00+00:00 BC"),
            ("'294276-12-31 23:59:59.999999+00'", Bad("not_an_instant", "294276-12-31 23:59:59.999999+00:00"), "294276-12-31 23:59:59.999999+00:00"),
            ("'infinity'", Bad("not_an_instant", "infinity"), "infinity"),
        ),
    ),
    Case("timestamptz", "timestamp", (("'2024-03-01 05:29:59.123456+05:30'", _MOMENT, "2024-02-29 23:59:59.123456+00:00"),)),
    text("time", "00:00:00", "24:00:00", "23:59:59.999999"),
    text("timetz", "24:00:00+15:59", "12:00:00.000001-11"),
    text("interval", "-178000000 years", "1 mon -2 days +03:04:05.000006", "00:00:00"),
    text("uuid", "00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    text("json", '{"b": 1,  "a": 2, "a": 3}', '{"n": 12345678901234567890.10, "e": 1e400}', '"\\u00e9\\u0000"', "null"),
    text("jsonb", '{"a": 12345678901234567890.1234567890123456789012345678901234567890}', "[1.10, null, {}]", '"😀"'),
    text("integer[]", "{{1,NULL},{3,4}}", "{}", "[0:1]={1,2}"),
    text("text[]", '{"a \\"b\\"",NULL,"NULL","","a\\\\b"}', '{"x,y","{z}"}'),
    text("mood", "sad", "so 'so'", setup="create type mood as enum ('sad', 'so ''so''')", shown="enum"),
    Case("quantity", "bigint", (("2147483647", 2**31 - 1, "2147483647"),), setup="create domain quantity as integer check (value > 0)", shown="domain over integer"),
    Case("price", "decimal(18,2)", (("0.10", D("0.10"), "0.10"),), setup="create domain price as numeric(18,2)", shown="domain over numeric"),
    text("place", '(1,"a ""b"" c",)', setup="create type place as (x integer, y text, z date)", shown="composite"),
    text("inet", "192.168.0.1", "192.168.0.1/24", "::ffff:1.2.3.4"),
    text("cidr", "192.168.0.0/24", "2001:db8::/32"),
    text("macaddr", "08:00:2b:01:02:03"),
    text("macaddr8", "08:00:2b:01:02:03:04:05"),
    text("bit(5)", "10101"),
    text("bit varying", "", "1" * 100),
    text("int4range", "[1,10)", "empty", "(,)"),
    text("numrange", "[1.10,2.200]"),
    same("tstzrange", "varchar", ("'[2024-01-01 01:00:00+01,)'", '["2024-01-01 00:00:00+00",)')),
    text("tsvector", "'a':1 'it''s':2"),
    text("tsquery", "'a' & 'b'"),
    text("xml", "<a b='c'>é</a>"),
    same("oid", "varchar", ("4294967295", "4294967295")),
    Case("oid", "bigint", (("4294967295", 2**32 - 1, "4294967295"),)),
    text("point", "(0.1,-1e+300)"),
    text("pg_lsn", "FFFFFFFF/FFFFFFFF"),
    Case("smallint", "boolean", (("1", True, 1), ("0", False, 0), ("2", Bad("not_a_boolean", "2"), 2))),
)  # fmt: skip
