"""Small rules of the SQL, one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from fondaco.contracts import load_contracts

Macro = Callable[..., str]


def one(sql: str) -> object:
    with duckdb.connect() as connection:
        row = connection.execute(f"select {sql}").fetchone()
    assert row is not None
    return row[0]


def test_dbt_knows_the_columns_of_the_contracts(repo: Path, macro: Macro) -> None:
    for entity, contract in load_contracts(repo / "contracts").items():
        assert macro("entity_columns", entity).strip() == str({column.name: column.type for column in contract.columns})


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2011-07-01 08:26:00", "2011-07-01 07:26:00"),
        ("2011-01-04 10:00:00", "2011-01-04 10:00:00"),
        ("2024-02-29 23:59:59.999999", "2024-02-29 23:59:59.999999"),
    ],
)
def test_shop_time_becomes_utc_summer_and_winter(macro: Macro, local: str, utc: str) -> None:
    assert str(one(macro("to_utc", f"timestamp '{local}'", "Europe/London"))) == utc


@pytest.mark.parametrize(("currency", "amount"), [("EUR", "12.3400"), ("JPY", "1234.0000"), ("KWD", "1.2340"), ("XYZ", "12.3400")])
def test_minor_units_follow_the_currency(macro: Macro, currency: str, amount: str) -> None:
    assert str(one(macro("from_minor", "1234", f"'{currency}'"))) == amount


def test_amounts_round_half_away_from_zero(macro: Macro) -> None:
    assert str(one(macro("amount", "cast(0.00005 as decimal(18, 8))"))) == "0.0001"
    assert str(one(macro("amount", "cast(-0.00005 as decimal(18, 8))"))) == "-0.0001"


def test_a_version_tells_null_from_empty_and_one_column_from_the_next(macro: Macro) -> None:
    def hashed(first: str, second: str) -> object:
        return one(f"({macro('version_hash', ['a', 'b'])}) from (select {first} as a, {second} as b)")

    assert hashed("null", "'x'") != hashed("''", "'x'")
    assert hashed("'xb=1:y'", "null") != hashed("'x'", "'y'")
    assert hashed("'x '", "'y'") != hashed("'x'", "'y'")
    assert hashed("cast(10 as decimal(18, 4))", "null") == hashed("cast(10.00 as decimal(18, 4))", "null")


@pytest.mark.parametrize(("first", "monday"), [("monday", "2024-03-04"), ("sunday", "2024-03-03"), ("wednesday", "2024-02-28")])
def test_a_week_begins_on_the_day_the_shop_says(repo: Path, first: str, monday: str) -> None:
    import jinja2

    text = (repo / "warehouse" / "macros" / "week_start.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.globals["var"] = {"week_start": first}.__getitem__
    module = environment.from_string(text).make_module()
    sql = str(module.week_start("date '2024-03-05'"))  # type: ignore[attr-defined]
    assert str(one(sql)) == monday


def test_a_list_of_test_coupons_is_quoted_and_an_empty_one_holds_nothing(macro: Macro) -> None:
    assert one(macro("is_listed", "'O''REILLY'", ["O'REILLY"]).strip()) is True
    assert one(macro("is_listed", "cast(null as varchar)", ["X"]).strip()) is False
    assert one(macro("is_listed", "'X'", []).strip()) is False
