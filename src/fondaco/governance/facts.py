"""What is in force on a server, as lines that can be compared: who is what, who may do what, and what hides what.

Two servers with the same lines let the same people see the same things. The lines that a policy led to are kept on the server; what
differs later was changed by hand.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, LiteralString

from fondaco.governance.postgres import MARK, OWN

if TYPE_CHECKING:
    import psycopg

#: Schemas that are the server's own.
_SYSTEM: LiteralString = "('pg_catalog', 'information_schema', 'pg_toast')"
_OURS: LiteralString = f"n.nspname NOT IN {_SYSTEM} AND n.nspname NOT LIKE 'pg\\_temp\\_%' AND n.nspname NOT LIKE 'pg\\_toast\\_temp\\_%'"
_GRANTEE: LiteralString = "CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END"
_GRANT: LiteralString = f"a.privilege_type || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END || ' to ' || {_GRANTEE}"
#: Roles that we look after: those with our mark.
MANAGED: LiteralString = "(SELECT r.oid FROM pg_roles r WHERE shobj_description(r.oid, 'pg_authid') = '" + MARK + "')"

_QUESTIONS: tuple[LiteralString, ...] = (
    # who can be whom
    f"""
    SELECT 'role ' || r.rolname || concat(
        CASE WHEN r.rolsuper THEN ' superuser' END, CASE WHEN r.rolcanlogin THEN ' login' END, CASE WHEN r.rolcreaterole THEN ' createrole' END,
        CASE WHEN r.rolcreatedb THEN ' createdb' END, CASE WHEN r.rolreplication THEN ' replication' END, CASE WHEN r.rolbypassrls THEN ' bypassrls' END,
        CASE WHEN NOT r.rolinherit THEN ' noinherit' END, ' connections ' || r.rolconnlimit, ' until ' || r.rolvaliduntil::text)
    FROM pg_roles r WHERE r.rolname NOT LIKE 'pg\\_%' AND (r.oid IN {MANAGED} OR r.rolsuper OR r.rolcreaterole OR r.rolreplication OR r.rolbypassrls
        OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid AND m.roleid IN {MANAGED}))
    """,
    f"""
    SELECT 'member ' || m.member::regrole || ' of ' || m.roleid::regrole || CASE WHEN m.admin_option THEN ' with admin option' ELSE '' END
    FROM pg_auth_members m WHERE m.member IN {MANAGED} OR m.roleid IN {MANAGED} OR m.member NOT IN (SELECT oid FROM pg_roles WHERE rolname LIKE 'pg\\_%')
    """,
    f"""
    SELECT 'setting of ' || coalesce(s.setrole::regrole::text, '') || coalesce(' in ' || d.datname, '') || ': ' || c
    FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase CROSS JOIN unnest(s.setconfig) AS c
    WHERE s.setrole IN {MANAGED} OR d.datname = current_database() OR (s.setrole = 0 AND s.setdatabase = 0)
    """,
    # who may enter
    f"SELECT 'database: ' || {_GRANT} FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a WHERE d.datname = current_database() AND a.grantee <> d.datdba",
    f"""
    SELECT 'schema ' || n.nspname || ' of ' || n.nspowner::regrole FROM pg_namespace n WHERE {_OURS}
    UNION ALL
    SELECT 'schema ' || n.nspname || ': ' || {_GRANT} FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname <> 'information_schema'
        AND n.nspname NOT LIKE 'pg\\_%' AND a.grantee <> n.nspowner
    """,
    # what there is, and what hides what
    f"""
    SELECT c.relkind::text || ' ' || c.oid::regclass || ' of ' || c.relowner::regrole || concat(
        CASE WHEN c.relrowsecurity THEN ' rows secured' END, CASE WHEN c.relforcerowsecurity THEN ' for its owner too' END, ' ' || c.reloptions::text)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind IN ('r', 'v', 'm', 'f', 'p', 'S')
    """,
    f"""
    SELECT 'on ' || c.oid::regclass || ': ' || {_GRANT} FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
    WHERE {_OURS} AND a.grantee <> c.relowner
    UNION ALL
    SELECT 'on ' || c.oid::regclass || '.' || t.attname || ': ' || {_GRANT}
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a WHERE {_OURS}
    """,
    f"""
    SELECT 'columns of ' || c.oid::regclass || ': ' || string_agg(t.attname || ' ' || format_type(t.atttypid, t.atttypmod), ', ' ORDER BY t.attnum)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute t ON t.attrelid = c.oid AND t.attnum > 0 AND NOT t.attisdropped
    WHERE {_OURS} AND c.relkind IN ('r', 'v') GROUP BY c.oid
    """,
    f"SELECT 'view ' || c.oid::regclass || ' is ' || md5(pg_get_viewdef(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND c.relkind IN ('v', 'm')",
    """
    SELECT 'policy ' || p.polname || ' on ' || p.polrelid::regclass || CASE WHEN p.polpermissive THEN '' ELSE ' restrictive' END || ' for ' || p.polcmd::text
        || ' to ' || (SELECT string_agg(CASE WHEN r = 0 THEN 'PUBLIC' ELSE r::regrole::text END, ', ' ORDER BY r) FROM unnest(p.polroles) AS r)
        || ': ' || coalesce(pg_get_expr(p.polqual, p.polrelid), '') || coalesce(' check ' || pg_get_expr(p.polwithcheck, p.polrelid), '')
    FROM pg_policy p
    """,
    "SELECT 'trigger ' || g.tgname || ' on ' || g.tgrelid::regclass FROM pg_trigger g WHERE NOT g.tgisinternal",
    f"SELECT 'rule ' || w.rulename || ' on ' || w.ev_class::regclass FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND w.rulename <> '_RETURN'",
    # what can be called, and by whom beyond what a fresh database allows
    f"SELECT 'function ' || p.oid::regprocedure || ' of ' || p.proowner::regrole || CASE WHEN p.prosecdef THEN ' with its rights' ELSE '' END FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS}",
    """
    SELECT 'function ' || p.oid::regprocedure || ': ' || coalesce(array_to_string(p.proacl, ' '), 'PUBLIC')
    FROM pg_proc p LEFT JOIN pg_init_privs i ON i.objoid = p.oid AND i.classoid = 'pg_proc'::regclass
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proacl IS DISTINCT FROM i.initprivs
    """,
    """
    SELECT 'on ' || c.oid::regclass || ': ' || coalesce(array_to_string(c.relacl, ' '), '')
    FROM pg_class c LEFT JOIN pg_init_privs i ON i.objoid = c.oid AND i.classoid = 'pg_class'::regclass AND i.objsubid = 0
    WHERE c.relnamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) AND c.relacl IS DISTINCT FROM i.initprivs
    """,
    "SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'",
    "SELECT 'language ' || lanname || coalesce(': ' || array_to_string(lanacl, ' '), '') FROM pg_language WHERE lanname NOT IN ('internal', 'c', 'sql', 'plpgsql') OR lanacl IS NOT NULL",
    "SELECT 'event trigger ' || evtname FROM pg_event_trigger",
    "SELECT 'foreign server ' || srvname FROM pg_foreign_server",
    "SELECT 'large object ' || oid FROM pg_largeobject_metadata",
    "SELECT 'publication ' || pubname FROM pg_publication",
    f"SELECT 'default: ' || {_GRANT} || ' on ' || d.defaclobjtype::text || ' of ' || d.defaclrole::regrole FROM pg_default_acl d, aclexplode(d.defaclacl) a",
    f"SELECT 'parameter ' || p.parname || ': ' || {_GRANT} FROM pg_parameter_acl p, aclexplode(p.paracl) a",
    # who may see which country, and the key of pseudonyms by its hash
    f"SELECT 'country ' || user_name || ' ' || country FROM {OWN}.entitlements",
    f"SELECT 'key ' || encode(sha256(convert_to(key, 'UTF8')), 'hex') FROM {OWN}.pseudonyms",
)  # fmt: skip


def in_force(admin: psycopg.Connection[tuple[str, ...]]) -> tuple[str, ...]:
    """What is in force, in a fixed order; the server must have been governed before."""
    lines: list[str] = []
    for question in _QUESTIONS:
        lines += [" ".join(row[0].split()) for row in admin.execute(question).fetchall()]
    return tuple(sorted(lines))


def drift(written: Iterable[str], found: Iterable[str]) -> tuple[str, ...]:
    """What was changed by hand: ``+ line`` is there and should not be, ``- line`` is missing."""
    before, after = set(written), set(found)
    return (*(f"- {line}" for line in sorted(before - after)), *(f"+ {line}" for line in sorted(after - before)))
