"""A question on the command line, and an extract: the same cells as through the server, and no way out of either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from fondaco.cli import main
from fondaco.errors import Refused, ServeError, UsageError
from fondaco.governance.ask import ask
from fondaco.governance.extract import export
from fondaco.governance.key import key_of
from tests.governance.governed import CANARY, Governed, ordered

DOORS = pytest.mark.parametrize("extract", [False, True], ids=["server", "extract"])
ASKED = "select email, country from gold.customers order by customer_id"
SEEN = (("x***@shop0.example", "DE"), ("x***@shop2.example", "AT"), ("x***@shop6.example", "DE"), ("x***@shop8.example", "AT"))


@DOORS
def test_both_doors_show_a_user_the_same(shop: Governed, extract: bool) -> None:
    found = ask(shop.settings, shop.plan, "ana", ASKED, extract=extract)
    assert found.rows == SEEN
    assert found.columns == ("email", "country")
    for user in ("erin", "sam", "noor"):
        rows = ask(shop.settings, shop.plan, user, "select * from gold.customers", extract=extract).rows
        relation = shop.plan.relation("gold.customers")
        assert ordered(list(rows)) == ordered(shop.oracle(user, shop.plan, relation)["gold.customers"])


@DOORS
def test_an_answer_without_rows_has_its_columns(shop: Governed, extract: bool) -> None:
    found = ask(shop.settings, shop.plan, "noor", "select email, orders from gold.customers;", extract=extract)
    assert (found.columns, found.rows) == (("email", "orders"), ())


@DOORS
def test_a_name_without_its_schema_is_a_mart(shop: Governed, extract: bool) -> None:
    assert ask(shop.settings, shop.plan, "ana", "select count(*) from orders", extract=extract).rows == ((4,),)


@DOORS
def test_a_relation_may_have_another_name_in_a_statement(shop: Governed, extract: bool) -> None:
    for sql in (
        "select count(*) from gold.orders o",
        'select count(*) from gold.orders as "the orders"',
        "select sum(n) from (select 1 as n from gold.orders) t",
    ):
        assert ask(shop.settings, shop.plan, "ana", sql, extract=extract).rows == ((4,),)
    with pytest.raises(Refused):
        ask(shop.settings, shop.plan, "ana", "select count(*) from gold.data_issues as orders", extract=extract)


@DOORS
@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("selec 1", "cannot be answered"),
        ("select nothing from gold.customers", "cannot be answered"),
        ("select 1; select 2", ""),
        ("select * from gold.data_issues", "ana "),
        ("select * from silver.fact_payments", "ana "),
        ("delete from gold.data_issues", ""),
        ("select count(*) from range(1000000) a, range(1000000) b, range(1000000) c", ""),
        ("select i from generate_series(1, 200000) t(i)", "more than 100,000 rows"),
    ],
)
def test_what_is_wrong_forbidden_endless_or_huge_is_refused_in_a_word(patient: Governed, sql: str, said: str, extract: bool) -> None:
    with pytest.raises(Refused) as caught:
        ask(
            patient.settings,
            patient.plan,
            "ana",
            sql if extract else sql.replace("range(1000000)", "generate_series(1, 1000000)"),
            extract=extract,
        )
    assert said in caught.value.message
    whole = str(caught.value)
    assert CANARY not in whole
    assert str(patient.root) not in whole
    assert "_gold" not in whole


@pytest.fixture(scope="module")
def patient(shop: Governed) -> Iterator[Governed]:
    """The shop, with statements that may take two seconds."""
    config = shop.root / "fondaco.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(text.replace("serve: {", "serve: {statement_timeout: 2s, "), encoding="utf-8")
    shop.refresh(data=False)
    yield shop
    config.write_text(text, encoding="utf-8")
    shop.refresh(data=False)


#: Of DuckDB there is much that reaches out; an extract has nothing to reach for.
WAYS_OUT = (
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from read_csv('/etc/passwd')",
    "select * from read_parquet('{lake}/**/*.parquet')",
    "select * from glob('/etc/*')",
    "select * from query('select * from read_text(''/etc/passwd'')')",
    "select * from query_table('/etc/passwd')",
    "select * from query_table('gold.data_issues')",
    "select * from sniff_csv('/etc/passwd')",
    "attach '{warehouse}' as w",
    "attach '{warehouse}' as w (read_only)",
    "copy (select 1) to '{out}/way-out'",
    "copy gold.customers to '{out}/way-out'",
    "export database '{out}/way-out'",
    "import database '{out}/way-out'",
    "install httpfs",
    "load httpfs",
    "load '{out}/x.duckdb_extension'",
    "set enable_external_access = true",
    "reset enable_external_access",
    "set lock_configuration = false",
    "set memory_limit = '100GB'",
    "set python_enable_replacements = true",
    "set temp_directory = '{out}'",
    "set allowed_directories = ['/']",
    "pragma enable_profiling = 'json'",
    "set profiling_output = '{out}/way-out'",
    "set log_query_path = '{out}/way-out'",
    "create secret s (type s3, key_id 'x')",
    "select * from duckdb_secrets()",
    "select getenv('HOME')",
    # Python's own names are tables to DuckDB unless it is told otherwise
    "select * from settings",
    "select * from plan",
    "select * from relations",
    "select * from warehouse",
    "select * from arriving",
    "select * from batches",
    "select * from 'settings'",
    "summarize gold.data_issues",
    "from gold.data_issues",
    "describe gold.data_issues",
    "pivot gold.data_issues on reason",
    "select unnest((select list(reason) from gold.data_issues))",
    "select json_execute_serialized_sql(json_serialize_sql('select * from gold.data_issues'))",
    "from json_execute_serialized_sql(json_serialize_sql('select * from gold.data_issues'))",
    "pragma storage_info('gold.data_issues')",
    "select * from pragma_storage_info('gold.data_issues')",
    "pragma table_info('gold.data_issues')",
    "checkpoint",
    "call pragma_database_size()",
    "select * from shop.gold.customers",
    "prepare p as select * from gold.data_issues",
    "execute p",
    "explain analyze select * from gold.data_issues",
    "create table memory.main.x as select * from gold.data_issues",
    "select * from postgres_scan('host={out}', 'gold', 'customers')",
    "select * from sqlite_scan('{out}/x', 'y')",
)  # fmt: skip


@pytest.mark.parametrize("part", range(2))
def test_there_is_no_way_out_of_an_extract(shop: Governed, part: int, tmp_path: Path) -> None:
    plan, settings = shop.plan, shop.settings
    for sql in WAYS_OUT[part::2]:
        told = sql.format(lake=shop.root / "lake", warehouse=settings.warehouse.path, out=tmp_path)
        try:
            said = repr(ask(settings, plan, "ana", told, extract=True).rows)
        except Refused as error:
            said = str(error)
        assert CANARY not in said, sql
        assert "root:" not in said, sql
        assert "US" not in said.split("'"), sql
        assert not [name for name in ("data_issues'", "reason 1", "/root") if name in said and "data_issues" not in sql], sql
        assert not list(tmp_path.iterdir()), sql


def test_an_extract_holds_what_is_hers_and_the_file_says_so(shop: Governed, tmp_path: Path) -> None:
    target = tmp_path / "ana.duckdb"
    done = export(shop.settings, shop.plan, "ana", key_of(shop.settings), target, "duckdb")
    assert (target.stat().st_mode & 0o777) == 0o600
    content = target.read_bytes()
    assert CANARY.encode() not in content
    with duckdb.connect(str(target), read_only=True) as connection:
        assert tuple(connection.execute(ASKED).fetchall()) == SEEN
        found = connection.execute("select user_name, note from about").fetchone()
        assert found is not None
        assert found[0] == "ana"
        assert "cannot be revoked" in found[1]
    readable = {relation.path for relation in shop.plan.served if "DATA_ANALYST" in relation.readers}
    assert set(done.rows) == readable


def test_an_extract_in_parquet_takes_the_place_of_the_one_before(shop: Governed, tmp_path: Path) -> None:
    target = tmp_path / "ana"
    for _ in range(2):
        export(shop.settings, shop.plan, "ana", key_of(shop.settings), target, "parquet", ["gold.customers"])
    assert sorted(path.name for path in target.iterdir()) == ["ABOUT.txt", "gold.customers.parquet"]
    with duckdb.connect() as connection:
        assert len(connection.execute(f"select * from '{target}/*.parquet'").fetchall()) == 4
    (target / "mine.txt").write_text("keep")
    with pytest.raises(UsageError, match="holds something else"):
        export(shop.settings, shop.plan, "ana", key_of(shop.settings), target, "parquet")
    assert (target / "mine.txt").is_file()


def test_an_extract_of_what_she_does_not_read_is_refused(shop: Governed, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ana does not read gold.data_issues"):
        export(shop.settings, shop.plan, "ana", key_of(shop.settings), tmp_path / "x.duckdb", "duckdb", ["gold.data_issues"])
    assert not list(tmp_path.iterdir())


def test_a_stale_extract_keeps_what_was_revoked_and_a_new_one_does_not(changing: Governed, tmp_path: Path) -> None:
    """What cannot be promised is shown to be so: copies cannot be revoked."""
    old, new = tmp_path / "old.duckdb", tmp_path / "new.duckdb"
    export(changing.settings, changing.plan, "ana", key_of(changing.settings), old, "duckdb")
    file = changing.policy / "entitlements.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("dach,DE\n", ""), encoding="utf-8")
    export(changing.settings, changing.plan, "ana", key_of(changing.settings), new, "duckdb")
    for path, count in ((old, 4), (new, 2)):
        with duckdb.connect(str(path), read_only=True) as connection:
            assert connection.execute("select count(*) from gold.customers").fetchone() == (count,)


def test_who_asks_the_server_for_what_is_not_served_is_told_where_it_is(shop: Governed) -> None:
    with pytest.raises(Refused) as caught:
        ask(shop.settings, shop.plan, "erin", "select count(*) from bronze.demo__customers")
    assert caught.value.hint == "bronze.demo__customers is not on the server (served: in layers.yml): ask with --extract"
    with pytest.raises(Refused) as caught:
        ask(shop.settings, shop.plan, "ana", "select count(*) from bronze.demo__customers")
    assert "--extract" not in (caught.value.hint or "")


def test_pseudonyms_are_the_same_on_the_server_in_an_extract_and_tomorrow(shop: Governed) -> None:
    asked = "select customer_key from gold.customers order by customer_id"
    one = ask(shop.settings, shop.plan, "sam", asked).rows
    assert one == ask(shop.settings, shop.plan, "sam", asked, extract=True).rows
    assert len({row[0] for row in one}) == 12
    assert ((shop.root / ".fondaco" / "pseudonym.key").stat().st_mode & 0o777) == 0o600


def test_a_cut_off_key_is_told_and_not_used(tmp_path: Path, shop: Governed) -> None:
    settings = shop.settings.model_copy(update={"file": tmp_path / "fondaco.yml"})
    assert key_of(settings) == key_of(settings)
    (tmp_path / ".fondaco" / "pseudonym.key").write_text("abc")
    with pytest.raises(ServeError, match="the secret of pseudonyms is cut off"):
        key_of(settings)


def call(shop: Governed, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    code = main([*words, "-C", str(shop.root), "--json"])
    out, err = capsys.readouterr()
    return code, json.loads(out), err


def test_the_commands_as_a_person_calls_them(changing: Governed, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, told, _ = call(changing, capsys, "query", ASKED, "--as", "ana")
    assert (code, [tuple(row) for row in told["data"]["rows"]]) == (0, list(SEEN))
    code, told, _ = call(changing, capsys, "query", "select * from gold.data_issues", "--as", "ana")
    assert (code, told["error"]["code"]) == (1, "E602")
    code, told, err = call(changing, capsys, "query", "select 1", "--as", "anna")
    assert (code, "did you mean 'ana'" in err) == (2, True)
    code, told, _ = call(changing, capsys, "export", "--as", "ana", "-o", str(tmp_path / "ana.duckdb"), "gold.customers")
    assert (code, told["data"]["rows"]) == (0, {"gold.customers": 4})
    code, told, _ = call(changing, capsys, "policy", "plan", "--check")
    assert (code, told["data"]["changes"]) == (0, [])
    file = changing.policy / "entitlements.csv"
    file.write_text(file.read_text(encoding="utf-8") + "noor,IT\n", encoding="utf-8")
    code, told, _ = call(changing, capsys, "policy", "plan", "--check")
    assert (code, told["data"]["changes"]) == (1, ["+ user noor may see IT"])
    code, told, _ = call(changing, capsys, "policy", "audit")
    assert (code, told["data"]["changes"], told["data"]["drift"]) == (1, ["+ user noor may see IT"], [])
    code, told, _ = call(changing, capsys, "policy", "apply")
    assert code == 0
    assert call(changing, capsys, "policy", "audit")[0] == 0
    code, told, _ = call(changing, capsys, "policy", "plan", "--sql", "snowflake")
    assert any(statement.startswith("CREATE ROW ACCESS POLICY") for statement in told["data"])


def test_a_policy_that_opens_everything_wants_a_yes(changing: Governed, capsys: pytest.CaptureFixture[str]) -> None:
    roles = changing.policy / "roles.yml"
    roles.write_text(
        roles.read_text(encoding="utf-8").replace("people: hash", "people: clear").replace("people: mask", "people: clear"),
        encoding="utf-8",
    )
    code, told, _ = call(changing, capsys, "policy", "apply")
    assert (code, "every user sees every person as she is" in told["error"]["message"]) == (2, True)
    assert changing.rows("ana", "select min(email) from gold.customers") == [("x***@shop0.example",)]
    assert call(changing, capsys, "serve", "--detach")[0] == 2
    code, told, _ = call(changing, capsys, "policy", "apply", "--yes")
    assert code == 0
    assert changing.rows("ana", "select min(email) from gold.customers") == [(f"x{CANARY}0@shop0.example",)]


def test_serve_brings_a_running_server_up_to_date_and_prints_how_to_connect(changing: Governed, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = call(changing, capsys, "serve", "--detach")
    assert code == 0
    line = next(one["line"] for one in told["data"]["connections"] if one["user"] == "ana")
    with psycopg.connect(line, passfile=told["data"]["passwords"]) as connection:
        assert connection.execute("select count(*) from gold.orders").fetchone() == (4,)
    code, told, _ = call(changing, capsys, "serve", "--password", "ben")
    assert told["data"]["password"] == changing.passwords()["ben"]
