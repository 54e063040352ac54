"""A plan as statements for PostgreSQL, in a fixed order; nothing here opens a connection.

Three roles that nobody can log in as hold the door: `gov_loader` owns the base tables, `gov_reader` owns the views that people read and
is the only one who may read the base tables, row by row as their policies say. People are members of the roles of the policy, which may
read the views and nothing else. Who asks is told by `session_user` alone: neither SET ROLE nor a setting changes it.

    schema _gold   gold.orders as it is        row policies, for gov_reader only
    schema gold    the view that people read   masks, a security barrier, owned by gov_reader
    schema _gov    countries, key              each session sees its own countries
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fondaco.governance.masks import CLEAR, shown
from fondaco.governance.plan import Plan, PlannedColumn, PlannedRelation
from fondaco.governance.sql import engine_type, identifier, literal
from fondaco.governance.sql import relation as qualified

LOADER, READER, OWN = "gov_loader", "gov_reader", "_gov"
#: What marks a role as ours, so that nobody else's is touched.
MARK = "governed by fondaco"

#: Functions of every database that let a user write, keep or hand on something; large objects are files within a database.
CLOSED_FUNCTIONS = (
    "lo_create", "lo_creat", "lo_from_bytea", "lo_import", "lo_export", "lo_open", "lo_put", "lo_unlink", "lo_truncate", "lo_truncate64", "lowrite",
    "pg_logical_emit_message", "pg_export_snapshot", "pg_notify", "pg_create_restore_point",
)  # fmt: skip


def base(layer: str) -> str:
    """The schema of a layer's base tables."""
    return f"_{layer}"


def role_name(role: str) -> str:
    """A role of the policy as the server knows it."""
    return role.lower()


def closing(database: str) -> Iterator[str]:
    """What every database gives to everybody, taken back."""
    yield f"REVOKE ALL ON DATABASE {identifier(database)} FROM PUBLIC"
    yield "REVOKE ALL ON SCHEMA public FROM PUBLIC"
    # PostgreSQL has several of a name; only those that there are can be closed
    names = ", ".join(literal(name) for name in CLOSED_FUNCTIONS)
    yield (
        "DO $close$ DECLARE found regprocedure; BEGIN FOR found IN SELECT oid::regprocedure FROM pg_proc "
        f"WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ({names}) LOOP "
        "EXECUTE 'REVOKE ALL ON FUNCTION ' || found || ' FROM PUBLIC'; END LOOP; END $close$"
    )


def foundation(plan: Plan) -> Iterator[str]:
    """Schemas, and the tables of the policy itself."""
    for layer in layers(plan):
        yield f"CREATE SCHEMA IF NOT EXISTS {identifier(base(layer))} AUTHORIZATION {LOADER}"
        yield f"CREATE SCHEMA IF NOT EXISTS {identifier(layer)} AUTHORIZATION {READER}"
        yield f"GRANT USAGE ON SCHEMA {identifier(base(layer))} TO {READER}"
    yield f"CREATE SCHEMA IF NOT EXISTS {OWN} AUTHORIZATION {LOADER}"
    yield f"GRANT USAGE ON SCHEMA {OWN} TO {READER}"
    yield f"CREATE TABLE IF NOT EXISTS {OWN}.entitlements (user_name text NOT NULL, country text NOT NULL, PRIMARY KEY (user_name, country))"
    yield f"CREATE TABLE IF NOT EXISTS {OWN}.pseudonyms (key text NOT NULL)"
    yield f"CREATE TABLE IF NOT EXISTS {OWN}.applied (name text PRIMARY KEY, said text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
    yield f"CREATE TABLE IF NOT EXISTS {OWN}.published (path text PRIMARY KEY, digest text NOT NULL, rows bigint NOT NULL, at timestamptz NOT NULL DEFAULT now())"
    for table in ("entitlements", "pseudonyms", "applied", "published"):
        yield f"ALTER TABLE {OWN}.{table} OWNER TO {LOADER}"
        yield f"ALTER TABLE {OWN}.{table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {OWN}.{table} FORCE ROW LEVEL SECURITY"
    yield f"DROP POLICY IF EXISTS own ON {OWN}.entitlements"
    yield f"CREATE POLICY own ON {OWN}.entitlements FOR SELECT TO {READER} USING (user_name = session_user)"
    yield f"GRANT SELECT ON {OWN}.entitlements TO {READER}"
    yield f"DROP POLICY IF EXISTS key ON {OWN}.pseudonyms"
    yield f"CREATE POLICY key ON {OWN}.pseudonyms FOR SELECT TO {READER} USING (true)"
    yield f"GRANT SELECT ON {OWN}.pseudonyms TO {READER}"


def groundwork(plan: Plan, database: str) -> Iterator[str]:
    """What is done once, and again where somebody changed it: it locks tables that readers read."""
    yield from closing(database)
    yield from foundation(plan)


def entrances(plan: Plan) -> Iterator[str]:
    """Which role may enter which schema; no reader waits for it."""
    for layer in layers(plan):
        for role, _ in plan.roles:
            yield f"REVOKE ALL ON SCHEMA {identifier(layer)} FROM {identifier(role_name(role))}"
    yield from grants_of_roles(plan)


def entitlements(plan: Plan) -> Iterator[str]:
    """The table of countries, as it is to be: readers see the old lines or the new ones."""
    yield f"DELETE FROM {OWN}.entitlements"
    if plan.entitlements:
        rows = ", ".join(f"({literal(user)}, {literal(country)})" for user, country in plan.entitlements)
        yield f"INSERT INTO {OWN}.entitlements (user_name, country) VALUES {rows}"


def grants_of_roles(plan: Plan) -> Iterator[str]:
    """What a role may enter: the database's door is opened to users, the schemas to whoever reads something there."""
    for role, _ in plan.roles:
        for layer in layers(plan):
            if any(role in relation.readers for relation in plan.served if relation.layer == layer):
                yield f"GRANT USAGE ON SCHEMA {identifier(layer)} TO {identifier(role_name(role))}"


def table(relation: PlannedRelation, name: str | None = None) -> Iterator[str]:
    """The base table of a relation, which holds its rows as they are; under another name while it is filled."""
    columns = ", ".join(f"{identifier(column.name)} {engine_type(column.type, 'postgres')}" for column in relation.columns)
    place = qualified(base(relation.layer), name or relation.name)
    yield f"CREATE TABLE {place} ({columns})"
    yield f"ALTER TABLE {place} OWNER TO {LOADER}"


def indexes(relation: PlannedRelation, name: str | None = None) -> Iterator[str]:
    """What finds a country's rows and a thing by its id: a barrier lets comparisons through that cannot tell what they compare."""
    place = qualified(base(relation.layer), name or relation.name)
    clear = [column for column in relation.columns if all(method == CLEAR for _, method in column.shown)]
    wanted = [column.name for column in clear if column.name == relation.rows_by or column.name.endswith(("_id", "_date", "_start"))]
    if clear and clear[0] is relation.columns[0]:
        wanted.insert(0, clear[0].name)
    for column in dict.fromkeys(wanted):
        yield f"CREATE INDEX ON {place} ({identifier(column)})"


def view(plan: Plan, relation: PlannedRelation) -> Iterator[str]:
    """What people read of a relation: its cells behind masks, to whom it is granted. The view comes first: readers lock it first, too."""
    place, source = qualified(relation.layer, relation.name), qualified(base(relation.layer), relation.name)
    cells = ",\n  ".join(f"{_cell(column)} AS {identifier(column.name)}" for column in relation.columns)
    yield f"CREATE OR REPLACE VIEW {place} WITH (security_barrier) AS SELECT\n  {cells}\nFROM {source}"
    yield f"ALTER VIEW {place} OWNER TO {READER}"
    yield f"GRANT SELECT ON {place} TO {', '.join(identifier(role_name(role)) for role in relation.readers)}"
    yield f"ALTER TABLE {source} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {source} FORCE ROW LEVEL SECURITY"
    yield f"DROP POLICY IF EXISTS rows ON {source}"
    yield f"CREATE POLICY rows ON {source} FOR SELECT TO {READER} USING ({_rows(plan, relation)})"
    yield f"GRANT SELECT ON {source} TO {READER}"


def statements(plan: Plan, database: str) -> tuple[str, ...]:
    """Everything for an empty server, in order, but for passwords, the key and the data."""
    return (
        *(f"CREATE ROLE {role} NOLOGIN" for role in (LOADER, READER)),
        *(f"CREATE ROLE {identifier(role_name(role))} NOLOGIN" for role, _ in plan.roles),
        *(f"CREATE ROLE {identifier(user)} LOGIN IN ROLE {identifier(role_name(role))}" for user, role in plan.users),
        *closing(database),
        *foundation(plan),
        *grants_of_roles(plan),
        *entitlements(plan),
        *(f"GRANT CONNECT ON DATABASE {identifier(database)} TO {identifier(role_name(role))}" for role, _ in plan.roles),
        *(statement for relation in plan.served for statement in (*table(relation), *indexes(relation), *view(plan, relation))),
    )


def layers(plan: Plan) -> tuple[str, ...]:
    """The layers that are served, in order."""
    return tuple(dict.fromkeys(relation.layer for relation in plan.served))


def _cell(column: PlannedColumn) -> str:
    """The column for each role that sees it as it is, then for each other way of showing it; nothing for anybody else."""
    ways: dict[str, list[str]] = {}
    for role, method in column.shown:
        ways.setdefault(method, []).append(role)
    name, kind = identifier(column.name), engine_type(column.type, "postgres")
    key = f"(SELECT secret.key FROM {OWN}.pseudonyms AS secret)"
    if list(ways) == [CLEAR]:
        return name
    ordered = sorted(ways, key=lambda method: method != CLEAR)
    branches = " ".join(f"WHEN {_is_any(ways[method])} THEN {shown(method, name, kind, 'postgres', key)}" for method in ordered)
    return f"CASE {branches} END"


def _rows(plan: Plan, relation: PlannedRelation) -> str:
    if relation.rows == "public":
        return "true"
    everything = [role for role in relation.readers if plan.all_rows(role)]
    parts = [_is_any(everything)] if everything else []
    if relation.rows_by is not None:
        mine = f"SELECT mine.country FROM {OWN}.entitlements AS mine WHERE mine.user_name = session_user"
        parts.append(f"{identifier(relation.rows_by)} IN ({mine})")
    return " OR ".join(parts) or "false"


def _is_any(roles: Iterable[str]) -> str:
    """Whether who asks is in one of these roles; asked once for a query, not once for a row."""
    asked = " OR ".join(f"pg_has_role(session_user, {literal(role_name(role))}, 'MEMBER')" for role in roles)
    return f"(SELECT {asked})"
