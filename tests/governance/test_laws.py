"""The law of governance: whatever policy is written, the oracle and the server show the same cells, and nothing beyond what is written."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fondaco.governance import postgres
from fondaco.governance.cells import visible
from fondaco.governance.load import load_policy
from fondaco.governance.masks import METHODS
from fondaco.governance.plan import Plan, compile_plan
from fondaco.governance.postgres import base
from fondaco.governance.sql import literal
from fondaco.governance.sql import relation as qualified
from tests.governance.governed import Governed, Rows, ordered, value
from tests.governance.little import FILES, catalog, write

ROLES = ("R_ONE", "R_TWO", "R_THREE")
USERS = {"u_one": "R_ONE", "u_two": "R_TWO", "u_three": "R_THREE", "u_four": "R_THREE"}
COUNTRIES = ("AT", "DE", "FR", "NO")
CLASSES = ("pii.email", "pii.birth_date", "pii.pseudonym", "pii.free_text")


@st.composite
def policies(draw: st.DrawFn) -> dict[str, str]:
    """The files of a policy over the little warehouse, as a steward could write them."""
    forms = st.sampled_from(("clear", "mask", "hash", "hide"))
    gold = draw(st.sampled_from(("rows_by: country", "public: why", "whole: why")))
    silver = draw(st.sampled_from(("public: why", "whole: why", "rows_by: event_key")))
    whole = {path for path, rule in (("gold.customers", gold), ("silver.events", silver)) if rule.startswith("whole")}
    roles = []
    for role in ROLES:
        everything = draw(st.booleans())
        reads = draw(
            st.lists(st.sampled_from(("silver", "gold", "gold.customers", "gold.calendar", "silver.events")), unique=True, max_size=3)
        )
        if not everything:
            # named one by one, what goes whole is refused to her; with its layer it is left out
            reads = [read for read in reads if read not in whole]
        classes = draw(st.dictionaries(st.sampled_from(CLASSES), forms, max_size=3))
        told = ", ".join(f"{name}: {form}" for name, form in classes.items())
        roles.append(
            f"  {role}: {{description: x, reads: [{', '.join(reads)}], rows: {'all' if everything else 'entitled'}, "
            f"people: {draw(forms)}, classes: {{{told}}}}}"
        )
    texts = [name for name, method in METHODS.items() if "varchar" in method.types] + ["empty"]
    days = ["keep_year", "empty"]
    masks = [
        f"  {name}: {{mask: {draw(st.sampled_from(days if name == 'pii.birth_date' else texts))}, hash: {draw(st.sampled_from(days if name == 'pii.birth_date' else texts))}}}"
        for name in ("pii.email", "pii.phone", "pii.name", "pii.address", "pii.birth_date", "pii.pseudonym", "pii.free_text")
    ]
    pairs = draw(st.lists(st.tuples(st.sampled_from((*USERS, "g_one")), st.sampled_from(COUNTRIES)), unique=True))
    members = draw(st.lists(st.sampled_from(tuple(USERS)), unique=True))
    return {
        "roles": "roles:\n" + "\n".join(roles) + "\n",
        "masks": "masks:\n" + "\n".join(masks) + "\n",
        "layers": f"layers:\n  silver: {{served: true, {silver}}}\n  gold: {{served: true, {gold}}}\nrelations:\n  gold.calendar: {{public: why}}\n",
        "users": "users:\n"
        + "\n".join(f"  {user}: {role}" for user, role in USERS.items())
        + f"\ngroups: {{g_one: [{', '.join(members)}]}}\n",
        "entitlements": "who,country\n" + "".join(f"{who},{country}\n" for who, country in pairs),
    }


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="fondaco-law-"))
    yield folder
    shutil.rmtree(folder)


@settings(max_examples=12)
@given(policies())
def test_any_policy_shows_the_same_cells_on_the_server_and_by_the_oracle(shop: Governed, place: Path, files: dict[str, str]) -> None:
    plan = compile_plan(load_policy(write(place / "policy", **files)), catalog())
    assert set(FILES) == {path.name for path in (place / "policy").iterdir()}
    assert on_the_server(shop, plan) == by_the_oracle(plan)


def test_a_policy_by_which_nobody_reads_anything_compiles_to_nothing(shop: Governed, place: Path) -> None:
    roles = "roles:\n" + "\n".join(f"  {role}: {{description: x, reads: [], rows: all, people: clear}}" for role in ROLES) + "\n"
    users = "users:\n" + "\n".join(f"  {user}: {role}" for user, role in USERS.items()) + "\n"
    plan = compile_plan(load_policy(write(place / "none", roles=roles, users=users, entitlements="who,country\n")), catalog())
    assert plan.served == ()
    assert set(by_the_oracle(plan).values()) <= {None}


def by_the_oracle(plan: Plan) -> dict[tuple[str, str], Rows | None]:
    """What each user sees of each relation, by DuckDB; None where she does not read it."""
    found: dict[tuple[str, str], Rows | None] = {}
    with duckdb.connect() as connection:
        connection.execute("create schema silver; create schema gold")
        for relation in plan.served:
            columns = ", ".join(f'"{column.name}" {column.type}' for column in relation.columns)
            connection.execute(f"create table {qualified(relation.layer, relation.name)} ({columns})")
            marks = ", ".join("?" for _ in relation.columns)
            connection.executemany(f"insert into {qualified(relation.layer, relation.name)} values ({marks})", cells(plan, relation.path))
            for user in USERS:
                reads = plan.role(user) in relation.readers
                sql = visible(plan, user, relation, "'the key'") if reads else None
                found[user, relation.path] = ordered(connection.execute(sql).fetchall()) if sql else None
    return found


def on_the_server(shop: Governed, plan: Plan) -> dict[tuple[str, str], Rows | None]:
    """The same by the compiled statements in a transaction of the superuser's that is never committed, as each user in turn."""
    found: dict[tuple[str, str], Rows | None] = {}
    with shop.admin() as admin:
        admin.execute("begin")
        # what is there makes room: statements are those for an empty server
        for schema in ("silver", "gold", "_silver", "_gold", "_gov"):
            admin.execute(f"drop schema if exists {schema} cascade")
        for statement in postgres.statements(plan, shop.database)[2:]:
            admin.execute(statement)
        admin.execute("insert into _gov.pseudonyms values ('the key')")
        for relation in plan.served:
            marks = ", ".join("%s" for _ in relation.columns)
            place = qualified(base(relation.layer), relation.name)
            with admin.cursor() as cursor:
                cursor.executemany(f"insert into {place} values ({marks})", cells(plan, relation.path))
        for user in USERS:
            # the superuser's own session takes on hers, as far as every question of who asks goes
            admin.execute(f"set local session authorization {user}")
            for relation in plan.served:
                admin.execute("savepoint asked")
                try:
                    rows = admin.execute(f"select * from {qualified(relation.layer, relation.name)}").fetchall()
                    found[user, relation.path] = ordered(rows)
                except psycopg.errors.InsufficientPrivilege:
                    found[user, relation.path] = None
                admin.execute("rollback to asked")
            admin.execute("reset session authorization")
        admin.execute("rollback")
    return found


def cells(plan: Plan, path: str) -> list[tuple[object, ...]]:
    countries = (*COUNTRIES, None)
    return [
        tuple(
            countries[i % len(countries)] if column.name == "country" else value(i, column.name, column.type, column.classification)
            for column in plan.relation(path).columns
        )
        for i in range(8)
    ]


def test_literals_of_a_policy_cannot_end_their_quotes() -> None:
    assert literal("a'); drop table x; --") == "'a''); drop table x; --'"
