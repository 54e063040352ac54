"""A row that says of itself that it is deleted lands as a delete, with all that it says, and as itself once it is restored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fondaco.contracts import Column, SoftDelete, System, Table
from fondaco.lake import Asked, DefaultQuality, land
from fondaco.lake.landing import NOTHING
from fondaco.sources.sql import SqlDatabase
from fondaco.sources.sql.sqlite import Sqlite
from tests.lake.conftest import THINGS, Yard
from tests.lake.test_database import ORDERS, SYSTEM, Shop

AT = "2024-05-01 10:00:00"
TRASH = replace(ORDERS, soft=SoftDelete("status", ("trash", "void")))


class SoftShop(Shop):
    """A shop whose orders say when they are in the trash; keys are compared too."""

    def land(self, after: timedelta = timedelta(minutes=3), asked: Asked = NOTHING, **options: Any) -> Any:  # type: ignore[override]
        self.pass_time(after)
        source = SqlDatabase("shop", replace(SYSTEM, tables={"orders": TRASH}), Sqlite(self.root / "shop.sqlite"), **options)
        (report,) = land([source], self.lake(), DefaultQuality(), asked=asked)
        source.close()
        return report


def test_trash_restore_and_purge_are_one_chain(tmp_path: Path) -> None:
    shop = SoftShop(tmp_path)
    for number in range(2, 12):
        shop.order(number)
    for status in ("new", "trash", "new", "void"):
        shop.order(1, status)
        shop.land()
    assert shop.land().rows_landed == 0, "a row in the trash that is read again is known"
    shop.do("delete from orders where id = 1")
    assert shop.land(after=timedelta(days=1)).deleted == 0, "it was deleted already"
    assert [row[1:] for row in shop.bronze("orders", "id, status, _op") if row[0] == 1] == [
        ("new", "upsert"),
        ("trash", "delete"),
        ("new", "upsert"),
        ("void", "delete"),
    ]
    shop.order(1, "new")
    assert shop.land().rows_landed == 1, "it comes back even so"
    shop.do("delete from orders where id = 1")
    assert shop.land(after=timedelta(days=1)).deleted == 1


def test_a_restored_row_that_kept_its_time_lands(tmp_path: Path) -> None:
    shop = SoftShop(tmp_path)
    for number in range(1, 11):
        shop.order(number)
    at = shop.now
    shop.land()
    shop.do("delete from orders where id = 1")
    shop.land(after=timedelta(days=1))
    shop.order(2, "later")
    shop.land()
    shop.order(1, at=at)
    assert shop.land(asked=Asked(sweep=True)).rows_landed == 0, "it is too old for the window"
    from fondaco.sources.base import Span

    assert shop.land(asked=Asked(Span(at))).rows_landed == 1
    assert shop.land(asked=Asked(Span(at))).rows_landed == 0


@pytest.mark.parametrize(
    ("kind", "when", "deleted", "live"),
    [("timestamp", (), AT, ""), ("date", (), "2024-05-01", ""), ("boolean", (), "true", "false"), ("bigint", ("1", "9"), "9", "0")],
)
def test_files_say_it_in_their_own_way(tmp_path: Path, kind: str, when: tuple[str, ...], deleted: str, live: str) -> None:
    table = replace(THINGS, columns=(*THINGS.columns[:2], Column("gone", kind)), cursor=None, soft=SoftDelete("gone", when))
    yard = Yard(tmp_path, table)
    yard.drop("a.csv", f"1,one,{deleted}", f"2,two,{live}", "3,three,", header="id,name,gone\n")
    yard.land()
    assert yard.bronze("id", "name", "_op") == [(1, "one", "delete"), (2, "two", "upsert"), (3, "three", "upsert")]


def test_keys_are_compared_when_it_is_asked_for_and_a_large_loss_is_accepted_when_it_is(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    for number in range(1, 11):
        shop.order(number)
    shop.land()
    shop.do("delete from orders where id <= 3")
    (error,) = shop.land(asked=Asked(sweep=True)).errors
    assert error.code == "E303"
    assert error.hint is not None and "fondaco ingest shop.orders --accept-deletes" in error.hint
    assert shop.land(asked=Asked(sweep=True, accept_deletes=True), tables=("orders",)).tables[0].deleted == 3
    shop.do("delete from orders")
    assert shop.land(asked=Asked(sweep=True, accept_deletes=True), tables=("orders",)).tables[0].deleted == 7, "all of them, if so be it"
    assert [(entry.action, entry.counts.get("deleted")) for entry in shop.lake().audit.entries()][::-1] == [
        ("deletes refused", None),
        ("deletes accepted", 3),
        ("deletes accepted", 7),
    ]


def test_a_span_alone_compares_no_keys(tmp_path: Path) -> None:
    from fondaco.sources.base import Span

    shop = Shop(tmp_path)
    for number in range(1, 11):
        shop.order(number)
    shop.land()
    shop.do("delete from orders where id = 3")
    assert shop.land(after=timedelta(days=9), asked=Asked(Span(shop.now))).total("deleted") == 0
    assert shop.land().total("deleted") == 1


def system(*lines: str) -> str:
    return "\n".join(["system: s", "description: d", "zone: UTC", "tables:", "  t:", "    description: d", "    key: [id]", *lines])


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("sweep", (None, "sweep")),
        ("{soft: deleted_at}", (SoftDelete("deleted_at"), "none")),
        ("{soft: deleted_at, sweep: true}", (SoftDelete("deleted_at"), "sweep")),
        ("{soft: is_gone}", (SoftDelete("is_gone"), "none")),
        ("{soft: status, when: [trash, 1, true]}", (SoftDelete("status", ("trash", "1", "true")), "none")),
    ],
)
def test_deletes_are_declared(tmp_path: Path, declared: str, expected: tuple[SoftDelete | None, str]) -> None:
    assert (table := loaded(tmp_path, declared)).soft == expected[0]
    assert table.deletes == expected[1]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ("{soft: deletd_at}", "did you mean 'deleted_at'"),
        ("{soft: status}", "say which of its values mean deleted, as in when: .trash."),
        ("{soft: status, when: trash}", "must be a list of values"),
        ("{sweep: true}", "'soft' is missing"),
        ("{soft: deleted_at, often: 1}", "'often' is not a setting here"),
        ("softly", "none of none, sweep"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path: Path, declared: str, message: str) -> None:
    from fondaco.errors import DeclarationError

    with pytest.raises(DeclarationError, match=message):
        loaded(tmp_path, declared)


def loaded(folder: Path, deletes: str) -> Table:
    from fondaco.contracts import load_system

    columns = ("id: {type: bigint}", "deleted_at: {type: timestamp}", "is_gone: {type: boolean}", "status: {type: varchar}")
    (folder / "s.yml").write_text(system(f"    deletes: {deletes}", "    columns:", *(f"      {column}" for column in columns)))
    found: System = load_system(folder, "s")
    return found.tables["t"]
