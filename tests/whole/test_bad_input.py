"""What a shop gets wrong, as the person at the command line meets it: named with file and row, the rest goes on, the next run too."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import fondaco
from fondaco.job.lock import only_run
from tests.whole.conftest import Call, Shop, differences, retail
from tests.whole.test_online_retail import DAYS, line

DESK = """\
system: desk
description: A shop's desk, in files.
zone: UTC
currency: null
tested_with: files of our own
entities: []
tables:
  customers:
    description: One row per customer.
    key: [id]
    cursor: seen_at
    files: "customers*"
    format: {kind: csv, delimiter: ",", quote: '"', encoding: utf-8}
    columns:
      id: {type: bigint, nullable: false, classification: identifier}
      name: {type: varchar, classification: pii.name}
      born: {type: date, classification: pii.birth_date}
      seen_at: {type: timestamp}
  prices:
    description: One row per product.
    key: [sku]
    files: "prices*"
    format: {kind: csv, delimiter: ",", quote: '"', encoding: utf-8}
    columns:
      sku: {type: varchar, nullable: false, classification: identifier}
      price: {type: "decimal(18,4)", nullable: false, minimum: 0}
"""
CONFIG = """\
version: 1
project: desk
sources:
  desk: {type: files, path: ./drops, system: desk}
"""
CUSTOMERS, PRICES = "id,name,born,seen_at", "sku,price"
GOOD = ("1,Ann,1980-02-29,2024-05-01 10:00:00", "2,Zoë,,2024-05-01 11:00:00")
TOMORROW_AND_MORE = f"{datetime.now(UTC) + timedelta(days=40):%Y-%m-%d} 12:00:00"


def desk(root: Path, repo: Path) -> Shop:
    """A shop with a house of its own: our contracts and models, and a system that is written for it."""
    shop = Shop(root).configure(CONFIG)
    shutil.copytree(repo / "systems", root / "systems")
    for folder in ("contracts", "warehouse"):
        (root / folder).symlink_to(repo / folder)
    (root / "systems" / "desk.yml").write_text(DESK)
    shop.drop("prices.csv", ("A,1.50", "B,0"), PRICES)
    shop.drop("customers.csv", GOOD, CUSTOMERS)
    return shop


@dataclass(frozen=True)
class Told:
    """What the command line says of a table."""

    call: Call
    table: str

    @property
    def landing(self) -> dict[str, Any]:
        found: dict[str, Any] = next(table for table in self.call.data["tables"] if table["table"] == self.table)
        return found

    @property
    def counts(self) -> tuple[int, int, int]:
        assert self.landing["read"] == self.landing["landed"] + self.landing["quarantined"] + self.landing["known"]
        return self.landing["read"], self.landing["landed"], self.landing["quarantined"]


def ingest(shop: Shop, table: str = "customers") -> Told:
    told = Told(shop.call("ingest"), table)
    assert told.call.told["exit_code"] == told.call.exit_code
    return told


# --- files that are refused whole -----------------------------------------------------------------------------------

WHOLE = gzip.compress(f"{CUSTOMERS}\n{''.join(f'{n},A,,2024-05-01 10:00:00' + chr(10) for n in range(2000))}".encode())
REFUSED = {
    "no_csv": ("customers_a.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01" * 20),
    "a_web_page": ("customers_a.csv", b"<!DOCTYPE html>\n<html><body>404, not found</body></html>\n"),
    "empty": ("customers_a.csv", b""),
    "empty_inside": ("customers_a.csv.gz", gzip.compress(b"")),
    "lost_a_column": ("customers_a.csv", b"id,name,seen_at\n7,Bob,2024-05-01 10:00:00\n"),
    "truncated_gzip": ("customers_a.csv.gz", WHOLE[: len(WHOLE) // 2]),
    "named_gz_but_plain": ("customers_a.csv.gz", b"id,name,born,seen_at\n7,Bob,,2024-05-01 10:00:00\n"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_file_that_is_refused_is_named_and_everything_else_lands(what: str, shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    name, content = REFUSED[what]
    path = shop.drop_bytes(name, content)
    told = ingest(shop)
    assert told.call.exit_code == 1
    (error,) = told.landing["errors"]
    assert str(path) in error["where"]
    assert name in error["message"]
    assert error["hint"]
    assert told.counts == (2, 2, 0)
    assert Told(told.call, "prices").counts == (2, 2, 0)
    assert shop.landed("select count(*) from bronze.desk__customers") == [(2,)]


def test_a_refused_file_is_named_on_every_run_until_it_is_mended(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    shop.drop_bytes("customers_a.csv", b"")
    assert [ingest(shop).call.exit_code for _ in range(3)] == [1, 1, 1]
    shop.drop("customers_a.csv", ("7,Bob,,2024-05-01 10:00:00",), CUSTOMERS)
    mended = ingest(shop)
    assert mended.call.exit_code == 0
    assert mended.counts == (1, 1, 0)
    assert ingest(shop).counts == (0, 0, 0)


def test_a_person_reads_the_file_and_the_next_step_on_the_screen(
    shop_at: Callable[[], Path], repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fondaco.cli import main

    shop = desk(shop_at(), repo)
    shop.drop_bytes("customers_a.csv", b"id,name,seen_at\n")
    assert main(["ingest", "-C", str(shop.root)]) == 1
    shown = capsys.readouterr().out
    assert "customers_a.csv" in shown
    assert "'born'" in shown
    assert "everything else went on" in shown


# --- rows that are put aside ----------------------------------------------------------------------------------------

BAD_ROWS = {
    "id_that_is_none": ("abc,Bob,,2024-05-01 10:00:00", "id"),
    "no_id": (",Bob,,2024-05-01 10:00:00", "id"),
    "id_with_a_fraction": ("7.5,Bob,,2024-05-01 10:00:00", "id"),
    "id_beyond_its_type": ("9223372036854775808,Bob,,2024-05-01 10:00:00", "id"),
    "date_that_is_none": ("7,Bob,1987-02-30,2024-05-01 10:00:00", "born"),
    "time_that_is_none": ("7,Bob,,31/02/2024 25:61", "seen_at"),
}


@pytest.mark.parametrize("what", BAD_ROWS)
def test_a_bad_row_is_put_aside_with_its_file_its_row_and_all_it_said(what: str, shop_at: Callable[[], Path], repo: Path) -> None:
    bad, column = BAD_ROWS[what]
    shop = desk(shop_at(), repo)
    shop.drop("customers_b.csv", ("5,Eve,,2024-05-01 10:00:00", bad, "6,Kim,,2024-05-01 10:00:00"), CUSTOMERS)
    told = ingest(shop)
    assert told.call.exit_code == 0
    assert told.counts == (5, 4, 1)
    assert sum(told.landing["reasons"].values()) == 1
    (listed,) = shop.call("quarantine", "list").data
    assert (listed["table"], listed["file"], listed["first_row"], listed["column"], listed["rows"]) == (
        "customers", "customers_b.csv", 2, column, 1
    )  # fmt: skip
    (shown,) = shop.call("quarantine", "show", "customers").data["rows"]
    assert (shown["file"], shown["row"], shown["column"]) == ("customers_b.csv", 2, column)
    raw = json.loads(shown["raw"])
    assert [raw[name] or "" for name in CUSTOMERS.split(",")] == bad.split(",")
    assert column in shown["detail"]


def test_a_negative_price_is_put_aside_where_the_system_says_that_there_is_none(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    shop.drop("prices_b.csv", ("C,2.00", "D,-0.01", "E,n/a", "F,-0", "G,1e2"), PRICES)
    told = ingest(shop, "prices")
    read, landed, aside = told.counts
    assert read == 7
    shown = shop.call("quarantine", "show", "desk.prices").data["rows"]
    assert [(row["file"], row["row"], row["column"], row["value"]) for row in shown[:2]] == [
        ("prices_b.csv", 2, "price", "-0.01"), ("prices_b.csv", 3, "price", "n/a")
    ]  # fmt: skip
    assert landed + aside == read
    assert shop.landed("select count(*) from bronze.desk__prices where price < 0") == [(0,)]


def test_a_row_from_the_future_lands_is_named_with_file_and_row_and_moves_no_watermark(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    shop.drop("customers_f.csv", ("5,Eve,,2024-05-02 10:00:00", f"6,Kim,,{TOMORROW_AND_MORE}"), CUSTOMERS)
    told = ingest(shop)
    assert told.call.exit_code == 0
    assert told.counts == (4, 4, 0)
    state = {table["table"]: table for table in shop.call("state", "show").data}
    assert state["customers"]["last_ingested_at"].startswith("2024-05-02")
    (note,) = [note for note in told.landing["notes"] if "future" in note]
    assert "customers_f.csv" in note
    assert "row 2" in note


def test_a_record_of_the_wrong_length_is_put_aside_and_its_neighbours_land(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    shop.drop("customers_b.csv", ("5,Eve", "6,Kim,,2024-05-01 10:00:00", "7,Bob,,2024-05-01 10:00:00,and,more"), CUSTOMERS)
    told = ingest(shop)
    assert told.counts == (5, 3, 2)
    assert [(row["file"], row["row"]) for row in shop.call("quarantine", "show").data["rows"]] == [
        ("customers_b.csv", 1), ("customers_b.csv", 3)
    ]  # fmt: skip


def test_a_file_with_too_many_bad_rows_waits_and_the_others_land(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    rows = [f"{number},A,{'never' if number % 10 == 0 else ''},2024-05-01 10:00:00" for number in range(100, 300)]
    shop.drop("customers_z.csv", rows, CUSTOMERS)
    told = ingest(shop)
    assert told.call.exit_code == 1
    (error,) = told.landing["errors"]
    assert "customers_z.csv" in error["message"]
    assert "max_bad_share" in error["message"] + error["hint"]
    assert Told(told.call, "prices").counts == (2, 2, 0)


def test_a_whole_run_over_bad_input_builds_what_is_good_and_exits_with_1(shop_at: Callable[[], Path]) -> None:
    names = sorted(DAYS)
    files = {names[0]: DAYS[names[0]], names[1]: [*DAYS[names[1]], line("no-invoice", "1", 1, "2010-12-02 10:00:00", "1.00")]}
    shop = retail(shop_at(), files)
    shop.drop_bytes("2010-12-03.csv.gz", gzip.compress(b"InvoiceNo,StockCode\n1,2\n"))
    found = shop.call("run")
    assert found.exit_code == 1
    assert found.data["build"]["failures"] == []
    (table,) = found.data["tables"]
    assert (table["read"], table["landed"], table["quarantined"]) == (13, 12, 1)
    assert [Path(error["where"]).name for error in table["errors"]] == ["2010-12-03.csv.gz"]
    assert shop.value("select count(*) from silver.fact_order_items") == 12
    shop.drop("2010-12-03.csv.gz", [line("536400", "22632", 1, "2010-12-03 10:00:00", "1.00")])
    assert shop.call("run").exit_code == 0
    assert shop.value("select count(*) from silver.fact_order_items") == 13


# --- what is wrong around the files ---------------------------------------------------------------------------------

WRONG = {
    "a_setting_that_is_none": (CONFIG + "qality: {max_bad_share: 1%}\n", 5, "did you mean 'quality'?"),
    "a_value_that_is_none": (CONFIG + "quality: {on_bad_row: quarantaine}\n", 5, "did you mean 'quarantine'?"),
    "a_system_that_is_none": (CONFIG.replace("system: desk", "system: dsk"), 4, "did you mean 'desk'?"),
    "a_type_that_is_none": (CONFIG.replace("type: files", "type: file"), 4, "did you mean 'files'?"),
    "a_setting_that_is_missing": (CONFIG.replace("path: ./drops, ", ""), 4, "'sources.desk.path' is missing"),
    "no_yaml": (CONFIG + "quality: {", 5, ""),
    "a_tab": ("version: 1\nproject: desk\nsources:\n\tdesk: {}\n", 4, ""),
    "twice": (CONFIG + "project: desk\n", 5, ""),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_configuration_is_named_with_its_line_and_the_nearest_word(what: str, shop_at: Callable[[], Path], repo: Path) -> None:
    text, number, said = WRONG[what]
    shop = desk(shop_at(), repo)
    shop.configure(text)
    for words in (("run",), ("ingest",), ("plan",), ("status",)):
        found = shop.call(*words)
        assert found.exit_code == 2
        error = found.told["error"]
        assert f"fondaco.yml:{number}" in error["where"], error
        assert said in error["message"]
        assert "Traceback" not in found.said
    assert not (shop.root / "lake").exists()
    shop.configure(CONFIG)
    assert ingest(shop).counts == (2, 2, 0)


def test_a_missing_folder_of_drops_is_named_and_the_other_source_lands(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    shop.configure(CONFIG + "  gone: {type: files, path: ./no/such/folder, system: desk}\n")
    found = shop.call("ingest")
    assert found.exit_code == 1
    by_source = {(table["source"], table["table"]): table for table in found.data["tables"]}
    assert by_source["desk", "customers"]["landed"] == 2
    (error,) = by_source["gone", "customers"]["errors"]
    assert "no/such/folder" in error["where"]
    assert "sources.gone.path" in error["hint"]


def test_a_folder_of_drops_that_vanishes_and_comes_back_changes_nothing(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    ingest(shop)
    shop.drops.rename(shop.root / "away")
    assert ingest(shop).call.exit_code == 1
    (shop.root / "away").rename(shop.drops)
    back = ingest(shop)
    assert (back.call.exit_code, back.counts) == (0, (0, 0, 0))
    assert shop.landed("select count(*) from bronze.desk__customers") == [(2,)]


def test_an_empty_folder_of_drops_is_no_error(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at())
    for words in (("run",), ("plan",), ("quarantine", "list"), ("state", "show")):
        assert shop.call(*words).exit_code == 0, words


def test_a_second_run_at_the_same_time_is_told_to_come_back_and_disturbs_nothing(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    with only_run(shop.settings.state_dir):
        refused = shop.call("run")
        assert (refused.exit_code, refused.told["error"]["code"]) == (75, "E750")
    with shop.lake.writer():  # somebody with another fondaco.yml and the same lake
        refused = shop.call("ingest")
        assert refused.exit_code == 75
    assert ingest(shop).counts == (2, 2, 0)


@pytest.mark.slow
def test_a_warehouse_that_somebody_else_has_open_is_said_with_75_and_what_landed_stays(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {name: DAYS[name] for name in sorted(DAYS)[:1]})
    shop.run()
    holder = subprocess.Popen(
        [sys.executable, "-c", "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()",
         str(shop.settings.warehouse.path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        name = sorted(DAYS)[1]
        shop.drop(name, DAYS[name])
        refused = shop.call("run")
        assert refused.exit_code == 75
        assert "warehouse.duckdb" in refused.told["error"]["message"]
    finally:
        holder.communicate()
    assert shop.landed("select count(*) from bronze.online_retail__invoice_lines") == [(12,)]
    assert shop.call("run").exit_code == 0
    assert shop.value("select count(*) from silver.fact_order_items") == 12


# --- a disk that is full or may not be written ----------------------------------------------------------------------

#: The command as a person calls it; where files may not grow beyond a size, and without root's right to pass over permissions.
CALL = """
import ctypes, resource, signal, sys
from fondaco.cli import main
size = int(sys.argv[1])
if size:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
version_3 = (ctypes.c_uint32 * 2)(0x20080522, 0)
none = (ctypes.c_uint32 * 6)()
if ctypes.CDLL(None, use_errno=True).capset(version_3, none):
    raise OSError(ctypes.get_errno(), "capset")
sys.exit(main(sys.argv[2:]))
"""


def call_apart(shop: Shop, *words: str, size: int = 0) -> Call:
    """A call in a process of its own, whose files may not grow beyond so many bytes (0: any size)."""
    arguments = [str(size), *words, "-C", str(shop.root), "--json"]
    environ = {**os.environ, "PYTHONPATH": str(Path(fondaco.__file__).parents[1])}
    process = subprocess.run([sys.executable, "-c", CALL, *arguments], capture_output=True, text=True, check=False, cwd="/", env=environ)
    assert process.stdout, process.stderr
    return Call(process.returncode, json.loads(process.stdout), process.stderr)


def test_a_full_disk_while_landing_is_said_and_the_next_run_goes_on_as_if_nothing_had_happened(
    shop_at: Callable[[], Path], repo: Path
) -> None:
    shop, undisturbed = desk(shop_at(), repo), desk(shop_at(), repo)
    rows = [f"{number},{os.urandom(20).hex()},,2024-05-01 10:00:00" for number in range(1_000, 4_000)]
    for one in (shop, undisturbed):
        one.drop("customers_many.csv", rows, CUSTOMERS)
    full = call_apart(shop, "ingest", size=40_000)
    assert full.exit_code == 1
    assert "Traceback" not in full.said
    error = full.told["error"]
    assert error["message"]
    assert error["hint"]
    assert ingest(undisturbed).call.exit_code == 0
    assert shop.call("ingest").exit_code == 0
    asked = "select * exclude (_batch_id, _ingested_at) from bronze.desk__customers order by all"
    assert shop.landed(asked) == undisturbed.landed(asked)


@pytest.mark.slow
@pytest.mark.parametrize("size", [300_000, 1_000_000, 3_000_000, 6_000_000])
def test_a_full_disk_while_building_is_said_and_the_next_run_goes_on(shop_at: Callable[[], Path], size: int) -> None:
    shop, undisturbed = retail(shop_at(), DAYS), retail(shop_at(), DAYS)
    undisturbed.run()
    full = call_apart(shop, "run", size=size)
    assert full.exit_code in ((1,) if size < 3_000_000 else (0, 1))
    assert "Traceback" not in full.said
    shop.run()
    assert differences(undisturbed, shop) == []


@pytest.mark.parametrize(
    "place", [pytest.param(".fondaco", marks=pytest.mark.slow), "lake", pytest.param("warehouse.duckdb", marks=pytest.mark.slow)]
)
def test_a_folder_that_may_not_be_written_is_named_and_the_next_run_goes_on(place: str, shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {name: DAYS[name] for name in sorted(DAYS)[:1]})
    (shop.root / ".fondaco").mkdir()
    closed = shop.root / ("closed" if place != ".fondaco" else place)
    closed.mkdir(exist_ok=True)
    closed.chmod(0o500)
    if place != ".fondaco":
        setting = f"lake: {{path: {closed / place}}}" if place == "lake" else f"warehouse: {{type: duckdb, path: {closed / place}}}"
        shop.configure((shop.root / "fondaco.yml").read_text() + setting + "\n")
    refused = call_apart(shop, "run")
    assert refused.exit_code == 1, refused.told
    assert "Traceback" not in refused.said
    error = refused.told["error"]
    assert str(closed) in f"{error['where']} {error['message']}", error
    assert error["hint"]
    closed.chmod(0o700)
    assert shop.call("run").exit_code == 0
    assert shop.value("select count(*) from silver.fact_order_items") == 7


def test_drops_that_may_not_be_read_are_named_and_the_others_land(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    closed = shop.drop("customers_closed.csv", ("7,Bob,,2024-05-01 10:00:00",), CUSTOMERS)
    closed.chmod(0)
    found = call_apart(shop, "ingest")
    assert found.exit_code == 1
    told = Told(found, "customers")
    assert [Path(error["where"]).name for error in told.landing["errors"]] == ["customers_closed.csv"]
    assert told.counts == (2, 2, 0)
    closed.chmod(0o600)
    assert ingest(shop).counts == (1, 1, 0)


def test_a_folder_of_drops_that_may_not_be_read_is_named(shop_at: Callable[[], Path], repo: Path) -> None:
    shop = desk(shop_at(), repo)
    shop.drops.chmod(0)
    found = call_apart(shop, "ingest")
    shop.drops.chmod(0o700)
    assert found.exit_code == 1, found.told
    (error,) = Told(found, "customers").landing["errors"]
    assert str(shop.drops) in error["where"]
    assert ingest(shop).counts == (2, 2, 0)
