"""The door itself: who may knock, how, and what the server refuses to be."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from fondaco.errors import ConfigError, ServeError
from fondaco.governance import publish
from fondaco.governance.admin import admitted, conninfo_of
from fondaco.governance.enforce import changed_by_hand
from fondaco.governance.extract import readable
from fondaco.governance.reads import reads
from fondaco.governance.server import SAFE, Programs, choose, found_programs, hba, is_safe, server_of, start
from fondaco.governance.serving import audit, foresee, new_password
from fondaco.settings import load_settings
from tests.governance.governed import Governed


def refused(shop: Governed, **way: Any) -> str:
    """What the server says to somebody whom it does not let in."""
    told = {
        "host": "127.0.0.1",
        "port": shop.server.port,
        "dbname": shop.database,
        "user": "ana",
        "password": shop.passwords()["ana"],
        **way,
    }
    with pytest.raises(psycopg.OperationalError) as caught:
        psycopg.connect(connect_timeout=5, **told)
    return str(caught.value)


def test_a_wrong_password_no_password_and_an_unknown_user_are_refused(shop: Governed) -> None:
    assert "password authentication failed" in refused(shop, password="guess")
    assert "password authentication failed" in refused(shop, user="mallory")
    assert refused(shop, password="")


@pytest.mark.parametrize("role", ["gov_admin", "gov_loader", "gov_reader", "data_analyst", "data_engineer", "postgres", "pg_read_all_data"])
def test_roles_of_the_server_and_of_the_policy_cannot_log_in(shop: Governed, role: str) -> None:
    said = refused(shop, user=role)
    assert "pg_hba.conf rejects" in said or "password authentication failed" in said


def test_the_superuser_comes_by_the_socket_alone_and_nobody_else_comes_by_it(shop: Governed) -> None:
    assert "rejects" in refused(shop, user="gov_admin")
    assert "rejects" in refused(shop, host=str(shop.server.socket))
    with psycopg.connect(conninfo_of(shop.settings)) as connection:
        assert connection.execute("select session_user::text, inet_client_addr()").fetchone() == ("gov_admin", None)


@pytest.mark.parametrize("database", ["postgres", "template1", "other"])
def test_no_other_database_can_be_entered(shop: Governed, database: str) -> None:
    assert refused(shop, dbname=database)


def test_replication_is_refused(shop: Governed) -> None:
    assert refused(shop, replication="database")
    assert refused(shop, replication="true")


def test_passwords_are_kept_as_scram_and_are_nowhere_in_clear_but_with_the_owner(shop: Governed) -> None:
    with shop.admin() as admin:
        kept = dict(
            admin.execute("select rolname::text, rolpassword from pg_authid where rolcanlogin and rolname <> 'gov_admin'").fetchall()
        )
    assert set(kept) == {user for user, _ in shop.plan.users}
    assert all(verifier.startswith("SCRAM-SHA-256$") for verifier in kept.values())
    assert (shop.server.passwords.stat().st_mode & 0o777) == 0o600
    logs = "".join(path.read_text(errors="replace") for path in (shop.server.data / "log").iterdir())
    assert not [password for password in shop.passwords().values() if password in logs]


def test_what_the_server_keeps_is_its_accounts_alone(shop: Governed) -> None:
    for path in (shop.server.folder, shop.server.socket, shop.server.data):
        assert (path.stat().st_mode & 0o077) == 0, path
    assert (shop.settings.warehouse.path.stat().st_mode & 0o077) == 0


def test_users_have_the_limits_that_are_set_and_cannot_lift_the_one_on_disk(shop: Governed) -> None:
    with shop.connect("ana") as connection:
        assert connection.execute("show statement_timeout").fetchone() == ("1min",)
        assert connection.execute("show temp_file_limit").fetchone() == ("1GB",)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set temp_file_limit = -1")
    with shop.admin() as admin:
        limits = admin.execute(
            "select distinct rolconnlimit from pg_roles where rolname = any(%s)", ([user for user, _ in shop.plan.users],)
        ).fetchall()
    assert limits == [(20,)]


def test_a_dump_by_an_analyst_comes_to_nothing(shop: Governed) -> None:
    programs = choose(list(found_programs()), shop.server.data)
    dump = programs.folder / "pg_dump"
    if not dump.is_file():
        pytest.skip("left out: there is no pg_dump beside the server")
    done = subprocess.run([dump, "-d", shop.line("ana"), "--data-only"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "permission denied" in done.stderr
    assert "canary" not in done.stdout


def test_a_new_password_is_in_force_at_once_and_the_old_one_is_not(changing: Governed) -> None:
    old = changing.passwords()["ben"]
    new = new_password(changing.settings, "ben")
    assert changing.passwords()["ben"] == new != old
    assert changing.rows("ben", "select 1") == [(1,)]
    assert "password authentication failed" in refused(changing, user="ben", password=old)


def test_the_audit_says_who_asked_what_who_was_refused_and_who_not_let_in(changing: Governed) -> None:
    changing.rows("ana", "select count(*) from gold.orders")
    with changing.connect("ana") as connection, pytest.raises(psycopg.Error):
        connection.execute("select * from gold.data_issues")
    refused(changing, password="guess")
    found = audit(changing.settings)
    assert (found.changes, found.drift) == ((), ())
    assert found.reads is not None
    ana = {one.user: one for one in found.reads}["ana"]
    assert ana.relations["gold.orders"] >= 1
    assert any("permission denied for view data_issues" in message for message in ana.refused)
    assert ana.not_let_in >= 1
    assert ana.sessions >= 2
    assert reads(changing.server.data / "log", changing.plan, "9999")[0].statements == 0


def test_a_change_of_the_policy_is_foreseen_line_by_line(changing: Governed) -> None:
    assert foresee(changing.settings).changes == ()
    file = changing.policy / "entitlements.csv"
    file.write_text(file.read_text(encoding="utf-8") + "noor,IT\n", encoding="utf-8")
    assert foresee(changing.settings).changes == ("+ user noor may see IT",)
    changing.refresh(data=False)
    assert foresee(changing.settings).changes == ()


def test_a_policy_that_does_not_fit_leaves_what_is_in_force(changing: Governed) -> None:
    file = changing.policy / "entitlements.csv"
    file.write_text(file.read_text(encoding="utf-8") + "noor,XX\n", encoding="utf-8")
    with pytest.raises(Exception, match="there is no country 'XX'"):
        changing.refresh()
    assert changing.rows("ana", "select count(*) from gold.orders") == [(4,)]
    with changing.admin() as admin:
        assert changed_by_hand(admin) == ()


def test_a_relation_that_nobody_reads_any_more_is_gone_from_the_server(changing: Governed) -> None:
    layers = changing.policy / "layers.yml"
    layers.write_text(layers.read_text(encoding="utf-8").replace("silver: {served: true", "silver: {served: false"), encoding="utf-8")
    changing.refresh()
    with changing.admin() as admin:
        assert admin.execute(
            "select count(*) from pg_class where relnamespace in (select oid from pg_namespace where nspname in ('silver', '_silver'))"
        ).fetchone() == (0,)
    with changing.connect("erin") as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("select * from silver.dim_customers")


def test_addresses_in_a_column_that_nobody_classified_stop_the_copy(changing: Governed) -> None:
    with duckdb.connect(str(changing.settings.warehouse.path)) as warehouse:
        warehouse.execute("update marts.orders set coupon_code = 'call ana.silva@example.com' where order_id = 'order_id 3'")
    with pytest.raises(ServeError, match=r"gold.orders.coupon_code holds e-mail addresses and is not classified"):
        changing.refresh()
    assert changing.rows("erin", "select count(*) from gold.orders where coupon_code like '%@%'") == [(0,)]


def test_a_copy_that_fails_half_way_leaves_everything_as_it_was(changing: Governed) -> None:
    before = changing.rows("erin", "select sum(net_amount) from gold.orders")
    with duckdb.connect(str(changing.settings.warehouse.path)) as warehouse:
        warehouse.execute("update marts.orders set net_amount = 7")
        # the last relation of the copy, in a form that PostgreSQL does not take
        warehouse.execute("update marts.refunds set refund_month = date '290000-01-01'")
        warehouse.execute("update marts.reseller_performance set month_start = date '5877642-06-25 (BC)'")
    with pytest.raises(ServeError, match="the server did not take the copy"):
        changing.refresh()
    assert changing.rows("erin", "select sum(net_amount) from gold.orders") == before


def test_versions_whose_statistics_show_hidden_rows_are_refused(tmp_path: Path) -> None:
    assert [is_safe(version) for version in ((14, 20), (15, 13), (15, 14), (16, 9), (17, 6), (18, 0), (19, 0))] == [
        False,
        False,
        True,
        False,
        True,
        True,
        True,
    ]
    with pytest.raises(ServeError, match=r"PostgreSQL 15\.13 is too old") as caught:
        choose([Programs(tmp_path, (15, 13))], tmp_path)
    assert all(f"{major}.{minor}" in (caught.value.hint or "") for major, minor in SAFE.items())
    with pytest.raises(ServeError, match="there is no PostgreSQL on this machine"):
        choose([], tmp_path)
    (tmp_path / "PG_VERSION").write_text("15\n")
    with pytest.raises(ServeError, match="was made by PostgreSQL 15"):
        choose([Programs(tmp_path, (18, 1))], tmp_path)


def test_an_address_that_others_reach_needs_tls(tmp_path: Path) -> None:
    text = "project: shop\nsources: {shop: {type: demo}}\nserve: {host: 0.0.0.0}\n"
    (tmp_path / "fondaco.yml").write_text(text)
    with pytest.raises(ConfigError, match="needs tls_cert and tls_key"):
        load_settings(tmp_path, None, {})
    (tmp_path / "fondaco.yml").write_text(text.replace("host: 0.0.0.0", "host: 0.0.0.0, tls_cert: c.pem, tls_key: k.pem"))
    lines = hba(server_of(load_settings(tmp_path, None, {}))).splitlines()
    assert 'hostssl "shop" all all scram-sha-256' in lines
    assert not [line for line in lines if line.startswith("host ") and "reject" not in line]


@pytest.mark.parametrize(
    "address", ["hunter2", "postgresql://admin:hunter2@127.0.0.1/shop?sslmod=x", "host=127.0.0.1 port=1 password=hunter2"]
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(tmp_path: Path, address: str) -> None:
    (tmp_path / "fondaco.yml").write_text("version: 1\nproject: shop\nsources: {shop: {type: demo}}\n", encoding="utf-8")
    settings = load_settings(tmp_path, None, {"FONDACO_SERVE__ADMIN": address})
    with pytest.raises(ServeError) as caught, admitted(settings):
        pass
    assert caught.value.where == "serve.admin"
    assert "hunter2" not in f"{caught.value} {caught.value.hint}"
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_a_server_that_goes_away_while_it_is_filled_is_told_without_how_we_connect() -> None:
    def copy() -> dict[str, int]:
        raise duckdb.IOException('Unable to connect to Postgres at "host=db password=hunter2": connection refused')

    with duckdb.connect() as warehouse:
        warehouse.execute("begin")
        with pytest.raises(ServeError, match="did not take the copy: .*connection refused") as caught:
            publish._persistently(warehouse, "host=db password=hunter2", copy)
        assert "hunter2" not in str(caught.value)


def test_starting_a_running_server_does_nothing(shop: Governed) -> None:
    pid = (shop.server.data / "postmaster.pid").read_text()
    start(shop.server)
    assert (shop.server.data / "postmaster.pid").read_text() == pid


def test_an_unknown_user_is_told_with_the_nearest_one(shop: Governed) -> None:
    with pytest.raises(Exception, match=r"'anna' is no user of the policy \(did you mean 'ana'\?\)"):
        readable(shop.plan, "anna")


def test_a_reader_who_stands_in_the_way_of_the_policy_is_ended(changing: Governed) -> None:
    """A mask that changes waits for readers as long as a statement may take, and not longer."""
    masks = changing.policy / "masks.yml"
    config = changing.root / "fondaco.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("serve: {", "serve: {statement_timeout: 1s, "), encoding="utf-8")
    assert changing.settings.serve.statement_timeout == timedelta(seconds=1)
    try:
        changing.refresh(data=False)
        with changing.connect("ana") as connection:
            connection.execute("set statement_timeout = 0")
            connection.execute("set idle_in_transaction_session_timeout = 0")
            connection.execute("begin")
            connection.execute("select count(*) from gold.customers")
            masks.write_text(
                masks.read_text(encoding="utf-8").replace("pii.email: {mask: keep_domain", "pii.email: {mask: redact"), encoding="utf-8"
            )
            done = changing.refresh(data=False)
            assert done.enforced.ended == 1
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
        assert changing.rows("ana", "select distinct email from gold.customers") == [("***",)]
    finally:
        config.write_text(text, encoding="utf-8")
