"""What is kept for its time and no longer: erased of whoever was not seen since, and of nobody else; it does not come back before she does."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fondaco.lake import Lake, compact, erasure, forgotten, lives
from tests.lake.conftest import NOW
from tests.lake.test_crash import Died
from tests.lake.test_forget import KEYS, Shop, _dying_at

CONTACT = frozenset({"pii.phone", "pii.free_text"})
EMAIL = frozenset({"pii.email"})
THEN = datetime(2022, 1, 1)
ANN = "1,ann@x.example,+49 30 111111,Ann Bell,Lindenweg 1,1990-01-02,10,2020-03-01 10:00:00"
BEN = "2,ben@x.example,+49 30 222222,Ben Cole,Hauptstr 5,1980-05-06,20,2019-05-01 10:00:00"
CY = "3,cy@old.example,+49 30 333333,Cy Dahl,Am Markt 3,1985-01-01,30,2018-05-01 10:00:00"
CY_LATER = "3,cy@new.example,+49 30 333333,Cy Dahl,Am Markt 3,1985-01-01,30,2019-05-01 10:00:00"


def expire(shop: Shop, classes: frozenset[str] = CONTACT, then: datetime = THEN, lake: Lake | None = None) -> tuple[int, list[str]]:
    """What `fondaco forget --expired` does to the lake: how many people are new, and of which tables rows said more than may be kept."""
    lake = lake or shop.lake()
    holders, known = erasure.holders(lake, {"shop": shop.system}), forgotten.read(lake.store)
    with lake.writer():
        with lake.reading():
            lives.look(lake, holders, KEYS)
            found = lives.old(lake, then, known.of_classes(classes))
        if found.expired.before:
            known = forgotten.age(lake.store, known, [found.expired], KEYS)
            lake.on_step("listed")
        told = []
        for one in known.expired:
            holders = erasure.holders(lake, {"shop": shop.system})
            told += [done.table for done in erasure.erase(lake, holders, one, KEYS) if not done.is_empty()]
    return found.people, told


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    fill(shop)
    return shop


def fill(shop: Shop) -> None:
    """Ann was last seen in 2020; Ben ordered in 2024; Cy did as a guest, by an e-mail that was hers once; Dora was a guest in 2018."""
    shop.drop("customers", "1", ANN, BEN, CY, "4,torn@x.example,+49 30 444444,Torn,,,many,2019-01-01 00:00:00", CY_LATER)
    shop.drop(
        "orders",
        "1",
        "1,1,ann@x.example,10.50,2020-04-01 10:00:00",
        "2,2,ben@x.example,20.25,2024-05-02 10:00:00",
        "3,,CY@old.example,5.00,2024-05-02 10:00:00",
        "4,,dora@x.example,7.00,2018-05-02 10:00:00",
    )
    shop.drop("notes", "1", "1,1,text,call Ann", "2,2,text,call Ben", "3,4,text,ring Dora", "4,1,amount,10.50")
    shop.land()


def phones(shop: Shop) -> dict[int, set[str | None]]:
    found: dict[int, set[str | None]] = {}
    for row in shop.rows("customers"):
        found.setdefault(row[0], set()).add(row[2])
    return found


def test_what_is_too_old_goes_of_who_was_not_seen_and_all_else_stays(shop: Shop) -> None:
    before = {table: shop.rows(table) for table in shop.tables}
    assert shop.holding("+49 30 111111", "call Ann", "ring Dora")
    # the row of a fourth account was put aside, so nobody knows that there is one
    assert expire(shop) == (2, ["notes", "customers"])
    assert phones(shop) == {1: {None}, 2: {"+49 30 222222"}, 3: {"+49 30 333333"}}
    assert shop.rows("notes") == [(1, 1, "text", None), (2, 2, "text", "call Ben"), (3, 4, "text", None), (4, 1, "amount", "10.50")]
    assert shop.rows("orders") == before["orders"]
    assert [row[:2] + row[3:] for row in shop.rows("customers")] == [row[:2] + row[3:] for row in before["customers"]]
    assert shop.holding("+49 30 111111", "call Ann", "ring Dora") == []
    assert shop.holding("ann@x.example", "Ann Bell", "1990-01-02"), "what has no time, or a longer one, stays"
    assert expire(shop) == (0, [])


def test_what_was_put_aside_loses_it_too(shop: Shop) -> None:
    shop.drop("customers", "2", ANN.replace(",10,", ",many,"))
    shop.land()
    expire(shop)
    (raw,) = [row[4] for row in shop.aside() if "ann@" in row[4]]
    assert '"phone":null' in raw.replace(" ", "")
    assert shop.holding("+49 30 111111") == []
    assert shop.holding("+49 30 444444"), "of a row that names nobody who is known, nobody knows when she was last seen"


def test_it_does_not_come_back_by_what_is_read_again(shop: Shop) -> None:
    expire(shop)
    rows = {table: shop.rows(table) for table in shop.tables}
    for table in shop.tables:
        (shop.drops / f"{table}-1.csv").rename(shop.drops / f"{table}-moved.csv")
    assert shop.land().total("rows_landed") == 0
    # an old version that never came before is of the time that is past, too
    shop.drop("customers", "old", ANN.replace("2020-03-01", "2017-03-01").replace("111111", "111199"))
    shop.drop("notes", "more", "9,1,text,Ann again")
    shop.land()
    assert phones(shop)[1] == {None}
    assert shop.holding("+49 30 111199", "Ann again") == []
    assert shop.rows("orders") == rows["orders"]


def test_who_comes_back_is_known_by_what_she_says_then_and_by_no_more(shop: Shop) -> None:
    expire(shop)
    shop.drop("customers", "back", ANN.replace("2020-03-01", "2024-07-01").replace("111111", "999999"))
    shop.land()
    assert phones(shop)[1] == {None, "+49 30 999999"}
    assert expire(shop, then=datetime(2023, 1, 1)) == (0, [])
    (shop.drops / "customers-1.csv").rename(shop.drops / "customers-moved.csv")
    shop.land()
    assert phones(shop)[1] == {None, "+49 30 999999"}
    # and once more she is not seen for long
    assert expire(shop, then=datetime(2027, 1, 1))[0] == 3
    assert phones(shop) == {1: {None}, 2: {None}, 3: {None}}


def test_the_e_mail_of_a_guest_goes_and_what_is_kept_longer_is_known_by_what_takes_its_place(shop: Shop) -> None:
    assert expire(shop, EMAIL)[0] == 2
    emails = {row[0]: row[2] for row in shop.rows("orders")}
    assert emails == {
        1: KEYS.pseudonym("ann@x.example"),
        2: "ben@x.example",
        3: "CY@old.example",
        4: KEYS.pseudonym("dora@x.example"),
    }
    assert expire(shop, CONTACT, datetime(2021, 1, 1)) == (2, ["notes", "customers"])
    (shop.drops / "orders-1.csv").rename(shop.drops / "orders-moved.csv")
    (shop.drops / "notes-1.csv").rename(shop.drops / "notes-moved.csv")
    assert shop.land().total("rows_landed") == 0
    assert shop.holding("dora@x.example", "ring Dora") == []
    # who asks to be forgotten is found by her account still
    shop.forget("1")
    assert shop.holding("Ann Bell", "Lindenweg", "1990-01-02") == []
    assert phones(shop)[2] == {"+49 30 222222"}


def test_states_that_differed_in_what_went_stay_apart(shop: Shop) -> None:
    """History keeps its intervals, whichever class goes first."""
    shop.drop("customers", "2", ANN.replace("2020-03-01", "2020-04-01").replace("111111", "111122"))
    shop.drop("customers", "3", ANN.replace("2020-03-01", "2020-05-01").replace("111111", "111122").replace("ann@", "anna@"))
    shop.land()
    expire(shop)
    expire(shop, EMAIL)
    lake = shop.lake()
    files = [lake.url(file.path) for commit in lake.live().of_table("shop", "customers") for file in commit.files]
    read = lake.connection.read_parquet(files, union_by_name=True, hive_partitioning=False)
    marks = read.filter("id = 1").project("_erased").fetchall()
    assert len(set(marks)) == 3 == len(marks)


def test_a_seller_is_kept_as_long_as_she_sells(shop: Shop) -> None:
    """Her address stands in a table that names no customers, so nobody can tell by it when she was last seen."""
    shop.tables["sellers"] = type(shop.tables["customers"])(
        **{**vars(shop.tables["customers"]), "name": "sellers", "files": "sellers*.csv", "person": None, "holds_accounts": False}
    )
    shop.drop("sellers", "1", ANN)
    shop.land()
    expire(shop)
    assert [row[2] for row in shop.rows("sellers")] == ["+49 30 111111"]


def test_an_older_fondaco_refuses_a_list_that_it_would_read_as_requests(shop: Shop) -> None:
    expire(shop)
    (path,) = (shop.place / "bronze" / "_forgotten").glob("*.json")
    assert '"format": 2' in path.read_text()


def test_killed_at_each_kind_of_step_a_second_call_finishes(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    fill(Shop(tmp_path / "before"))
    compact(Shop.lake(_copied(tmp_path, "tried")), tables=("customers",), older_than=NOW - NOW, now=NOW)
    whole, steps = _copied(tmp_path, "whole"), list[str]()
    expire(whole, lake=whole.lake(steps.append))
    assert {"listed", "part", "verified", "synced", "erased"} <= set(steps)
    for step in dict.fromkeys(steps):
        number = steps.index(step)
        torn = _copied(tmp_path, str(number))
        with pytest.raises(Died):
            expire(torn, lake=torn.lake(_dying_at(number)))
        expire(torn)
        assert torn.holding("+49 30 111111", "call Ann", "ring Dora") == [], f"killed at {step} ({number})"
        assert [torn.rows(table) for table in torn.tables] == [whole.rows(table) for table in whole.tables]
        assert torn.aside() == whole.aside()
        assert expire(torn) == (0, [])


def _copied(root: Path, name: str) -> Shop:
    shutil.copytree(root / "before" / "lake", root / name / "lake")
    return Shop(root / name)


YEARS = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([2017, 2019, 2021, 2023])), min_size=1, max_size=6, unique=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=5)
@given(accounts=YEARS)
def test_who_is_kept_is_who_was_seen(tmp_path_factory: pytest.TempPathFactory, accounts: list[tuple[int, int]]) -> None:
    """By hand: of each account the years in which its row was changed."""
    shop = Shop(tmp_path_factory.mktemp("law"))
    lines = [f"{who},c{who}@x.example,+49 {who}{year},N,S,1990-01-01,1,{year}-06-01 00:00:00" for who, year in accounts]
    shop.drop("customers", "1", *lines)
    shop.land()
    expire(shop)
    alive = {who for who, year in accounts if year > 2021}
    assert phones(shop) == {
        who: {f"+49 {who}{year}" for w, year in accounts if w == who} if who in alive else {None} for who, _ in accounts
    }
    landed = {table: shop.rows(table) for table in ("customers",)}
    (shop.drops / "customers-1.csv").rename(shop.drops / "customers-moved.csv")
    assert shop.land().total("rows_landed") == 0
    assert landed["customers"] == shop.rows("customers")
