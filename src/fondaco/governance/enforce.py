"""Puts a plan in force on the server, and puts back what was changed by hand: the files are the whole truth.

Who is who, and whose countries are which, comes first and in one transaction, which waits for no reader: what is taken away is gone at
once, in running sessions too. Then each view whose text changed is replaced by itself, with a short wait for readers; who reads longer
than a statement may take is ended, for the policy goes before a question.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

from fondaco.errors import ServeError
from fondaco.governance import facts, postgres
from fondaco.governance.admin import client
from fondaco.governance.plan import Plan, PlannedRelation, lines
from fondaco.governance.postgres import LOADER, MARK, OWN, READER, base, role_name
from fondaco.governance.sql import engine_type, identifier, literal
from fondaco.governance.sql import relation as qualified

if TYPE_CHECKING:
    import psycopg

    Admin = psycopg.Connection[tuple[str, ...]]

T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What a session of a user may use."""

    statement_timeout: timedelta
    temp_files: str
    connections: int


@dataclass(frozen=True)
class Enforced:
    """What putting a plan in force came to.

    Attributes:
        drift: what had been changed by hand, and was put back.
        changed: the views that were replaced.
        passwords: of users who had none.
        ended: sessions that stood in the way.
    """

    drift: tuple[str, ...]
    changed: tuple[str, ...]
    passwords: dict[str, str]
    ended: int
    seconds: float

    @property
    def told(self) -> dict[str, Any]:
        """What may be printed: everything but the passwords."""
        given = sorted(self.passwords)
        return {"drift": self.drift, "changed": self.changed, "new_passwords_for": given, "ended": self.ended, "seconds": self.seconds}


def enforce(admin: Admin, plan: Plan, key: str, limits: Limits, hand_out: Callable[[dict[str, str]], None] = lambda _: None) -> Enforced:
    """Makes the server what the plan says. Relations that have never been published get their views when they are.

    Args:
        key: the secret of pseudonyms.
        hand_out: told the passwords of users who had none, before they are in force.

    Raises:
        ServeError: something that was changed by hand cannot be put back.
    """
    began = time.monotonic()
    known = _is_governed(admin)
    written = said(admin, "facts") if known else None
    found = facts.in_force(admin) if known else ()
    drifted = facts.drift(written, found) if written is not None else ()
    passwords, fewer = _patiently(lambda: _people(admin, plan, key, limits, hand_out, first=not known))
    changed, ended = [], _end_old_views(admin, fewer)
    texts: dict[str, str] = json.loads("".join(said(admin, "views") or ("{}",)))
    there = {relation.path: relation for relation in plan.served if shape(admin, relation) == expected(relation)}
    # who is who and has which setting is right by now, whoever changed it; a user may change settings of her own
    strange = [line for line in drifted if not line[2:].startswith(("setting of ", "country ", "member ", "role "))]
    if strange:
        _patiently(lambda: _tidy(admin, plan))
    for path in [path for path in texts if path not in {relation.path for relation in plan.served}]:
        ended += _forcefully(admin, _dropping(path), limits)
        del texts[path]
    for path, relation in there.items():
        text = _view(plan, relation)
        if texts.get(path) != text or strange:
            ended += _forcefully(admin, [*_cleared(admin, relation, anew=bool(strange)), text], limits)
            texts[path] = text
            changed.append(path)
    now = facts.in_force(admin)
    _verify(admin, plan, [line[2:] for line in drifted if line.startswith("+ ") and line[2:] in now])
    with admin.transaction():
        keep(admin, "views", json.dumps(texts))
        keep(admin, "plan", "\n".join(lines(plan)))
        keep(admin, "facts", "\n".join(now))
    return Enforced(drifted, tuple(changed), passwords, ended, time.monotonic() - began)


def made(admin: Admin, plan: Plan, paths: Iterable[str]) -> None:
    """Takes note of relations that came with their views and rights."""
    texts: dict[str, str] = json.loads("".join(said(admin, "views") or ("{}",)))
    with admin.transaction():
        keep(admin, "views", json.dumps(texts | {path: _view(plan, plan.relation(path)) for path in paths}))
        keep(admin, "facts", "\n".join(facts.in_force(admin)))


def applied_plan(admin: Admin) -> tuple[str, ...]:
    """The lines of the plan in force; empty if there is none."""
    return (said(admin, "plan") or ()) if _is_governed(admin) else ()


def changed_by_hand(admin: Admin) -> tuple[str, ...]:
    """What is in force and was not written, and the other way round. Raises ServeError if the server was never governed."""
    written = said(admin, "facts") if _is_governed(admin) else None
    if written is None:
        raise ServeError("no policy was ever put in force on this server", hint="fondaco policy apply")
    return facts.drift(written, facts.in_force(admin))


def shape(admin: Admin, relation: PlannedRelation) -> tuple[tuple[str, str], ...]:
    """The columns of a base table with their types, as the server has them; empty if there is none."""
    rows = admin.execute(
        "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped "
        "ORDER BY attnum",
        (qualified(base(relation.layer), relation.name),),
    ).fetchall()
    return tuple((row[0], row[1]) for row in rows)


_LONG = {"timestamp": "timestamp without time zone", "timestamptz": "timestamp with time zone"}


def expected(relation: PlannedRelation) -> tuple[tuple[str, str], ...]:
    """The columns that a base table is to have, in the words of the server."""
    kinds = [engine_type(column.type, "postgres") for column in relation.columns]
    return tuple((column.name, _LONG.get(kind, kind)) for column, kind in zip(relation.columns, kinds, strict=True))


def _view(plan: Plan, relation: PlannedRelation) -> str:
    return ";\n".join(postgres.view(plan, relation))


def keep(admin: Admin, name: str, text: str) -> None:
    """Keeps something said on the server, for the next time."""
    admin.execute(
        f"INSERT INTO {OWN}.applied (name, said) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET said = excluded.said, at = now()",
        (name, text),
    )


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


def _verify(admin: Admin, plan: Plan, left: Iterable[str]) -> None:
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


def _is_governed(admin: Admin) -> bool:
    found = admin.execute("SELECT 'yes' WHERE to_regclass(%s) IS NOT NULL", (f"{OWN}.applied",)).fetchone()
    return found is not None


def said(admin: Admin, name: str) -> tuple[str, ...] | None:
    found = admin.execute(f"SELECT said FROM {OWN}.applied WHERE name = %s", (name,)).fetchone()
    return tuple(found[0].split("\n")) if found else None


def _people(
    admin: Admin, plan: Plan, key: str, limits: Limits, hand_out: Callable[[dict[str, str]], None], *, first: bool
) -> tuple[dict[str, str], list[str]]:
    """Roles, users, memberships, countries and the key, in one transaction.

    Gives the passwords of those who had none, and the users who may see less than before.
    """
    database = _one(admin, "SELECT current_database()")
    with admin.transaction():
        managed = {
            LOADER: False,
            READER: False,
            **{role_name(role): False for role, _ in plan.roles},
            **{user: True for user, _ in plan.users},
        }
        there = {
            row[0]: row[1] == "true"
            for row in admin.execute(f"SELECT rolname::text, (oid IN {facts.MANAGED})::text FROM pg_roles").fetchall()
        }
        for name, logs_in in managed.items():
            _role(admin, name, logs_in=logs_in, there=there, limits=limits)
        _memberships(admin, plan, database)
        gone = [name for name, ours in there.items() if ours and name not in managed]
        _forget(admin, gone)
        before = (
            set() if first else {(row[0], row[1]) for row in admin.execute(f"SELECT user_name, country FROM {OWN}.entitlements").fetchall()}
        )
        # what locks tables that readers read is done once, and where somebody changed it
        for statement in (*(_foundation(plan, database) if first else ()), *_entrances(plan), *postgres.entitlements(plan)):
            admin.execute(statement)
        admin.execute(f"DELETE FROM {OWN}.pseudonyms")
        admin.execute(f"INSERT INTO {OWN}.pseudonyms (key) VALUES (%s)", (key,))
        passwords = {}
        for user in [
            row[0]
            for row in admin.execute(
                "SELECT rolname::text FROM pg_authid WHERE rolpassword IS NULL AND rolname = ANY(%s)", ([user for user, _ in plan.users],)
            ).fetchall()
        ]:
            passwords[user] = set_password(admin, user)
        hand_out(passwords)
    return passwords, sorted({user for user, _ in before - set(plan.entitlements)})


def _end_old_views(admin: Admin, users: list[str]) -> int:
    """Ends sessions of these users that look at the tables as they were: within a transaction that keeps its view of them, a country
    that was taken away would be there for as long as she leaves it open. Gives how many."""
    rows = admin.execute(
        "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE usename = ANY(%s) AND backend_xmin IS NOT NULL", (users,)
    ).fetchall()
    return len(rows)


def set_password(admin: Admin, user: str) -> str:
    """Gives a user a new password; the server is told its verifier alone."""
    password = secrets.token_urlsafe(18)
    verifier = admin.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
    admin.execute(f"ALTER ROLE {identifier(user)} PASSWORD {literal(verifier)}")
    return password


def _role(admin: Admin, name: str, *, logs_in: bool, there: dict[str, bool], limits: Limits) -> None:
    """The role with exactly the attributes and settings that it is to have, whatever somebody gave it."""
    role = identifier(name)
    if name not in there:
        admin.execute(f"CREATE ROLE {role}")
    elif not there[name] and name not in (LOADER, READER):
        raise ServeError(
            f"the server has a role {name!r} that is not of the policy", hint="give the user or role of the policy another name"
        )
    admin.execute(f"COMMENT ON ROLE {role} IS {literal(MARK)}")
    admin.execute(
        f"ALTER ROLE {role} {'LOGIN' if logs_in else 'NOLOGIN'} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT "
        f"CONNECTION LIMIT {limits.connections if logs_in else -1} VALID UNTIL 'infinity'"
    )
    admin.execute(f"ALTER ROLE {role} RESET ALL")
    for database in [
        row[0]
        for row in admin.execute(
            "SELECT d.datname::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE s.setrole = %s::regrole",
            (role,),
        ).fetchall()
    ]:
        admin.execute(f"ALTER ROLE {role} IN DATABASE {identifier(database)} RESET ALL")
    if not logs_in:
        admin.execute(f"ALTER ROLE {role} PASSWORD NULL")
        return
    milliseconds = str(limits.statement_timeout // timedelta(milliseconds=1))
    for setting, value in (
        ("statement_timeout", milliseconds),
        ("idle_in_transaction_session_timeout", milliseconds),
        # these two no user can change
        ("temp_file_limit", limits.temp_files),
        ("log_statement", "all"),
    ):
        admin.execute(f"ALTER ROLE {role} SET {setting} = {literal(value)}")
    # without quotes each name is one of the list
    admin.execute(f"ALTER ROLE {role} SET search_path = gold, silver, bronze")


def _memberships(admin: Admin, plan: Plan, database: str) -> None:
    wanted = {(user, role_name(role)) for user, role in plan.users}
    rows = admin.execute(
        f"SELECT m.member::regrole::text, m.roleid::regrole::text, m.admin_option::text FROM pg_auth_members m WHERE m.member IN {facts.MANAGED} OR m.roleid IN {facts.MANAGED}"
    ).fetchall()
    for member, role, with_admin in rows:
        # regrole quotes what needs it
        if (member.strip('"'), role.strip('"')) not in wanted or with_admin == "true":
            admin.execute(f"REVOKE {role} FROM {member} CASCADE")
    for user, role in sorted(wanted):
        admin.execute(f"GRANT {identifier(role)} TO {identifier(user)}")
    for role, _ in plan.roles:
        admin.execute(f"GRANT CONNECT ON DATABASE {identifier(database)} TO {identifier(role_name(role))}")


def _forget(admin: Admin, names: Iterable[str]) -> None:
    """Users and roles that the policy does not name any more: their sessions end, and they are gone."""
    for name in names:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (name,))
        admin.execute(f"DROP OWNED BY {identifier(name)} CASCADE")
        admin.execute(f"DROP ROLE {identifier(name)}")


def _foundation(plan: Plan, database: str) -> Iterator[str]:
    yield from postgres.closing(database)
    yield from postgres.foundation(plan)


def _entrances(plan: Plan) -> Iterator[str]:
    """Which role may enter which schema; no reader waits for it."""
    for layer in postgres.layers(plan):
        for role, _ in plan.roles:
            yield f"REVOKE ALL ON SCHEMA {identifier(layer)} FROM {identifier(role_name(role))}"
    yield from postgres.grants_of_roles(plan)


def _dropping(path: str) -> list[str]:
    layer, name = path.split(".", 1)
    return [
        f"DROP VIEW IF EXISTS {qualified(layer, name)} CASCADE",
        f"DROP TABLE IF EXISTS {qualified(base(layer), name)} CASCADE",
        f"DELETE FROM {OWN}.published WHERE path = {literal(path)}",
    ]


def _cleared(admin: Admin, relation: PlannedRelation, *, anew: bool) -> list[str]:
    """What takes every right on a relation from everybody, and every policy off it; the plan's own come after it."""
    view, table = qualified(relation.layer, relation.name), qualified(base(relation.layer), relation.name)
    # a view whose columns somebody changed cannot be replaced by itself
    cleared = [f"DROP VIEW IF EXISTS {view} CASCADE"] if anew else []
    for place in (table,) if anew else (view, table):
        rows = admin.execute(
            "SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END FROM pg_class c LEFT JOIN pg_attribute t ON t.attrelid = c.oid, "
            "LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(t.attacl)) a WHERE c.oid = to_regclass(%s) AND a.grantee <> c.relowner",
            (place,),
        ).fetchall()
        cleared += [f"REVOKE ALL ON {place} FROM {row[0]} CASCADE" for row in rows]
        rows = admin.execute("SELECT quote_ident(polname) FROM pg_policy WHERE polrelid = to_regclass(%s)", (place,)).fetchall()
        cleared += [f"DROP POLICY {row[0]} ON {place}" for row in rows]
        rows = admin.execute(
            "SELECT quote_ident(tgname) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = to_regclass(%s)", (place,)
        ).fetchall()
        cleared += [f"DROP TRIGGER {row[0]} ON {place}" for row in rows]
        rows = admin.execute(
            "SELECT quote_ident(rulename) FROM pg_rewrite WHERE rulename <> '_RETURN' AND ev_class = to_regclass(%s)", (place,)
        ).fetchall()
        cleared += [f"DROP RULE {row[0]} ON {place}" for row in rows]
    return [*cleared, f"ALTER TABLE {table} OWNER TO {LOADER}"]


def _tidy(admin: Admin, plan: Plan) -> None:
    """Puts back what somebody changed outside of the relations: strange objects in our schemas, rights on schemas and by default."""
    ours = [name for layer in postgres.layers(plan) for name in (layer, base(layer))]
    known = {(place, relation.name) for relation in plan.served for place in (relation.layer, base(relation.layer))}
    database = _one(admin, "SELECT current_database()")
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
        for statement in (*_foundation(plan, database), *_entrances(plan)):
            admin.execute(statement)


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


def _one(admin: Admin, question: LiteralString) -> str:
    found = admin.execute(question).fetchone()
    assert found is not None
    return found[0]


def _patiently(do: Callable[[], T], patience: float = 10.0) -> T:
    """Does it again where it had to wait for somebody's lock."""
    errors = client().errors
    limit = time.monotonic() + patience
    while True:
        try:
            return do()
        except (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure):
            if time.monotonic() > limit:
                raise ServeError(
                    "the server is busy with something that this would change", hint="look at its sessions, then try again"
                ) from None
            time.sleep(0.05)


def _forcefully(admin: Admin, statements: Iterable[str], limits: Limits) -> int:
    """Does it in one transaction; who reads longer than a statement may take is ended. Gives how many were."""
    errors = client().errors
    texts = list(statements)
    limit = time.monotonic() + limits.statement_timeout.total_seconds()
    ended = 0
    while True:
        try:
            with admin.transaction():
                for text in texts:
                    admin.execute(text)
            return ended
        except (errors.LockNotAvailable, errors.DeadlockDetected):
            if time.monotonic() > limit:
                rows = admin.execute(
                    "SELECT pg_terminate_backend(a.pid)::text FROM pg_stat_activity a JOIN pg_roles r ON r.rolname = a.usename "
                    f"WHERE r.oid IN {facts.MANAGED} AND a.xact_start < now() - interval '1 second'"
                ).fetchall()
                ended += len(rows)
            time.sleep(0.05)
