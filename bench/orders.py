"""A table of orders in a real server, and what is done to it: made, changed, and read to nowhere by the server's own client.

    python -m bench.orders make ENGINE PLACE ROWS
    python -m bench.orders change ENGINE PLACE ROWS
    python -m bench.orders read ENGINE PLACE

Each is a process of its own, so that what it takes in memory is not counted as somebody else's. PLACE is a JSON object of what a
connection needs, or for SQLite `{"path": …}`.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import Any

#: Fourteen columns as shops have them; the server makes them up, spread by a multiplicative hash of the row's number.
_POSTGRES = """
create table orders as
select
    number as id,
    mix % 262144 as customer_id,
    md5(number::text)::uuid as token,
    'customer' || mix % 262144 || '@example.com' as email,
    (array['paid', 'pending', 'shipped', 'refunded'])[1 + mix % 4] as status,
    'EUR'::text as currency,
    (mix % 1048576 / 100.0)::numeric(12, 2) as total_amount,
    (mix % 65536 / 100.0)::numeric(12, 2) as tax_amount,
    (mix % 1024 / 100.0)::numeric(12, 2) as shipping_amount,
    case when mix % 10 <> 0 then 'left at door ' || mix % 9973 end as note,
    ('{{"channel": "web", "items": ' || 1 + mix % 8 || '}}')::jsonb as details,
    mix % 2 = 0 as is_gift,
    timestamptz '2020-01-01 00:00:00.123456+00' + number * interval '20 seconds' as placed_at,
    timestamptz '2020-01-01 00:00:00.654321+00' + number * interval '20 seconds' + mix % 1048576 * interval '1 second' as updated_at
from (select number, number * 2654435761 % 4294967296 as mix from generate_series(1::bigint, {rows}) as numbers (number)) as mixed;
alter table orders alter id set not null, add primary key (id), alter updated_at set not null;
create index on orders (updated_at);
vacuum analyze orders;
"""

_MARIADB = """
create table orders (
    id bigint not null primary key, customer_id bigint not null, token char(36) not null, email varchar(100) not null,
    status varchar(20) not null, currency char(3) not null, total_amount decimal(12, 2) not null, tax_amount decimal(12, 2) not null,
    shipping_amount decimal(12, 2) not null, note varchar(100), details longtext not null, is_gift tinyint(1) not null,
    placed_at datetime(6) not null, updated_at datetime(6) not null
);
insert into orders
select
    number, mix % 262144, insert(insert(md5(number), 9, 0, '-'), 14, 0, '-'), concat('customer', mix % 262144, '@example.com'),
    elt(1 + mix % 4, 'paid', 'pending', 'shipped', 'refunded'), 'EUR', mix % 1048576 / 100, mix % 65536 / 100, mix % 1024 / 100,
    if(mix % 10 <> 0, concat('left at door ', mix % 9973), null), concat('{{"channel": "web", "items": ', 1 + mix % 8, '}}'), mix % 2 = 0,
    timestamp '2020-01-01 00:00:00.123456' + interval number * 20 second,
    timestamp '2020-01-01 00:00:00.654321' + interval number * 20 + mix % 1048576 second
from (select seq as number, seq * 2654435761 % 4294967296 as mix from seq_1_to_{rows}) as mixed;
create index orders_updated_at on orders (updated_at);
analyze table orders;
"""

_SQLITE = """
create table orders (
    id integer primary key, customer_id integer, token text, email text, status text, currency text, total_amount text, tax_amount text,
    shipping_amount text, note text, details text, is_gift integer, placed_at text, updated_at text not null
);
with recursive numbers (number) as (select 1 union all select number + 1 from numbers where number < {rows}),
mixed as (select number, number * 2654435761 % 4294967296 as mix from numbers)
insert into orders
select
    number, mix % 262144, printf('%032x', mix), 'customer' || mix % 262144 || '@example.com',
    case mix % 4 when 0 then 'paid' when 1 then 'pending' when 2 then 'shipped' else 'refunded' end, 'EUR',
    printf('%.2f', mix % 1048576 / 100.0), printf('%.2f', mix % 65536 / 100.0), printf('%.2f', mix % 1024 / 100.0),
    case when mix % 10 <> 0 then 'left at door ' || mix % 9973 end, '{{"channel": "web", "items": ' || (1 + mix % 8) || '}}', mix % 2,
    datetime(1577836800 + number * 20, 'unixepoch'), datetime(1577836800 + number * 20 + mix % 1048576, 'unixepoch')
from mixed;
create index orders_updated_at on orders (updated_at);
"""

#: So many rows, spread over the whole table, change a little before the lag that sources are read with.
_CHANGE = {
    "postgres": "update orders set status = 'changed', updated_at = clock_timestamp() - interval '150 seconds' where id % {step} = 1",
    "mysql": "update orders set status = 'changed', updated_at = utc_timestamp(6) - interval 150 second where id % {step} = 1",
    "sqlite": "update orders set status = 'changed', updated_at = datetime('now', '-150 seconds') where id % {step} = 1",
}

#: Columns and types as systems/ declares them.
COLUMNS = {
    "id": "bigint", "customer_id": "bigint", "token": "varchar", "email": "varchar", "status": "varchar", "currency": "varchar",
    "total_amount": "decimal(12,2)", "tax_amount": "decimal(12,2)", "shipping_amount": "decimal(12,2)", "note": "varchar",
    "details": "varchar", "is_gift": "boolean", "placed_at": "timestamptz", "updated_at": "timestamptz",
}  # fmt: skip


def system(engine: str) -> dict[str, Any]:
    """The declaration of a shop that has this table, as a file of systems/ holds it."""
    naive = engine != "postgres"
    columns = {name: {"type": "timestamp" if naive and kind == "timestamptz" else kind} for name, kind in COLUMNS.items()}
    for name in ("id", "updated_at"):
        columns[name]["nullable"] = False  # type: ignore[assignment]
    table = {"description": "One row per order.", "key": ["id"], "cursor": "updated_at", "columns": columns}
    head = {"system": "bench", "description": "One table of orders.", "zone": "UTC", "currency": "EUR", "entities": ["orders"]}
    return {**head, "tested_with": "the bench", "tables": {"orders": table}}


def connect(engine: str, place: dict[str, Any]) -> Any:
    """A connection that commits each statement."""
    if engine == "postgres":
        import psycopg

        return psycopg.connect(**place, autocommit=True)
    if engine == "mysql":
        import pymysql

        return pymysql.connect(**place, autocommit=True)
    return sqlite3.connect(place["path"])


def make(engine: str, place: dict[str, Any], rows: int) -> None:
    """The table, with so many rows."""
    connection = connect(engine, place)
    script = {"postgres": _POSTGRES, "mysql": _MARIADB, "sqlite": _SQLITE}[engine].format(rows=rows)
    cursor = connection.cursor()
    for statement in script.split(";\n"):
        if statement.strip():
            cursor.execute(statement)
    connection.commit()


def change(engine: str, place: dict[str, Any], rows: int) -> None:
    """Changes that many rows."""
    connection = connect(engine, place)
    cursor = connection.cursor()
    cursor.execute("select count(*) from orders")
    cursor.execute(_CHANGE[engine].format(step=max(1, cursor.fetchone()[0] // rows)))
    connection.commit()


def read(engine: str, place: dict[str, Any]) -> None:
    """Every row to nowhere, by the fastest that the server's own client offers: the limit for anybody who reads the table."""
    connection = connect(engine, place)
    if engine == "postgres":
        with connection.cursor().copy("copy orders to stdout (format binary)") as copy:
            for _ in copy:
                pass
    elif engine == "sqlite":
        for _ in connection.execute("select * from orders"):
            pass


def main(arguments: list[str]) -> None:
    """One of the three commands above."""
    match arguments:
        case ["make", engine, place, rows]:
            make(engine, json.loads(place), int(rows))
        case ["change", engine, place, rows]:
            change(engine, json.loads(place), int(rows))
        case ["read", engine, place]:
            read(engine, json.loads(place))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
