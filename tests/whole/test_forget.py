"""A person who asks to be forgotten, and what is kept for its time alone, in a whole shop that is served: looked for in every byte that we keep."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import psycopg
import pytest

from fondaco.governance.admin import conninfo_of
from fondaco.governance.server import server_of, start, stop
from fondaco.job.forget import forget
from fondaco.warehouse.totals import differences, totals
from tests.lake.test_forget import holding
from tests.servers import free_port
from tests.whole.conftest import Shop
from tests.whole.conftest import differences as cells

SHOP = """\
version: 1
project: little
demo: true
business: {{timezone: Europe/Berlin, currency: EUR}}
sources: {{shop: {{type: demo, customers: 60, days: 45, seed: 3, path: ./shop/shop.sqlite}}}}
serve: {{port: {port}, path: ../served}}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A little shop, landed, built and served."""
    # below a folder that whoever the server runs as may enter
    with tempfile.TemporaryDirectory(prefix="forget-") as folder:
        Path(folder).chmod(0o755)
        shop = Shop(Path(folder) / "house").configure(SHOP.format(port=free_port()))
        shop.run()
        start(server_of(shop.settings))
        try:
            yield shop
        finally:
            stop(server_of(shop.settings))


def asked(shop: Shop, sql: str, *values: object) -> list[tuple[object, ...]]:
    """The shop's own database, which is not ours."""
    with sqlite3.connect(shop.root / "shop" / "shop.sqlite") as connection:
        found = connection.execute(sql, values).fetchall()
        connection.commit()
    return found


def kept(shop: Shop, words: tuple[str, ...]) -> list[str]:
    """Where one of the words stands, in anything that is ours: files as bytes, tables as they are read, the server's own."""
    found = [place for folder in (shop.root, shop.settings.serve_dir) for place in holding(folder, words) if " in shop/" not in place]
    with duckdb.connect(str(shop.settings.warehouse.path), read_only=True) as warehouse:
        for schema, name in warehouse.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            text = repr(warehouse.execute(f'select * from {schema}."{name}"').fetchall()).lower()
            found += [f"{word} in {schema}.{name}" for word in words if word.lower() in text]
    with psycopg.connect(conninfo_of(shop.settings), autocommit=True) as admin:
        for schema, name in admin.execute("select schemaname, tablename from pg_tables where schemaname ~ '^_'").fetchall():
            text = repr(admin.execute(f'select * from "{schema}"."{name}"').fetchall()).lower()
            found += [f"{word} in the server's {schema}.{name}" for word in words if word.lower() in text]
    return found


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_she_is_in_no_byte_that_we_keep_and_no_figure_moves(shop: Shop) -> None:
    (number,) = asked(
        shop,
        "select id from customers where phone is not null and street is not null and not is_test and id in (select customer_id from orders) "
        "order by (select count(*) from orders where customer_id = customers.id) desc limit 1",
    )[0]
    row = asked(shop, "select email, phone, street, first_name || ' ' || last_name from customers where id = ?", number)[0]
    asked(shop, "update customers set street = 'Kanalstr. 987', updated_at = (select max(updated_at) from orders) where id = ?", number)
    shop.run()
    # somebody asked for her by name, and it stands in the server's log
    with psycopg.connect(conninfo_of(shop.settings), autocommit=True) as admin:
        admin.execute("CHECKPOINT")
        with pytest.raises(psycopg.Error):
            admin.execute(f"SELECT '{row[0]}' FROM nowhere")
    words = tuple(str(word) for word in (*row, "Kanalstr. 987"))
    assert kept(shop, words), "the words are looked for in the right way"
    before = totals(shop.settings)
    history = shop.rows(f"select * from silver.dim_customers where customer_key = 'shop:{number}' order by valid_from")
    assert shop.call("forget", "--customer", words[0]).exit_code == 2, "it wants a yes"
    done = shop.call("forget", "--customer", words[0], "-y")
    assert done.exit_code == 0, (done.said, done.told)
    told = done.data
    assert (told["warehouse"], told["served"], told["totals"]) == (True, True, sum(map(len, before.values())))
    assert differences(before, totals(shop.settings)) == ()
    assert kept(shop, words) == []
    # intervals stay
    after = shop.rows(f"select * from silver.dim_customers where customer_key = 'shop:{number}' order by valid_from")
    names = shop.rows(
        "select column_name from duckdb_columns() where table_name = 'dim_customers' and schema_name = 'silver' order by column_index"
    )
    person = {"email", "phone", "first_name", "last_name", "street", "city", "postal_code", "birth_date"}
    places = [place for place, (name,) in enumerate(names) if name not in person]
    assert len(after) > 1
    assert [[row[place] for place in places] for row in after] == [[row[place] for place in places] for row in history]
    assert shop.rows(
        f"select distinct phone, first_name, street, city, birth_date from silver.dim_customers where customer_key = 'shop:{number}'"
    ) == [(None,) * 5]
    # the same and a changed row are read again
    asked(shop, "update customers set phone = '+49 30 7777777', updated_at = (select max(updated_at) from orders) where id = ?", number)
    for table in ("customers", "orders"):
        assert shop.call("state", "rewind", table, "--to", "2024-01-01").exit_code == 0
    shop.run()
    assert kept(shop, (*words, "+49 30 7777777")) == []
    # and a warehouse that is made of the lake alone is the same
    again = shop.copy(shop.root.parent / "again")
    again.forget_the_warehouse()
    again.run()
    assert cells(shop, again, rows_of_the_lake=False) == []
    assert forget(shop.settings, [words[0]], None).tables == []


#: Not so long that everybody of so small a shop was seen since.
KEPT = timedelta(days=7)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_was_kept_for_its_time_is_in_no_byte_that_we_keep_and_no_figure_moves(shop: Shop) -> None:
    shutil.copytree(shop.settings.policy_dir, shop.root / "policy", dirs_exist_ok=True)
    (shop.root / "policy" / "retention.yml").write_text("retention: {pii.phone: 7 days, pii.birth_date: 100 years}\n", encoding="utf-8")
    seen = asked(
        shop,
        "select customers.id, customers.phone, max(max(customers.updated_at), max(coalesce(orders.updated_at, ''))) from customers "
        "left join orders on orders.customer_id = customers.id or lower(orders.email) = lower(customers.email) "
        "where length(phone) > 8 and phone not like '% 7777777' group by 1, 2",
    )
    on = date.fromisoformat(max(str(at)[:10] for _, _, at in seen))
    gone = [(number, str(phone)) for number, phone, at in seen if str(at)[:10] < str(on - KEPT - timedelta(days=1))]
    alive = {str(phone) for _, phone, at in seen if str(at)[:10] > str(on - KEPT + timedelta(days=1))}
    words = tuple(phone for _, phone in gone if phone not in alive)
    assert len(words) > 1 < len(alive)
    assert kept(shop, words[:1]), "the words are looked for in the right way"
    before, phones = totals(shop.settings), set(shop.rows("select distinct phone from silver.dim_customers where phone is not null"))
    call = ("forget", "--expired", "--on", str(on))
    foreseen = shop.call(*call, "--dry-run")
    assert (foreseen.exit_code, foreseen.data["rules"][0]["rows"] >= len(words)) == (0, True)
    assert set(shop.rows("select distinct phone from silver.dim_customers where phone is not null")) == phones
    assert shop.call("forget", "--expired", "--on", "2999-01-01", "-y").exit_code == 2, "a day to come is only foreseen"
    done = shop.call(*call, "-y")
    assert done.exit_code == 0, (done.said, done.told)
    assert (done.data["warehouse"], done.data["served"], done.data["totals"]) == (True, True, sum(map(len, before.values())))
    assert differences(before, totals(shop.settings)) == ()
    assert kept(shop, words) == []
    left = {phone for (phone,) in shop.rows("select distinct phone from silver.dim_customers where phone is not null")}
    assert alive <= left
    # what is read again stays away, and a call more has nothing to do
    assert shop.call("state", "rewind", "customers", "--to", "2024-01-01").exit_code == 0
    shop.run()
    assert kept(shop, words) == []
    again = shop.call(*call, "-y")
    assert (again.data["tables"], again.data["proof"], again.data["warehouse"]) == ([], None, False)
    # until she is seen again
    (number, _) = gone[0]
    asked(shop, "update customers set phone = '+49 30 5555555', updated_at = (select max(updated_at) from orders) where id = ?", number)
    shop.run()
    assert kept(shop, words) == []
    assert shop.rows(f"select phone from silver.dim_customers where customer_key = 'shop:{number}' and is_current") == [("+49 30 5555555",)]
