"""Who is who on the server: roles, users, memberships, countries, passwords; exactly those of the policy, whatever somebody changed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from fondaco.errors import ServeError
from fondaco.governance import facts, postgres
from fondaco.governance.admin import database_of
from fondaco.governance.plan import Plan
from fondaco.governance.postgres import LOADER, MARK, OWN, READER, role_name
from fondaco.governance.sql import identifier, literal

if TYPE_CHECKING:
    import psycopg

    Admin = psycopg.Connection[tuple[str, ...]]


@dataclass(frozen=True)
class Limits:
    """What a session of a user may use."""

    statement_timeout: timedelta
    temp_files: str
    connections: int


def put_people(
    admin: Admin, plan: Plan, key: str, limits: Limits, hand_out: Callable[[dict[str, str]], None], *, first: bool
) -> tuple[dict[str, str], list[str]]:
    """Roles, users, memberships, countries and the key, in one transaction.

    Gives the passwords of those who had none, and the users who may see less than before.
    """
    database = database_of(admin)
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
        for statement in (*(postgres.groundwork(plan, database) if first else ()), *postgres.entrances(plan), *postgres.entitlements(plan)):
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


def end_old_views(admin: Admin, users: list[str]) -> int:
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
