"""What is there on Snowflake, how it differs from what should be, and the statements that make it so.

Reading asks SHOW and DESCRIBE alone, role by role, and takes what is not there yet for nothing. What is revoked is ours: rights in our database,
on our virtual warehouses and our integration, of roles that carry our mark, and those roles themselves. Statements are each repeatable, and
none waits for another's transaction: an apply that broke off is finished by the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from fondaco.errors import BuildError
from fondaco.governance.account import Site, Thing, grant_name, name
from fondaco.governance.sql import identifier

Known = dict[tuple[str, str], dict[str, str]]


class Session(Protocol):
    """Somebody who asks Snowflake."""

    def execute(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]: ...
    def rows(self, statement: str, values: Sequence[object] = ()) -> list[dict[str, Any]]: ...


@dataclass(frozen=True)
class Step:
    """One statement: who runs it, and whether something comes (``+``), changes (``~``) or goes (``-``)."""

    sign: str
    what: str
    role: str
    statement: str
    secret: str | None = field(default=None, repr=False)


def read(session: Session, site: Site) -> Known:
    """What is there of all that `things` may say, by kind and name, each with its properties as text."""
    found: Known = {}
    for look in (_account_wide, _in_database, _policies, _tables, _grants):
        look(session, site, found)
    return found


def difference(wanted: Iterable[Thing], there: Known) -> tuple[Step, ...]:
    """The steps from what is there to what is wanted, in an order in which they can be taken."""
    wanted = tuple(wanted)
    steps: list[Step] = []
    for thing in wanted:
        known = there.get((thing.kind, thing.name))
        is_like = known is not None and _is_like(thing, known)
        if known is None:
            steps += _steps("+", thing, thing.create)
        elif not is_like:
            steps += _steps("~", thing, thing.change)
    names = {(thing.kind, thing.name) for thing in wanted}
    return (*steps, *_revoked(there, names))


def apply(session: Session, steps: Iterable[Step]) -> int:
    """Takes the steps, each as its role, and gives their number.

    Raises:
        BuildError: Snowflake refuses one; those before it stay, and the next call goes on from there.
    """
    done, role = 0, None
    for step in steps:
        if step.role != role:
            session.execute(f"USE ROLE {identifier(step.role)}")
            role = step.role
        session.execute(step.statement, (step.secret,) if step.secret is not None else ())
        done += 1
    return done


def script(steps: Iterable[Step]) -> tuple[str, ...]:
    """The steps as a script that a person reads and may run by hand."""
    lines: list[str] = []
    role = None
    for step in steps:
        if step.role != role:
            lines.append(f"USE ROLE {identifier(step.role)};")
            role = step.role
        # what a `?` stands for is known to `fondaco policy apply` alone
        prefix = "-- by `fondaco policy apply` alone, which knows the secret: " if step.statement.endswith("SELECT ?") else ""
        lines.append(f"{prefix}{step.statement};")
    return tuple(lines)


def _steps(sign: str, thing: Thing, statements: Iterable[str]) -> Iterator[Step]:
    for statement in statements:
        yield Step(sign, f"{thing.kind} {thing.name}", thing.role, statement, thing.secret if statement.endswith(" ?") else None)


def _is_like(thing: Thing, known: Mapping[str, str]) -> bool:
    if thing.kind == "entitlements":
        return set(thing.said) == {(user, country) for key in known for user, country in [tuple(key.split("\t"))]}
    return all(known.get(key, "").casefold() == value.casefold() for key, value in thing.said)


def _revoked(there: Known, wanted: set[tuple[str, str]]) -> Iterator[Step]:
    for kind, said in there:
        if (kind, said) in wanted:
            continue
        if kind == "grant":
            yield Step("-", f"grant {said}", "SECURITYADMIN", f"REVOKE {' FROM ROLE '.join(said.rsplit(' TO ROLE ', 1))}")
        elif kind == "member":
            role, user = said.split(" of ")
            yield Step("-", f"member {said}", "SECURITYADMIN", f"REVOKE ROLE {identifier(role)} FROM USER {identifier(user)}")


# --- reading ----------------------------------------------------------------------------------------------------------------------


def _as(session: Session, role: str) -> bool:
    """Goes on as that role; False if this user has none such."""
    try:
        session.execute(f"USE ROLE {identifier(role)}")
    except BuildError:
        return False
    return True


def _account_wide(session: Session, site: Site, found: Known) -> None:
    _as(session, "SECURITYADMIN")
    for row in session.rows("SHOW ROLES"):
        found["role", row["name"]] = {"comment": str(row["comment"])}
    for row in session.rows("SHOW USERS"):
        found["user", row["name"]] = {
            "default_role": str(row["default_role"]).strip('"'),
            "default_secondary_roles": "[]" if str(row["default_secondary_roles"]).strip('"[] ') == "" else "all",
        }
    _as(session, "ACCOUNTADMIN")
    for row in session.rows("SHOW WAREHOUSES"):
        if row["name"] in (f"{site.database}_BUILD", f"{site.database}_ASK"):
            limit = session.rows(f"SHOW PARAMETERS LIKE 'STATEMENT_TIMEOUT_IN_SECONDS' IN WAREHOUSE {identifier(row['name'])}")
            said = {"size": str(row["size"]), "auto_suspend": str(row["auto_suspend"])}
            found["warehouse", row["name"]] = said | {"statement_timeout_in_seconds": str(limit[0]["value"])}
            found["watched", row["name"]] = {"resource_monitor": str(row["resource_monitor"])}
    for row in session.rows("SHOW RESOURCE MONITORS"):
        found["monitor", row["name"]] = {"credit_quota": str(row["credit_quota"]).partition(".")[0]}
    for row in session.rows("SHOW INTEGRATIONS"):
        if row["name"] == f"{site.database}_LAKE":
            said = {
                one["property"].lower(): str(one["property_value"]) for one in session.rows(f"DESC INTEGRATION {identifier(row['name'])}")
            }
            found["integration", row["name"]] = said
    for row in session.rows("SHOW DATABASES"):
        if row["name"] == site.database:
            found["database", row["name"]] = {"retention_time": str(row["retention_time"])}


def _in_database(session: Session, site: Site, found: Known) -> None:
    if ("database", site.database) not in found:
        return
    for row in session.rows(f"SHOW SCHEMAS IN DATABASE {identifier(site.database)}"):
        found["schema", row["name"]] = {"options": str(row["options"])}
    _as(session, "SYSADMIN")
    for schema, shown, kind in (("RAW", "STAGES", "stage"), ("RAW", "FILE FORMATS", "file format"), ("SERVE", "VIEWS", "view")):
        if ("schema", schema) in found:
            for row in session.rows(f"SHOW {shown} IN SCHEMA {name(site.database, schema)}"):
                found[kind, row["name"]] = {key: str(row[key]) for key in ("url", "storage_integration") if row.get(key)}


def _policies(session: Session, site: Site, found: Known) -> None:
    if ("schema", "GOVERNANCE") not in found:
        return
    for shown, kind in (("MASKING POLICIES", "masking policy"), ("ROW ACCESS POLICIES", "row access policy")):
        for row in session.rows(f"SHOW {shown} IN SCHEMA {name(site.database, 'GOVERNANCE')}"):
            place = name(site.database, "GOVERNANCE", row["name"])
            found[kind, row["name"]] = {"body": str(session.rows(f"DESC {kind.upper()} {place}")[0]["body"])}


def _tables(session: Session, site: Site, found: Known) -> None:
    if ("schema", "GOVERNANCE") not in found:
        return
    there = {row["name"] for row in session.rows(f"SHOW TABLES IN SCHEMA {name(site.database, 'GOVERNANCE')}")}
    if "ENTITLEMENTS" in there:
        lines = session.execute(f"SELECT USER_NAME, COUNTRY FROM {name(site.database, 'GOVERNANCE', 'ENTITLEMENTS')}")
        found["entitlements", "ENTITLEMENTS"] = {f"{user}\t{country}": "" for user, country in lines}
    if "PSEUDONYMS" in there:
        lines = session.execute(f"SELECT SHA2(KEY, 256) FROM {name(site.database, 'GOVERNANCE', 'PSEUDONYMS')}")
        found["pseudonyms", "PSEUDONYMS"] = {"sha256": str(lines[0][0]) if len(lines) == 1 else ""}


def _grants(session: Session, site: Site, found: Known) -> None:
    _as(session, "SECURITYADMIN")
    for role in [one for (kind, one), said in found.items() if kind == "role" and said["comment"] == site.mark]:
        for row in session.rows(f"SHOW GRANTS OF ROLE {identifier(role)}"):
            if row["granted_to"] == "USER":
                found["member", f"{role} of {row['grantee_name']}"] = {}
        for row in session.rows(f"SHOW GRANTS TO ROLE {identifier(role)}"):
            on, parts = str(row["granted_on"]).replace("_", " "), _parts(str(row["name"]))
            if row["privilege"] != "OWNERSHIP" and _is_ours(on, parts, site):
                found["grant", grant_name(row["privilege"], on, parts, role)] = {}
    with suppress(BuildError):
        for row in session.rows('SHOW GRANTS TO ROLE "SYSADMIN"'):
            if row["granted_on"] == "INTEGRATION" and row["name"] == f"{site.database}_LAKE":
                found["grant", grant_name(row["privilege"], "INTEGRATION", (row["name"],), "SYSADMIN")] = {}


def _is_ours(on: str, parts: tuple[str, ...], site: Site) -> bool:
    """Whether a grant is on something of this warehouse; tables and views that a build made for itself are its own affair."""
    if on in ("DATABASE", "SCHEMA", "VIEW", "TABLE", "EXTERNAL TABLE", "STAGE", "FILE FORMAT", "MASKING POLICY", "ROW ACCESS POLICY"):
        return parts[0] == site.database
    return on == "WAREHOUSE" and parts[0] in (f"{site.database}_BUILD", f"{site.database}_ASK")


def _parts(shown: str) -> tuple[str, ...]:
    """A name as SHOW GRANTS writes it, taken apart."""
    parts, word, is_quoted = [], "", False
    for letter in shown:
        if letter == '"':
            is_quoted = not is_quoted
        elif letter == "." and not is_quoted:
            parts.append(word)
            word = ""
        else:
            word += letter
    return (*parts, word)
