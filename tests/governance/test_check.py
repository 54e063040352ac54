"""A policy that does not fit the warehouse is refused before anything is in force."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.errors import DeclarationError
from fondaco.governance import plan_of
from fondaco.governance.catalog import Relation
from fondaco.settings import load_settings
from tests.governance.little import CUSTOMERS, ENTITLEMENTS, LAYERS, MASKS, ROLES, plan, relation


def test_what_is_shipped_fits_the_shipped_warehouse(repo: Path) -> None:
    found = plan_of(load_settings(repo, None, {}))
    assert {role for role, _ in found.roles} == {"DATA_ENGINEER", "DATA_SCIENTIST", "DATA_ANALYST"}
    assert found.relation("gold.customers").readers == ("DATA_ENGINEER", "DATA_SCIENTIST", "DATA_ANALYST")


@pytest.mark.parametrize("system", ["adventureworks", "medusa", "online_retail", "plain", "woocommerce"])
def test_the_shipped_policy_fits_every_system(repo: Path, tmp_path: Path, system: str) -> None:
    (tmp_path / "fondaco.yml").write_text(f"project: shop\nsources: {{shop: {{type: files, path: ., system: {system}}}}}\n")
    assert plan_of(load_settings(tmp_path, None, {})).relation("gold.daily_sales").rows_by == "country"


def test_a_key_from_which_an_email_can_be_guessed_is_not_shown_as_it_is(repo: Path) -> None:
    """`guest:` and the md5 of an e-mail: who has an address in mind can ask whether it is there."""
    found = plan_of(load_settings(repo, None, {}))
    keys = [
        (relation.path, column.name)
        for relation in found.relations
        for column in relation.columns
        if column.name in ("customer_key", "customer_sk")
        and any(method == "clear" for role, method in column.shown if role != "DATA_ENGINEER")
    ]
    assert keys == []


@pytest.mark.parametrize(
    ("changed", "said", "where"),
    [
        ({"roles": ROLES.replace("reads: [gold]", "reads: [gold.custommers]")}, "there is no relation gold.custommers (did you mean 'gold.customers'?)", "roles.yml:4"),
        ({"roles": ROLES.replace("reads: [gold]", "reads: [bronze]")}, "layers.yml does not know 'bronze'", "roles.yml:4"),
        ({"roles": ROLES.replace("reads: [gold]", "reads: [gold, silver.events]")}, "which goes whole or not at all", "roles.yml:4"),
        ({"layers": LAYERS.replace("gold.calendar", "gold.calender")}, "there is no relation gold.calender (did you mean 'gold.calendar'?)", "layers.yml:5"),
        ({"layers": LAYERS.replace("relations:\n  gold.calendar: {public: days are no secret}\n", "")}, "gold.calendar has no column 'country'", "layers.yml:3"),
        ({"layers": LAYERS.replace("rows_by: country", "rows_by: email")}, "rows of gold.customers cannot be told by 'email', a varchar classified pii.email", "layers.yml:3"),
        ({"layers": LAYERS.replace("rows_by: country", "rows_by: net_revenue")}, "cannot be told by 'net_revenue', a decimal(18,4)", "layers.yml:3"),
        ({"masks": MASKS.replace("{mask: empty, hash: keep_year}", "{mask: redact, hash: keep_year}")}, "birth_date, a date, by 'redact', which takes a varchar", "roles.yml:4"),
        ({"roles": ROLES.replace("people: mask}", "people: mask, classes: {internal: mask}}")}, "sees internal in the form 'mask', and masks.yml does not say how", "roles.yml:4"),
        ({"entitlements": ENTITLEMENTS + "ana,XX\n"}, "there is no country 'XX'", "entitlements.csv:4"),
        ({"entitlements": ENTITLEMENTS + "ana,de\n"}, "there is no country 'de' (did you mean 'DE'?)", "entitlements.csv:4"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_file_and_line(tmp_path: Path, changed: dict[str, str], said: str, where: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        plan(tmp_path, **changed)
    assert said in caught.value.message
    assert caught.value.where == str(tmp_path / where)


@pytest.mark.parametrize(
    "column", ["email", "city", "contact_phone", "lastname", "date_of_birthday", "shipping_address_1", "zip", "customer_name", "ip", "iban"]
)
def test_a_column_that_tells_of_persons_and_has_no_class_is_refused(tmp_path: Path, column: str) -> None:
    with pytest.raises(DeclarationError, match=f"column '{column}' of gold.letters seems to tell of persons") as caught:
        plan(tmp_path, relation("gold.letters", ("country", "varchar", None), (column, "varchar", None)))
    assert caught.value.where == "letters.yml:5"
    plan(tmp_path, relation("gold.letters", ("country", "varchar", None), (column, "varchar", "public")))


def test_a_new_mart_without_a_rule_stops_the_policy_and_one_with_a_country_is_governed_at_once(tmp_path: Path) -> None:
    new = relation("gold.new", ("country", "varchar", None), ("email", "varchar", "pii.email"))
    found = plan(tmp_path, new).relation("gold.new")
    assert (found.rows_by, found.columns[1].method("DATA_ANALYST")) == ("country", "keep_domain")
    with pytest.raises(DeclarationError, match="gold.new has no column 'country' to tell whose a row is"):
        plan(tmp_path, relation("gold.new", ("amount", "bigint", None)))


def test_a_layer_that_no_role_reads_is_read_by_nobody(tmp_path: Path) -> None:
    hidden: Relation = relation("bronze.shop__customers", *CUSTOMERS)
    found = plan(tmp_path, hidden)
    assert all(one.layer != "bronze" for one in found.relations)
