"""`fondaco doctor warehouse` on the double: what it finds, and the fix that it names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fondaco.errors import BuildError
from fondaco.governance.site import put_in_force
from fondaco.job.doctor import examine
from fondaco.job.snowflake_health import findings
from fondaco.settings import Settings
from fondaco.warehouse.snowflake import opened
from tests.snow.conftest import connections, shop_in
from tests.snow.double.server import Double, double


@pytest.fixture(scope="module")
def served(key_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Double]:
    with double() as account, pytest.MonkeyPatch.context() as environment:
        environment.setenv("SNOWFLAKE_CONNECTIONS", connections(account, key_file))
        account.user("FONDACO", "PUBLIC")
        put_in_force(shop_in(tmp_path_factory.mktemp("served"), "admin"))
        yield account


@pytest.fixture
def settings(served: Double, log_in: Callable[[Double], None], shop: Callable[..., Settings]) -> Settings:
    """The shop as its service sees it."""
    log_in(served)
    return shop("service")


def test_before_the_first_apply_it_says_that_the_role_is_missing(
    account: Double, log_in: Callable[[Double], None], shop: Callable[..., Settings]
) -> None:
    log_in(account)
    account.user("FONDACO", "PUBLIC")
    with pytest.raises(BuildError, match="Role 'SHOP_BUILDER'"):
        list(findings(shop("service")))


def test_after_an_apply_all_is_well(settings: Settings) -> None:
    found = [check for check in examine(settings.file, None, "warehouse") if check.part == "warehouse"]
    assert [(check.verdict, check.fix) for check in found] == [("ok", None)] * 4
    assert "FONDACO is in, as SHOP_BUILDER" in found[0].finding


def test_a_stage_that_aws_does_not_let_in_is_told_with_the_way_to_trust_it(settings: Settings, served: Double) -> None:
    served.account.is_trusted = False
    try:
        (bad,) = [finding for finding in findings(settings) if finding[0] == "bad"]
    finally:
        served.account.is_trusted = True
    assert "cannot be listed" in bad[1]
    assert "DESC INTEGRATION" in str(bad[2])


def test_a_schema_that_is_gone_is_named(settings: Settings, served: Double) -> None:
    owner = served.account.owners.pop(("SCHEMA", ("SHOP", "MARTS")))
    try:
        (bad,) = [finding for finding in findings(settings) if finding[0] == "bad"]
    finally:
        served.account.owners["SCHEMA", ("SHOP", "MARTS")] = owner
    assert (bad[1].split(" is ")[0], bad[2]) == ("SHOP: MARTS", "fondaco policy apply")


def test_a_table_without_its_policies_is_named_with_them(settings: Settings, served: Double) -> None:
    with opened(settings, role="SHOP_BUILDER") as session:
        session.execute("CREATE TABLE SHOP.GOLD.CUSTOMERS (EMAIL VARCHAR, COUNTRY VARCHAR)")
        (bad,) = [finding for finding in findings(settings) if finding[0] == "bad"]
        session.execute("DROP TABLE SHOP.GOLD.CUSTOMERS")
    assert bad[1].startswith("SHOP.GOLD.CUSTOMERS: not in force: MASK_PII_")
    assert "ROWS_BY_COUNTRY" in bad[1]
    assert bad[2] == "fondaco build --full-refresh"
