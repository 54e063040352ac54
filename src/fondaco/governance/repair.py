"""Puts back what somebody changed on the server by hand, and names what is not ours to put back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, LiteralString

from fondaco.errors import ServeError
from fondaco.governance import postgres
from fondaco.governance.admin import database_of
from fondaco.governance.plan import Plan, PlannedRelation
from fondaco.governance.postgres import LOADER, OWN, READER, base, role_name
from fondaco.governance.sql import identifier
from fondaco.governance.sql import relation as qualified

if TYPE_CHECKING:
    import psycopg

    Admin = psycopg.Connection[tuple[str, ...]]


def cleared(admin: Admin, relation: PlannedRelation, *, anew: bool) -> list[str]:
    """What takes every right on a relation from everybody, and every policy off it; the plan's own come after it."""
    view, table = qualified(relation.layer, relation.name), qualified(base(relation.layer), relation.name)
    # a view whose columns somebody changed cannot be replaced by itself
    statements = [f"DROP VIEW IF EXISTS {view} CASCADE"] if anew else []
    for place in (table,) if anew else (view, table):
        rows = admin.execute(
            "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END FROM pg_class c LEFT JOIN pg_attribute t ON t.attrelid = c.oid, "
            "LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(t.attacl)) a WHERE c.oid = to_regclass(%s) AND a.grantee <> c.relowner",
            (place,),
        ).fetchall()
        statements += [f"REVOKE ALL ON {place} FROM {row[0]} CASCADE" for row in rows]
        rows = admin.execute("SELECT quote_ident(polname) FROM pg_policy WHERE polrelid = to_regclass(%s)", (place,)).fetchall()
        statements += [f"DROP POLICY {row[0]} ON {place}" for row in rows]
        rows = admin.execute(
            "SELECT quote_ident(tgname) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = to_regclass(%s)", (place,)
        ).fetchall()
        statements += [f"DROP TRIGGER {row[0]} ON {place}" for row in rows]
        rows = admin.execute(
            "SELECT quote_ident(rulename) FROM pg_rewrite WHERE rulename <> '_RETURN' AND ev_class = to_regclass(%s)", (place,)
        ).fetchall()
        statements += [f"DROP RULE {row[0]} ON {place}" for row in rows]
    return [*statements, f"ALTER TABLE {table} OWNER TO {LOADER}"]


def tidy(admin: Admin, plan: Plan) -> None:
    """Puts back what somebody changed outside of the relations: strange objects in our schemas, rights on schemas and by default."""
    ours = [name for layer in postgres.layers(plan) for name in (layer, base(layer))]
    known = {(place, relation.name) for relation in plan.served for place in (relation.layer, base(relation.layer))}
    database = database_of(admin)
    with admin.transaction():
        for kind, schema, name in admin.execute(_OBJECTS, (ours,)).fetchall():
            if (schema, name) not in known:
                admin.execute(f"DROP {kind} IF EXISTS {qualified(schema, name)} CASCADE")
        questions: list[tuple[LiteralString, tuple[list[str]] | None]] = [
            (_FUNCTIONS, ([*ours, OWN, "public"],)),
            (_GRANTS_ON_SCHEMAS, ([*ours, OWN, "public"],)),
            (_GRANTS_ON_TABLES, ([f"{OWN}.{table}" for table in ("entitlements", "pseudonyms", "applied", "published")],)),
            (_DEFAULTS, None),
            (_PARAMETERS, None),
        ]
        for question, given in questions:
            for row in admin.execute(question, given).fetchall():
                admin.execute(row[0])
        for role, _ in plan.roles:
            admin.execute(f"GRANT CONNECT ON DATABASE {identifier(database)} TO {identifier(role_name(role))}")
        for statement in (*postgres.groundwork(plan, database), *postgres.entrances(plan)):
            admin.execute(statement)


#: What we do not make, so that we cannot unmake it either: it was somebody's deed and is somebody's to undo.
_NOT_OURS = (
    "role ",
    "member ",
    "function ",
    "extension ",
    "language ",
    "event trigger ",
    "foreign server ",
    "large object ",
    "publication ",
    "schema ",
    "r ",
    "v ",
    "m ",
    "p ",
    "S ",
)


def verify(admin: Admin, plan: Plan, left: Iterable[str]) -> None:
    """No door stands open beside ours. Raises ServeError naming what does.

    Args:
        left: what was changed by hand and is still there; of what we make ourselves it is what the plan says now.
    """
    users = [user for user, _ in plan.users]
    ours = {LOADER, READER, *users, *(role_name(role) for role, _ in plan.roles)}
    rows = admin.execute(
        "SELECT r.rolname::text FROM pg_roles r WHERE (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication) "
        "AND r.rolname = ANY(%s) UNION SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.roleid::regrole::text = ANY(%s)",
        (sorted(ours), [LOADER, READER]),
    ).fetchall()
    strange = [row[0] for row in rows]
    strange += [
        line for line in left if line.startswith(_NOT_OURS) and not (line.startswith(("role ", "member ")) and line.split()[1] in ours)
    ]
    known = {f"schema {name}" for layer in postgres.layers(plan) for name in (layer, base(layer))}
    known |= {f"{place}.{relation.name}" for relation in plan.served for place in (relation.layer, base(relation.layer))}
    strange = [line for line in strange if not any(line.startswith(name) or line.split()[1:2] == [name] for name in known)]
    if strange:
        raise ServeError(
            f"somebody made what the policy does not know, and it is not ours to take away: {'; '.join(strange)}",
            hint="undo it as the server's superuser; until then `fondaco policy audit` shows it",
        )


_OBJECTS: LiteralString = """
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, n.nspname::text, c.relname::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'v', 'm', 'p', 'S') ORDER BY 1, 2, 3
"""
_FUNCTIONS: LiteralString = """
SELECT format('DROP ROUTINE %%s CASCADE', p.oid::regprocedure) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = ANY(%s) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
"""
_GRANTS_ON_SCHEMAS: LiteralString = """
SELECT format('REVOKE ALL ON SCHEMA %%I FROM %%s CASCADE', n.nspname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname = ANY(%s) AND a.grantee <> n.nspowner
UNION ALL
SELECT format('REVOKE ALL ON DATABASE %%I FROM %%s CASCADE', d.datname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = current_database() AND a.grantee <> d.datdba
"""
_GRANTS_ON_TABLES: LiteralString = """
WITH ours AS (SELECT to_regclass(name) AS oid FROM unnest(%s::text[]) AS name)
SELECT format('REVOKE ALL ON %%s FROM %%s CASCADE', c.oid::regclass, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
FROM ours JOIN pg_class c USING (oid) LEFT JOIN pg_attribute t ON t.attrelid = c.oid,
LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(t.attacl)) a WHERE a.grantee <> c.relowner
UNION ALL SELECT format('DROP POLICY %%I ON %%s', polname, polrelid::regclass) FROM pg_policy JOIN ours ON ours.oid = polrelid
UNION ALL SELECT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass) FROM pg_trigger JOIN ours ON ours.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT format('DROP RULE %%I ON %%s', rulename, ev_class::regclass) FROM pg_rewrite JOIN ours ON ours.oid = ev_class
"""
_DEFAULTS: LiteralString = """
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %s %s REVOKE ALL ON %s FROM %s', d.defaclrole::regrole,
    CASE WHEN d.defaclnamespace <> 0 THEN format('IN SCHEMA %s', d.defaclnamespace::regnamespace) ELSE '' END,
    CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' WHEN 'T' THEN 'TYPES' ELSE 'SCHEMAS' END,
    CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole
"""
_PARAMETERS: LiteralString = """
SELECT format('REVOKE ALL ON PARAMETER %s FROM %s', p.parname, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
FROM pg_parameter_acl p, aclexplode(p.paracl) a WHERE a.grantee <> 10
"""
