"""One plan, three engines: the statements are golden files that a person reads, and each engine's grammar takes them.

After a deliberate change: `python -m tests.governance.test_compilers` writes the files anew; read the difference before it is committed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
import yaml

from fondaco.governance import Plan, lines, plan_of, postgres, snowflake
from fondaco.governance.account import Site, things
from fondaco.governance.applied import difference, script
from fondaco.governance.cells import all_visible, visible
from fondaco.governance.masks import METHODS, shown
from fondaco.governance.sql import engine_type, identifier, literal
from fondaco.settings import load_settings
from tests.governance.little import plan
from tests.snow.grammar import assert_snowflake

#: Where a little shop's warehouse would be, with everything that may be said about it.
SITE = Site(
    "SHOP",
    "FONDACO_LOADER",
    ("FONDACO",),
    lake="s3://acme-lake/shop/bronze/",
    storage_role="arn:aws:iam::111111111111:role/acme-lake-snowflake",
    credits=100,
)
GOLDEN = Path(__file__).parent / "golden"
FILES = ("plan.txt", "postgres.sql", "snowflake.sql", "snowflake_overlay.yml", "cells.sql")


def golden(found: Plan) -> dict[str, str]:
    users = [user for user, _ in found.users]
    cells = [f"-- what {user} sees of {path}\n{sql};\n" for user in users for path, sql in all_visible(found, user, "$key").items()]
    return {
        "plan.txt": "\n".join(lines(found)) + "\n",
        "postgres.sql": _script(postgres.statements(found, "shop")),
        "snowflake.sql": "".join(f"{line}\n" for line in script(difference(things(found, SITE), {})))
        + "".join(f"{view};\n" for _, view in snowflake.views(found, "SHOP")),
        "snowflake_overlay.yml": yaml.safe_dump(dict(snowflake.overlay(found, "SHOP")), sort_keys=False, width=200),
        "cells.sql": "\n".join(cells),
    }


def _script(statements: Iterable[str]) -> str:
    return "".join(f"{statement};\n" for statement in statements)


@pytest.mark.parametrize("name", FILES)
def test_the_little_plan_compiles_to_what_is_written(tmp_path: Path, name: str) -> None:
    assert golden(plan(tmp_path))[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_compiling_twice_gives_the_same_text(repo: Path) -> None:
    settings = load_settings(repo, None, {})
    assert golden(plan_of(settings)) == golden(plan_of(settings))


@pytest.mark.slow
def test_every_statement_for_snowflake_is_snowflakes_grammar(repo: Path) -> None:
    found = plan_of(load_settings(repo, None, {}))
    # of many statements of one shape the longest and the shortest
    shapes: dict[str, list[str]] = {}
    for step in difference(things(found, SITE), {}):
        shapes.setdefault(" ".join(step.statement.split('"')[0].split()), []).append(step.statement)
    shapes["view"] = [view for _, view in snowflake.views(found, "SHOP")]
    for statements in shapes.values():
        for statement in {min(statements, key=len), max(statements, key=len)}:
            assert_snowflake(statement)


def test_the_overlay_goes_into_the_models_yml_and_leaves_the_rest(repo: Path) -> None:
    found = plan_of(load_settings(repo, None, {}))
    more = snowflake.overlay(found, "SHOP")
    yml = yaml.safe_load((repo / "warehouse/models/marts/customers/customers.yml").read_text(encoding="utf-8"))
    (model,) = snowflake.overlaid(yml, more)["models"]
    columns = {column["name"]: column for column in model["columns"]}
    assert model["config"]["contract"] == {"enforced": True}
    assert model["config"]["row_access_policy"] == '"SHOP"."GOVERNANCE"."ROWS_BY_COUNTRY" on ("COUNTRY")'
    assert columns["email"]["constraints"] == [
        {"type": "custom", "expression": 'with masking policy "SHOP"."GOVERNANCE"."MASK_PII_EMAIL_VARCHAR"'}
    ]
    # the key's own constraint stays, and its mask comes with it
    assert [one["type"] for one in columns["customer_key"]["constraints"]] == ["not_null", "custom"]
    assert "constraints" not in columns["country"]
    assert snowflake.overlaid({"models": [{"name": "other"}]}, more) == {"models": [{"name": "other"}]}


def test_the_role_that_builds_sees_everything_on_snowflake_or_a_build_would_write_masked_values(repo: Path) -> None:
    found = plan_of(load_settings(repo, None, {}))
    bodies = [policy.body for policy in snowflake.policies(found, "SHOP", "BUILDER")]
    assert bodies
    assert all(body.removeprefix("CASE WHEN ").startswith("IS_ROLE_IN_SESSION('BUILDER')") for body in bodies)
    assert all(body.endswith("ELSE NULL END") for body in bodies if body.startswith("CASE"))


def test_nobody_is_granted_a_table_on_snowflake(repo: Path) -> None:
    steps = difference(things(plan_of(load_settings(repo, None, {})), SITE), {})
    grants = [step.statement for step in steps if step.statement.startswith("GRANT SELECT")]
    assert grants
    assert all(text.startswith('GRANT SELECT ON VIEW "SHOP"."SERVE".') for text in grants)


def test_nobody_is_granted_a_base_table_on_postgresql(repo: Path) -> None:
    grants = [text for text in postgres.statements(plan_of(load_settings(repo, None, {})), "shop") if text.startswith("GRANT")]
    base = [text for text in grants if '"_' in text or " _gov" in text]
    assert base
    assert all(text.endswith(" TO gov_reader") for text in base)


def test_who_does_not_read_a_relation_has_no_select_of_it(tmp_path: Path) -> None:
    found = plan(tmp_path)
    assert set(all_visible(found, "ana", "'k'")) == {"gold.calendar", "gold.customers"}
    with pytest.raises(PermissionError):
        visible(found, "ana", found.relation("silver.events"), "'k'")


@pytest.mark.parametrize("text", ["o'brien", 'a "b" c', "back\\slash", "'; drop table x; --", "$body$", "ü\n\t€", "%s {c}"])
def test_names_and_values_are_quoted_whatever_they_hold(text: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table t ({identifier(text)} varchar)")
        connection.execute(f"insert into t values ({literal(text, 'duckdb')})")
        answer = connection.execute(f"select {identifier(text)} from t")
        assert answer.description is not None
        assert (answer.description[0][0], answer.fetchone()) == (text, (text,))


def test_a_backslash_is_doubled_where_it_begins_something() -> None:
    assert literal("a\\'b", "snowflake") == "'a\\\\''b'"
    assert literal("a\\'b") == "'a\\''b'"
    with pytest.raises(ValueError, match="zero byte"):
        literal("a\0b")
    with pytest.raises(ValueError, match="no name"):
        identifier("")


def test_types_have_the_names_of_each_engine() -> None:
    names = [
        engine_type(kind, engine) for kind in ("varchar", "decimal(18,4)", "timestamp") for engine in ("duckdb", "postgres", "snowflake")
    ]
    assert names == [
        "varchar",
        "text",
        "varchar",
        "decimal(18,4)",
        "numeric(18,4)",
        "number(18,4)",
        "timestamp",
        "timestamp",
        "timestamp_ntz",
    ]


#: Truths by hand: enforcer and oracle share the expression, so that one mistake would pass both.
MASKED = [
    ("keep_domain", "ana.silva@example.com", "a***@example.com"),
    ("keep_domain", "a@example.com", "a***@example.com"),
    ("keep_domain", "no address", "***"),
    ("keep_domain", "x@y", "***"),
    ("keep_domain", "call me @ Ana Silva, Rua 12.", "***"),
    ("keep_domain", "a@b@c.com", "***"),
    ("keep_domain", "@example.com", "***"),
    ("keep_domain", "", "***"),
    ("keep_last_two", "+49 171 1234567", "***67"),
    ("keep_last_two", "12345", "***"),
    ("keep_initial", "Émile", "É***"),
    ("keep_initial", "X", "***"),
    ("redact", "Rua Augusta 12", "***"),
]


@pytest.mark.parametrize(("method", "value", "seen"), MASKED)
def test_a_masked_value_is_what_a_person_would_write(method: str, value: str, seen: str) -> None:
    with duckdb.connect() as connection:
        expression = shown(method, "c", "varchar", "duckdb", "'key'")
        assert connection.execute(f"select {expression} from (select ?::varchar as c)", [value]).fetchone() == (seen,)
        assert connection.execute(f"select {expression} from (select null::varchar as c)").fetchone() == (None,)


def test_a_pseudonym_joins_and_cannot_be_had_without_the_key() -> None:
    with duckdb.connect() as connection:

        def of(value: str, key: str) -> str:
            found = connection.execute(
                f"select {shown('pseudonym', 'c', 'varchar', 'duckdb', literal(key))} from (select ? as c)", [value]
            ).fetchone()
            assert found is not None
            return str(found[0])

        assert of("ana@example.com", "one") == of("ana@example.com", "one")
        assert len({of("ana@example.com", "one"), of("ana@example.com", "two"), of("Ana@example.com", "one")}) == 3
        assert len(of("", "one")) == 32


def test_every_method_says_what_it_does() -> None:
    assert all(method.says and method.types for method in METHODS.values())


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        for file, said in golden(plan(Path(place))).items():
            (GOLDEN / file).write_text(said, encoding="utf-8")
