"""The policy is read whole, or refused by file and line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from fondaco.errors import DeclarationError
from fondaco.governance.load import load_policy
from tests.governance.little import ENTITLEMENTS, LAYERS, MASKS, ROLES, USERS, write


def test_a_policy_is_read_as_it_stands(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path / "policy"))
    analyst = policy.roles["DATA_ANALYST"]
    assert (analyst.reads, analyst.rows, analyst.people) == (("gold",), "entitled", "mask")
    assert policy.masks["pii.email", "mask"] == "keep_domain"
    assert policy.masks["pii.email", "hide"] == "empty"
    assert policy.layers["silver"].rule.kind == "whole"
    assert policy.relations["gold.calendar"].why == "days are no secret"


def test_the_countries_of_a_user_are_her_own_and_those_of_her_groups(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path / "policy"))
    assert policy.countries("ana") == ("AT", "DE")
    assert policy.countries("noor") == ()


def test_norway_is_a_country_and_no_truth_value(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path / "policy", entitlements="who,country\nana,NO\n"))
    assert policy.countries("ana") == ("NO",)


def test_a_class_that_a_role_names_beats_its_form_for_persons(tmp_path: Path) -> None:
    text = ROLES.replace("people: hash}", "people: hash, classes: {pii.email: hide, identifier: hash}}")
    role = load_policy(write(tmp_path / "policy", roles=text)).roles["DATA_SCIENTIST"]
    assert [role.form(name) for name in ("pii.email", "pii.phone", "identifier", "internal")] == ["hide", "hash", "hash", "clear"]


@pytest.mark.parametrize(
    ("file", "text", "said", "line"),
    [
        ("roles", ROLES.replace("people: mask", "peeple: mask"), "'peeple' is not a setting here (did you mean 'people'?)", 4),
        ("roles", ROLES.replace("rows: entitled", "rows: some"), "'rows' is 'some'", 4),
        (
            "roles",
            ROLES.replace("people: mask", "people: masks"),
            "'people' is 'masks', which is none of clear, mask, hash, hide (did you mean 'mask'?)",
            4,
        ),
        ("roles", ROLES.replace("reads: [gold]", "reads: [golden]"), "there is no layer 'golden' (did you mean 'gold'?)", 4),
        ("roles", ROLES.replace("DATA_ANALYST", "PG_READ_ALL_DATA"), "cannot be the name of a role", 4),
        ("roles", ROLES.replace("DATA_ANALYST", "CURRENT_USER"), "cannot be the name of a role", 4),
        (
            "roles",
            ROLES.replace("people: mask}", "people: mask, classes: {pii.mail: hide}}"),
            "'pii.mail' is no classification (did you mean 'pii.email'?)",
            4,
        ),
        ("masks", MASKS.replace("keep_domain", "keep_domian"), "(did you mean 'keep_domain'?)", 2),
        ("masks", MASKS.replace("  pii.phone: {mask: keep_last_two, hash: pseudonym}\n", ""), "pii.phone has no mask", 1),
        ("masks", MASKS.replace("pii.name:", "pii.nmae:"), "'pii.nmae' is no classification (did you mean 'pii.name'?)", 4),
        (
            "layers",
            LAYERS.replace("rows_by: country", "public: yes, rows_by: country"),
            "must say one of rows_by: COLUMN, public: WHY, whole: WHY",
            3,
        ),
        ("layers", LAYERS.replace(", rows_by: country", ""), "'gold' must say one of rows_by", 3),
        ("layers", LAYERS.replace("{public: days are no secret}", '{public: ""}'), "'public' of 'gold.calendar' says nothing", 5),
        ("layers", LAYERS.replace("gold.calendar", "calendar"), "'calendar' is no relation of a layer", 5),
        ("layers", LAYERS.replace("  gold: {", "  golden: {"), "there is no layer 'golden'", 3),
        ("users", USERS.replace("sam: DATA_SCIENTIST", "sam: SCIENTIST"), "sam has the role 'SCIENTIST', which roles.yml does not know", 3),
        ("users", USERS.replace("sam:", "postgres:"), "'postgres' cannot be a user", 3),
        ("users", USERS.replace("sam:", "gov_loader:"), "'gov_loader' cannot be a user", 3),
        ("users", USERS.replace("sam:", '"sam; drop table x":'), "cannot be a user", 3),
        ("users", USERS.replace("sam:", "data_analyst:"), "'data_analyst' cannot be a user", 3),
        ("users", USERS.replace("[ana]", "[anna]"), "group dach has 'anna', who is no user (did you mean 'ana'?)", 7),
        ("users", USERS.replace("dach:", "ana:"), "'ana' cannot be a group", 7),
        ("entitlements", ENTITLEMENTS + "bob,DE\n", "'bob' is no user and no group", 4),
        ("entitlements", ENTITLEMENTS + "ana,AT\n", "ana,AT stands in line 3 already", 4),
        ("entitlements", ENTITLEMENTS + "ana,FR,DE\n", "this line is not a user or group and a country", 4),
        ("entitlements", "user;country\n", "entitlements.csv begins with 'user;country'", 1),
    ],
)
def test_what_is_wrong_is_told_with_file_and_line(tmp_path: Path, file: str, text: str, said: str, line: int) -> None:
    folder = write(tmp_path / "policy", **{file: text})
    with pytest.raises(DeclarationError) as caught:
        load_policy(folder)
    assert said in caught.value.message
    ending = "csv" if file == "entitlements" else "yml"
    assert caught.value.where == f"{folder / file}.{ending}:{line}"


def test_a_missing_file_and_one_that_nobody_reads_are_told(tmp_path: Path) -> None:
    folder = write(tmp_path / "policy")
    (folder / "role.yml").write_text("roles: {}")
    with pytest.raises(DeclarationError, match=r"policy/role.yml is read by nobody \(did you mean 'roles.yml'\?\)"):
        load_policy(folder)
    (folder / "role.yml").unlink()
    (folder / "entitlements.csv").unlink()
    with pytest.raises(DeclarationError, match=r"policy/entitlements.csv is missing"):
        load_policy(folder)
    with pytest.raises(DeclarationError, match="there is no policy at"):
        load_policy(tmp_path / "nowhere")


def test_how_long_people_are_kept_may_be_left_unsaid_and_is_counted_by_the_calendar(tmp_path: Path) -> None:
    folder = write(tmp_path / "policy")
    assert load_policy(folder).retention == ()
    (folder / "retention.yml").write_text("retention:\n  pii.phone: 3 months\n  pii.birth_date: 1 year\n  pii.free_text: 90 days\n")
    rules = {rule.classification: rule for rule in load_policy(folder).retention}
    assert [str(rule) for rule in rules.values()] == ["3 months", "1 year", "90 days"]
    assert rules["pii.phone"].before(datetime(2024, 5, 31, 7)) == datetime(2024, 2, 29, 7)
    assert rules["pii.phone"].before(datetime(2024, 1, 15)) == datetime(2023, 10, 15)
    assert rules["pii.birth_date"].before(datetime(2024, 2, 29)) == datetime(2023, 2, 28)
    assert rules["pii.free_text"].before(datetime(2024, 5, 31)) == datetime(2024, 3, 2)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("pii.fone: 3 years", "'pii.fone' is no classification of persons (did you mean 'pii.phone'?)"),
        ("internal: 3 years", "'internal' is no classification of persons"),
        ("pii.pseudonym: 3 years", "pii.pseudonym is made of e-mails by the warehouse: it goes with pii.email"),
        ("pii.phone: forever", "pii.phone is kept for 'forever', which is no time: write it as 90 days, 18 months or 3 years"),
        ("pii.phone: 0 days", "which is no time"),
        ("pii.phone: 101 years", "more than 100 years"),
        ("pii.phone: 3", "'retention' must map names to texts"),
    ],
)
def test_a_time_that_is_none_is_told_with_file_and_line(tmp_path: Path, rule: str, said: str) -> None:
    folder = write(tmp_path / "policy")
    (folder / "retention.yml").write_text(f"retention:\n  pii.name: 1 year\n  {rule}\n")
    with pytest.raises(DeclarationError) as caught:
        load_policy(folder)
    assert said in caught.value.message
    assert caught.value.where in (f"{folder / 'retention.yml'}:3", f"{folder / 'retention.yml'}:1")
