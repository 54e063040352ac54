"""A shop that exports in our words may send every kind of file: its name says which, and the rows are the same."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from fondaco.contracts import load_system
from tests.lake.conftest import Yard

NAMES = ("currency", "rate_date", "base_currency", "rate", "updated_at")
ROW = ("2024-02-29", "EUR", "1.25000000", "2024-03-01 12:00:00")


def csv(currency: str) -> str:
    return ",".join(NAMES) + "\n" + ",".join((currency, *ROW)) + "\n"


def workbook(currency: str) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.active.append(NAMES)
    book.active.append((currency, date(2024, 2, 29), "EUR", 1.25, datetime(2024, 3, 1, 12)))
    book.save(out)
    return out.getvalue()


def test_the_same_row_lands_from_every_kind_of_file(yard: Yard, repo: Path) -> None:
    yard.table = load_system(repo / "systems", "plain").tables["exchange_rates"]
    record = dict(zip(NAMES, ("", *ROW), strict=True)) | {"rate": 1.25}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("export/exchange_rates.csv", csv("AAG"))
    xml = "".join(f"<{name}>{value}</{name}>" for name, value in zip(NAMES, ("AAF", *ROW), strict=True))
    files = {
        "exchange_rates.csv": csv("AAA").encode(),
        "exchange_rates.csv.gz": gzip.compress(csv("AAB").encode()),
        "exchange_rates.jsonl": json.dumps(record | {"currency": "AAC"}).encode(),
        "exchange_rates.json": json.dumps([record | {"currency": "AAD"}]).encode(),
        "exchange_rates.xlsx": workbook("AAE"),
        "exchange_rates.xml": f"<rates><rate>{xml}</rate></rates>".encode(),
        "march.zip": packed.getvalue(),
    }
    for name, content in files.items():
        (yard.drops / name).write_bytes(content)
    columns = {"currency": ["AAH"], "rate_date": [date(2024, 2, 29)], "base_currency": ["EUR"], "rate": [Decimal("1.25")]}
    pq.write_table(pa.table(columns | {"updated_at": [datetime(2024, 3, 1, 12)]}), yard.drops / "exchange_rates.parquet")
    report = yard.land()
    assert (report.errors, report.notes) == ([], [])
    expected = (date(2024, 2, 29), "EUR", Decimal("1.25000000"), datetime(2024, 3, 1, 12))
    assert sorted(yard.bronze(*NAMES)) == [(f"AA{letter}", *expected) for letter in "ABCDEFGH"]
    assert len({row[0] for row in yard.bronze("_file")}) == 8
