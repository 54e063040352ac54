"""What an incremental run asks of a server follows what changed: its queries use the indexes, and read no more rows than that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fondaco.contracts import Table
from fondaco.sources.base import Position
from fondaco.sources.sql.duck import Duck
from tests.databases import Database, MysqlDatabase, PostgresDatabase
from tests.servers import Server
from tests.sources.sql.test_database import ITEMS, ORDERS, Shop, rows_of

#: Orders, an hour apart; each has three items.
ORDERS_IN_ALL, CHANGED = 20_000, 20
_LAST = "2024-03-01 10:00:00"


def filled(database: Database, days_of: str) -> Shop:
    """A shop of which the last orders changed within the last hours."""
    shop = Shop(database)
    database.do(
        f"insert into orders select n, concat('order ', n), {days_of} from (select n from numbers) as all_numbers",
        "insert into items select n * 3 + k, n from numbers cross join (select 0 as k union all select 1 union all select 2) as three",
        "create index orders_updated_at on orders (updated_at)",
        "create index items_order_id on items (order_id)",
    )
    return shop


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[Shop]:
    database = PostgresDatabase(postgres_server)
    database.do(f"create table numbers as select cast(n as bigint) as n from generate_series(1, {ORDERS_IN_ALL}) as n")
    yield filled(database, f"timestamp '{_LAST}' - ({ORDERS_IN_ALL} - n) * interval '1 hour'")
    database.close()


@pytest.fixture
def mysql(mariadb_server: Server) -> Iterator[Callable[[int], Shop]]:
    """Shops with so many orders."""
    made = list[MysqlDatabase]()

    def make(count: int) -> Shop:
        made.append(database := MysqlDatabase(mariadb_server))
        database.do(f"create table numbers as select seq as n from seq_1_to_{count}")
        shop = filled(database, f"timestamp '{_LAST}' - interval ({count} - n) hour")
        shop.do("analyze table orders", "analyze table items")
        return shop

    yield make
    for database in made:
        database.close()


def asked(shop: Shop, table: Table, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], int]:
    """The queries that a run sends to the server once the last orders changed, and how many rows they bring."""
    queries, at_source = list[str](), Duck._at_source

    def noted(self: Duck, query: str, options: str = "") -> str:
        queries.append(query)
        return at_source(self, query, options)

    with monkeypatch.context() as patched:
        patched.setattr(Duck, "_at_source", noted)
        source = shop.source()
        # the overlap is ten minutes: what is read again begins where the last twenty orders do
        cursor = f"2024-02-29 {14 + CHANGED - 20 + 1:02}:05:00.000000"
        rows = [row for pull in source.pulls(table, Position(cursor=cursor)) for row in rows_of(pull)]
        source.close()
    return [query for query in queries if "as c0" in query and table.name in query], len(rows)


def nodes(plan: Any) -> Iterator[dict[str, Any]]:
    """Every step of a PostgreSQL plan."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


@pytest.mark.parametrize(("table", "each"), [(ORDERS, 1), (ITEMS, 3)], ids=["its own cursor", "through its parent"])
def test_postgresql_reads_by_the_index(postgres: Shop, monkeypatch: pytest.MonkeyPatch, table: Table, each: int) -> None:
    postgres.do("analyze orders", "analyze items")
    queries, rows = asked(postgres, table, monkeypatch)
    assert 10 * each <= rows <= 2 * CHANGED * each
    assert len(queries) == 1
    ((plan,),) = postgres.database.rows(f"explain (analyze, format json) {queries[0]}")
    steps = list(nodes((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]))
    assert "Seq Scan" not in {step["Node Type"] for step in steps}, [step["Node Type"] for step in steps]
    assert sum(step["Actual Rows"] * step["Actual Loops"] for step in steps) < 20 * CHANGED * each


@pytest.mark.parametrize(("table", "each"), [(ORDERS, 1), (ITEMS, 3)], ids=["its own cursor", "through its parent"])
def test_mariadb_reads_as_many_rows_of_a_table_ten_times_as_large(
    mysql: Callable[[int], Shop], monkeypatch: pytest.MonkeyPatch, table: Table, each: int
) -> None:
    read = dict[int, int]()
    for count in (ORDERS_IN_ALL // 10, ORDERS_IN_ALL):
        shop = mysql(count)

        def handled(shop: Shop = shop) -> int:
            return sum(int(value) for _, value in shop.database.rows("show global status like 'Handler_read%'"))

        before = handled()
        _, rows = asked(shop, table, monkeypatch)
        read[count] = handled() - before
        assert 10 * each <= rows <= 2 * CHANGED * each
    # the questions to the catalogue are some thousand rows in either
    assert abs(read[ORDERS_IN_ALL] - read[ORDERS_IN_ALL // 10]) < 300, read
