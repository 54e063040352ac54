"""Files and folders that are sent again, renamed, moved or deleted between runs, by people who know nothing of fondaco."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.cli import main
from fondaco.job.simulate import live_on
from fondaco.warehouse import needs_build
from tests.whole.conftest import Shop, differences, retail
from tests.whole.test_online_retail import DAYS, line

DEMO = """\
version: 1
project: small
business: {timezone: Europe/Berlin, currency: EUR}
quality: {max_bad_share: 20%}
sources: {shop: {type: demo, customers: 200, days: 40}}
"""
ONE = [line("536365", "21001", 1, "2010-12-01 10:00:00", "1.00"), line("536365", "21002", 1, "2010-12-01 10:00:00", "1.00")]
TWO = [line("536366", "21001", 10, "2010-12-02 10:00:00", "1.00")]
THREE = [line("536367", "21003", 100, "2010-12-03 10:00:00", "1.00")]

AMOUNT = "select coalesce(sum(Quantity * UnitPrice), 0), count(*) from bronze.online_retail__invoice_lines"


def ingest(shop: Shop, *, exit_code: int = 0) -> tuple[float, int]:
    """What bronze holds after a landing: amount and lines."""
    found = shop.call("ingest")
    assert found.exit_code == exit_code, found.told
    return amount(shop)


def amount(shop: Shop) -> tuple[float, int]:
    ((total, lines),) = shop.landed(AMOUNT)
    return float(total), lines


# --- a file that is sent again --------------------------------------------------------------------------------------


def test_a_file_that_is_sent_again_with_other_content_replaces_its_former_rows(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE, "b.csv.gz": TWO})
    assert ingest(shop) == (12, 3)
    shop.drop("a.csv.gz", THREE)
    assert ingest(shop) == (110, 2)
    shop.drop("a.csv.gz", ONE)
    assert ingest(shop) == (12, 3)
    assert ingest(shop) == (12, 3)


def test_a_file_that_is_touched_or_sent_again_as_it_was_changes_nothing(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    ingest(shop)
    os.utime(shop.drops / "a.csv.gz", (1, 1))
    assert ingest(shop) == (2, 2)
    shop.drop("a.csv.gz", ONE)
    assert ingest(shop) == (2, 2)


def test_a_file_that_is_sent_again_broken_keeps_its_former_rows_until_it_is_mended(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    ingest(shop)
    shop.drop_bytes("a.csv.gz", b"no archive")
    assert ingest(shop, exit_code=1) == (2, 2)
    shop.drop("a.csv.gz", TWO)
    assert ingest(shop) == (10, 1)


def test_a_file_that_is_sent_again_without_rows_takes_them_back(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE, "b.csv.gz": TWO})
    ingest(shop)
    shop.drop("a.csv.gz", [])
    assert ingest(shop) == (10, 1)


@pytest.mark.slow
def test_a_correction_ends_in_the_warehouse_of_a_fresh_load(shop_at: Callable[[], Path]) -> None:
    name, *others = sorted(DAYS)
    corrected = [*DAYS[name][:3], line("536369", "22633", 7, "2010-12-01 09:30:00", "2.10", "14000.0", "France")]
    shop = retail(shop_at(), DAYS)
    shop.run()
    shop.drop(name, corrected)
    shop.run()
    fresh = retail(shop_at(), {name: corrected, **{other: DAYS[other] for other in others}})
    fresh.run()
    assert differences(fresh, shop, rows_of_the_lake=True) == []


# --- a file that has another name now -------------------------------------------------------------------------------


def test_a_file_that_is_renamed_or_copied_lands_once_and_is_named(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    ingest(shop)
    (shop.drops / "a.csv.gz").rename(shop.drops / "z.csv.gz")
    shop.drop("y.csv.gz", ONE)
    found = shop.call("ingest")
    assert found.exit_code == 0
    assert sorted(found.data["tables"][0]["notes"]) == [
        "y.csv.gz repeats the content of a.csv.gz: left out", "z.csv.gz repeats the content of a.csv.gz: left out"
    ]  # fmt: skip
    assert amount(shop) == (2, 2)


@pytest.mark.parametrize("archived", ["2010-12-01.csv.gz", "yesterday.csv.gz"])
@pytest.mark.parametrize("runs_between", [False, True])
def test_a_name_that_is_used_anew_every_day_loses_no_day(archived: str, runs_between: bool, shop_at: Callable[[], Path]) -> None:
    """`today.csv.gz` is put aside under another name, and the next day is dropped as `today.csv.gz`."""
    shop = retail(shop_at(), {"today.csv.gz": ONE})
    ingest(shop)
    (shop.drops / "today.csv.gz").rename(shop.drops / archived)
    if runs_between:
        assert ingest(shop) == (2, 2)
    shop.drop("today.csv.gz", TWO)
    assert ingest(shop) == (12, 3)


def test_a_file_that_becomes_a_copy_of_another_gives_up_its_rows(shop_at: Callable[[], Path]) -> None:
    """As a fresh load, which leaves out what repeats another file."""
    shop = retail(shop_at(), {"a.csv.gz": ONE, "b.csv.gz": TWO})
    ingest(shop)
    shop.drop("a.csv.gz", TWO)
    assert ingest(shop) == (10, 1)


def test_content_whose_file_was_sent_again_broken_lands_once_under_another_name(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    ingest(shop)
    shop.drop_bytes("a.csv.gz", b"no archive")
    ingest(shop, exit_code=1)
    shop.drop("b.csv.gz", ONE)
    assert ingest(shop, exit_code=1) == (2, 2)


def test_two_files_that_swap_their_names_swap_nothing_else(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE, "b.csv.gz": TWO})
    ingest(shop)
    shop.drop("a.csv.gz", TWO)
    shop.drop("b.csv.gz", ONE)
    assert ingest(shop) == (12, 3)
    assert ingest(shop) == (12, 3)


def test_a_file_that_was_processed_and_removed_stays_landed(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    ingest(shop)
    (shop.drops / "a.csv.gz").unlink()
    assert ingest(shop) == (2, 2)
    shop.drop("b.csv.gz", TWO)
    assert ingest(shop) == (12, 3)


# --- odd names ------------------------------------------------------------------------------------------------------

ODD = ("it's.csv.gz", "a b.csv.gz", 'q"uote.csv.gz', "ümläut.csv.gz", "[x].csv.gz", "*.csv.gz", "new\nline.csv.gz", "-C.csv.gz", "{a,b}.csv.gz", "%41.csv.gz", "a#b?c.csv.gz", "--json.csv.gz", "$(id).csv.gz")  # fmt: skip


def test_files_of_odd_names_land_under_their_names(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {name: [line(f"5{number:05d}", "21001", 1, "2010-12-01 10:00:00", "1.00")] for number, name in enumerate(ODD)})
    assert ingest(shop) == (len(ODD), len(ODD))
    assert {name for (name,) in shop.landed("select distinct _file from bronze.online_retail__invoice_lines")} == set(ODD)


@pytest.mark.parametrize("folder", ["it's a shop", "shöp [1] {a,b}*?", "100% #1", "$HOME"])
def test_a_shop_may_stand_in_a_folder_of_an_odd_name(folder: str, shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at() / folder, {"a.csv.gz": ONE})
    assert ingest(shop) == (2, 2)
    assert shop.call("quarantine", "list").exit_code == 0


def test_what_is_no_file_of_a_table_is_named_and_left_alone(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE, "deeper/b.csv.gz": TWO, ".hidden.csv.gz": TWO, "c.csv.gz.part": TWO})
    (shop.drops / "readme.txt").write_text("hello")
    (shop.drops / "folder.csv.gz").mkdir()
    (shop.drops / "nowhere.csv.gz").symlink_to("/no/such/file")
    found = shop.call("ingest")
    assert found.exit_code == 0
    (note,) = found.data["notes"]
    assert "readme.txt" in note
    assert "deeper/b.csv.gz" in note
    assert amount(shop) == (2, 2)


# --- folders and files of ours that are deleted or moved -------------------------------------------------------------


@pytest.mark.parametrize("damage", ["deleted", "torn", "of_another_lake", "no_json"])
def test_the_saved_state_may_be_lost_and_is_mended_from_the_log(damage: str, shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE, "b.csv.gz": TWO})
    ingest(shop)
    state = Path(shop.settings.lake.path) / "bronze" / "ingestion_state.json"
    saved = state.read_bytes()
    match damage:
        case "deleted":
            state.unlink()
        case "torn":
            state.write_bytes(saved[: len(saved) // 2])
        case "of_another_lake":
            state.write_bytes(saved.replace(b'"batch_id": "0', b'"batch_id": "9'))
        case _:
            state.write_bytes(b"\x00\xff")
    assert ingest(shop) == (12, 3)
    assert state.read_bytes() == saved


@pytest.mark.slow
def test_everything_but_the_lake_may_be_deleted(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), DAYS)
    shop.run()
    rebuilt = shop.copy(shop_at())
    rebuilt.forget_the_warehouse()
    shutil.rmtree(rebuilt.root / ".fondaco")
    report = rebuilt.run()
    assert {table.commits for table in report.tables} == {0}
    assert differences(shop, rebuilt, landing=True) == []


def test_a_lake_that_was_deleted_and_has_grown_again_is_another_lake(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    shop.run()
    shutil.rmtree(shop.root / "lake")
    shop.drop("0.csv.gz", TWO)
    shop.call("ingest")
    shop.drop("1.csv.gz", THREE)
    shop.call("ingest")
    report = shop.run()
    assert report.build is not None
    assert report.build.full_refresh
    assert shop.rows("select count(*), sum(gross_amount) from silver.fact_order_items") == [(4, 112)]


def test_a_shop_may_be_moved_to_another_folder(shop_at: Callable[[], Path]) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    shop.run()
    moved = Shop(shop_at())
    shop.root.rename(moved.root)
    assert needs_build(moved.settings, moved.lake) == "the lake was moved"
    report = moved.run()
    assert {table.commits for table in report.tables} == {0}
    assert moved.value("select count(*) from bronze.online_retail__invoice_lines") == 2
    assert moved.value("select count(*) from staging.stg_online_retail__orders") == 1
    assert moved.run().build is None


def test_a_call_from_another_folder_finds_the_same_files(shop_at: Callable[[], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    shop = retail(shop_at(), {"a.csv.gz": ONE})
    for folder, words in ((shop.root.parent, ["-C", "shop"]), (shop.drops, []), (Path("/"), ["-C", str(shop.root / "fondaco.yml")])):
        monkeypatch.chdir(folder)
        assert main(["ingest", *words]) == 0
        assert amount(shop) == (2, 2)
    assert {path.name for path in shop.root.iterdir()} == {"fondaco.yml", "drops", "lake", ".fondaco"}


# --- builds that were begun and not ended ----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("selected", ["+fact_order_items", "+fact_orders", "+int_ledger__summed_daily"])
def test_a_build_of_some_models_leaves_the_rest_to_the_next_build(selected: str, shop_at: Callable[[], Path]) -> None:
    """A line is deleted at the shop and its order is not touched: only the lake can still say which order it was."""
    shop = Shop(shop_at()).configure(DEMO)
    shop.run()
    live_on(shop.settings, "shop", 1, None, lambda day: None)
    with sqlite3.connect(shop.root / ".fondaco" / "shop.sqlite") as tables:
        tables.execute(
            "delete from order_items where id = (select max(id) from order_items group by order_id having count(*) > 1 order by order_id limit 1)"
        )
    landed = shop.run("ingest")
    assert {table.table: table.deleted for table in landed.tables}["order_items"] == 1
    shop.run("build", select=selected)
    shop.run()
    rebuilt = shop.copy(shop_at())
    rebuilt.forget_the_warehouse()
    rebuilt.run()
    assert differences(rebuilt, shop, landing=True) == []
