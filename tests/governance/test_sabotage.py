"""One control broken at a time: the matrix or the corpus turns red, the audit names it, and the next publication puts it right.

A proof that cannot fail proves nothing: each of these is a server that leaks, or would.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import psycopg
import pytest

from fondaco.errors import ServeError
from fondaco.governance.enforce import changed_by_hand
from tests.governance.governed import Governed, ordered
from tests.governance.test_bypass import attack_and_undo

SABOTAGE: dict[str, tuple[str, ...]] = {
    "row policies off": ("alter table _gold.customers disable row level security",),
    "row policy for everybody": ("alter policy rows on _gold.customers using (true)",),
    "a second, open row policy": ("create policy more on _gold.customers for select to gov_reader using (true)",),
    "owner reads, no force": ("alter table _gold.customers no force row level security", "alter view gold.customers owner to gov_loader"),
    "base granted to analysts": ("grant usage on schema _gold to data_analyst", "grant select on _gold.customers to data_analyst"),
    "base granted to everybody": ("grant usage on schema _gold to public", "grant select on all tables in schema _gold to public"),
    "a column of the base granted": ("grant usage on schema _gold to ana", "grant select (email) on _gold.customers to ana"),
    "entitlements granted": ("grant usage on schema _gov to data_analyst", "grant select, insert on _gov.entitlements to data_analyst", "create policy all_of_it on _gov.entitlements using (true)"),
    "the key granted": ("grant usage on schema _gov to data_analyst", "grant select on _gov.pseudonyms to data_analyst", "create policy all_of_it on _gov.pseudonyms using (true)"),
    "the analyst is an engineer": ("grant data_engineer to ana",),
    "the analyst is the reader": ("grant gov_reader to ana",),
    "the analyst is a superuser": ("alter role ana superuser",),
    "the reader bypasses row policies": ("alter role gov_reader bypassrls",),
    "the analyst may make roles": ("alter role ana createrole",),
    "pg_read_all_data": ("grant pg_read_all_data to ana",),
    "pg_read_server_files": ("grant pg_read_server_files to ana",),
    "pg_execute_server_program": ("grant pg_execute_server_program to data_analyst",),
    "pg_monitor": ("grant pg_monitor to ana",),
    "pg_signal_backend": ("grant pg_signal_backend to ana",),
    "temporary tables": ("grant temporary on database shop to public",),
    "CREATE on public": ("grant create, usage on schema public to public",),
    "CREATE on the database": ("grant create on database shop to ana",),
    "CREATE on gold": ("grant create on schema gold to data_analyst",),
    "writing granted": ("grant insert, update, delete on gold.customers to data_analyst", "grant insert, update, delete on _gold.customers to gov_reader", "create policy write on _gold.customers to gov_reader using (true)"),
    "no barrier": ("alter view gold.customers reset (security_barrier)", "grant temporary on database shop to public"),
    "invoker's rights": ("alter view gold.customers set (security_invoker = true)", "grant usage on schema _gold to data_analyst", "grant select on _gold.customers to data_analyst", "alter policy rows on _gold.customers to public"),
    "identity from a setting": ("alter policy rows on _gold.orders using (country = any (string_to_array(current_setting('app.countries', true), ',')))", "alter role ana set app.countries = 'FR,US'"),
    "an extra entitlement": ("insert into _gov.entitlements values ('ana', 'FR')",),
    "a relation granted that goes whole": ("grant select on gold.data_issues to data_analyst",),
    "large objects": ("grant execute on function lo_create(oid) to public",),
    "log_statement is hers": ("grant set on parameter log_statement to ana",),
    "a log that says nothing": ("alter role ana set log_statement = 'none'",),
    "a view beside the door": ("create view gold.all_customers as select * from _gold.customers", "grant select on gold.all_customers to data_analyst"),
    "a function with its owner's rights": ("create function gold.see() returns setof _gold.customers language sql security definer as 'select * from _gold.customers'",),
    "default privileges": ("alter default privileges for role gov_loader in schema _gold grant select on tables to public",),
    "the pseudonyms' key is another": ("update _gov.pseudonyms set key = 'known to somebody'",),
    "a mask lost": ("create or replace view gold.customers with (security_barrier) as select * from _gold.customers",),
    "a column more": ("drop view gold.customers", "create view gold.customers with (security_barrier) as select *, 1 as more from _gold.customers", "alter view gold.customers owner to gov_reader", "grant select on gold.customers to data_engineer, data_scientist, data_analyst"),
}  # fmt: skip

#: Those that open nothing by themselves, so that only the audit can see them.
SILENT = {
    "pg_read_server_files",
    "pg_signal_backend",
    "default privileges",
    "a log that says nothing",
    "a function with its owner's rights",
}


@pytest.fixture
def broken(shop: Governed) -> Iterator[Governed]:
    """The shop, put right after a test by what puts it right for everybody."""
    yield shop
    with shop.admin() as admin:
        is_right = changed_by_hand(admin) == ()
    if not is_right:
        shop.reset()


def reds(shop: Governed) -> list[str]:
    """What the matrix, and where it is content the corpus, say of the server as it is."""
    return wrong_cells(shop) or list(itertools.islice(attack_and_undo(shop), 3))


def wrong_cells(shop: Governed) -> list[str]:
    """Where an analyst or a scientist sees something else than the oracle says."""
    plan, found = shop.plan, list[str]()
    for user in ("ana", "sam"):
        readable = [relation for relation in plan.served if plan.role(user) in relation.readers]
        oracle = shop.oracle(user, plan, *readable)
        with shop.connect(user) as connection:
            for relation in plan.served:
                try:
                    rows = connection.execute(f"select * from {relation.layer}.{relation.name}").fetchall()
                except psycopg.Error:
                    rows = None
                expected = ordered(oracle[relation.path]) if relation.path in oracle else None
                if (None if rows is None else ordered(rows)) != expected:
                    found.append(f"{user} sees {relation.path} otherwise")
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", SABOTAGE)
def test_a_broken_control_turns_something_red_is_named_by_the_audit_and_put_right(broken: Governed, name: str) -> None:
    with broken.admin() as admin:
        for statement in SABOTAGE[name]:
            admin.execute(statement)
        assert (name in SILENT) == (reds(broken) == [])
        assert changed_by_hand(admin) != ()
        done = broken.refresh(data=False)
        assert done.enforced.drift != ()
        assert changed_by_hand(admin) == ()
        assert wrong_cells(broken) == []


@pytest.mark.parametrize("name", ["row policies off", "the analyst is a superuser", "a mask lost", "a column more"])
def test_what_is_broken_is_put_right(broken: Governed, name: str) -> None:
    with broken.admin() as admin:
        for statement in SABOTAGE[name]:
            admin.execute(statement)
        before = broken.rows("ana", "select count(*) from gold.customers where email not like '%*%' or country = 'US'")
        assert changed_by_hand(admin) != ()
        broken.refresh(data=False)
        assert changed_by_hand(admin) == ()
        assert broken.rows("ana", "select count(*) from gold.customers where email not like '%*%' or country = 'US'") == [(0,)] != before


def test_a_setting_that_a_user_gives_herself_is_put_back_and_makes_no_view_anew(broken: Governed) -> None:
    """She may: it governs nothing. It may not make every run replace every view, either."""
    with broken.connect("ana") as connection:
        connection.execute("alter role ana set search_path = _gold")
        connection.execute("alter role ana in database shop set role = 'data_engineer'")
    done = broken.refresh(data=False).enforced
    assert any("search_path" in line for line in done.drift)
    assert done.changed == ()
    assert broken.rows("ana", "show search_path") == [("gold, silver, bronze",)]


@pytest.mark.parametrize(
    ("made", "undone"),
    [
        ("create role mallory superuser login password 'x'", "drop role mallory"),
        ("create extension dblink", "drop extension dblink"),
        ("create schema elsewhere authorization ana", "drop schema elsewhere"),
    ],
)
def test_what_is_not_ours_to_take_away_stops_the_run_until_somebody_undoes_it(broken: Governed, made: str, undone: str) -> None:
    with broken.admin() as admin:
        admin.execute(made)
        try:
            for _ in range(2):
                with pytest.raises(ServeError, match="not ours to take away"):
                    broken.refresh(data=False)
        finally:
            admin.execute(undone)
        broken.refresh(data=False)
        assert changed_by_hand(admin) == ()
