"""A value fits its type exactly, or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from decimal import Decimal, localcontext
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.contracts import Column
from fondaco.lake import casts
from fondaco.lake.engine import connect


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return connect(tmp_path_factory.mktemp("spill"))


def cast(connection: duckdb.DuckDBPyConnection, kind: str, value: str, source: str = "varchar", form: str | None = None) -> Any:
    """The typed value as text, None if it does not fit."""
    column = Column("x", kind, format=form)
    described = connection.execute(f"select typeof({value}::{source})").fetchall()[0][0]
    expression = casts.typed(column, "x", described)
    return connection.execute(f"select cast({expression} as varchar) from (select {value}::{source} as x)").fetchall()[0][0]


def text(connection: duckdb.DuckDBPyConnection, kind: str, value: str, form: str | None = None) -> Any:
    return cast(connection, kind, casts.literal(value), form=form)


@pytest.mark.parametrize("value", ["0", "7", "-1", "9007199254740993", "9007199254740992", "9223372036854775807", "-9223372036854775808"])
def test_an_integer_has_one_spelling(connection: duckdb.DuckDBPyConnection, value: str) -> None:
    assert text(connection, "bigint", value) == value


@pytest.mark.parametrize(
    "value", ["007", "7.0", "7e0", " 7", "7 ", "７", "+7", "-0", "0x10", "1_0", "", "NULL", "9223372036854775808", "--1"]
)
def test_any_other_spelling_of_an_integer_is_bad(connection: duckdb.DuckDBPyConnection, value: str) -> None:
    assert text(connection, "bigint", value) is None


@given(st.integers() | st.integers(-(2**63), 2**63 - 1))
def test_every_integer_of_64_bits_is_kept_and_no_other(connection: duckdb.DuckDBPyConnection, value: int) -> None:
    assert text(connection, "bigint", str(value)) == (str(value) if -(2**63) <= value < 2**63 else None)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("1.2345", "1.2345"),
        ("1.23450000000", "1.2345"),
        ("1.23451", None),
        ("-5.55", "-5.5500"),
        ("99999999999999.9900", "99999999999999.9900"),
        ("100000000000000", None),
        ("1e3", "1000.0000"),
        ("1E-4", "0.0001"),
        ("1E-5", None),
        ("1,5", None),
        ("1 000", None),
        (".5", None),
        ("+1", None),
        ("NaN", None),
        ("1_0", None),
        ("", None),
    ],
)
def test_a_decimal_keeps_every_digit_that_counts(connection: duckdb.DuckDBPyConnection, value: str, kept: str | None) -> None:
    assert text(connection, "decimal(18,4)", value) == kept


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=6) | st.decimals(-(10**6), 10**6, places=9),
    st.sampled_from(["{:f}", "{}", "{:E}"]),
)
def test_a_decimal_is_exact_or_bad(connection: duckdb.DuckDBPyConnection, value: Decimal, spelling: str) -> None:
    found = text(connection, "decimal(18,4)", spelling.format(value))
    with localcontext(prec=100):
        fits = value * 10_000 == int(value * 10_000) and abs(value) < 10**14
    if found is not None:
        assert Decimal(found) == value
    elif spelling == "{:f}":
        assert not fits


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("timestamp", "2024-03-31 02:30:00", "2024-03-31 02:30:00"),
        ("timestamp", "2024-03-31T02:30:00.123456", "2024-03-31 02:30:00.123456"),
        ("timestamp", "2024-03-31T02:30:00.123456000", "2024-03-31 02:30:00.123456"),
        ("timestamp", "2024-03-31 02:30", "2024-03-31 02:30:00"),
        ("timestamp", "2024-03-31", "2024-03-31 00:00:00"),
        ("timestamp", "2024-03-31 02:30:00.1234567", None),
        ("timestamp", "2024-03-31T02:30:00+01:00", None),
        ("timestamp", "2024-03-31T02:30:00Z", None),
        ("timestamp", "2016-12-31 23:59:60", None),
        ("timestamp", "2024-01-01 24:00:00", None),
        ("timestamp", "2024-01-01 12:00:00 AM", None),
        ("timestamp", "2024-02-30 00:00:00", None),
        ("timestamp", "0000-00-00 00:00:00", None),
        ("timestamp", "0000-01-01 00:00:00", None),
        ("timestamp", "1704067200000", None),
        ("timestamp", "infinity", None),
        ("timestamptz", "2024-10-27T02:30:00+02:00", "2024-10-27 00:30:00+00"),
        ("timestamptz", "2024-10-27T02:30:00+01:00", "2024-10-27 01:30:00+00"),
        ("timestamptz", "2024-01-01T00:00:00+14:00", "2023-12-31 10:00:00+00"),
        ("timestamptz", "2024-01-01T00:00:00-12:00", "2024-01-01 12:00:00+00"),
        ("timestamptz", "2024-01-01T00:00:00+0530", "2023-12-31 18:30:00+00"),
        ("timestamptz", "2024-01-01T00:00:00.123456Z", "2024-01-01 00:00:00.123456+00"),
        ("timestamptz", "2024-01-01 00:00:00", None),
        ("timestamptz", "2024-01-01 00:00:00 CET", None),
        ("timestamptz", "2016-12-31T23:59:60Z", None),
        ("timestamptz", "2024-01-01T24:00:00Z", None),
        ("date", "2024-02-29", "2024-02-29"),
        ("date", "2023-02-29", None),
        ("date", "2024-1-5", None),
        ("date", "2024-01-05 00:00:00", None),
        ("boolean", "true", "true"),
        ("boolean", "False", "false"),
        ("boolean", "1", "true"),
        ("boolean", "0", "false"),
        ("boolean", "yes", None),
        ("boolean", "t", None),
        ("double", "1.5e3", "1500.0"),
        ("double", "1e400", None),
        ("double", "nan", None),
        ("varchar", " 007 ", " 007 "),
        ("varchar", "", ""),
    ],
)
def test_text_fits_its_type_or_is_bad(connection: duckdb.DuckDBPyConnection, kind: str, value: str, kept: str | None) -> None:
    assert text(connection, kind, value) == kept


def test_a_declared_format_replaces_iso(connection: duckdb.DuckDBPyConnection) -> None:
    assert text(connection, "date", "31/12/2024", form="%d/%m/%Y") == "2024-12-31"
    assert text(connection, "date", "2024-12-31", form="%d/%m/%Y") is None
    assert text(connection, "timestamptz", "31.12.2024 10:00 +0100", form="%d.%m.%Y %H:%M %z") == "2024-12-31 09:00:00+00"
    assert text(connection, "timestamptz", "31.12.2024 10:00", form="%d.%m.%Y %H:%M") is None, "an instant needs an offset"


@pytest.mark.parametrize(
    ("kind", "source", "value", "kept"),
    [
        ("bigint", "integer", "7", "7"),
        ("bigint", "ubigint", "18446744073709551615", None),
        ("bigint", "double", "17850.0", "17850"),
        ("bigint", "double", "1.5", None),
        ("bigint", "double", "9007199254740992", None),
        ("bigint", "decimal(10,2)", "7.00", "7"),
        ("bigint", "decimal(10,2)", "7.50", None),
        ("bigint", "decimal(38,0)", "9223372036854775808", None),
        ("double", "bigint", "9007199254740993", None),
        ("double", "float", "'nan'", None),
        ("decimal(18,4)", "integer", "7", "7.0000"),
        ("decimal(18,4)", "decimal(38,6)", "1.250000", "1.2500"),
        ("decimal(18,4)", "decimal(38,6)", "1.250001", None),
        ("decimal(18,4)", "float", "0.1", "0.1000"),
        ("decimal(18,4)", "double", "0.1::double + 0.2::double", None),
        ("timestamp", "timestamp_ns", "'2024-03-31 02:30:00'", "2024-03-31 02:30:00"),
        ("timestamp", "timestamp_ns", "'2024-03-31 02:30:00.000000001'", None),
        ("timestamp", "date", "'2024-03-31'", "2024-03-31 00:00:00"),
        ("timestamp", "timestamptz", "'2024-03-31 00:00:00+00'", None),
        ("timestamptz", "timestamp", "'2024-03-31 00:00:00'", None),
        ("timestamptz", "timestamptz", "'2024-03-31 00:00:00+02'", "2024-03-30 22:00:00+00"),
        ("date", "timestamp", "'2024-03-31 00:00:00'", "2024-03-31"),
        ("date", "timestamp", "'2024-03-31 00:00:01'", None),
        ("varchar", "integer", "7", "7"),
        ("varchar", "integer[]", "[1, 2]", "[1,2]"),
        ("boolean", "integer", "1", "true"),
        ("boolean", "integer", "2", None),
    ],
)
def test_another_type_is_widened_where_that_is_exact(
    connection: duckdb.DuckDBPyConnection, kind: str, source: str, value: str, kept: str | None
) -> None:
    assert cast(connection, kind, value, source) == kept


def digest(connection: duckdb.DuckDBPyConnection, full: Collection[str] = (), **values: str) -> str:
    """The hash of one row, its values given as SQL."""
    kinds = {name: connection.execute(f"select typeof({value})").fetchall()[0][0] for name, value in values.items()}
    query = f"select {casts.row_hash(((name, kinds[name], value) for name, value in values.items()), full)}"
    return str(connection.execute(query).fetchall()[0][0])


def test_the_hash_tells_null_from_empty_and_sees_no_order_of_columns(connection: duckdb.DuckDBPyConnection) -> None:
    def of(**values: str) -> str:
        return digest(connection, **values)

    assert of(a="'x'", b="null") == of(b="null::integer", a="'x'") == of(a="'x'")
    assert len({of(a="null"), of(a="''"), of(a="'a'"), of(b="'a'"), of(a="'a'", b="''"), of(a="'ab'")}) == 6
    assert of(a="'|b=1:x'") != of(a="''", b="'x'")
    assert of(a="1", b="2") != of(**{"a=1|b": "2"})


def test_the_hash_is_the_one_that_is_written_down(connection: duckdb.DuckDBPyConnection) -> None:
    values = {
        "id": ("bigint", "7"),
        "name": ("varchar", "'Zoë|'"),
        "paid": ("boolean", "true"),
        "total": ("decimal(12,2)", "-1.50"),
        "day": ("date", "date '2024-02-29'"),
        "at": ("timestamptz", "timestamptz '2024-02-29 10:00:00.000001+02'"),
        "gone": ("varchar", "null"),
    }
    text = "|at=1709193600000001|day=2024-02-29|id=7|name=5:Zoë||paid=true|total=-1.50"
    query = casts.row_hash((name, kind, f"cast({value} as {kind})") for name, (kind, value) in values.items())
    assert connection.execute(f"select {query}").fetchall() == [(hashlib.md5(text.encode()).hexdigest(),)]


#: Values of one type that are easily taken for each other, or that have no number, as SQL.
_ALIKE = {
    "varchar": ["''", "'|'", "'1:'", "'|b=1:x'", "'NULL'", "'Zoë'", "'=x'", "'0'"],
    "bigint": ["0", "-1", "10", "9223372036854775807"],
    "decimal(18,4)": ["0", "0.0001", "-10", "10"],
    "double": ["0.1", "0.1::double + 0.2::double", "0.3", "1e300"],
    "boolean": ["true", "false"],
    "date": ["'0001-01-01'", "'2024-01-01'", "'infinity'"],
    "timestamp": ["'0001-01-01'", "'2024-01-01 00:00:00.000001'", "'2024-01-01'", "'infinity'", "'-infinity'"],
    "timestamptz": ["'2024-01-01 00:00:00+01'", "'2024-01-01 00:00:00+00'", "'infinity'", "'-infinity'"],
    "timestamp_ns": ["'2024-01-01 00:00:00.000000001'", "'2024-01-01'"],
    "uuid": ["'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"],
    "interval": ["'1 month'", "'31 days'"],
    "blob": [r"'\x00'", r"'\x5Cx00'", "''"],
    "varchar[]": ["[]", "['a, b']", "['a', 'b']", "['NULL']", "[null]"],
    'struct(x varchar, "y, z" varchar)': ["{'x': 'a', 'y, z': null}", "{'x': null, 'y, z': 'a'}", "{'x': 'a''', 'y, z': 'NULL'}"],
}


@st.composite
def rows_alike(draw: st.DrawFn) -> tuple[dict[str, str], dict[str, str]]:
    """Two rows of the same columns, some of them absent from one."""
    kinds = draw(st.dictionaries(st.sampled_from(["a", "b", "a=", "|b", "c'"]), st.sampled_from(sorted(_ALIKE)), min_size=1))

    def row() -> dict[str, str]:
        values = {name: draw(st.sampled_from([None, "null", *_ALIKE[kind]])) for name, kind in kinds.items()}
        return {name: f"cast({value} as {kinds[name]})" for name, value in values.items() if value is not None} or {"z": "null::bigint"}

    return row(), row()


@given(rows_alike())
def test_rows_have_the_same_hash_if_they_are_the_same_and_only_then(
    connection: duckdb.DuckDBPyConnection, two: tuple[dict[str, str], dict[str, str]]
) -> None:
    one, other = two
    pairs = ", ".join(f"({one.get(name, 'null')}) is not distinct from ({other.get(name, 'null')})" for name in {**one, **other})
    is_same = all(connection.execute(f"select {pairs}").fetchall()[0])
    assert (digest(connection, **one) == digest(connection, **other)) == is_same
    full = [name for name, value in one.items() if "null" not in value]
    assert digest(connection, full, **one) == digest(connection, **one)


@pytest.mark.parametrize(
    ("kind", "decimal", "thousands", "value", "kept"),
    [
        ("decimal(18,4)", ",", ".", "1.234.567,89", "1234567.8900"),
        ("decimal(18,4)", ",", ".", "-1234,5", "-1234.5000"),
        ("decimal(18,4)", ",", ".", "12", "12.0000"),
        ("decimal(18,4)", ",", "", "1,5e2", "150.0000"),
        ("decimal(18,4)", ",", ".", "1.5", None),
        ("decimal(18,4)", ",", ".", "1.2345,0", None),
        ("decimal(18,4)", ",", ".", "1,234.5", None),
        ("decimal(18,4)", ",", "", "1.5", None),
        ("decimal(18,4)", ".", ",", "1,234.5", "1234.5000"),
        ("decimal(18,4)", ".", "'", "1'234.5", "1234.5000"),
        ("decimal(18,4)", ",", " ", "1 234,5", "1234.5000"),
        ("bigint", ",", ".", "1.234", "1234"),
        ("bigint", ",", ".", "1.23", None),
        ("bigint", ",", ".", "5,0", None),
        ("double", ",", ".", "1.234,5", "1234.5"),
    ],
)
def test_a_number_is_read_in_the_declared_notation_and_in_no_other(
    connection: duckdb.DuckDBPyConnection, kind: str, decimal: str, thousands: str, value: str, kept: str | None
) -> None:
    expression = casts.typed(Column("x", kind, decimal=decimal, thousands=thousands), "x", "VARCHAR")
    assert connection.execute(f"select cast({expression} as varchar) from (select {casts.literal(value)} as x)").fetchall() == [(kept,)]


def test_a_value_with_a_type_of_its_own_knows_no_declared_notation(connection: duckdb.DuckDBPyConnection) -> None:
    expression = casts.typed(Column("x", "decimal(18,4)", decimal=",", thousands="."), "x", "DOUBLE")
    assert connection.execute(f"select cast({expression} as varchar) from (select 1.234::double as x)").fetchall() == [("1.2340",)]


def test_a_boolean_is_one_of_the_declared_words(connection: duckdb.DuckDBPyConnection) -> None:
    words = {word: text(connection, "boolean", word, form="ja|j/nein|n") for word in ("ja", "j", "nein", "n", "Ja", "true", "1", "")}
    assert words == {"ja": "true", "j": "true", "nein": "false", "n": "false", "Ja": None, "true": None, "1": None, "": None}
