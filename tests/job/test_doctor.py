from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from fondaco.job.doctor import PARTS, Check, examine
from fondaco.storage import Bucket, open_store
from tests.s3 import Proxy

FILES = "project: drops\nsources: {shop: {type: files, path: in, system: online_retail}}\n"


def found(folder: Path, part: str) -> list[Check]:
    return examine(folder, None, only=part)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "fondaco.yml").write_text(FILES)
    (tmp_path / "in").mkdir()
    (tmp_path / "in/2010-12-01.csv.gz").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("part", [part for part in PARTS if part != "models"])
def test_all_is_well_in_a_shop_that_is_in_order(shop: Path, part: str) -> None:
    assert {check.verdict for check in found(shop, part)} <= {"ok", "warn"}


def test_nothing_that_a_check_writes_stays(shop: Path) -> None:
    before = sorted(shop.rglob("*"))
    found(shop, "lake")
    found(shop, "warehouse")
    assert sorted(shop.rglob("*")) == before


def test_a_wrong_configuration_is_the_one_thing_to_mend(shop: Path) -> None:
    (shop / "fondaco.yml").write_text(FILES + "qualty: {}\n")
    checks = examine(shop, None)
    assert [check.part for check in checks if check.verdict == "bad"] == ["config"]
    assert max(check.exit_code for check in checks) == 2


def test_a_missing_folder_is_named_with_the_setting_to_mend(shop: Path) -> None:
    (shop / "in/2010-12-01.csv.gz").unlink()
    (shop / "in").rmdir()
    (check,) = found(shop, "sources")
    assert (check.verdict, check.exit_code) == ("bad", 1)
    assert "sources.shop.path" in str(check.fix)


def test_files_that_belong_to_no_table_are_told(shop: Path) -> None:
    (shop / "in/notes.txt").write_text("?")
    assert any(check.verdict == "warn" and "notes.txt" in check.finding for check in found(shop, "sources"))


def test_a_warehouse_that_is_no_database_can_be_made_anew(shop: Path) -> None:
    (shop / "warehouse.duckdb").write_text("no database")
    (check,) = found(shop, "warehouse")
    assert check.verdict == "bad"
    assert "builds it anew from the lake" in str(check.fix)


def test_a_lake_that_cannot_be_made_is_named(shop: Path) -> None:
    (shop / "lake").write_text("a file")
    (check,) = found(shop, "lake")
    assert check.verdict == "bad"


@pytest.mark.slow
def test_the_models_parse(shop: Path) -> None:
    assert [check.verdict for check in found(shop, "models")] == ["ok"]


def in_a_bucket(folder: Path, place: Bucket) -> Path:
    assert place.keys is not None
    access = f"region: us-east-1, endpoint: '{place.endpoint}', access_key_id: anybody, secret_access_key: '${{SECRET}}'"
    drops = f"sources: {{shop: {{type: files, path: s3://{place.name}/in, system: online_retail, {access}}}}}\n"
    (folder / "fondaco.yml").write_text(f"project: drops\n{drops}lake: {{path: s3://{place.name}/lake, {access}}}\n")
    (folder / ".env").write_text("SECRET=secret\n")
    return folder


def test_a_lake_in_a_bucket_is_tried_out_and_nothing_stays(tmp_path: Path, bucket: Bucket, put: Callable[[str, bytes], None]) -> None:
    shop = in_a_bucket(tmp_path, bucket)
    (check,) = found(shop, "lake")
    assert (check.verdict, check.exit_code) == ("ok", 0), check
    assert list(open_store(replace(bucket, prefix="")).listing()) == []
    assert {check.verdict for check in found(shop, "sources")} == {"warn"}
    put("in/2010-12-01.csv.gz", b"x")
    put("in/notes.txt", b"x")
    ok, warn = found(shop, "sources")
    assert (ok.verdict, warn.verdict) == ("ok", "warn")
    assert "notes.txt" in warn.finding


def test_a_store_that_lets_two_writers_create_one_object_is_found_out(tmp_path: Path, proxy: Proxy) -> None:
    proxy.fault = lambda request: "unconditional" if request.creates else None
    checks = found(in_a_bucket(tmp_path, proxy.place), "lake")
    assert any("16 of 16 writers created the same object" in check.finding for check in checks if check.verdict == "bad")
    assert all("If-None-Match" in str(check.fix) for check in checks)


def test_a_bucket_that_may_not_be_used_is_named_with_the_right_that_is_missing(tmp_path: Path, proxy: Proxy) -> None:
    shop = in_a_bucket(tmp_path, proxy.place)
    proxy.always("denied")
    for part, right in (("lake", "s3:PutObject"), ("sources", "s3:ListBucket")):
        checks = found(shop, part)
        assert [check.verdict for check in checks] == ["bad"]
        assert right in str(checks[0].fix)


def test_a_database_is_asked_for_what_a_run_needs_of_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as shop:
        shop.execute("create table product (id text primary key)")
    (tmp_path / "fondaco.yml").write_text("project: shop\nsources: {shop: {type: sqlite, path: shop.sqlite, system: medusa}}\n")
    checks = found(tmp_path, "sources")
    assert checks[0].verdict == "ok"
    assert any("shop.product: there is no column 'updated_at'" in check.finding for check in checks if check.exit_code == 1)
    assert all(check.fix for check in checks if check.verdict != "ok")


def test_a_database_that_does_not_answer_hides_no_other_source(tmp_path: Path) -> None:
    away = "{type: postgres, port: 1, database: shop, user: me, system: medusa}"
    (tmp_path / "fondaco.yml").write_text(f"project: shop\nsources: {{away: {away}, lost: {{type: files, path: in, system: plain}}}}\n")
    first, second = found(tmp_path, "sources")
    assert "cannot be reached" in first.finding
    assert "no such folder" in second.finding
    assert {first.exit_code, second.exit_code} == {1}
