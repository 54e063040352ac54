"""What an analyst who knows PostgreSQL would try; whatever she is told, in rows, errors or notices, may hold nothing that is not hers.

A statement is tried as it stands, each in a session of its own that ends with it. It leaks if a canary comes back (each cell of a person
holds one, and what masks show does not), if a row comes back that carries a country she has not, or if it changes what is in force.
`denied` must end in an error as well. What comes back without one is hers: masked, and of her countries.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from fondaco.governance.enforce import changed_by_hand
from tests.governance.governed import CANARY, Governed

#: Countries of rows that ana may not see; a row that names one has got past the policy.
FOREIGN = re.compile(r"(?<![A-Za-z])(US|FR|ZZ)(?![A-Za-z])")


@dataclass(frozen=True)
class Try:
    """One attempt: a name, statements in one session, whether the last one must end in an error."""

    name: str
    statements: tuple[str, ...]
    denied: bool


def denied(name: str, *statements: str) -> Try:
    return Try(name, statements, True)


def harmless(name: str, *statements: str) -> Try:
    return Try(name, statements, False)


# an attacker of the house knows an address and a key that she may not see
KNOWN = f"x{CANARY}0@shop0.example"
LEAK = "create function pg_temp.f_leak(text) returns bool cost 0.0000001 language plpgsql as $$begin raise notice 'seen %', $1; return true; end$$"

CORPUS: tuple[Try, ...] = (
    # directly
    denied("base table", "select * from _gold.customers"),
    denied("base table, quoted", 'select * from "_gold"."customers"'),
    denied("base table, in capitals and comments", 'SELECT/**/*/**/FROM/*x*/_GOLD./**/CUSTOMERS'),
    denied("base table by TABLE", "table _gold.customers"),
    denied("base table by regclass", "select * from pg_catalog.pg_relation_filepath('_gold.customers'::regclass), _gold.customers"),
    denied("entitlements", "select * from _gov.entitlements"),
    denied("the key", "select key from _gov.pseudonyms"),
    denied("what was applied", "select said from _gov.applied"),
    denied("a mart that is not hers", "select * from gold.data_issues"),
    denied("a fact that is not hers", "select * from silver.fact_payments"),
    denied("ONLY", "select * from only _gold.customers"),
    denied("base in a subquery", "select (select email from _gold.customers limit 1)"),
    denied("base in a CTE", "with t as (select * from _gold.customers) select * from t"),
    denied("base in a lateral join", "select * from gold.orders o, lateral (select email from _gold.customers c limit 1) x"),
    denied("base in EXISTS", "select 1 where exists (select from _gold.customers)"),
    denied("base by explain", "explain select * from _gold.customers"),
    denied("base by explain analyze", "explain analyze select * from _gold.customers"),
    denied("base by prepared statement", "prepare p as select * from _gold.customers", "execute p"),
    denied("base by cursor", "begin", "declare c cursor for select * from _gold.customers"),
    denied("base by copy", "copy _gold.customers to stdout"),
    denied("base by DO", "do $$ begin perform * from _gold.customers; end $$"),
    # masks
    harmless("true value by =", f"select * from gold.customers where email = '{KNOWN}'"),
    harmless("true value by LIKE", f"select * from gold.customers where email like '%{CANARY}%'"),
    harmless("true value by regex", f"select * from gold.customers where email ~ '{CANARY}'"),
    harmless("true value by similar to", f"select * from gold.customers where email similar to '%{CANARY}%'"),
    harmless("join to guesses", f"select c.* from gold.customers c join (values ('{KNOWN}')) g(e) on g.e = c.email"),
    harmless("md5 of a guess", f"select * from gold.customers where md5(email) = md5('{KNOWN}')"),
    harmless("key of a guest from her address", f"select * from gold.customers where customer_key = 'guest:' || md5('{KNOWN}')"),
    harmless("pseudonym of a guess without the key", f"select * from gold.customers where customer_key = left(encode(sha256(convert_to('{KNOWN}', 'UTF8')), 'hex'), 32)"),
    harmless("min and max", "select min(email), max(email), min(customer_key) from gold.customers"),
    harmless("order by", "select email from gold.customers order by email limit 1"),
    harmless("distinct on", "select distinct on (email) * from gold.customers order by email"),
    harmless("string_agg", "select string_agg(email, ','), array_agg(first_name), json_agg(last_name), xmlagg(xmlelement(name x, email)) from gold.customers"),
    harmless("whole row", "select customers from gold.customers"),
    harmless("whole row as json", "select to_json(c), row_to_json(c), to_jsonb(c) from gold.customers c"),
    harmless("whole row as text", "select c::text, (c).email from gold.customers c"),
    harmless("row expansion", "select (c).* from gold.customers c"),
    harmless("hstore-like record", "select json_each_text(row_to_json(c)) from gold.customers c"),
    harmless("cast error text", "select email::int from gold.customers"),
    harmless("cast to date", "select first_name::date from gold.customers"),
    harmless("cast to json", "select email::json from gold.customers"),
    harmless("cast to uuid", "select customer_key::uuid::text from gold.customers"),
    harmless("cast to inet", "select email::inet from gold.customers"),
    harmless("case error oracle", f"select case when email = '{KNOWN}' then 1/0 else 0 end from gold.customers"),
    harmless("length", "select length(email), length(first_name), octet_length(phone) from silver.dim_customers"),
    harmless("width_bucket of a birth date", "select birth_date, birth_date + 1, extract(year from birth_date) from silver.dim_customers"),
    # the list of countries is public
    harmless("database_to_xml", "select regexp_replace(database_to_xml(true, true, '')::text, '<dim_geo>.*?</dim_geo>', '', 'g')"),
    harmless("schema_to_xml", "select schema_to_xml('gold', true, true, '')"),
    harmless("schema_to_xml of the base", "select schema_to_xml('_gold', true, true, '')"),
    denied("table_to_xml of the base", "select table_to_xml('_gold.customers', true, true, '')"),
    denied("query_to_xml of the base", "select query_to_xml('select * from _gold.customers', true, true, '')"),
    denied("cursor_to_xml", "begin", "declare c cursor for select * from _gold.customers", "select cursor_to_xml('c', 10, true, true, '')"),
    denied("ts_stat over the base", "select * from ts_stat('select to_tsvector(email) from _gold.customers')"),
    harmless("ts_stat over her own", "select word from ts_stat('select to_tsvector(email) from gold.customers')"),
    # rows
    harmless("OR true", "select country from gold.orders where country = 'DE' or true"),
    harmless("NOT IN", "select country from gold.orders where country not in ('DE', 'AT')"),
    harmless("IS NULL", "select country, order_key from gold.orders where country is null"),
    harmless("outer join", "select o.country, c.country from gold.orders o full join gold.customers c on true"),
    harmless("right join of a list", "select g.c, count(o.*) from gold.orders o right join (values ('AA'), ('DE')) g(c) on g.c = o.country group by 1"),
    harmless("lateral", "select x.* from gold.customers c, lateral (select country from gold.orders) x"),
    harmless("window over all", "select country, count(*) over (), first_value(country) over (order by country desc) from gold.orders"),
    harmless("tablesample", "select country from gold.orders tablesample system (100)"),
    harmless("scalar subquery by id", "select (select country from gold.orders where order_id = 'order_id 1')"),
    harmless("union with public", "select country from gold.orders union all select product_id from gold.product_performance"),
    harmless("except", "select country from gold.orders except select 'DE'"),
    harmless("count", "select count(*), count(distinct country) from gold.orders"),
    harmless("grouping sets", "select country, count(*) from gold.orders group by rollup (country)"),
    harmless("ctid of the view", "select ctid, country from gold.orders"),
    harmless("tableoid of the view", "select tableoid::regclass, country from gold.orders"),
    harmless("xmin of the view", "select xmin from gold.orders"),
    harmless("recursive", "with recursive t as (select country from gold.orders union select country from gold.customers) select * from t"),
    harmless("offset barrier", "select * from (select country, email from gold.customers offset 0) x where country = 'FR'"),
    harmless("materialized CTE", "with t as materialized (select * from gold.customers) select country from t"),
    harmless("for each hidden country", "select c, (select count(*) from gold.orders where country = c) from unnest(array['AA', 'BB']) c"),
    # names
    harmless("a CTE named as the table", "with customers as (select 1 as x) select * from customers"),
    harmless("a CTE named as entitlements", "with entitlements as (select 'ana' as user_name, 'FR' as c) select country from gold.orders"),
    harmless("a CTE named as mine", "with mine as (select 'FR' as country_code) select country from gold.orders"),
    denied("a CTE named as the base schema", 'with "_gold" as (select 1) select * from _gold.customers'),
    harmless("alias shadowing", 'select "_gold".country from gold.orders as "_gold"'),
    harmless("search_path to the base", "set search_path = _gold, _gov", "select count(*) from gold.orders"),
    denied("base by search_path", "set search_path = _gold", "select * from customers"),
    denied("entitlements by search_path", "set search_path = _gov", "select * from entitlements"),
    denied("temp table named entitlements", "create temp table entitlements as select 'ana' as user_name, 'FR' as country"),
    denied("temp schema first in the path", "create temp view customers as select 1"),
    denied("own function named as the policy's", "create function pg_temp.pg_has_role(name, text, text) returns bool language sql as 'select true'"),
    # identity
    denied("SET ROLE engineer", "set role data_engineer"),
    denied("SET ROLE reader", "set role gov_reader"),
    denied("SET ROLE loader", "set role gov_loader"),
    denied("SET ROLE admin", "set role gov_admin"),
    harmless("SET ROLE to her own role", "set role data_analyst", "select country, email from gold.customers"),
    denied("SET SESSION AUTHORIZATION", "set session authorization erin"),
    harmless("RESET SESSION AUTHORIZATION", "reset session authorization", "select country, email from gold.customers"),
    denied("set_config of role", "select set_config('role', 'gov_reader', false)"),
    denied("set_config of session_authorization", "select set_config('session_authorization', 'erin', false)"),
    harmless("a setting of her own", "set app.user = 'erin'", "set fondaco.role = 'DATA_ENGINEER'", "select country, email from gold.customers"),
    harmless("application_name", "set application_name = 'gov_admin'", "select country, email from gold.customers"),
    denied("ALTER own ROLE bypassrls", "alter role ana bypassrls"),
    denied("ALTER own ROLE superuser", "alter role ana superuser"),
    denied("ALTER own ROLE createrole", "alter role ana createrole"),
    denied("ALTER own ROLE no temp limit", "alter role ana set temp_file_limit = '-1'"),
    denied("ALTER another's password", "alter role erin password 'x'"),
    denied("rename herself", "alter role ana rename to erin2"),
    denied("GRANT engineer to herself", "grant data_engineer to ana"),
    denied("GRANT reader to herself", "grant gov_reader to ana"),
    denied("GRANT pg_read_all_data to herself", "grant pg_read_all_data to ana"),
    denied("GRANT on the base", "grant select on _gold.customers to ana"),
    denied("CREATE ROLE", "create role mallory login"),
    denied("DROP ROLE", "drop role erin"),
    denied("REASSIGN OWNED", "reassign owned by gov_loader to ana"),
    denied("DROP OWNED", "drop owned by gov_reader"),
    harmless("row_security off", "set row_security = off", "select country, email from gold.customers"),
    denied("pg_hba", "alter system set listen_addresses = '*'"),
    denied("reload", "select pg_reload_conf()"),
    # statements
    denied("INSERT", "insert into gold.orders (country) values ('DE')"),
    denied("UPDATE", "update gold.customers set country = 'DE'"),
    denied("UPDATE her entitlement", "update _gov.entitlements set user_name = 'ana'"),
    denied("INSERT an entitlement", "insert into _gov.entitlements values ('ana', 'FR')"),
    denied("DELETE returning", "delete from gold.customers returning *"),
    denied("UPDATE returning", "update gold.customers set email = email returning *"),
    denied("MERGE", "merge into gold.customers c using (select 1) s on true when matched then delete"),
    denied("TRUNCATE", "truncate _gold.customers"),
    denied("writing CTE", "with d as (delete from gold.customers returning *) select * from d"),
    denied("CREATE TABLE AS in public", "create table public.t as select * from gold.customers"),
    denied("CREATE TABLE AS in gold", "create table gold.t as select 1"),
    denied("SELECT INTO", "select * into public.t from gold.customers"),
    denied("CREATE VIEW", "create view public.v as select * from gold.customers"),
    denied("CREATE MATERIALIZED VIEW", "create materialized view public.v as select 1"),
    denied("CREATE SCHEMA", "create schema mine"),
    denied("CREATE TYPE", "create type public.t as (x int)"),
    denied("CREATE SEQUENCE", "create sequence public.s"),
    denied("CREATE TEMP TABLE", "create temp table t (x int)"),
    denied("ALTER VIEW barrier off", "alter view gold.customers set (security_barrier = false)"),
    denied("ALTER VIEW invoker", "alter view gold.customers set (security_invoker = true)"),
    denied("ALTER VIEW owner", "alter view gold.customers owner to ana"),
    denied("CREATE OR REPLACE VIEW", "create or replace view gold.customers as select 1"),
    denied("DROP VIEW", "drop view gold.customers"),
    denied("CREATE RULE", "create rule r as on select to gold.customers do instead select * from _gold.customers"),
    denied("CREATE TRIGGER", "create trigger t instead of update on gold.customers for each row execute function suppress_redundant_updates_trigger()"),
    denied("CREATE POLICY", "create policy p on _gold.customers using (true)"),
    denied("ALTER POLICY", "alter policy rows on _gold.customers using (true)"),
    denied("DROP POLICY", "drop policy rows on _gold.customers"),
    denied("DISABLE RLS", "alter table _gold.customers disable row level security"),
    denied("NO FORCE RLS", "alter table _gold.customers no force row level security"),
    denied("CREATE INDEX", "create index on _gold.customers ((email::int))"),
    denied("CREATE STATISTICS", "create statistics s on email, country from _gold.customers"),
    denied("FOR UPDATE", "select * from gold.customers for update"),
    denied("FOR SHARE", "select * from gold.customers for share"),
    denied("LOCK", "begin", "lock table gold.customers in access exclusive mode"),
    harmless("ANALYZE of the base", "analyze _gold.customers"),
    harmless("ANALYZE VERBOSE of the base", "analyze verbose _gold.customers"),
    harmless("VACUUM", "vacuum verbose _gold.customers"),
    denied("CLUSTER", "cluster _gold.customers using customers_country_idx"),
    denied("REINDEX", "reindex table _gold.customers"),
    denied("COMMENT", "comment on view gold.customers is 'x'"),
    denied("SECURITY LABEL", "security label on view gold.customers is 'x'"),
    denied("COPY to a file", "copy (select 1) to '/tmp/fondaco-bypass'"),
    denied("COPY from a file", "copy gold.customers from '/etc/passwd'"),
    denied("COPY to a program", "copy (select 1) to program 'cat > /dev/null'"),
    denied("COPY from a program", "copy gold.customers from program 'id'"),
    harmless("PREPARE and EXECUTE", "prepare p(text) as select country from gold.orders where country = $1 or true", "execute p('x')"),
    harmless("cursor with hold", "begin", "declare c cursor with hold for select country, email from gold.customers", "commit", "fetch all from c"),
    harmless("scroll cursor", "begin", "declare c scroll cursor for select country from gold.orders", "fetch last from c", "fetch backward all from c"),
    denied("CREATE EXTENSION", "create extension dblink"),
    denied("CREATE EXTENSION file_fdw", "create extension file_fdw"),
    denied("CREATE EXTENSION pg_trgm", "create extension pg_trgm"),
    denied("LOAD", "load 'auto_explain'"),
    denied("LOAD a path", "load '/tmp/x.so'"),
    denied("CREATE LANGUAGE", "create language plpython3u"),
    denied("C function", "create function public.f() returns int language c as '/tmp/x.so'"),
    denied("CREATE SERVER", "create server s foreign data wrapper x"),
    denied("CREATE FDW", "create foreign data wrapper x"),
    denied("IMPORT FOREIGN SCHEMA", "import foreign schema x from server y into public"),
    denied("CREATE PUBLICATION", "create publication p for all tables"),
    denied("CREATE SUBSCRIPTION", "create subscription s connection 'host=x' publication p"),
    denied("CREATE EVENT TRIGGER", "create event trigger e on ddl_command_start execute function x()"),
    denied("CREATE DATABASE", "create database d"),
    denied("CREATE TABLESPACE", "create tablespace t location '/tmp'"),
    denied("ALTER DATABASE", "alter database shop set row_security = off"),
    denied("ALTER DEFAULT PRIVILEGES of the loader", "alter default privileges for role gov_loader grant select on tables to ana"),
    denied("large object", "select lo_create(0)"),
    denied("large object from bytes", "select lo_from_bytea(0, 'x')"),
    denied("large object import", "select lo_import('/etc/passwd')"),
    denied("logical message", "select pg_logical_emit_message(true, 'a', 'b')"),
    denied("export snapshot", "begin", "select pg_export_snapshot()"),
    # leaky code
    denied("pg_temp f_leak", LEAK),
    denied("pg_temp f_leak in a WHERE", LEAK, "select * from gold.customers where pg_temp.f_leak(email)"),
    denied("function in public", LEAK.replace("pg_temp", "public")),
    harmless("DO with RAISE over her own", "do $$ declare r record; begin for r in select * from gold.customers loop raise notice '%', r; end loop; end $$"),
    denied("DO that creates", "do $$ begin execute 'create table public.t (x int)'; end $$"),
    denied("operator", "create operator public.=== (leftarg = text, rightarg = text, function = texteq)"),
    denied("aggregate", "create aggregate public.a (text) (sfunc = textcat, stype = text)"),
    denied("cast", "create cast (text as int) with inout as implicit"),
    denied("domain", "create domain public.d as text check (true)"),
    harmless("debug_print_plan", "set client_min_messages = debug5", "set debug_print_plan = on", "set debug_pretty_print = on", "select email from gold.customers"),
    harmless("debug_print_parse", "set client_min_messages = log", "set debug_print_rewritten = on", "select email from gold.customers"),
    denied("log_statement off", "set log_statement = 'none'"),
    denied("log_min_error_statement", "set log_min_error_statement = 'panic'"),
    harmless("division by a hidden row", "select 1 / (case when country = 'AA' then 0 else 1 end) from gold.orders"),
    harmless("cast in WHERE before the policy", "select * from gold.orders where status::int = 1"),
    harmless("cast in WHERE with OR", "select count(*) from gold.orders where country = 'DE' or status::int = 1"),
    harmless("case in WHERE before the policy", "select count(*) from gold.customers where case when country = 'FR' then 1/0 else 1 end = 1"),
    harmless("error by the masked column in WHERE", f"select count(*) from gold.customers where case when email like '%{CANARY}%' then 1/0 else 1 end = 1"),
    harmless("regexp with the row in its pattern", "select count(*) from gold.customers where 'x' ~ ('[' || country)"),
    harmless("parallel leader", "set parallel_setup_cost = 0", "set parallel_tuple_cost = 0", "set min_parallel_table_scan_size = 0", "set debug_parallel_query = on", "select country, email from gold.customers"),
    harmless("plans of her choice", "set enable_seqscan = off", "set enable_hashjoin = off", "set enable_material = off", "select country, email from gold.customers where country = 'US'"),
    harmless("jit", "set jit = on", "set jit_above_cost = 0", "select country, email from gold.customers"),
    harmless("generic plan", "set plan_cache_mode = force_generic_plan", "prepare p as select country, email from gold.customers", "execute p"),
    # catalogs
    harmless("pg_stats of the base", "select * from pg_stats where schemaname like '\\_%'"),
    denied("pg_statistic", "select * from pg_statistic"),
    harmless("pg_stats_ext", "select * from pg_stats_ext"),
    harmless("pg_stats_ext_exprs", "select * from pg_stats_ext_exprs"),
    denied("pg_statistic_ext_data", "select * from pg_statistic_ext_data"),
    denied("pg_authid", "select * from pg_authid"),
    denied("pg_shadow", "select * from pg_shadow"),
    denied("pg_hba_file_rules", "select * from pg_hba_file_rules"),
    denied("pg_file_settings", "select * from pg_file_settings"),
    denied("pg_user_mapping", "select * from pg_user_mapping"),
    harmless("pg_user_mappings", "select * from pg_user_mappings"),
    denied("pg_largeobject", "select * from pg_largeobject"),
    denied("pg_subscription", "select subconninfo from pg_subscription"),
    harmless("pg_stat_activity", "select usename, query from pg_stat_activity"),
    harmless("pg_cursors", "select * from pg_cursors"),
    harmless("pg_prepared_statements", "select * from pg_prepared_statements"),
    harmless("pg_views", "select definition from pg_views where schemaname = 'gold'"),
    harmless("pg_policies", "select * from pg_policies"),
    harmless("pg_rules", "select * from pg_rules"),
    harmless("viewdef", "select pg_get_viewdef('gold.customers'::regclass)"),
    harmless("pg_settings", "select name, setting from pg_settings"),
    harmless("information_schema", "select * from information_schema.columns where table_schema like '\\_%'"),
    harmless("pg_depend", "select * from pg_depend limit 5"),
    # files and the machine
    denied("pg_read_file", "select pg_read_file('/etc/passwd')"),
    denied("pg_read_file of hba", "select pg_read_file('pg_hba.conf')"),
    denied("pg_read_binary_file", "select pg_read_binary_file('base/1/1259')"),
    denied("pg_ls_dir", "select pg_ls_dir('.')"),
    denied("pg_ls_logdir", "select * from pg_ls_logdir()"),
    denied("pg_current_logfile", "select pg_current_logfile()"),
    denied("pg_stat_file", "select * from pg_stat_file('postgresql.conf')"),
    denied("terminate another", "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'gov_admin' union all select pg_terminate_backend(pid) from (select pid from pg_stat_activity where usename is null limit 1) x"),
    denied("promote", "select pg_promote()"),
    denied("switch wal", "select pg_switch_wal()"),
    denied("replication slot", "select pg_create_logical_replication_slot('s', 'test_decoding')"),
    denied("replication origin", "select pg_replication_origin_create('x')"),
    denied("reset statistics", "select pg_stat_reset()"),
    denied("rotate log", "select pg_rotate_logfile()"),
    denied("set a parameter for all", "alter system set log_statement = 'none'"),
    denied("checkpoint", "checkpoint"),
    denied("pageinspect", "create extension pageinspect"),
    denied("adminpack", "create extension adminpack"),
    denied("amcheck of the base", "select bt_index_check((select oid from pg_class where relname like 'customers%country_idx' limit 1))"),
    denied("brin summarize on the base", "select brin_summarize_new_values((select oid from pg_class where relname like 'customers%country_idx' limit 1))"),
    denied("gin clean on the base", "select gin_clean_pending_list((select oid from pg_class where relname like 'customers%country_idx' limit 1))"),
    # in the shape of an answer
    harmless("EXPLAIN VERBOSE", "explain (verbose, costs off) select email from gold.customers where country = 'DE'"),
    harmless("EXPLAIN ANALYZE", "explain (analyze, verbose, buffers, costs off, timing off, summary off) select email from gold.customers where email like 'x%'"),
    harmless("COPY to stdout of her own", "copy (select email, country from gold.customers) to stdout"),
    denied("COPY of the view itself from stdin", "copy gold.customers from stdin"),
    harmless("several in one", "select country from gold.orders; select email from gold.customers"),
    denied("several in one, the last of the base", "select country from gold.orders; select email from _gold.customers"),
    harmless("listen and notify", "listen x", "notify x, 'y'"),
    harmless("advisory lock", "select pg_advisory_lock(1)"),
    denied("two-phase", "begin", "prepare transaction 'x'"),
    harmless("xid and snapshot", "select pg_current_snapshot(), txid_current()"),
    harmless("default acl", "select * from pg_default_acl"),
    harmless("partition info of the base", "select * from pg_partition_tree('_gold.customers')"),
    harmless("privileges of another", "select has_table_privilege('erin', 'gold.customers', 'select'), pg_has_role('ana', 'gov_reader', 'usage')"),
    harmless("column privileges", "select has_column_privilege('_gold.customers', 'email', 'select')"),
    harmless("index definition", "select pg_get_indexdef(oid) from pg_class where relname like 'customers%country_idx'"),
    harmless("expression of the policy", "select pg_get_expr(polqual, polrelid) from pg_policy"),
    harmless("text of a constant in the policy", "select polqual::text from pg_policy"),
    harmless("rule's tree", "select ev_action::text from pg_rewrite where ev_class = 'gold.customers'::regclass"),
)  # fmt: skip


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len(CORPUS) >= 200
    assert len({attempt.name for attempt in CORPUS}) == len(CORPUS)


def attack(shop: Governed, attempt: Try, user: str = "ana") -> str | None:
    """Tries it in a session of its own. Gives how it leaked, or that it was not denied; None if it came to nothing."""
    with shop.connect(user) as connection:
        return tried(connection, attempt)


def attack_and_undo(shop: Governed, user: str = "ana") -> Iterator[str]:
    """Tries everything in one session, each attempt undone: for a server on which some of them would come to something."""
    with shop.connect(user, prepare_threshold=None) as connection:
        for attempt in CORPUS:
            if attempt.name == "terminate another":
                continue
            connection.execute("deallocate all")
            connection.execute("begin")
            outcome = tried(connection, attempt)
            connection.execute("rollback")
            if outcome is not None:
                yield f"{attempt.name}: {outcome}"


def tried(connection: psycopg.Connection[Any], attempt: Try) -> str | None:
    """What an attempt came to in a session."""
    told: list[str] = []
    failed = False

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        told.append(f"{notice.message_primary} {notice.message_detail or ''} {notice.context or ''}")

    connection.add_notice_handler(hear)
    for statement in ("set statement_timeout = '5s'", *attempt.statements):
        try:
            told += [repr(row) for row in answers(connection, statement)]
        except psycopg.Error as error:
            failed = True
            told.append(f"{error} {error.diag.message_detail or ''} {error.diag.message_hint or ''} {error.diag.context or ''}")
            break
    connection.remove_notice_handler(hear)
    # what the statement itself says is no leak
    said, heard = "\n".join(attempt.statements), "\n".join(told)
    for text in (KNOWN, f"%{CANARY}%", f"'{CANARY}'", f"~ '{CANARY}"):
        heard = heard.replace(text, "") if text in said else heard
    if CANARY in heard:
        return f"a canary: {heard[max(0, heard.index(CANARY) - 80) : heard.index(CANARY) + 80]}"
    if not FOREIGN.search(said) and (match := FOREIGN.search(heard)) is not None:
        return f"a row of another country: {heard[max(0, match.start() - 80) : match.end() + 80]}"
    return "it was not denied" if attempt.denied and not failed else None


def answers(connection: psycopg.Connection[Any], statement: str) -> list[Any]:
    if statement.startswith("copy") and "stdout" in statement:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            return [bytes(block).decode() for block in copy]
    if statement.startswith("copy") and "stdin" in statement:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write("x\n")
        return []
    cursor = connection.execute(statement)
    found = list(cursor.fetchall()) if cursor.description else []
    while cursor.nextset():
        found += cursor.fetchall() if cursor.description else []
    return found


def test_no_attempt_of_the_corpus_comes_to_anything(shop: Governed) -> None:
    for user in ("ana", "noor"):
        assert list(attack_and_undo(shop, user)) == []


@pytest.mark.slow
def test_no_attempt_comes_to_anything_in_a_session_of_its_own_either(shop: Governed) -> None:
    """Outside of a transaction, where more is allowed."""
    found = {attempt.name: outcome for attempt in CORPUS if (outcome := attack(shop, attempt)) is not None}
    assert found == {}
    with shop.admin() as admin:
        assert changed_by_hand(admin) == ()


def test_the_canary_is_seen_by_who_may_see_it(shop: Governed) -> None:
    """The corpus can find a leak: as the engineer its harmless statements show canaries and countries."""
    outcomes = list(attack_and_undo(shop, "erin"))
    assert sum("canary" in outcome for outcome in outcomes) > 20
    assert sum("another country" in outcome for outcome in outcomes) > 5
