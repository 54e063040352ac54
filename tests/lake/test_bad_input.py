"""Every broken file of the shared collection gets what its manifest expects."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fondaco.contracts import Column, FileFormat, Table
from fondaco.lake import show_quarantine
from tests.lake.conftest import Yard

CUSTOMERS = Table(
    "customers",
    "",
    (
        Column("customer_id", "bigint", nullable=False),
        *(Column(name, "varchar") for name in ("first_name", "last_name", "email")),
        Column("signup_date", "date"),
        Column("country", "varchar"),
        Column("created_at", "timestamp"),
        Column("updated_at", "timestamp"),
    ),
    ("customer_id",),
    "updated_at",
)
ORDERS = Table(
    "orders",
    "",
    (
        Column("order_id", "bigint", nullable=False),
        Column("customer_id", "varchar"),
        Column("order_date", "timestamp"),
        Column("status", "varchar"),
        Column("total_amount", "decimal(18,4)"),
        Column("currency", "varchar"),
        Column("created_at", "timestamp"),
        Column("updated_at", "timestamp"),
    ),
    ("order_id",),
    "updated_at",
)
TABLES = {"customers": CUSTOMERS, "orders": ORDERS}


def narrowed(table: Table, *names: str, **types: str) -> Table:
    """The table with these columns only, some of another type."""
    columns = tuple(replace(column, type=types.get(column.name, column.type)) for column in table.columns if column.name in names)
    return replace(table, columns=columns, cursor=table.cursor if table.cursor in names else None)


@dataclass(frozen=True)
class Expected:
    """What a file gets: rows that land, rows put aside as (row, reason), or the reason why it is refused whole."""

    rows: int = 0
    bad: dict[int, str] = field(default_factory=dict)
    refused: str | None = None
    note: str | None = None
    table: Table | None = None


REFUSED = {
    "02_utf16le_bom.csv": "is UTF-16, not UTF-8",
    "04_cp1252.csv": "is not utf-8: byte 0xe9 on line 3",
    "20_tab_as_csv.csv": "is delimited by TAB, not by ','",
    "30_empty_file.csv": "is empty (0 bytes)",
    "32_no_header.csv": "has no header",
    "34_missing_column.csv": "has no column 'country'",
    "42_git_conflict.csv": "unresolved merge",
    "44_json_as_csv.csv": "is JSON under the name of a CSV",
    "46_truncated.csv.gz": "is a truncated gzip archive",
    "50_many_columns.csv": "has 3,000 columns that are not declared",
    "84_zip_slip.zip": "a path that leads out of the archive",
    "94_truncated.parquet": "is no whole Parquet file",
}
LANDED = {
    "00_customers_clean.csv": Expected(6),
    "00_orders_clean.csv": Expected(4),
    "06_mojibake.csv": Expected(1),
    "08_nfd_vs_nfc.csv": Expected(2),
    "10_crlf.csv": Expected(6),
    "12_mixed_eol.csv": Expected(2),
    "14_blank_lines.csv": Expected(6),
    "16_unclosed_quote.csv": Expected(0, {1: "unclosed_quote"}),
    "18_backslash_escape.csv": Expected(6, note="escapes quotes with a backslash"),
    "22_formula_injection.csv": Expected(1),
    "36_reordered_columns.csv": Expected(6),
    "38_ragged_short.csv": Expected(5, {2: "ragged"}),
    "40_repeated_header.csv": Expected(12, note="repeats its header as record 7"),
    "48_truncated_mid_record.csv": Expected(2, {3: "ragged"}),
    "60_ids.csv": Expected(
        5,
        {
            **dict.fromkeys((1, 3, 4, 5, 6, 10, 12), "not_an_integer"),
            13: "missing_key",
            14: "not_an_integer",
        },
    ),
    "62_country_variants.csv": Expected(22),
    "64_timestamps.csv": Expected(2, dict.fromkeys((2, *range(4, 15)), "not_a_timestamp")),
    "66_sum_exact.csv": Expected(10_000),
    "68_duplicate_keys_conflict.csv": Expected(5),
    "70_orphan_fk.csv": Expected(3),
    "72_future_dates.csv": Expected(1, note="dated more than a day in the future"),
    "74_currency_variants.csv": Expected(9),
    "80_drift.jsonl": Expected(
        4,
        {4: "not_an_integer", 5: "missing_key"},
        note="column not declared: balance, customerId, name, ok, tags",
        table=narrowed(CUSTOMERS, "customer_id", "country", "updated_at", updated_at="timestamptz"),
    ),
    "82_bom_crlf.jsonl": Expected(2),
    "90_types_v1.parquet": Expected(2, table=narrowed(ORDERS, "order_id", "total_amount")),
    "92_ts_ns_naive.parquet": Expected(1, table=narrowed(ORDERS, "order_id", "updated_at")),
}
EXPECTED = {**LANDED, **{name: Expected(refused=reason) for name, reason in REFUSED.items()}}


@pytest.fixture
def manifest(shared_data: Path) -> dict[str, dict[str, Any]]:
    return {entry["file"]: entry for entry in json.loads((shared_data / "bad_input" / "manifest.json").read_text())}


def yard_of(yards: Callable[[], Yard], shared_data: Path, entry: dict[str, Any], table: Table | None = None) -> Yard:
    """A yard with that file in it."""
    name = str(entry["file"])
    yard = yards()
    kind = "parquet" if name.endswith(".parquet") else "jsonl" if name.endswith(".jsonl") else "csv"
    chosen = table or TABLES[entry["entity"]]
    yard.table = replace(chosen, files="*", format=FileFormat(kind))  # type: ignore[arg-type]
    shutil.copy(shared_data / "bad_input" / name, yard.drops / name)
    return yard


def test_every_file_of_the_collection_is_expected_here(manifest: dict[str, dict[str, Any]]) -> None:
    assert set(manifest) == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_broken_file_gets_what_its_manifest_expects(
    yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]], name: str
) -> None:
    entry, expected = manifest[name], EXPECTED[name]
    assert (entry["expect"], expected.refused is not None) in {
        ("same", False),
        ("rows", False),
        ("reject", True),
        ("policy", False),
        ("policy", True),
    }
    yard = yard_of(yards, shared_data, entry, expected.table)
    (report,) = yard.land().tables
    if expected.refused is not None:
        assert [expected.refused in error.message and name in error.message for error in report.errors] == [True], report.errors
        assert yard.bronze() == []
        return
    assert report.errors == []
    assert report.rows_read == report.rows_landed + report.rows_quarantined
    assert report.rows_landed == expected.rows
    assert {row.row: row.reason for row in show_quarantine(yard.lake())} == expected.bad
    if expected.note is None:
        assert report.notes == []
    else:
        assert [expected.note in note for note in report.notes] == [True], report.notes
    if entry["clean_rows"] is not None:
        assert_clean(yard, entry)


def assert_clean(yard: Yard, entry: dict[str, Any]) -> None:
    """The rows that landed are the clean ones of the manifest: versions beyond the first of a key must be repetitions."""
    names = [column.name for column in TABLES[entry["entity"]].columns]
    landed = yard.bronze(*names)
    expected = [tuple(typed(names[index], cell) for index, cell in enumerate(row)) for row in entry["clean_rows"]]
    if entry["file"] == "18_backslash_escape.csv":
        expected[2] = tuple(cell.replace('"', '\\"') if isinstance(cell, str) and '"' in cell else cell for cell in expected[2])
    found = [tuple(str(cell) if cell is not None and not isinstance(cell, Decimal) else cell for cell in row) for row in landed]
    assert list(dict.fromkeys(found)) == expected


def typed(name: str, cell: str) -> Any:
    """A cell of the manifest as it is compared: an empty unquoted field is NULL, an amount is a number."""
    if cell == "":
        return None
    return Decimal(cell) if name == "total_amount" else cell


def landed(yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]], name: str) -> Yard:
    yard = yard_of(yards, shared_data, manifest[name], EXPECTED[name].table)
    yard.land()
    return yard


def test_no_two_ids_become_one(yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]) -> None:
    ids = [row[0] for row in landed(yards, shared_data, manifest, "60_ids.csv").bronze("customer_id")]
    assert ids == [7, 9007199254740993, 9007199254740992, 9223372036854775807, -1]


def test_ten_thousand_dimes_are_a_thousand(yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]) -> None:
    yard = landed(yards, shared_data, manifest, "66_sum_exact.csv")
    assert sum(row[0] for row in yard.bronze("total_amount")) == Decimal(1000)


def test_two_normal_forms_and_double_encoding_stay_as_they_are(
    yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]
) -> None:
    names = [row[0] for row in landed(yards, shared_data, manifest, "08_nfd_vs_nfc.csv").bronze("first_name")]
    assert names == ["Jose\u0301", "Jos\u00e9"]
    assert landed(yards, shared_data, manifest, "06_mojibake.csv").bronze("last_name") == [("Ã\x91andÃº",)]


def test_a_row_from_the_future_does_not_push_the_watermark(
    yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]
) -> None:
    yard = landed(yards, shared_data, manifest, "72_future_dates.csv")
    assert yard.lake().state().tables[("yard", "orders")].last_ingested_at is None


def test_instants_are_ordered_as_instants_where_offsets_are_declared(
    yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]
) -> None:
    columns = tuple(replace(column, type="timestamptz") if column.name == "updated_at" else column for column in CUSTOMERS.columns)
    yard = yard_of(yards, shared_data, manifest["64_timestamps.csv"], replace(CUSTOMERS, columns=columns))
    yard.land()
    assert [number for (number,) in yard.bronze("customer_id")] == [2, 4, 5, 9, 10, 11]
    assert {row.row for row in show_quarantine(yard.lake())} == {1, 3, 6, 7, 8, 12, 13, 14}
    assert yard.commits()[0].cursor_min == "2023-12-31 10:00:00.000000"
    assert yard.commits()[0].cursor_max == "2024-10-27 01:30:00.000000"


def test_encodings_that_are_declared_are_read_exactly(
    yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]
) -> None:
    for name, encoding in (("02_utf16le_bom.csv", "utf-16"), ("04_cp1252.csv", "cp1252")):
        yard = yard_of(yards, shared_data, manifest[name])
        yard.table = replace(yard.table, format=FileFormat("csv", encoding=encoding))
        yard.land()
        assert_clean(yard, manifest[name])
    yard = yard_of(yards, shared_data, manifest["20_tab_as_csv.csv"])
    yard.table = replace(yard.table, format=FileFormat("csv", delimiter="\t"))
    yard.land()
    assert_clean(yard, manifest["20_tab_as_csv.csv"])


def test_of_two_rows_with_one_key_and_one_time_both_land_in_order(
    yards: Callable[[], Yard], shared_data: Path, manifest: dict[str, dict[str, Any]]
) -> None:
    rows = landed(yards, shared_data, manifest, "68_duplicate_keys_conflict.csv").bronze("order_id", "status", "_row")
    assert [row for row in rows if row[0] == 1] == [(1, "paid", 1), (1, "refunded", 5)]
