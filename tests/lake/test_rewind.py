"""What was read is read again, from a time, of a time, from a commit: nothing is doubled, nothing newer is overturned, nothing is lost."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.contracts import System
from fondaco.errors import UsageError
from fondaco.lake import Asked, Rewound, rewind, superseded
from fondaco.lake.rewind import cursor_at
from fondaco.sources.base import Span
from tests.lake.conftest import NOW, THINGS, Yard
from tests.lake.test_database import HALF, ITEMS, ORDERS, RATES, START, SYSTEM, Shop
from tests.lake.test_replay import LOG

AT = "2024-05-01 10:00:00"


def back(shop: Shop, table: str = "orders", **where: Any) -> Rewound:
    return rewind(shop.lake(), "shop", SYSTEM, SYSTEM.tables[table], **where)


def since(hours: float = 0, until: float | None = None) -> Asked:
    """A span of the shop's time, in hours after its beginning."""
    return Asked(Span(START + timedelta(hours=hours), None if until is None else START + timedelta(hours=until)))


@pytest.fixture
def shop(tmp_path: Any) -> Shop:
    """Orders of three hours, each landed in its own."""
    shop = Shop(tmp_path)
    for number in range(3):
        shop.order(number, at=START + timedelta(hours=number))
        shop.item(number * 10, number, "a")
        shop.land(after=timedelta(hours=1))
    return shop


def test_what_is_read_again_is_known(shop: Shop) -> None:
    before = shop.bronze("orders", "*"), shop.bronze("items", "*")
    for asked in (since(), since(0, 2), since(1), since(9)):
        report = shop.land(asked=asked)
        assert (report.total("rows_landed"), report.commits) == (0, [])
    assert (shop.bronze("orders", "*"), shop.bronze("items", "*")) == before
    assert shop.land(asked=since(1)).tables[0].rows_known == 2
    assert shop.land(asked=since(0, 1)).tables[0].rows_known == 1, "until is left out"


def test_what_was_changed_behind_the_watermark_lands_and_the_watermark_stays(shop: Shop) -> None:
    stood = shop.lake().state().tables["shop", "orders"].position
    shop.order(0, "changed without a new time", at=START)
    shop.order(7, "written late", at=START + timedelta(minutes=1))
    assert shop.land(tables=("orders",)).total("rows_landed") == 0
    assert shop.land(asked=since(0, 1)).tables[0].rows_landed == 2
    assert shop.land(asked=since(0, 1)).tables[0].rows_landed == 0
    assert shop.lake().state().tables["shop", "orders"].position == stood
    shop.order(8)
    assert shop.land(asked=since(0, 1)).tables[0].rows_landed == 0
    assert shop.land().tables[0].rows_landed == 1, "what is beyond the span is not skipped"


def test_an_older_version_that_comes_again_overturns_no_newer_one(shop: Shop) -> None:
    shop.order(0, "newer", at=START + timedelta(hours=3))
    shop.land(after=timedelta(hours=1))
    shop.order(0, "new", at=START)
    assert shop.land(asked=since()).tables[0].rows_landed == 0, "restored from a backup: that state has landed"
    assert shop.bronze("orders", "id, status")[-1] == (0, "newer")


def test_a_table_that_was_never_read_starts_there(tmp_path: Any) -> None:
    shop = Shop(tmp_path)
    for number in range(3):
        shop.order(number, at=START + timedelta(hours=number))
        shop.item(number * 10, number, "a")
    shop.pass_time(timedelta(hours=4))
    report = shop.land(asked=since(1), tables=("orders", "items"))
    assert [table.rows_landed for table in report.tables] == [2, 2]
    assert report.tables[0].notes[0] == (
        "orders was never read: it starts at 2024-03-01 13:00:00.000000; what is older is read by: fondaco ingest --since"
    )
    report = shop.land(tables=("orders", "items"))
    assert [table.rows_landed for table in report.tables] == [0, 0], "what is older stays out"
    assert shop.land(asked=since(0, 1), tables=("orders", "items")).total("rows_landed") == 2, "until it is asked for"
    assert sorted(shop.bronze("orders", "id")) == [(0,), (1,), (2,)]


def test_a_rewound_table_is_read_again_from_there(shop: Shop) -> None:
    shop.order(0, "changed without a new time", at=START)
    done = back(shop, to=START - timedelta(hours=1))
    assert (done.before, done.after) == ("2024-03-01 14:00:00.000000", "2024-03-01 11:00:00.000000")
    assert shop.lake().state() == shop.lake().rebuild_state()
    report = shop.land()
    assert (report.tables[0].rows_landed, report.tables[0].rows_known) == (1, 2)
    assert shop.lake().state().tables["shop", "orders"].last_ingested_at == done.before
    assert shop.land().total("rows_landed") == 0


def test_a_table_goes_back_to_where_it_stood_after_a_commit(shop: Shop) -> None:
    past = [commit for commit in shop.lake().commits() if commit.table == "orders"]
    assert back(shop, to_commit=past[1].number).after == "2024-03-01 13:00:00.000000"
    assert back(shop, to_commit=0).after is None
    before = shop.bronze("orders", "*")
    assert shop.land().tables[0].rows_known == 3
    assert shop.bronze("orders", "*") == before
    assert back(shop, "items", to_commit=past[1].number).after == "2024-03-01 12:00:00.000000"
    assert shop.land().total("rows_landed") == 0


@pytest.mark.parametrize(
    ("table", "where", "message"),
    [
        ("orders", {"to": START + timedelta(days=9)}, "can only go back"),
        ("orders", {"to": START + timedelta(hours=2)}, "stands there already"),
        ("orders", {"to_commit": 99}, "there is no commit 99"),
        ("rates", {"to": START}, "is read whole on every run"),
    ],
)
def test_what_cannot_be_rewound_says_why(shop: Shop, table: str, where: dict[str, Any], message: str) -> None:
    head = shop.lake().head()
    with pytest.raises(UsageError, match=message):
        back(shop, table, **where)
    assert shop.lake().head() == head


def test_a_table_that_was_never_read_cannot_be_rewound(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match=r"shop\.orders was never read"):
        back(Shop(tmp_path), to=START)


def test_a_table_that_was_found_empty_is_not_sent_ahead(tmp_path: Any) -> None:
    shop = Shop(tmp_path)
    shop.land()
    with pytest.raises(UsageError, match="stands at its beginning"):
        back(shop, to=START + timedelta(days=1))


def test_a_time_is_written_as_the_cursor_is() -> None:
    from dataclasses import replace

    at = datetime(2024, 7, 1, 23)
    berlin, denver = (System("shop", "", zone, None, (), SYSTEM.tables) for zone in ("Europe/Berlin", "America/Denver"))
    assert cursor_at(berlin, ORDERS, at) == "2024-07-01 23:00:00.000000", "the earlier of the two ways to write it"
    assert cursor_at(denver, ORDERS, at) == "2024-07-01 17:00:00.000000"
    assert cursor_at(denver, ITEMS, at) == "2024-07-01 17:00:00.000000", "a child is dated by its parent"
    columns = [replace(column, type="date") if column.name == "updated_at" else column for column in ORDERS.columns]
    assert cursor_at(denver, replace(ORDERS, columns=tuple(columns)), at) == "2024-07-01"
    assert cursor_at(denver, RATES, at) is None


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["order", "late", "delete", "land", "sweep", "span", "rewind", "rewind to commit"]),
        st.integers(1, 4),
        st.integers(0, 60),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=HALF, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
def test_reading_again_at_any_time_doubles_nothing_and_loses_nothing(
    actions: list[tuple[str, int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    plain, restless = Shop(tmp_path_factory.mktemp("plain")), Shop(tmp_path_factory.mktemp("restless"))
    for action, number, minutes in [("land", 0, 0), *actions, ("order", 1, 0), ("land", 0, 0), ("sweep", 0, 0)]:
        at = START + timedelta(minutes=minutes)
        for shop in (plain, restless):
            match action:
                case "order":
                    shop.order(number, f"at {minutes}")
                case "late":
                    shop.order(number, f"late {minutes}", shop.now - timedelta(minutes=4))
                case "delete":
                    shop.do(f"delete from orders where id = {number}")
                case "land" | "span" | "rewind" | "rewind to commit" if shop is plain or action == "land":
                    shop.land(tables=("orders",))
                case "span":
                    shop.land(after=timedelta(), asked=Asked(Span(at, at + timedelta(minutes=10 * number))), tables=("orders",))
                    shop.land(tables=("orders",))
                case "rewind" | "rewind to commit":
                    try:
                        if action == "rewind":
                            back(shop, to=at)
                        else:
                            back(shop, to_commit=min(number, shop.lake().head()))
                    except UsageError:
                        pass
                    shop.land(tables=("orders",))
                case "sweep":
                    shop.order(99)
                    shop.land(after=timedelta(days=1), tables=("orders",), max_delete_share=1.0)
    names = "id, status, updated_at, _op"
    assert restless.bronze("orders", names) == plain.bronze("orders", names)


# --- files ----------------------------------------------------------------------------------------------------------


def drop(yard: Yard, name: str, day: int, *lines: str) -> None:
    yard.drop(name, *lines)
    at = datetime(2024, 5, day, 12).timestamp()
    os.utime(yard.drops / name, (at, at))


def days(first: int, last: int) -> Asked:
    return Asked(Span(datetime(2024, 5, first), datetime(2024, 5, last)))


@pytest.mark.parametrize("table", [THINGS, LOG], ids=["keyed", "a log"])
def test_files_of_a_time_are_read_again_and_known(yard: Yard, table: Any) -> None:
    yard.table = table
    drop(yard, "a.csv", 1, f"1,one,1,{AT}", f"1,one,1,{AT}", "x,bad,1,", "torn")
    drop(yard, "b.csv", 3, f"1,later,1,{AT}")
    yard.land()
    before, marks = yard.bronze(), yard.lake().state().tables["yard", "things"].position
    for asked in (days(1, 2), days(1, 9)):
        report = yard.land(asked=asked)
        assert report.total("rows_landed") + report.total("rows_quarantined") == 0
    assert (yard.bronze(), yard.lake().state().tables["yard", "things"].position) == (before, marks)
    assert yard.land().total("rows_read") == 0


@pytest.mark.parametrize("table", [THINGS, LOG], ids=["keyed", "a log"])
def test_a_file_that_is_first_read_by_a_span_is_not_read_again(yard: Yard, table: Any) -> None:
    yard.table = table
    drop(yard, "a.csv", 1, f"1,one,1,{AT}")
    drop(yard, "b.csv", 3, f"2,two,1,{AT}", f"2,two,1,{AT}")
    yard.land(asked=days(3, 4))
    assert yard.bronze("id") == [(2,), (2,)]
    assert yard.land().total("rows_read") == 1
    assert sorted(yard.bronze("id")) == [(1,), (2,), (2,)]


def test_a_renamed_file_that_is_read_again_stays_a_repeat(yard: Yard) -> None:
    yard.table = LOG
    drop(yard, "today.csv", 1, f"1,one,1,{AT}")
    yard.land()
    drop(yard, "archive.csv", 1, f"1,one,1,{AT}")
    (yard.drops / "today.csv").unlink()
    yard.land()
    before = yard.bronze("id", "_file")
    report = yard.land(asked=days(1, 2))
    assert report.total("rows_landed") == 0
    assert yard.bronze("id", "_file") == before
    assert superseded(LOG, yard.lake().live().commits) == []


def test_rewound_files_are_read_again_and_known(yard: Yard) -> None:
    yard.table = LOG
    drop(yard, "a.csv", 1, f"1,one,1,{AT}", "x,bad,1,")
    drop(yard, "b.csv", 3, f"2,two,1,{AT}")
    yard.land()
    before = yard.bronze()
    system = System("shop", "", "UTC", None, (), {"things": LOG})
    done = rewind(yard.lake(), "yard", system, LOG, to=datetime(2024, 5, 2), clock=lambda: NOW)
    assert done.files == 1
    report = yard.land()
    assert (report.total("rows_read"), report.total("rows_known")) == (1, 1)
    done = rewind(yard.lake(), "yard", system, LOG, to_commit=0, clock=lambda: NOW)
    assert done.files == 2
    report = yard.land()
    assert (report.total("rows_read"), report.total("rows_known")) == (3, 3)
    assert yard.bronze() == before
    assert superseded(LOG, yard.lake().live().commits) == []
    assert yard.land().commits == []


def test_a_row_that_is_declared_otherwise_by_now_lands_as_the_last_word(yard: Yard) -> None:
    from dataclasses import replace

    from fondaco.contracts import Column

    drop(yard, "a.csv", 1, f"1,one,1,{AT}", f"2,two,1,{AT}")
    drop(yard, "b.csv", 2, f"2,two mended,1,{AT}")
    yard.land()
    yard.table = replace(THINGS, columns=(*THINGS.columns[:2], Column("price", "varchar"), THINGS.columns[3]))
    report = yard.land(asked=days(1, 2))
    assert (report.total("rows_landed"), report.total("rows_known")) == (1, 1), "the second was overturned by a later file"
    assert yard.bronze("id", "name", "price")[-1] == (1, "one", "1")
