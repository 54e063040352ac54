"""Every type of a Parquet file lands exactly as a declaration can take it, or its rows are put aside."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fondaco.contracts import Column, FileFormat, Table
from fondaco.lake import show_quarantine
from tests.lake.conftest import Yard

D = Decimal
MOMENT = datetime(2024, 2, 29, 23, 59, 59, 123456)
NANO = 1_709_251_199_123_456_789
CASES: dict[str, tuple[Any, str, Any]] = {
    "int8": (pa.array([-128], pa.int8()), "bigint", -128),
    "uint64": (pa.array([2**63 - 1], pa.uint64()), "bigint", 2**63 - 1),
    "uint64 beyond": (pa.array([2**63], pa.uint64()), "bigint", "not_an_integer"),
    "uint64 as text": (pa.array([2**64 - 1], pa.uint64()), "varchar", str(2**64 - 1)),
    "integer as decimal": (pa.array([5], pa.int32()), "decimal(18,4)", D("5.0000")),
    "decimal32": (pa.array([D("1.25")], pa.decimal32(5, 2)), "decimal(18,4)", D("1.2500")),
    "decimal64": (pa.array([D("-1.25")], pa.decimal64(15, 2)), "decimal(18,4)", D("-1.2500")),
    "decimal128": (pa.array([D("9" * 36 + ".25")], pa.decimal128(38, 2)), "decimal(38,2)", D("9" * 36 + ".25")),
    "decimal128 finer": (pa.array([D("1.23456")], pa.decimal128(10, 5)), "decimal(18,4)", "not_a_decimal"),
    "decimal256 that fits": (pa.array([D("1.25")], pa.decimal256(60, 2)), "decimal(18,4)", D("1.2500")),
    "decimal256 beyond": (pa.array([D("9" * 40)], pa.decimal256(60, 2)), "decimal(38,2)", "not_a_decimal"),
    "decimal256 as text": (pa.array([D("9" * 40 + ".25")], pa.decimal256(60, 2)), "varchar", "9" * 40 + ".25"),
    "half": (pa.array([1.5], pa.float32()).cast(pa.float16()), "double", 1.5),
    "float as decimal": (pa.array([1.5], pa.float32()), "decimal(18,4)", D("1.5000")),
    "float as integer": (pa.array([2.0**53], pa.float64()), "bigint", "not_an_integer"),
    "nan": (pa.array([float("nan")]), "double", "not_a_number"),
    "boolean": (pa.array([True]), "boolean", True),
    "date32": (pa.array([date(2024, 2, 29)]), "date", date(2024, 2, 29)),
    "date64": (pa.array([date(2024, 2, 29)], pa.date64()), "date", date(2024, 2, 29)),
    "date as timestamp": (pa.array([date(2024, 2, 29)]), "timestamp", datetime(2024, 2, 29)),
    "timestamp as date": (pa.array([MOMENT]), "date", "not_a_date"),
    "timestamp s": (pa.array([1], pa.timestamp("s")), "timestamp", datetime(1970, 1, 1, 0, 0, 1)),
    "timestamp ms": (pa.array([1], pa.timestamp("ms")), "timestamp", datetime(1970, 1, 1, 0, 0, 0, 1000)),
    "timestamp us": (pa.array([MOMENT]), "timestamp", MOMENT),
    "timestamp ns": (pa.array([NANO // 1000 * 1000], pa.timestamp("ns")), "timestamp", MOMENT),
    "timestamp ns finer": (pa.array([NANO], pa.timestamp("ns")), "timestamp", "not_a_timestamp"),
    "timestamp beyond": (pa.array([2**62], pa.timestamp("ms")), "timestamp", "not_a_timestamp"),
    "instant": (pa.array([MOMENT], pa.timestamp("us", "UTC")), "timestamptz", MOMENT.replace(tzinfo=UTC)),
    "instant of a zone": (pa.array([0], pa.timestamp("ms", "Europe/Berlin")), "timestamptz", datetime(1970, 1, 1, tzinfo=UTC)),
    "instant ns": (pa.array([NANO // 1000 * 1000], pa.timestamp("ns", "UTC")), "timestamptz", MOMENT.replace(tzinfo=UTC)),
    "instant ns finer": (pa.array([NANO], pa.timestamp("ns", "UTC")), "timestamptz", "not_an_instant"),
    "instant as timestamp": (pa.array([MOMENT], pa.timestamp("us", "UTC")), "timestamp", "not_a_timestamp"),
    "timestamp as instant": (pa.array([MOMENT]), "timestamptz", "not_an_instant"),
    "time": (pa.array([1], pa.time64("ns")), "varchar", "00:00:00.000000001"),
    "duration ns": (pa.array([1_000_000_001], pa.duration("ns")), "varchar", "1.000000001 s"),
    "large text": (pa.array(["é"], pa.large_string()), "varchar", "é"),
    "text view": (pa.array(["é"], pa.string_view()), "varchar", "é"),
    "dictionary": (pa.array(["a"]).dictionary_encode(), "varchar", "a"),
    "dictionary of numbers": (pa.array([7]).dictionary_encode(), "bigint", 7),
    "bytes": (pa.array([b"\xff\x00"]), "varchar", "\\xFF\\x00"),
    "nothing": (pa.nulls(1), "bigint", None),
    "list": (pa.array([[D("12345678901234567890.10"), None]]), "varchar", "[12345678901234567890.10,null]"),
    "struct": (pa.array([{"a": 1, "b": [MOMENT]}]), "varchar", '{"a":1,"b":["2024-02-29 23:59:59.123456"]}'),
    "list of what the engine has not": (pa.array([[D("9" * 40)]], pa.list_(pa.decimal256(60, 2))), "varchar", f'["{"9" * 40}.00"]'),
    "map": (pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())), "varchar", '{"k":1}'),
}


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, str]]:
    """Values that landed and reasons of those that did not, by case: each case is a file with a column of its own."""
    values, reasons = dict[str, Any](), dict[str, str]()
    for kind in dict.fromkeys(kind for _, kind, _ in CASES.values()):
        cases = {name: array for name, (array, of, _) in CASES.items() if of == kind}
        yard = Yard(tmp_path_factory.mktemp("yard"))
        columns = (Column("id", "varchar"), Column("x", kind))
        yard.table = Table("things", "", columns, ("id",), files="*.parquet", format=FileFormat("parquet"))
        for name, array in cases.items():
            pq.write_table(pa.table({"id": [name], "x": array}), yard.drops / f"{name}.parquet")
        report = yard.land()
        assert [str(error) for error in report.errors] == []
        values |= dict(yard.bronze("id", "x"))
        reasons |= {Path(row.file or "").stem: row.reason for row in show_quarantine(yard.lake())}
    return values, reasons


@pytest.mark.parametrize("name", CASES)
def test_a_value_lands_as_it_is_or_its_row_is_put_aside(landed: tuple[dict[str, Any], dict[str, str]], name: str) -> None:
    values, reasons = landed
    expected = CASES[name][2]
    if name in reasons:
        assert reasons[name] == expected
    else:
        assert (values[name], type(values[name])) == (expected, type(expected))


def test_files_whose_columns_are_of_other_types_land_beside_one_another(yard: Yard) -> None:
    yard.table = replace(yard.table, files="*", format=FileFormat("parquet"))
    columns = {"id": [1], "name": ["a"], "price": [D("1.5")], "changed_at": [MOMENT]}
    pq.write_table(pa.table(columns), yard.drops / "a.parquet")
    pq.write_table(pa.table({**columns, "id": ["2"], "price": [2.5]}), yard.drops / "b.parquet")
    (yard.drops / "c.csv").write_text("id,name,price,changed_at\n3,a,3.5,2024-02-29 23:59:59.123456\n")
    assert yard.land().errors == []
    assert yard.bronze("id", "price", "changed_at") == [(number, D(f"{number}.5"), MOMENT) for number in (1, 2, 3)]
