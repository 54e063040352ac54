"""A source whose columns come, go and change: what lands, what waits, and what bronze makes of all of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fondaco.contracts import Column, FileFormat, System, Table
from fondaco.errors import BatchStopped
from fondaco.lake import compact, list_quarantine
from fondaco.warehouse import bronze
from tests.lake.conftest import THINGS, Yard
from tests.lake.test_compaction import LATER
from tests.lake.test_database import Shop

AT = "2024-05-01 10:00:00"
TYPED = replace(THINGS, files="*.parquet", format=FileFormat("parquet"))
OTHERS = Table("others", "", (Column("id", "bigint", nullable=False),), ("id",), files="others.jsonl", format=FileFormat("jsonl"))
Deliver = Callable[..., None]


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path, TYPED)


@pytest.fixture
def deliver(yard: Yard) -> Deliver:
    """Drops a Parquet file of one row and lands it; the row's columns beyond id, name, price and time are named."""

    def deliver(number: int, allowed: bool = True, lands: dict[str, Any] | None = None, **columns: str) -> None:
        values = {"id": f"{number}::bigint", "name": "'n'", "price": "1::decimal(18,4)", "changed_at": f"timestamp '{AT}'", **columns}
        select = ", ".join(f"{value} as {name}" for name, value in values.items() if value)
        with duckdb.connect() as connection:
            connection.sql(f"select {select}").write_parquet(str(yard.drops / f"{number}.parquet"))
        report = yard.land(**(lands or {}))
        assert (report.total("rows_landed") == 1) == allowed, report

    return deliver


def shown(yard: Yard, column: str, *, by: str = "id") -> list[tuple[Any, ...]]:
    """What bronze says of a column, by id, with the type that it has there."""
    lake, system = yard.lake(), System("shop", "", "UTC", None, (), {"things": yard.table})
    with duckdb.connect() as connection:
        for statement in bronze.statements({"shop": system}, lake.live().commits, lake.url, since=0):
            connection.execute(statement)
        return connection.execute(f"select {by}, {column}, typeof({column}) from bronze.shop__things order by 1").fetchall()


def test_a_column_of_the_source_that_changes_its_type_is_read_whole(yard: Yard, deliver: Deliver) -> None:
    deliver(1, size="7::integer")
    deliver(2, size="8::bigint")
    assert shown(yard, "size") == [(1, 7, "BIGINT"), (2, 8, "BIGINT")]
    deliver(3, size="'large'")
    deliver(4, size="date '2024-01-01'")
    assert [value for _, value, _ in shown(yard, "size")] == ["7", "8", "large", "2024-01-01"]
    compact(yard.lake(), now=LATER)
    assert [value for _, value, _ in shown(yard, "size")] == ["7", "8", "large", "2024-01-01"]


def test_a_column_that_goes_and_comes_back_is_null_in_between(yard: Yard, deliver: Deliver) -> None:
    deliver(1, size="'s'")
    deliver(2)
    deliver(3, size="'l'")
    assert [value for _, value, _ in shown(yard, "size")] == ["s", None, "l"]
    assert [(entry.action, dict(entry.counts)) for entry in yard.lake().audit.entries()][::-1] == [
        ("columns changed", {"went": ["size"]}),
        ("columns changed", {"came": ["size"]}),
    ]


def test_a_column_that_is_declared_later_is_typed_from_then_on_and_loses_nothing_of_before(yard: Yard, deliver: Deliver) -> None:
    deliver(1, size="'7'")
    deliver(2, size="'seven'")
    yard.table = replace(TYPED, columns=(*TYPED.columns, Column("size", "bigint")))
    deliver(3, size="'9'")
    assert shown(yard, "size") == [(1, "7", "VARCHAR"), (2, "seven", "VARCHAR"), (3, "9", "VARCHAR")]
    deliver(4, allowed=False, size="'ten'")
    (entry,) = list_quarantine(yard.lake())
    assert (entry.column, entry.reason, entry.example) == ("size", "not_an_integer", "ten")


def test_a_declaration_that_is_widened_holds_what_landed_before(yard: Yard, deliver: Deliver) -> None:
    yard.table = replace(TYPED, columns=(*TYPED.columns, Column("size", "bigint")))
    deliver(1, size="7::integer")
    yard.table = replace(TYPED, columns=(*TYPED.columns, Column("size", "decimal(18,4)")))
    deliver(2, size="7.25::decimal(9,2)")
    assert [str(value) for _, value, _ in shown(yard, "size")] == ["7.0000", "7.2500"]
    yard.table = replace(TYPED, columns=(*TYPED.columns, Column("size", "varchar")))
    deliver(3, size="'XL'")
    assert [value for _, value, _ in shown(yard, "size")] == ["7", "7.2500", "XL"]


@pytest.mark.parametrize(
    ("value", "expected"), [("7::integer", 7), ("7.0::double", 7), ("'7'", 7), ("7.5::double", None), ("true", None), ("'x'", None)]
)
def test_a_type_that_changed_at_the_source_is_widened_where_that_is_exact(
    yard: Yard, deliver: Deliver, value: str, expected: int | None
) -> None:
    yard.table = replace(TYPED, columns=(*TYPED.columns, Column("size", "bigint")))
    deliver(1, allowed=expected is not None, size=value)
    assert [found for _, found, _ in shown(yard, "size")] == ([expected] if expected is not None else [])
    assert len(list_quarantine(yard.lake())) == (expected is None)


def test_what_is_not_exact_stops_the_table_if_that_is_the_rule(yard: Yard, deliver: Deliver) -> None:
    deliver(1, allowed=False, lands={"on_type_change": "stop"}, price="'dear'::varchar", id="1.5::double")
    report = yard.land(on_type_change="stop")
    (error,) = report.errors
    assert isinstance(error, BatchStopped) and "column 'id' is double at the source, and not every value is a bigint" in error.message


@pytest.mark.parametrize(("rule", "lands"), [("add", ["s"]), ("ignore", []), ("stop", None)])
def test_a_new_column_is_taken_as_the_settings_say(yard: Yard, deliver: Deliver, rule: str, lands: list[str] | None) -> None:
    deliver(1, allowed=lands is not None, lands={"on_new_column": rule}, size="'s'")
    if lands is None:
        assert yard.commits() == []
        (error,) = yard.land(on_new_column=rule).errors
        assert "new at the source: size" in error.message
        return
    (note,) = yard.commits()[0].notes
    assert "column not declared: size" in note
    if lands:
        assert [value for _, value, _ in shown(yard, "size")] == lands
    else:
        with pytest.raises(duckdb.BinderException, match="size"):
            shown(yard, "size")


def test_a_file_that_lost_a_required_column_is_refused_by_name_and_the_others_land(yard: Yard, deliver: Deliver) -> None:
    (yard.drops / "others.jsonl").write_text('{"id": 5}\n')
    with duckdb.connect() as connection:
        connection.sql("select 1 as name").write_parquet(str(yard.drops / "1.parquet"))
    report = yard.land(others=[OTHERS])
    assert [(table.table, table.rows_landed, len(table.errors)) for table in report.tables] == [("things", 0, 1), ("others", 1, 0)]
    assert "id" in report.errors[0].message


def test_a_database_that_renamed_a_column_is_told_what_it_may_be_called_now(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.order(1)
    shop.do("insert into rates values ('USD', '2024-03-01', '0.9')", "alter table orders rename column status to statuss")
    report = shop.land()
    errors = {table.table: [error.message for error in table.errors] for table in report.tables}
    assert "statuss" in errors["orders"][0] and "'status'" in errors["orders"][0], "guessed at in the message"
    assert (errors["items"], errors["rates"]) == ([], [])
    assert shop.bronze("orders", "*") == [], "and not in the data"
    shop.do("alter table orders rename column statuss to status")
    assert shop.land().tables[0].rows_landed == 1


def test_a_key_that_was_declared_otherwise_is_the_same_key(tmp_path: Path) -> None:
    yard = Yard(tmp_path, THINGS)
    yard.drop("a.csv", f"1,one,1,{AT}")
    yard.land()
    yard.table = replace(THINGS, columns=(Column("id", "varchar", nullable=False), *THINGS.columns[1:]))
    yard.drop("b.csv", f"x,two,1,{AT}")
    yard.land()
    assert shown(yard, "id") == [("1", "1", "VARCHAR"), ("x", "x", "VARCHAR")]
