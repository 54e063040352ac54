"""MariaDB; a column is written in a session whose time zone is +05:30 and whose sql_mode takes what is no date."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.sqltypes.case import Bad, Case, same, text

D = Decimal
_WIDE = "9" * 28 + "." + "9" * 10
_WIDEST = "9" * 35 + "." + "9" * 30
_TEXTS = ("", "é", "it's", 'a "b"', "tab\tline\nreturn\r", "NULL")

MARIADB: tuple[Case, ...] = (
    same("tinyint", "bigint", ("-128", -128), ("127", 127)),
    Case("tinyint(1)", "boolean", (("1", True, 1), ("0", False, 0), ("2", Bad("not_a_boolean", "2"), 2))),
    same("tinyint unsigned", "bigint", ("255", 255)),
    same("smallint", "bigint", ("-32768", -32768), ("32767", 32767)),
    same("smallint unsigned", "bigint", ("65535", 65535)),
    same("mediumint", "bigint", ("-8388608", -8388608), ("8388607", 8388607)),
    same("mediumint unsigned", "bigint", ("16777215", 16777215)),
    same("int", "bigint", ("-2147483648", -(2**31)), ("2147483647", 2**31 - 1)),
    same("int unsigned", "bigint", ("4294967295", 2**32 - 1)),
    same("int(10) unsigned zerofill", "bigint", ("7", 7)),
    same("bigint", "bigint", ("-9223372036854775808", -(2**63)), ("9223372036854775807", 2**63 - 1)),
    Case(
        "bigint unsigned",
        "bigint",
        (
            ("9223372036854775807", 2**63 - 1, 2**63 - 1),
            ("18446744073709551615", Bad("not_an_integer", "18446744073709551615"), 2**64 - 1),
        ),
    ),
    Case("bigint unsigned", "decimal(20,0)", (("18446744073709551615", D(2**64 - 1), 2**64 - 1),)),
    Case(
        "decimal(38,10)",
        "decimal(38,10)",
        ((_WIDE, D(_WIDE), _WIDE), (f"-{_WIDE}", D(f"-{_WIDE}"), f"-{_WIDE}"), ("1.5", D("1.5000000000"), "1.5000000000")),
    ),
    Case(
        "decimal(65,30)",
        "decimal(38,10)",
        (("1.5", D("1.5000000000"), "1.5" + "0" * 29), (_WIDEST, Bad("not_a_decimal", _WIDEST), _WIDEST)),
    ),
    same("decimal(65,30)", "varchar", (_WIDEST, _WIDEST), (f"-{_WIDEST}", f"-{_WIDEST}"), ("0." + "0" * 29 + "1", "0." + "0" * 29 + "1")),
    Case("decimal(10,2)", "double", (("0.1", 0.1, "0.10"),)),
    same(
        "float",
        "double",
        ("0.1", 0.10000000149011612),
        ("16777217", 16777216.0),
        ("3.4028234663852886e38", 3.4028234663852886e38),
        ("1.17549435e-38", 1.1754943508222875e-38),
        ("123456.789", 123456.7890625),
    ),
    same(
        "double",
        "double",
        ("0.1e0", 0.1),
        ("0.30000000000000004e0", 0.30000000000000004),
        ("1.7976931348623157e308", 1.7976931348623157e308),
        ("2.2250738585072014e-308", 2.2250738585072014e-308),
        ("-1.2345678901234567e-300", -1.2345678901234567e-300),
    ),
    same("bit(64)", "varchar", ("b'" + "1" * 64 + "'", "1" * 64), ("b'1'", "0" * 63 + "1")),
    Case("bit(64)", "decimal(20,0)", (("b'" + "1" * 64 + "'", D(2**64 - 1), "1" * 64),)),
    Case("bit(1)", "boolean", (("b'1'", True, "1"), ("b'0'", False, "0"))),
    same("year", "bigint", ("1901", 1901), ("2155", 2155), ("'0000'", 0)),
    Case(
        "date",
        "date",
        (
            ("'0001-01-01'", date(1, 1, 1), "0001-01-01"),
            ("'9999-12-31'", date(9999, 12, 31), "9999-12-31"),
            ("'2024-02-29'", date(2024, 2, 29), "2024-02-29"),
            ("'0000-00-00'", Bad("not_a_date", "0000-00-00"), "0000-00-00"),
            ("'2024-00-00'", Bad("not_a_date", "2024-00-00"), "2024-00-00"),
            ("'2024-02-00'", Bad("not_a_date", "2024-02-00"), "2024-02-00"),
            ("'2023-02-31'", Bad("not_a_date", "2023-02-31"), "2023-02-31"),
        ),
    ),
    Case(
        "datetime(6)",
        "timestamp",
        (
            ("'0001-01-01 00:00:00'", datetime(1, 1, 1), "0001-01-01 00:00:00.000000"),
            ("'9999-12-31 23:59:59.999999'", datetime(9999, 12, 31, 23, 59, 59, 999999), "9999-12-31 23:59:59.999999"),
            ("'0000-00-00 00:00:00'", Bad("not_a_timestamp", "0000-00-00 00:00:00.000000"), "0000-00-00 00:00:00.000000"),
            ("'2024-02-00 12:00:00'", Bad("not_a_timestamp", "2024-02-00 12:00:00.000000"), "2024-02-00 12:00:00.000000"),
            ("'2023-02-31 12:00:00'", Bad("not_a_timestamp", "2023-02-31 12:00:00.000000"), "2023-02-31 12:00:00.000000"),
        ),
    ),
    Case("datetime", "timestamptz", (("'2024-02-29 23:59:59'", datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), "2024-02-29 23:59:59"),)),
    Case(
        "timestamp(6) null",
        "timestamptz",
        (
            ("'2024-03-01 05:29:59.123456'", datetime(2024, 2, 29, 23, 59, 59, 123456, UTC), "2024-02-29 23:59:59.123456+00:00"),
            ("'1970-01-01 05:30:01'", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), "1970-01-01 00:00:01.000000+00:00"),
            ("'2038-01-19 08:44:07.999999'", datetime(2038, 1, 19, 3, 14, 7, 999999, UTC), "2038-01-19 03:14:07.999999+00:00"),
            ("'0000-00-00'", Bad("not_an_instant", "0000-00-00 00:00:00.000000+00:00"), "0000-00-00 00:00:00.000000+00:00"),
        ),
        shown="timestamp(6)",
    ),
    Case("timestamp null", "timestamp", (("'2024-03-01 05:29:59'", datetime(2024, 2, 29, 23, 59, 59), "2024-02-29 23:59:59+00:00"),), shown="timestamp"),
    text("time(6)", "-838:59:59.999999", "838:59:59.999999", "00:00:00.000001"),
    text("time", "-838:59:59", "24:00:00"),
    text("enum('a', 'it''s', '')", "a", "it's", "", shown="enum"),
    text("set('a', 'b', 'c')", "", "a,c", shown="set"),
    same("binary(4)", "varchar", ("x'00ff'", "x'00FF0000'")),
    same("varbinary(10)", "varchar", ("x''", "x''"), ("x'00ff7f80'", "x'00FF7F80'")),
    same("blob", "varchar", ("x'00ff27'", "x'00FF27'"), ("repeat(x'ff', 60000)", "x'" + "FF" * 60000 + "'")),
    text("varchar(40) character set latin1", *_TEXTS, "€"),
    text("varchar(40) character set utf8mb3", *_TEXTS, "日本語"),
    text("varchar(40) character set utf8mb4", *_TEXTS, "😀👩‍👩‍👧", "e\u0301", "\u200f\ufeff\U0010ffff\x01"),
    same("char(5)", "varchar", ("'ab'", "ab"), ("'é'", "é")),
    text("varchar(40) character set utf8mb4 collate utf8mb4_bin", *_TEXTS, "😀"),
    text("varchar(40) character set latin1 collate latin1_bin", *_TEXTS, "€"),
    text("enum('a', 'é') character set utf8mb4 collate utf8mb4_bin", "é", shown="enum of a _bin collation"),
    text("longtext", "", "😀" * 20_000),
    same("text", "varchar", ("'back\\\\slash\\\\n'", "back\\slash\\n"), ("'a\\0b'", "a\0b")),
    text("json", '{"b": 1,  "a": 2, "a": 3}', '{"n": 12345678901234567890.10}', "null"),
    text("uuid", "00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    text("inet6", "2001:db8::ff00:42:8329", "::ffff:1.2.3.4"),
    same("point", "varchar", ("point(1, 2)", "x'000000000101000000000000000000F03F0000000000000040'")),
)  # fmt: skip
