"""Who sees what, on the server itself, cell by cell: users by relations by rows by columns, and by verbs."""

from __future__ import annotations

import shutil
import threading
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb
import psycopg
import pytest

from fondaco.governance.enforce import changed_by_hand
from fondaco.governance.masks import METHODS, shown
from fondaco.governance.sql import identifier, literal
from tests.governance.governed import CANARY, COUNTRIES, ROOT, ROWS, Governed, ordered

USERS = {"erin": "DATA_ENGINEER", "sam": "DATA_SCIENTIST", "ana": "DATA_ANALYST", "ben": "DATA_ANALYST", "noor": "DATA_ANALYST"}


@pytest.mark.parametrize("user", USERS)
def test_every_user_sees_of_every_relation_what_the_oracle_says_or_is_refused(shop: Governed, user: str) -> None:
    plan = shop.plan
    assert len(plan.served) >= 28
    oracle = shop.oracle(user, plan, *(relation for relation in plan.served if plan.role(user) in relation.readers))
    with shop.connect(user) as connection:
        for relation in plan.served:
            asked = f"select * from {relation.layer}.{relation.name}"
            if plan.role(user) in relation.readers:
                answer = connection.execute(asked)
                assert answer.description is not None
                assert [column.name for column in answer.description] == [column.name for column in relation.columns]
                assert ordered(answer.fetchall()) == ordered(oracle[relation.path]), relation.path
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(asked)


@pytest.mark.parametrize("user", USERS)
def test_nobody_reads_what_is_behind_the_door(shop: Governed, user: str) -> None:
    hidden = [f"_{relation.layer}.{relation.name}" for relation in shop.plan.served]
    hidden += [f"_gov.{table}" for table in ("entitlements", "pseudonyms", "applied", "published")]
    with shop.connect(user) as connection:
        for place in hidden:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(f"select 1 from {place}")


# Truths by hand: the oracle and the server share the expression of a mask, so that one mistake would pass both.


def test_the_engineer_sees_a_person_as_she_is(shop: Governed) -> None:
    found = shop.rows("erin", "select email, first_name, country from gold.customers order by country nulls last, email")
    assert len(found) == ROWS
    assert (f"x{CANARY}0@shop0.example", f"X{CANARY}0", "DE") in found


def test_the_scientist_sees_every_row_and_nobody_in_it(shop: Governed) -> None:
    found = shop.rows("sam", "select email, first_name, customer_key, country from gold.customers")
    assert len(found) == ROWS
    texts = [cell for row in found for cell in row[:3] if cell is not None]
    assert all(len(text) == 32 and set(text) <= set("0123456789abcdef") for text in texts)
    assert {row[3] for row in found} == set(COUNTRIES)


def test_the_scientist_joins_people_whom_she_does_not_see(shop: Governed) -> None:
    joined = "select count(*) from gold.customers c join gold.orders o using (customer_key)"
    assert shop.rows("sam", joined) == shop.rows("erin", joined)
    assert shop.rows("sam", "select birth_date from silver.dim_customers order by 1 limit 2") == [(date(1970, 1, 1),), (date(1971, 1, 1),)]


def test_the_analyst_sees_masked_people_of_her_countries(shop: Governed) -> None:
    found = shop.rows("ana", "select email, first_name, country from gold.customers order by email nulls last")
    assert found == [
        ("x***@shop0.example", "X***", "DE"),
        ("x***@shop2.example", "X***", "AT"),
        ("x***@shop6.example", "X***", "DE"),
        ("x***@shop8.example", "X***", "AT"),
    ]
    details = shop.rows("ana", "select phone, street, city, birth_date from silver.dim_customers where country = 'DE' order by phone")
    assert details == [("***00", "***", "***", None), ("***06", "***", "***", None)]


def test_an_analyst_of_other_countries_sees_others_and_one_of_none_sees_what_is_public(shop: Governed) -> None:
    asked = "select distinct country from gold.daily_sales order by 1"
    assert [shop.rows(user, asked) for user in ("ana", "ben", "noor")] == [[("AT",), ("DE",)], [("FR",)], []]
    assert shop.rows("noor", "select count(*) from gold.product_performance") == [(ROWS,)]


def test_a_row_without_a_country_is_for_those_alone_who_see_all(shop: Governed) -> None:
    asked = "select count(*) from gold.orders where country is null"
    assert [shop.rows(user, asked)[0][0] for user in USERS] == [2, 2, 0, 0, 0]


#: What is no table, or cannot be written through a view, is refused before it is asked whose it is.
REFUSALS = (psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType, psycopg.errors.FeatureNotSupported)

VERBS = (
    "insert into {0} select * from {0}",
    "update {0} set {1} = {1}",
    "delete from {0}",
    "truncate {0}",
    "merge into {0} t using (select 1) s on false when not matched then insert default values",
    "create view {2}.mine as select * from {0}",
    "create table {2}.mine as select * from {0}",
    "alter view {0} rename to other",
    "drop view {0}",
    "create rule r as on insert to {0} do instead nothing",
    "comment on view {0} is 'mine'",
    "lock table {0} in access exclusive mode",
    "select * from {0} for update",
)


@pytest.mark.parametrize("user", USERS)
def test_nobody_writes_grants_locks_or_makes_anything(shop: Governed, user: str) -> None:
    """A grant without the right to grant is a warning and no error: so what is in force is looked at, too."""
    plan = shop.plan
    with shop.connect(user) as connection:
        for relation in plan.served:
            place = f"{relation.layer}.{relation.name}"
            for verb in VERBS:
                with pytest.raises(REFUSALS), connection.transaction():
                    connection.execute(verb.format(place, relation.columns[0].name, relation.layer))
            if plan.role(user) in relation.readers:
                connection.execute(f"grant select on {place} to public")
    with shop.admin() as admin:
        assert changed_by_hand(admin) == ()


HOSTILE = (
    "", " ", "a", "é", "ab", "a@b", "a@b.c", "@b.c", "a@", "a@b@c.d", "ana@example.com", "Ana <ana@example.com>", "x" * 4000, "\t\n", "'", '"', "\\", "%_",
    "{c}", "$1", "ａ＠ｂ．ｃ", "a\u0301b@x.example", "👩‍👩‍👧@family.example", "\u202eevil@x.example", "+49 171 1234567", "12345", "123456", "NULL",
)  # fmt: skip


def test_hostile_values_are_masked_alike_by_both_engines_and_never_shown(shop: Governed) -> None:
    with shop.admin() as postgres, duckdb.connect() as engine:
        for method, known in METHODS.items():
            if "varchar" not in known.types:
                continue
            on_postgres = shown(method, "c", "text", "postgres", "'key'")
            on_duckdb = shown(method, "c", "varchar", "duckdb", "'key'")
            for text in HOSTILE:
                there = postgres.execute(f"select {on_postgres} from (select {literal(text)}::text as c) as t").fetchone()
                here = engine.execute(f"select {on_duckdb} from (select ?::varchar as c)", [text]).fetchone()
                assert there == here, (method, text)
                assert here is not None
                assert here[0] != text, (method, text)


def test_a_right_that_is_taken_away_is_gone_in_a_running_session(changing: Governed) -> None:
    file = changing.policy / "entitlements.csv"
    with changing.connect("ana") as connection:
        # prepared: its plan is kept, and asks again who she is and what she may see
        asked = "select count(*) from gold.orders"
        assert connection.execute(asked, prepare=True).fetchone() == (4,)
        file.write_text(file.read_text(encoding="utf-8").replace("dach,DE\n", ""), encoding="utf-8")
        changing.refresh(data=False)
        assert connection.execute(asked, prepare=True).fetchone() == (2,)
        users = changing.policy / "users.yml"
        users.write_text(users.read_text(encoding="utf-8").replace("ana: DATA_ANALYST", "ana: DATA_ENGINEER"), encoding="utf-8")
        changing.refresh(data=False)
        assert connection.execute(asked, prepare=True).fetchone() == (ROWS,)
        users.write_text(users.read_text(encoding="utf-8").replace("ana: DATA_ENGINEER", "ana: DATA_ANALYST"), encoding="utf-8")
        changing.refresh(data=False)
        assert connection.execute(asked, prepare=True).fetchone() == (2,)
        text = users.read_text(encoding="utf-8").replace("  ana: DATA_ANALYST\n", "").replace("dach: [ana]", "dach: []")
        users.write_text(text, encoding="utf-8")
        changing.refresh(data=False)
        with pytest.raises(psycopg.OperationalError):
            connection.execute(asked)
    with pytest.raises((psycopg.OperationalError, KeyError)):
        changing.connect("ana")


def test_an_old_view_of_the_tables_does_not_outlive_the_right_to_it(changing: Governed) -> None:
    """In a transaction that keeps its snapshot she would read with yesterday's countries for as long as she keeps it open."""
    file = changing.policy / "entitlements.csv"
    text = file.read_text(encoding="utf-8")
    with changing.connect("ana") as keeper, changing.connect("ana") as ordinary, changing.connect("ben") as other:
        for connection in (keeper, other):
            connection.execute("set idle_in_transaction_session_timeout = 0")
            connection.execute("begin isolation level repeatable read")
        assert keeper.execute("select count(*) from gold.orders").fetchone() == (4,)
        assert other.execute("select count(*) from gold.orders").fetchone() == (2,)
        file.write_text(text.replace("dach,DE\n", ""), encoding="utf-8")
        assert changing.refresh(data=False).enforced.ended == 1
        with pytest.raises(psycopg.OperationalError):
            keeper.execute("select count(*) from gold.orders")
        # who keeps no view goes on, and so does who lost nothing
        assert ordinary.execute("select count(*) from gold.orders").fetchone() == (2,)
        assert other.execute("select count(*) from gold.orders").fetchone() == (2,)
        file.write_text(text, encoding="utf-8")
        assert changing.refresh(data=False).enforced.ended == 0
    with changing.connect("ana") as holder:
        holder.execute("begin")
        holder.execute("declare c cursor for select country from gold.orders")
        holder.execute("fetch 1 from c")
        file.write_text(text.replace("dach,DE\n", ""), encoding="utf-8")
        changing.refresh(data=False)
        with pytest.raises(psycopg.OperationalError):
            holder.execute("fetch all from c")


def test_many_sessions_of_many_users_see_their_own(shop: Governed) -> None:
    expected = {user: shop.rows(user, "select count(*), min(email), max(email) from gold.customers") for user in USERS}
    wrong: list[Any] = []

    def ask(user: str) -> None:
        with shop.connect(user) as connection:
            for _ in range(25):
                found = connection.execute("select count(*), min(email), max(email) from gold.customers").fetchall()
                if found != expected[user]:
                    wrong.append((user, found))

    threads = [threading.Thread(target=ask, args=(user,)) for user in USERS for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_readers_see_the_old_copy_or_the_new_one_and_nothing_between(changing: Governed) -> None:
    """Two relations are published together: their sums agree in every answer, whichever copy it is of."""
    stop, seen, faults = threading.Event(), set[Any](), list[Exception]()
    asked = "select (select sum(net_revenue) from gold.customers), (select sum(net_amount) from gold.orders), (select count(*) from gold.orders)"

    def read() -> None:
        with changing.connect("erin") as connection:
            while not stop.is_set():
                try:
                    seen.add(connection.execute(asked, prepare=True).fetchone())
                except psycopg.Error as error:
                    faults.append(error)
                    return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for factor in (2, 3, 4):
        with duckdb.connect(str(changing.settings.warehouse.path)) as warehouse:
            warehouse.execute(f"update marts.customers set net_revenue = {factor}")
            warehouse.execute(f"update marts.orders set net_amount = {factor}")
        done = changing.refresh()
        assert done.published is not None
        assert set(done.published.rows) == {"gold.customers", "gold.orders"}
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    whole = {(Decimal(ROWS * factor), Decimal(ROWS * factor), ROWS) for factor in (2, 3, 4)}
    # the first copy's sums are its own
    assert all(answer in whole or answer[2] == ROWS for answer in seen)
    assert {answer for answer in seen if answer[0] in {one[0] for one in whole}} <= whole
    assert changing.rows("erin", asked) == [(Decimal(ROWS * 4), Decimal(ROWS * 4), ROWS)]


def test_a_thing_is_found_by_its_id_through_an_index_under_the_barrier(shop: Governed) -> None:
    with shop.connect("ana") as connection:
        # a dozen rows are read faster than any index
        connection.execute("set enable_seqscan = off")
        lines = connection.execute("explain (costs off) select * from gold.orders where order_id = 'order_id 0'").fetchall()
    assert any("Index Scan" in line for (line,) in lines), lines
    assert any("Index Cond: (order_id = 'order_id 0'::text)" in line for (line,) in lines), lines


def test_only_what_changed_is_copied(changing: Governed) -> None:
    again = changing.refresh().published
    assert again is not None
    assert dict(again.rows) == {}
    with duckdb.connect(str(changing.settings.warehouse.path)) as warehouse:
        warehouse.execute("update marts.refunds set refunds = refunds + 1 where refunds = 0")
    done = changing.refresh().published
    assert done is not None
    assert (dict(done.rows), done.made) == ({"gold.refunds": ROWS}, ())


def test_a_column_that_comes_is_masked_from_its_first_moment(changing: Governed) -> None:
    """A house of its own, whose customers get a phone number: nobody sees it clear who may not."""
    for part in ("contracts", "systems", "warehouse"):
        shutil.copytree(ROOT / part, changing.root / part, ignore=shutil.ignore_patterns("target", "logs"))
    try:
        yml = changing.root / "warehouse/models/marts/customers/customers.yml"
        text = yml.read_text(encoding="utf-8")
        new = '      - name: phone\n        data_type: varchar\n        description: "Telephone."\n        config: {meta: {classification: pii.phone}}\n'
        yml.write_text(text.replace("      - name: country\n", new + "      - name: country\n", 1), encoding="utf-8")
        with duckdb.connect(str(changing.settings.warehouse.path)) as warehouse:
            warehouse.execute(f"alter table marts.customers add column phone varchar default '+49 170 {CANARY}77'")
            warehouse.execute("create or replace view gold.customers as from marts.customers")
        done = changing.refresh().published
        assert done is not None
        assert done.made == ("gold.customers",)
        assert set(shop_phones(changing, "ana")) == {"***77"}
        assert set(shop_phones(changing, "erin")) == {f"+49 170 {CANARY}77"}
    finally:
        for part in ("contracts", "systems", "warehouse"):
            shutil.rmtree(changing.root / part)


def shop_phones(shop: Governed, user: str) -> list[str]:
    return [row[0] for row in shop.rows(user, f"select {identifier('phone')} from gold.customers")]
