"""The plan is one value: printed in one order, compared line by line, and alarming where nobody can have meant it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.governance import alarms, difference, lines
from fondaco.governance.matrix import accesses, page
from tests.governance.little import ENTITLEMENTS, LAYERS, ROLES, USERS, plan, relation


def test_the_order_of_files_and_lines_of_the_warehouse_does_not_matter(tmp_path: Path) -> None:
    one, other = relation("gold.a", ("country", "varchar", None)), relation("gold.b", ("country", "varchar", None))
    assert plan(tmp_path, one, other) == plan(tmp_path, other, one)
    turned = "who,country\nana,AT\ndach,DE\n"
    assert plan(tmp_path).digest == plan(tmp_path, entitlements=turned).digest


def test_a_change_of_the_policy_is_a_few_lines(tmp_path: Path) -> None:
    before = lines(plan(tmp_path))
    assert difference(before, lines(plan(tmp_path, entitlements=ENTITLEMENTS + "noor,FR\n"))) == ("+ user noor may see FR",)
    masked = lines(plan(tmp_path, roles=ROLES.replace("people: mask", "people: hide")))
    assert difference(before, masked) == (
        "- gold.customers.customer_key varchar pii.pseudonym: pseudonym for DATA_SCIENTIST, pseudonym for DATA_ANALYST",
        "+ gold.customers.customer_key varchar pii.pseudonym: pseudonym for DATA_SCIENTIST, empty for DATA_ANALYST",
        "- gold.customers.email varchar pii.email: pseudonym for DATA_SCIENTIST, keep_domain for DATA_ANALYST",
        "+ gold.customers.email varchar pii.email: pseudonym for DATA_SCIENTIST, empty for DATA_ANALYST",
    )
    assert difference(before, before) == ()


def test_the_shipped_like_policy_alarms_nobody(tmp_path: Path) -> None:
    assert alarms(plan(tmp_path)) == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"users": "users:\n  erin: DATA_ENGINEER\n", "entitlements": "who,country\n", "roles": ROLES.replace("people: mask", "people: clear")}, "every user sees every person as she is"),
        ({"entitlements": "who,country\n"}, "no user with countries has one: ana, noor see no row by country"),
        ({"roles": ROLES.replace("rows: entitled", "rows: all")}, "every role sees all rows"),
        ({"roles": "roles:\n  IDLE: {description: Nothing., reads: [], rows: all, people: hide}\n", "users": "users: {erin: IDLE}\n", "entitlements": "who,country\n"}, "no user reads anything"),
        ({"users": "users: {}\n", "entitlements": "who,country\n"}, "there is no user: nobody can log in"),
    ],
)  # fmt: skip
def test_a_policy_that_locks_out_or_opens_everything_alarms(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    assert any(said in alarm for alarm in alarms(plan(tmp_path, **changed)))


def test_the_matrix_says_of_each_role_and_relation_which_rows_and_columns(tmp_path: Path) -> None:
    found = {(access.role, access.relation): access for access in accesses(plan(tmp_path))}
    assert len(found) == 3 * 3
    assert found["DATA_ANALYST", "silver.events"].rows == "none"
    assert found["DATA_ANALYST", "gold.customers"].rows == "by country"
    assert found["DATA_ANALYST", "gold.customers"].changed == {"customer_key": "pseudonym", "email": "keep_domain", "birth_date": "empty"}
    assert found["DATA_ENGINEER", "gold.customers"].clear == ("customer_key", "email", "birth_date")


def test_the_page_of_the_matrix_can_be_read(tmp_path: Path) -> None:
    text = page(plan(tmp_path))
    assert "| customers | all rows; persons as they are | all rows; customer_key, email: pseudonym; birth_date: keep_year |" in text
    assert "| noor | DATA_ANALYST | none |" in text


def test_what_is_in_the_warehouse_only_is_not_served(tmp_path: Path) -> None:
    found = plan(tmp_path, layers=LAYERS.replace("silver: {served: true", "silver: {served: false"))
    assert [one.path for one in found.served] == ["gold.calendar", "gold.customers"]


def test_users_of_the_policy_are_the_users_of_the_plan(tmp_path: Path) -> None:
    found = plan(tmp_path, users=USERS.replace("  noor: DATA_ANALYST\n", ""))
    assert found.users == (("ana", "DATA_ANALYST"), ("erin", "DATA_ENGINEER"), ("sam", "DATA_SCIENTIST"))
    with pytest.raises(KeyError):
        found.role("noor")
