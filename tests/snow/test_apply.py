"""`fondaco policy plan` and `apply` on the double: what is missing comes, what differs changes, what is ours and unwanted goes."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fondaco.cli import main
from fondaco.errors import BuildError, ConfigError
from fondaco.governance.site import SCRIPT, foresee, put_in_force
from fondaco.settings import Settings
from fondaco.warehouse.snowflake import opened
from tests.snow.conftest import SECRET, connections, shop_in
from tests.snow.double.account import Denied, Grant
from tests.snow.double.server import Double, double
from tests.snow.grammar import assert_snowflake

LogIn = Callable[[Double], None]
Shop = Callable[..., Settings]


@pytest.fixture(scope="module")
def served(key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    """An account in which the policy was put in force; a test that changes it puts it back, or uses `applied`."""
    with double() as account, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SNOWFLAKE_CONNECTIONS", connections(account, key_file))
        account.user("FONDACO", "PUBLIC")
        put_in_force(shop_in(tmp_path_factory.mktemp("served"), "admin"))
        yield account


@pytest.fixture
def applied(served: Double, log_in: LogIn) -> Iterator[Double]:
    """An account in which the policy is in force; what a test changes of what it knows is put back."""
    log_in(served)
    before = copy.deepcopy(served.account)
    yield served
    served.account = before


def test_a_second_apply_changes_nothing(applied: Double, shop: Shop) -> None:
    assert put_in_force(shop()).steps == ()
    assert foresee(shop()).steps == ()


def test_the_script_of_an_apply_is_written_and_has_no_secret_in_it(account: Double, log_in: LogIn, shop: Shop) -> None:
    log_in(account)
    account.user("FONDACO", "PUBLIC")
    settings = shop()
    put_in_force(settings)
    script = (settings.state_dir / SCRIPT).read_text(encoding="utf-8")
    assert script.startswith('USE ROLE "USERADMIN";\nCREATE ROLE IF NOT EXISTS "SHOP_BUILDER"')
    assert SECRET not in script
    assert not any(SECRET in said.sql for said in account.said)


@pytest.mark.slow
def test_every_statement_that_is_sent_is_snowflakes_grammar(applied: Double, shop: Shop) -> None:
    foresee(shop())
    shapes = {said.sql.split('"')[0] + str(len(said.sql) // 400): said.sql for said in applied.said}
    assert len(shapes) > 40
    for sql in shapes.values():
        assert_snowflake(sql)


def test_looking_changes_nothing(account: Double, log_in: LogIn, shop: Shop) -> None:
    log_in(account)
    account.user("FONDACO", "PUBLIC")
    assert foresee(shop()).steps
    assert not account.account.owners


@pytest.mark.slow
@pytest.mark.parametrize("after", [1, 45, 130])
def test_an_apply_that_broke_off_is_finished_by_the_next(account: Double, log_in: LogIn, shop: Shop, after: int) -> None:
    log_in(account)
    account.user("FONDACO", "PUBLIC")
    count = {"made": 0}

    def break_off(sql: str) -> None:
        if sql.startswith(("CREATE", "GRANT", "INSERT", "ALTER")):
            count["made"] += 1
            if count["made"] > after:
                raise Denied("the account is locked")

    account.down = break_off
    with pytest.raises(BuildError, match="the account is locked"):
        put_in_force(shop())
    account.down = None
    put_in_force(shop())
    assert foresee(shop()).steps == ()


def test_what_was_changed_by_hand_is_put_back(applied: Double, shop: Shop) -> None:
    known = applied.account
    policy = ("SHOP", "GOVERNANCE", "ROWS_BY_COUNTRY")
    before = known.policies[policy]
    known.policies[policy] = type(before)(before.kind, before.arguments, "TRUE")
    known.things["WAREHOUSE", ("SHOP_BUILD",)]["WAREHOUSE_SIZE"] = "XLARGE"
    known.users["ANA"].takes_all_roles = True
    with opened(shop(), role="SYSADMIN") as session:
        session.execute("INSERT INTO SHOP.GOVERNANCE.ENTITLEMENTS (USER_NAME, COUNTRY) VALUES ('ANA', 'FR')")
    assert {(step.sign, step.what) for step in put_in_force(shop()).steps} == {
        ("~", "row access policy ROWS_BY_COUNTRY"),
        ("~", "warehouse SHOP_BUILD"),
        ("~", "user ANA"),
        ("~", "entitlements ENTITLEMENTS"),
    }
    assert known.policies[policy] == before
    assert foresee(shop()).steps == ()


def test_rights_of_ours_that_nobody_wants_are_revoked_and_those_of_others_stay(applied: Double, shop: Shop) -> None:
    known = applied.account
    mine = Grant("SELECT", "VIEW", ("SHOP", "SERVE", "SILVER_FACT_CUSTOMERS"), "DATA_ANALYST")
    known.roles["SOMEBODY_ELSE"] = set()
    theirs = Grant("USAGE", "DATABASE", ("SHOP",), "SOMEBODY_ELSE")
    known.owners["DATABASE", ("OTHER",)] = "SYSADMIN"
    elsewhere = Grant("USAGE", "DATABASE", ("OTHER",), "DATA_ANALYST")
    known.grants |= {mine, theirs, elsewhere}
    known.users["ANA"].roles.add("DATA_ENGINEER")
    assert {step.statement for step in put_in_force(shop()).steps} == {
        'REVOKE SELECT ON VIEW "SHOP"."SERVE"."SILVER_FACT_CUSTOMERS" FROM ROLE "DATA_ANALYST"',
        'REVOKE ROLE "DATA_ENGINEER" FROM USER "ANA"',
    }
    assert mine not in known.grants
    assert {theirs, elsewhere} <= known.grants


def test_a_user_who_left_the_policy_loses_her_role(applied: Double, shop: Shop, tmp_path: Path, repo: Path) -> None:
    policy = tmp_path / "policy"
    policy.mkdir()
    for file in (repo / "policy").iterdir():
        text = file.read_text(encoding="utf-8")
        (policy / file.name).write_text(
            "".join(line for line in text.splitlines(True) if not re.search("ben|iberia", line)), encoding="utf-8"
        )
    steps = put_in_force(shop()).steps
    assert 'REVOKE ROLE "DATA_ANALYST" FROM USER "BEN"' in {step.statement for step in steps}
    assert applied.account.users["BEN"].roles == set()


def test_nobody_but_the_builder_may_read_below_the_surface(applied: Double) -> None:
    readers = {grant for grant in applied.account.grants if grant.role.startswith("DATA_") and grant.kind in ("SCHEMA", "VIEW", "TABLE")}
    assert {grant.name[1] for grant in readers} == {"SERVE"}
    assert all(schema in applied.account.managed for kind, schema in applied.account.owners if kind == "SCHEMA")


def test_the_commands_say_what_would_come_and_what_came(
    account: Double, log_in: LogIn, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    log_in(account)
    account.user("FONDACO", "PUBLIC")
    folder = str(shop().root)
    assert main(["-C", folder, "--json", "policy", "plan", "--check"]) == 1
    assert json.loads(capsys.readouterr().out)["data"]["steps"]
    assert main(["-C", folder, "policy", "apply"]) == 0
    assert "Put in force" in capsys.readouterr().out
    assert main(["-C", folder, "policy", "plan", "--check"]) == 0
    assert "Snowflake is as the policy and fondaco.yml say" in capsys.readouterr().out


# --- bad input --------------------------------------------------------------------------------------------------------------------


def test_a_password_is_refused(account: Double, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNOWFLAKE_CONNECTIONS", '[admin]\naccount = "a"\nuser = "ADMIN"\npassword = "hunter2"\n')
    with pytest.raises(ConfigError, match="not built with a password") as refused:
        foresee(shop())
    assert "hunter2" not in str(refused.value)


def test_a_connection_that_is_not_there_is_named(account: Double, log_in: LogIn, shop: Shop) -> None:
    log_in(account)
    with pytest.raises(ConfigError, match="no connection 'nobody'") as refused:
        foresee(shop("nobody"))
    assert "admin, service" in str(refused.value.hint)


def test_who_is_no_administrator_is_told_the_role_that_she_lacks(account: Double, log_in: LogIn, shop: Shop) -> None:
    log_in(account)
    account.user("FONDACO", "SYSADMIN")
    with pytest.raises(BuildError, match="ACCOUNTADMIN"):
        put_in_force(shop("service"))


def test_a_lake_in_a_folder_is_refused(shop: Shop, tmp_path: Path) -> None:
    settings = shop()
    lake = settings.lake.model_copy(update={"path": str(tmp_path)})
    with pytest.raises(ConfigError, match="Snowflake reads a lake on S3"):
        foresee(settings.model_copy(update={"lake": lake}))
